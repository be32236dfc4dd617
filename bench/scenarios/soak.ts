import { setTimeout as sleep } from 'node:timers/promises';
import type { Chart, SeatEvent } from '@aisle/client/protocol';
import type { BuyerCalls } from '../clients/soak-buyers.js';
import type { ViewerCalls } from '../clients/viewer-client.js';
import type { WatcherCalls } from '../clients/soak-watchers.js';
import { startHelper, type Helper } from '../harness/calls.js';
import { driftWatch } from '../harness/drift.js';
import { call, plainChart } from '../harness/events.js';
import { loadNow } from '../harness/machine.js';
import { keyKinds, MemoryWatch, type KeyKind } from '../harness/memory.js';
import { drained } from '../harness/quiet.js';
import { startStack, type Stack } from '../harness/stack.js';
import { buyerTokens } from '../harness/tokens.js';
import { keys } from '../../server/src/redis/keys.js';
import { rebuild } from './soak-rebuild.js';
import { soakReport } from './soak-report.js';
import type { SoakMinute, SoakResult } from './soak-result.js';
import type { Scenario } from './scenario.js';

const SEATS = 20_000;
const AREA_CAPACITY = 2000;
const BUYERS = 400;
const VIEWERS = 200;
/** Of the SDK: their maps are compared with Redis's. */
const WATCHERS = 20;
const LANES = 100;
const HOLD_SECONDS = 15;
const RESERVE_SECONDS = 30;
const CEILING_MS = 15_000;
const MINUTE_MS = 60_000;
const SAMPLE_EVERY_MS = 10_000;
/** Of a run of less than half an hour a sixth. */
const WARM_UP_MS = 5 * MINUTE_MS;
/** For the looks at the end of each minute. */
const BEFORE_THE_END_MS = 5000;
/** Until a watcher has its beacon. */
const BEACON_MS = 5000;
/** Until every hold has lapsed and every order is expired, told and settled. */
const QUIET_LIMIT_MS = 120_000;

export const soak: Scenario = {
  name: 'soak',
  about: `--minutes of half load on two servers with a rebuild each minute: drift, memory`,
  onlyNamed: true,
  async run({ minutes, rate, say }) {
    const stack = await startStack({ worker: true, servers: 2, inspect: true });
    const hall = await openHall(stack);
    const people = await letIn(stack, hall);
    const ceilingPerSecond = rate === undefined ? await findCeiling(people.buyers) : NaN;
    const perSecond = rate ?? ceilingPerSecond / 2;
    if (rate === undefined) say(`ceiling ${ceilingPerSecond.toFixed(0)} calls/s`);
    say(`goes on with ${perSecond.toFixed(0)} calls/s for ${minutes} minutes`);
    const memory = new MemoryWatch(watched(stack), stack.redis);
    await memory.open();
    const totalMs = minutes * MINUTE_MS;
    const warmUpMs = Math.min(WARM_UP_MS, totalMs / 6);
    await people.buyers.call('run', { lanes: LANES, perSecond });
    const run = await runMinutes({ stack, hall, ...people, memory, totalMs, warmUpMs, say });
    await people.buyers.call('stop', {});
    const quiet = await untilQuiet(stack, hall);
    const driftAtEnd = await driftWatch(stack)(hall);
    const watchersDiffering = await compareWatchers(stack, hall, people.watchers);
    const kindsAfter = await keyKinds(stack.redis);
    memory.close();
    await stack.stop();
    return soakReport({
      ...run,
      ...{ ceilingPerSecond, perSecond, memory, warmUpMs, kindsAfter, driftAtEnd, watchersDiffering },
      quietMs: quiet,
    });
  },
};

const watched = ({ servers, worker, redisPid }: Stack) => [
  ...servers.map(({ pid, inspectPort }, i) => ({ name: `server-${i + 1}`, pid, inspectPort })),
  ...(worker === null ? [] : [{ name: 'worker', pid: worker.pid, inspectPort: worker.inspectPort }]),
  { name: 'redis', pid: redisPid },
];

async function openHall(stack: Stack): Promise<string> {
  const rows = plainChart(SEATS);
  const chart: Chart = {
    ...rows,
    categories: [
      { key: 'A', label: 'Front' },
      { key: 'B', label: 'Back' },
      { key: 'GA', label: 'Standing' },
    ],
    seats: rows.seats.map((seat, no) => ({ ...seat, category: no < SEATS / 2 ? 'A' : 'B' })),
    areas: [
      ...[
        { id: 'floor', label: 'Floor', category: 'GA', capacity: AREA_CAPACITY, x: 0, y: -300, width: 400, height: 99 },
      ],
    ],
  };
  const { id } = await call<SeatEvent>(stack, 'POST', '/events', {
    ...{ name: 'soak', startsAt: '2030-01-01T20:00:00Z', currency: 'EUR', chart },
    prices: { A: 4000, B: 2500, GA: 1500 },
    ...{ holdSeconds: HOLD_SECONDS, maxHoldSeconds: 2 * HOLD_SECONDS, reserveSeconds: RESERVE_SECONDS },
    maxSeatsPerSubject: 200,
  });
  await call(stack, 'POST', `/events/${id}/publish`, {});
  await call(stack, 'POST', `/events/${id}/open`, {});
  return id;
}

