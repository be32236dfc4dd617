import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { expect, test } from 'vitest';
import { projectRoot } from '../helpers/project-root.js';

const [built] = buildSync({
  entryPoints: [path.join(projectRoot, 'server/src/platform/loop-watch.ts')],
  ...{ bundle: true, format: 'esm', platform: 'node', write: false },
}).outputFiles;

/** A process that watches itself (stuck after 1.2 s) and does what `body` says; how it ended, and what it wrote. */
async function run(body: string, during: (child: ReturnType<typeof spawn>) => void = () => undefined) {
  const code = `${built?.text ?? ''}\nwatchLoop(1200, 100);\n${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => (text += part));
  during(child);
  const [exit, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return { ended: signal ?? exit, text };
}

test('N1 a process whose event loop is stuck ends, and says why', async () => {
  const { ended, text } = await run('setTimeout(() => { for (;;); }, 200);');
  expect(ended).toBe('SIGKILL');
  expect(text).toContain('the event loop has not turned for 1.2 s');
});

test('N1 one that is busy in pieces lives, and the watch does not keep it alive', async () => {
  const busy =
    'const until = Date.now() + 2500; const work = () => { const end = Date.now() + 400; while (Date.now() < end); if (Date.now() < until) setImmediate(() => setTimeout(work, 10)); }; work();';
  expect((await run(busy)).ended).toBe(0);
});

test('N1 one that was frozen as a whole goes on when it wakes', async () => {
  const { ended } = await run('console.log("up"); setTimeout(() => process.exit(7), 3000);', (child) => {
    child.stdout?.once('data', () => {
      child.kill('SIGSTOP');
      setTimeout(() => child.kill('SIGCONT'), 2500);
    });
  });
  expect(ended).toBe(7);
});
