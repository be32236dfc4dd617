import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { main } from '../../../cli/src/main.js';
import type { Terminal } from '../../../cli/src/terminal.js';
import { projectRoot } from '../../helpers/project-root.js';

type Env = Readonly<Record<string, string | undefined>>;
export interface Said {
  readonly status: number;
  /** Lines of standard output. */
  readonly out: string[];
  readonly err: string[];
  /** Every line of `out` as JSON. */
  json<T>(): T[];
}

const said = (status: number, out: string[], err: string[]): Said => ({
  ...{ status, out, err },
  json: <T>() => out.map((line) => JSON.parse(line) as T),
});

/** The command line in this process: `aisle` with these arguments. */
export async function aisle(
  env: Env,
  argv: readonly string[],
  terminal: Partial<Pick<Terminal, 'ask' | 'signal' | 'color'>> = {},
): Promise<Said> {
  const out: string[] = [];
  const err: string[] = [];
  const add = (lines: string[]) => (text: string) => void lines.push(...text.split('\n'));
  const status = await main(argv, { env, out: add(out), err: add(err), ...terminal });
  return said(status, out, err);
}

/** The real program: bin/aisle.mjs as a process of its own. `started` gets its pid. `deaf`: nobody reads its standard output. */
export async function aisleProcess(
  env: Env,
  argv: readonly string[],
  options: {
    readonly cwd?: string;
    readonly started?: (pid: number) => void;
    readonly bin?: string;
    readonly deaf?: boolean;
  } = {},
): Promise<Said> {
  const bin = options.bin ?? path.join(projectRoot, 'bin', 'aisle.mjs');
  const child = spawn(process.execPath, [bin, ...argv], {
    cwd: options.cwd ?? projectRoot,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (texts.out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (texts.err += chunk));
  if (options.deaf === true) child.stdout.destroy();
  if (child.pid !== undefined) options.started?.(child.pid);
  const [code] = (await once(child, 'close')) as [number | null];
  const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
  return said(code ?? -1, lines(texts.out), lines(texts.err));
}