interface People {
  readonly buyers: Helper<BuyerCalls>;
  readonly viewers: Helper<ViewerCalls>;
  readonly watchers: Helper<WatcherCalls>;
}

async function letIn(stack: Stack, eventId: string): Promise<People> {
  const ports = stack.servers.map(({ port }) => port);
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const tokens = await buyerTokens(BUYERS + WATCHERS, stack.authSecret);
  const buyers = startHelper<BuyerCalls>('buyers', 'clients/soak-buyers.js', stack.logDir);
  const viewers = startHelper<ViewerCalls>('viewers', 'clients/viewer-client.js', stack.logDir);
  const watchers = startHelper<WatcherCalls>('watchers', 'clients/soak-watchers.js', stack.logDir);
  const { adminKey } = stack;
  const place = { ports, adminKey, eventId, seats: SEATS, area: 'floor' };
  await buyers.call('connect', { ...place, tokens: tokens.slice(0, BUYERS) });
  for (const port of ports) await viewers.call('watch', { port, eventId, viewers: VIEWERS / ports.length });
  await watchers.call('watch', { urls, eventId, tokens: tokens.slice(BUYERS) });
  return { buyers, viewers, watchers };
}

/** The same visits as fast as they are answered. */
async function findCeiling(buyers: Helper<BuyerCalls>): Promise<number> {
  await buyers.call('run', { lanes: LANES, perSecond: null });
  await sleep(CEILING_MS / 3);
  await buyers.call('read', {});
  const startedAt = performance.now();
  await sleep(CEILING_MS);
  const { calls } = await buyers.call('read', {});
  const seconds = (performance.now() - startedAt) / 1000;
  await buyers.call('stop', {});
  return Object.values(calls).reduce((sum, count) => sum + count, 0) / seconds;
}

interface Run extends People {
  readonly stack: Stack;
  readonly hall: string;
  readonly memory: MemoryWatch;
  readonly totalMs: number;
  readonly warmUpMs: number;
  say(line: string): void;
}

async function runMinutes(run: Run): Promise<Pick<SoakResult, 'minutes' | 'kindsBefore'>> {
  const { stack, hall, buyers, viewers, memory, totalMs, warmUpMs } = run;
  const drift = driftWatch(stack);
  const minutes: SoakMinute[] = [];
  let kindsBefore: KeyKind[] = [];
  let sampling = true;
  const samples = (async () => {
    for (; sampling; await sleep(SAMPLE_EVERY_MS)) await memory.sample();
  })();
  await buyers.call('read', {});
  const startedAt = performance.now();
  const elapsed = (): number => performance.now() - startedAt;
  for (let minute = 1; elapsed() < totalMs; minute++) {
    await sleep(Math.min(MINUTE_MS, totalMs) / 2);
    const rebuilt = await rebuild(stack, hall);
    await sleep(Math.max(0, Math.min(minute * MINUTE_MS, totalMs) - BEFORE_THE_END_MS - elapsed()));
    const different = await drift(hall);
    await memory.collect();
    // Its list of frames is for other scenarios: kept, it would be the thing that grows.
    await viewers.call('reset', {});
    if (kindsBefore.length === 0 && elapsed() >= warmUpMs) kindsBefore = await keyKinds(stack.redis);
    minutes.push({ minute, rebuild: rebuilt, drift: different, count: await buyers.call('read', {}), load: loadNow() });
    run.say(lineOf(minutes.at(-1)!));
    await sleep(Math.max(0, Math.min(minute * MINUTE_MS, totalMs) - elapsed()));
  }
  sampling = false;
  await samples;
  return { minutes, kindsBefore };
}

function lineOf({ minute, rebuild, drift, count, load }: SoakMinute): string {
  const calls = Object.values(count.calls).reduce((sum, of) => sum + of, 0);
  return (
    `minute ${minute}: ${calls} calls, p99 ${count.p99Ms.toFixed(0)} ms, rebuild ${rebuild.result} in ${rebuild.ms.toFixed(0)} ms (sales stood ${rebuild.pausedMs} ms), ` +
    `longest pause ${count.longestPauseMs.toFixed(0)} ms, drift ${drift.length}, load ${load.toFixed(1)}`
  );
}

/** ms until nothing is held, reserved or on its way. */
async function untilQuiet({ redis, sql }: Stack, hall: string): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    const letters = (await redis.get(keys.map(hall))) ?? '';
    const [row] = await sql<{ open: number }[]>`
      SELECT count(*)::int AS open FROM orders WHERE event_id = ${hall} AND (status = 'pending' OR settled_at IS NULL)`;
    if (!/[hr]/.test(letters) && row?.open === 0) break;
    if (performance.now() - startedAt > QUIET_LIMIT_MS) break;
    await sleep(500);
  }
  await drained(redis, hall);
  await sleep(BEACON_MS);
  return performance.now() - startedAt;
}

async function compareWatchers({ redis }: Stack, hall: string, watchers: Helper<WatcherCalls>): Promise<number> {
  const letters = (await redis.get(keys.map(hall))) ?? '';
  const epoch = Number(await redis.hget(keys.event(hall), 'epoch'));
  const { differing, behind } = await watchers.call('compare', { letters, epoch });
  return Math.max(differing, behind);
}
