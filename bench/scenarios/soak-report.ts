import type { MemoryWatch, KeyKind } from '../harness/memory.js';
import { ascending, median, percentile } from '../harness/stats.js';
import { markdownTable, number } from '../harness/table.js';
import type { Goal, ScenarioReport } from './scenario.js';
import type { SoakMinute, SoakResult } from './soak-result.js';

const MIB = 2 ** 20;
const MINUTE_MS = 60_000;
/** Both ends of the comparison are medians over this long, of a run of less than half an hour a sixth of it. */
const WINDOW_MS = 5 * MINUTE_MS;
const MOST_GROWTH = 0.05;
const MOST_PAUSE_MS = 1000;
/** Keys that are there for as long as an event is; any other that has no end when nothing is held is a leak. */
const ALWAYS_THERE = new Set(['map', 'event', 'log', 'inventory', 'area', 'aisle', 'queues']);
/** What a buyer may be told on a good night: someone else was faster, or the map is being rebuilt. */
const EXPECTED = new Set(['SEAT_UNAVAILABLE', 'AREA_FULL', 'NOT_ENOUGH_SEATS', 'UNAVAILABLE']);

export function soakReport(result: SoakResult): ScenarioReport {
  const { minutes } = result;
  return {
    title: 'Soak',
    tables: [totals(result), refusals(minutes), memoryTable(result), kindTable(result.kindsBefore, result.kindsAfter)],
    goals: goalsOf(result),
    raw: { ...result, memory: result.memory.samples },
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);

function merged(minutes: readonly SoakMinute[], pick: 'calls' | 'refusals'): Map<string, number> {
  const all = new Map<string, number>();
  for (const { count } of minutes)
    for (const [name, times] of Object.entries(count[pick])) all.set(name, (all.get(name) ?? 0) + times);
  return all;
}

const pausesOf = (minutes: readonly SoakMinute[]): number[] => minutes.map(({ count }) => count.longestPauseMs);
const driftOf = ({ minutes, driftAtEnd }: SoakResult): number =>
  sum(minutes.map(({ drift }) => drift.length)) + driftAtEnd.length;

function totals(result: SoakResult): string {
  const { minutes, ceilingPerSecond, perSecond, driftAtEnd, watchersDiffering, quietMs } = result;
  const calls = [...merged(minutes, 'calls')];
  const rebuilds = minutes.map(({ rebuild }) => rebuild);
  const ms = ascending(rebuilds.map((rebuild) => rebuild.ms));
  const stood = ascending(rebuilds.map((rebuild) => rebuild.pausedMs));
  const pauses = ascending(pausesOf(minutes));
  const rows: [string, string][] = [
    ['minutes', String(minutes.length)],
    [
      'calls/s: ceiling found · asked for',
      `${Number.isNaN(ceilingPerSecond) ? 'not looked for' : number(ceilingPerSecond)} · ${number(perSecond)}`,
    ],
    ['calls answered', number(sum(calls.map(([, times]) => times)))],
    ['of them', calls.map(([name, times]) => `${name} ${number(times)}`).join(', ')],
    ['answer p50 · p99, ms, median of the minutes', spreadOf(minutes)],
    ['slowest answer, ms', number(Math.max(...minutes.map(({ count }) => count.maxMs)))],
    ['rebuilds', `${rebuilds.length}: ${namesOf(rebuilds.map((rebuild) => rebuild.result))}`],
    ['sales stood still for, ms, median · most', `${number(percentile(stood, 0.5))} · ${number(percentile(stood, 1))}`],
    ['differences that rebuilds found', String(sum(rebuilds.map((r) => r.found)))],
    ['aisle sync, ms, median · most', `${number(percentile(ms, 0.5))} · ${number(percentile(ms, 1))}`],
    [
      'holds carried over · dropped',
      `${number(sum(rebuilds.map((r) => r.carried)))} · ${number(sum(rebuilds.map((r) => r.dropped)))}`,
    ],
    [
      'longest time without a hold granted, ms, median · most',
      `${number(percentile(pauses, 0.5))} · ${number(percentile(pauses, 1))}`,
    ],
    [
      'visits given up · sockets reconnected',
      `${sum(minutes.map((m) => m.count.givenUp))} · ${sum(minutes.map((m) => m.count.reconnects))}`,
    ],
    [
      'differences in all the minutes · at the end',
      `${sum(minutes.map((m) => m.drift.length))} · ${driftAtEnd.length}`,
    ],
    ['watching clients whose map differs at the end', String(watchersDiffering)],
    ['quiet after the last visit, s', number(quietMs / 1000)],
    [
      'load average',
      `${number(Math.min(...minutes.map((m) => m.load)), 1)} to ${number(Math.max(...minutes.map((m) => m.load)), 1)}`,
    ],
  ];
  return markdownTable(['', 'seen'], rows);
}

const spreadOf = (minutes: readonly SoakMinute[]): string =>
  `${number(median(minutes.map(({ count }) => count.p50Ms)), 1)} · ${number(median(minutes.map(({ count }) => count.p99Ms)), 1)}`;

function namesOf(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, times]) => `${times} ${name}`).join(', ');
}

