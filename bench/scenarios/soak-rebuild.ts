import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { inDist } from '../harness/process.js';
import type { Stack } from '../harness/stack.js';

export interface Rebuild {
  /** "loaded", or what the command said instead. */
  readonly result: string;
  /** Of the whole command, the start of its process included. */
  readonly ms: number;
  /** In which the event took no changes. */
  readonly pausedMs: number;
  /** Holds that went on, and that did not. */
  readonly carried: number;
  readonly dropped: number;
  /** Places that it found different before it loaded. */
  readonly found: number;
}

const run = promisify(execFile);
const TIMEOUT_MS = 60_000;

/** `aisle sync EVENT --online`, as an operator has it done. One that fails is a finding, not the end of the run. */
export async function rebuild(stack: Stack, eventId: string): Promise<Rebuild> {
  const startedAt = performance.now();
  const answer = await sync(stack, eventId).catch((error: unknown) => ({
    ...{ result: saidBy(error), pausedMs: 0, carried: 0, dropped: 0, found: null },
  }));
  const { result, pausedMs, carried, dropped } = answer;
  const ms = performance.now() - startedAt;
  return { result, ms, pausedMs, carried, dropped, found: answer.found?.places ?? 0 };
}

type Answer = Omit<Rebuild, 'ms' | 'found'> & { readonly found: { readonly places: number } | null };

async function sync({ redisSocket, databaseUrl }: Stack, eventId: string): Promise<Answer> {
  const args = [inDist('cli/src/main.js'), 'sync', eventId, '--online', '--json'];
  const env = { ...process.env, REDIS_URL: `unix://${redisSocket}`, DATABASE_URL: databaseUrl };
  const { stdout } = await run(process.execPath, args, { env, timeout: TIMEOUT_MS });
  return JSON.parse(stdout) as Answer;
}

function saidBy(error: unknown): string {
  const said = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : String(error);
  return said.trim().split('\n').at(-1) ?? '';
}
