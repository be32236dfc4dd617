import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type SeatMap } from '@aisle/client';
import { buyerToken, plainChart, sellEvent } from '../../helpers/buyers.js';
import { random } from '../../helpers/random.js';
import { Crowd } from './crowd.js';
import { untilQuiet, violations, type Violation } from './invariants.js';
import { checkLinear } from './linear.js';
import { drawSchedule, type Planned } from './mishaps.js';
import { CountSampler } from './sampler.js';
import type { World } from './world.js';

export interface ScheduleReport {
  readonly seed: number;
  /** "at 1200 ms: Redis frozen for 900 ms", in order. */
  readonly mishaps: readonly string[];
  readonly operations: number;
  readonly orders: number;
  readonly completed: number;
  readonly answers: Readonly<Record<string, number>>;
  /** From the last mishap's end until nothing was open any more, ms. */
  readonly quietMs: number;
  readonly violations: readonly Violation[];
}

const ROWS = 6;
const PER_ROW = 12;
const BUYERS = 10;
/** Mishaps begin within this; buyers go on for a moment after. */
const SPAN_MS = 6000;
const AFTER_MS = 1000;
/** A loss reaches back as far as the append-only file was behind. */
const FORGOTTEN_MS = 3000;
const LOOKS = 3;
const LOOK_AGAIN_MS = 4000;
const HOLD_S = 5;
const RESERVE_S = 6;

/** One event, one crowd, three to six mishaps drawn from the seed; then quiet, and everything is looked at. */
export async function runSchedule(world: World, seed: number, schedule?: readonly Planned[]): Promise<ScheduleReport> {
  const dice = random(seed);
  const planned = schedule ?? drawSchedule(dice, SPAN_MS, random);
  const admin = { urls: world.servers.map(({ url }) => url), adminKey: world.adminKey };
  const { id: eventId } = await sellEvent(admin, plainChart(ROWS, PER_ROW), {
    ...{ holdSeconds: HOLD_S, maxHoldSeconds: 2 * HOLD_S, reserveSeconds: RESERVE_S },
  });
  const crowd = new Crowd(world, { eventId, rows: ROWS, perRow: PER_ROW }, random(seed + 1));
  const sampler = new CountSampler(world, eventId);
  const watchers = world.servers.map(({ url }) => {
    const getToken = (): Promise<string> => buyerToken('watcher', world.aisle.authSecret);
    const client = createClient({ url, getToken, timeouts: { backoffMaxMs: 500 } });
    return { client, map: client.watch(eventId) };
  });
  try {
    await Promise.all(watchers.map(({ map }) => map.whenReady()));
    for (let n = 0; n < BUYERS; n++) crowd.join(`s${seed}-b${n}`, n, random(seed * 1000 + n));
    const mishaps = await strikeAll(world, eventId, planned);
    await sleep(AFTER_MS);
    await crowd.stop();
    await sampler.stop();
    await world.heal();
    const maps = watchers.map(({ map }) => map);
    const { found, quietMs } = await judge(world, eventId, crowd, maps);
    return {
      ...{ seed, mishaps, quietMs, answers: crowd.caller.answers },
      operations: crowd.history.operations.length,
      orders: crowd.told.length,
      completed: crowd.told.filter(({ completed }) => completed).length,
      violations: [...found, ...sampler.found, ...affronts(world, crowd), ...linear(world, crowd)],
    };
  } finally {
    await sampler.stop();
    for (const { client } of watchers) client.close();
  }
}

/** A call that nobody answered may still be carried out: what is found is looked at again, and counts where it stays. */
async function judge(world: World, eventId: string, crowd: Crowd, maps: readonly SeatMap[]) {
  const since = performance.now();
  for (let look = 1; ; look++) {
    const unquiet = await untilQuiet(world, eventId).then(
      () => [],
      (error: unknown) => [{ rule: 'quiet', what: error instanceof Error ? error.message : String(error) }],
    );
    const quietMs = Math.round(performance.now() - since);
    const found = [...unquiet, ...(await violations(world, eventId, crowd.told, maps))];
    if (found.length === 0 || look === LOOKS) return { found, quietMs };
    await sleep(LOOK_AGAIN_MS);
  }
}

async function strikeAll(world: World, eventId: string, planned: readonly Planned[]): Promise<string[]> {
  const startedAt = performance.now();
  const said = await Promise.all(
    planned.map(async ({ mishap, atMs, lastsMs, dice }) => {
      await sleep(Math.max(0, startedAt + atMs - performance.now()));
      const done = await mishap.strike(world, eventId, lastsMs, dice);
      return `at ${atMs} ms: ${mishap.name}${done === '' ? '' : `, ${done}`}`;
    }),
  );
  await sleep(Math.max(0, startedAt + SPAN_MS - performance.now()));
  return said;
}

/** I6, H6. A request's memory dies with Redis: then the second answer may be another one. */
function affronts(world: World, crowd: Crowd): Violation[] {
  const lost = (from: number, to: number): boolean => world.losses.some((loss) => loss.from <= to && loss.to >= from);
  return crowd.affronts
    .filter(({ rule, from, to }) => rule !== 'I6' || !lost(from - FORGOTTEN_MS, to))
    .map(({ rule, what }) => ({ rule, what }));
}

/** I7: what each client saw of each seat fits one order of events, and groups were held whole. */
function linear(world: World, crowd: Crowd): Violation[] {
  const losses = world.losses.map((loss) => ({ ...loss, rewound: true }));
  const report = checkLinear(crowd.history, { losses });
  return report.ok ? [] : [{ rule: 'I7', what: `seat ${report.seat}: ${report.explanation}` }];
}