function refusals(minutes: readonly SoakMinute[]): string {
  const rows = [...merged(minutes, 'refusals')].sort(([, a], [, b]) => b - a);
  return markdownTable(
    ['call and code', 'times'],
    rows.map(([name, times]) => [name, number(times)]),
  );
}

interface Growth {
  readonly meter: string;
  readonly before: number;
  readonly after: number;
  /** 0.05: five hundredths more. */
  readonly by: number;
}

function growths({ memory, warmUpMs }: SoakResult): Growth[] {
  const endMs = lastOf(memory);
  const windowMs = Math.min(WINDOW_MS, endMs / 6);
  return memory.meters.map((meter) => {
    // What is asked once a minute may have no sample in a short window.
    const span = meter.endsWith('heap') || meter.endsWith('external') ? Math.max(windowMs, MINUTE_MS * 1.5) : windowMs;
    const before = memory.between(meter, warmUpMs, warmUpMs + span);
    const after = memory.between(meter, endMs - span, endMs);
    return { meter, before, after, by: after / before - 1 };
  });
}

const lastOf = (memory: MemoryWatch): number => memory.samples.at(-1)?.atMs ?? 0;
const percent = (share: number): string => `${share >= 0 ? '+' : ''}${(share * 100).toFixed(1)} %`;

function memoryTable(result: SoakResult): string {
  const rows = growths(result).map(({ meter, before, after, by }) => {
    const show = (value: number): string => (meter.endsWith('files') ? number(value) : `${number(value / MIB, 1)} MiB`);
    return [meter, show(before), show(after), percent(by)];
  });
  return markdownTable(['', `after ${number(result.warmUpMs / MINUTE_MS, 1)} min`, 'at the end', 'grown'], rows);
}

function kindTable(before: readonly KeyKind[], after: readonly KeyKind[]): string {
  const rows = after.map(({ kind, keys, staying, bytes, leftSeconds }) => {
    const then = before.find((other) => other.kind === kind);
    return [
      kind,
      number(then?.keys ?? 0),
      number(keys),
      number(staying),
      number((then?.bytes ?? 0) / MIB, 2),
      number(bytes / MIB, 2),
      leftSeconds === null ? '' : `${number(leftSeconds)} s`,
    ];
  });
  return markdownTable(
    ['keys of Redis', 'after warm-up', 'when quiet', 'staying', 'MiB then', 'MiB', 'longest left'],
    rows,
  );
}

function goalsOf(result: SoakResult): Goal[] {
  const { minutes, watchersDiffering } = result;
  const drift = driftOf(result);
  const pause = Math.max(...pausesOf(minutes));
  const failed = minutes.filter(({ rebuild }) => rebuild.result !== 'loaded').length;
  const odd = [...merged(minutes, 'refusals')].filter(([name]) => !EXPECTED.has(name.split(' ')[1] ?? ''));
  const leaked = result.kindsAfter.filter(({ kind, staying }) => staying > 0 && !ALWAYS_THERE.has(kind));
  const kept = growths(result).filter(
    ({ meter, by }) => /^(server|worker).* (rss|heap)$/.test(meter) && !Number.isNaN(by),
  );
  return [
    { what: 'differences between Redis and Postgres', goal: '0', seen: String(drift), met: drift === 0 },
    {
      what: 'clients whose map differs when quiet',
      goal: '0',
      seen: String(watchersDiffering),
      met: watchersDiffering === 0,
    },
    { what: 'rebuilds that did not load', goal: '0', seen: String(failed), met: failed === 0 },
    {
      what: 'longest time without a hold granted',
      goal: `≤ ${MOST_PAUSE_MS} ms`,
      seen: `${number(pause)} ms`,
      met: pause <= MOST_PAUSE_MS,
    },
    {
      what: 'refusals that no buyer should see',
      goal: 'none',
      seen: odd.map(([name, times]) => `${name} ×${times}`).join(', ') || 'none',
      met: odd.length === 0,
    },
    {
      ...{ what: 'kinds of keys left in Redis for good when nothing is held', goal: 'none' },
      seen: leaked.map(({ kind, staying }) => `${kind} ×${staying}`).join(', ') || 'none',
      met: leaked.length === 0,
    },
    ...kept.map(({ meter, by }) => ({
      ...{ what: `memory, ${meter}`, goal: `≤ +${MOST_GROWTH * 100} %`, seen: percent(by), met: by <= MOST_GROWTH },
    })),
  ];
}
