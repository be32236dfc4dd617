import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onEnd } from './cleanup.js';

/** dist/, seen from dist/bench/harness. */
export const inDist = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url));

const STOP_TIMEOUT_MS = 12_000;

export interface NodeProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly ended: AbortSignal;
  /** Of its debugger; undefined: none was asked for (--inspect among nodeOptions). */
  readonly inspectPort: number | undefined;
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  /** SIGTERM, and SIGKILL where that does not help. */
  stop(): Promise<void>;
}

export interface NodeProcessOptions {
  readonly name: string;
  /** Path below dist/. */
  readonly main: string;
  readonly env: Readonly<Record<string, string>>;
  /** Its output goes to <name>.log here. */
  readonly logDir: string;
  /** For node itself, e.g. --cpu-prof. */
  readonly nodeOptions?: readonly string[];
}

/** One of our processes from dist; the lifeline ends it when this one is gone. */
export function startNode({ name, main, env, logDir, nodeOptions = [] }: NodeProcessOptions): NodeProcess {
  const log = openSync(path.join(logDir, `${name}.log`), 'a', 0o600);
  const args = [
    ...nodeOptions,
    '--enable-source-maps',
    // As npm start runs it.
    '--max-semi-space-size=64',
    '--import',
    inDist('launcher/src/parts/lifeline.js'),
    inDist(main),
  ];
  const child = spawn(process.execPath, args, {
    env: { ...inherited(), ...env },
    stdio: ['ignore', log, log, 'ipc'],
    serialization: 'advanced',
  });
  closeSync(log);
  const ended = new AbortController();
  child.once('exit', () => ended.abort());
  child.once('error', () => ended.abort());
  const stop = onEnd(async () => {
    if (ended.signal.aborted) return;
    const gone = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await gone;
    clearTimeout(killer);
  });
  const inspect = nodeOptions.map((option) => /^--inspect=.*:(\d+)$/.exec(option)?.[1]).find(Boolean);
  return {
    ...{ pid: child.pid ?? 0, child, ended: ended.signal, stop },
    inspectPort: inspect === undefined ? undefined : Number(inspect),
    signal: (signal) => void child.kill(signal),
  };
}

/** Whoever runs the bench may have settings of their own: they are not measured. */
function inherited(): Record<string, string | undefined> {
  const foreign = /^(AISLE_|NODE_OPTIONS$|REDIS_URL$|DATABASE_URL$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}
