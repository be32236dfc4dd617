import inspector from 'node:inspector';
import { Worker } from 'node:worker_threads';

const TICK_MS = 1000;
/** A chart of 200,000 places is read in a few seconds: far above anything that is work and not a fault. */
const STUCK_AFTER_MS = 30_000;
const THREAD_HEAP_MB = 8;

/**
 * Runs beside the main thread. It counts its own ticks, not the clock: a process that was frozen as a whole and wakes has
 * missed as many of its own as of the other's.
 */
const WATCH = `
const { workerData: { turns, tickMs, ticks }, parentPort } = require('node:worker_threads');
const { writeSync } = require('node:fs');
let last = -1, still = 0;
setInterval(() => {
  const now = Atomics.load(turns, 0);
  still = now === last ? still + 1 : 0;
  last = now;
  if (still < ticks) return;
  writeSync(2, 'the event loop has not turned for ' + (ticks * tickMs) / 1000 + ' s; the process ends\\n');
  process.kill(process.pid, 'SIGKILL');
}, tickMs);
parentPort.unref();
`;

export interface LoopWatch {
  close(): Promise<void>;
}

/**
 * Ends the process by SIGKILL once its event loop has not turned for half a minute, so that whoever runs it starts it again
 * (SPEC N1): a loop that is stuck cannot say so itself. Off while a debugger may stop it on purpose.
 */
export function watchLoop(stuckAfterMs = STUCK_AFTER_MS, tickMs = TICK_MS): LoopWatch {
  if (inspector.url() !== undefined) return { close: () => Promise.resolve() };
  const turns = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const timer = setInterval(() => void Atomics.add(turns, 0, 1), tickMs / 2);
  timer.unref();
  const thread = new Worker(WATCH, {
    eval: true,
    workerData: { turns, tickMs, ticks: Math.ceil(stuckAfterMs / tickMs) },
    resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MB, maxYoungGenerationSizeMb: 1 },
    execArgv: [],
    env: {},
  });
  thread.unref();
  // Without it the process is as good as before.
  thread.on('error', () => undefined);
  return {
    async close() {
      clearInterval(timer);
      await thread.terminate();
    },
  };
}
