const COLLECT_EACH_MS = 500;
const COLLECTING = `
  import v8 from 'node:v8';
  import vm from 'node:vm';
  v8.setFlagsFromString('--expose-gc');
  setInterval(vm.runInNewContext('gc'), ${COLLECT_EACH_MS}).unref();`;

/** NODE_OPTIONS of processes that collect garbage all the time, so that what their memory holds is what they keep. */
export const COLLECTING_OPTIONS = `--import=data:text/javascript;base64,${Buffer.from(COLLECTING).toString('base64')}`;
