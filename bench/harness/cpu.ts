import { readdirSync, readFileSync } from 'node:fs';

const NANOS_PER_MICRO = 1000;

/**
 * CPU time a process has had, in µs, all its threads: /proc/<pid>/task/<tid>/schedstat counts nanoseconds, where
 * /proc/<pid>/stat counts ticks of 10 ms. Threads that have ended are missing; ours and Redis's live as long as they do.
 */
export function cpuMicros(pid: number): number {
  let nanos = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [running = '0'] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    nanos += Number(running);
  }
  return nanos / NANOS_PER_MICRO;
}

/** The same over a process and its direct children: Postgres has one for each connection. Those that ended are missing. */
export function cpuMicrosOfFamily(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  const pids = [pid, ...(children === '' ? [] : children.split(' ').map(Number))];
  return pids.reduce((sum, member) => sum + orZero(() => cpuMicros(member)), 0);
}

/** It may end between the list and the look. */
function orZero(read: () => number): number {
  try {
    return read();
  } catch {
    return 0;
  }
}

/** CPU µs of each named meter while `work` runs. */
export async function metered<N extends string, T>(
  meters: Readonly<Record<N, () => number>>,
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly cpu: Record<N, number> }> {
  const names = Object.keys(meters) as N[];
  const read = (): number[] => names.map((name) => meters[name]());
  const before = read();
  const value = await work();
  const after = read();
  const used = names.map((name, i): [N, number] => [name, (after[i] ?? 0) - (before[i] ?? 0)]);
  return { value, cpu: Object.fromEntries(used) as Record<N, number> };
}
