import type { EventStatus } from '@aisle/client/protocol';
import type { Redis } from 'ioredis';
import {
  comparePlaces,
  NOTHING_EXCUSED,
  type Drift,
  type Excused,
  type ExpectedPlaces,
  type LivePlaces,
  type PlaceDrift,
} from '../domain/drift.js';
import type { Sql } from '../db/client.js';
import { readTruthOnce, type EventTruth, type KnownOrder, type TruthLook } from '../db/loading/claims.js';
import { readTouched, type Unsettled } from '../db/loading/unsettled.js';
import { findEvent } from '../db/events/events.js';
import { readAudit, readStrayHolds, readTouchedInLog, seatsShownHeld, type RedisAudit } from '../redis/audit.js';
import { readHolds, readHoldsByToken, type DroppedHold, type FoundHold } from '../redis/loader.js';
import { logStates } from '../redis/log-stream.js';
import type { ChartShelf, ShelvedChart } from './chart-shelf.js';
import { planLoad, type LoadPlan } from './plan.js';

export interface CompareDeps {
  readonly sql: Sql;
  readonly redis: Redis;
  readonly charts: ChartShelf;
}

/**
 * compared: `drift` is what was found. moving: a load is under way, or went by meanwhile: ask again. not_loaded: Redis does not
 * know the event. postgres_behind: Redis is at a later epoch than Postgres ever gave (SPEC R3).
 */
export interface Comparison {
  readonly eventId: string;
  readonly status: EventStatus;
  readonly result: 'compared' | 'moving' | 'not_loaded' | 'postgres_behind';
  readonly epoch: number;
  /** Redis's, when its map was read. */
  readonly seq: number;
  /** Of the Postgres snapshot. */
  readonly at: Date;
  readonly drift: Drift;
  readonly chart: ShelvedChart;
}

/** What stands in Redis, read piece by piece. Of one instant while the event is being loaded. */
export interface LiveEventPlaces {
  readonly audit: RedisAudit;
  /** Those of the indexes, and those that only their seats know of. */
  readonly holds: readonly FoundHold[];
  readonly unreadable: readonly DroppedHold[];
  /** Tokens of holds that stand in Redis in all they consist of (redis/loader.ts). */
  readonly sound: ReadonlySet<string>;
  readonly live: LivePlaces;
}

/** `lostTokens`: of holds that may be in no index and have no seat by which they are found (leftovers.ts). */
export async function readLive(
  redis: Redis,
  eventId: string,
  lostTokens: readonly string[] = [],
): Promise<LiveEventPlaces> {
  // The map first: what is different in the holds, read after it, changed after its seq.
  const audit = await readAudit(redis, eventId);
  const { holds, unreadable, sound } = await readHolds(redis, eventId);
  const covered = new Set(holds.flatMap(({ seats }) => seats.map(({ seatNo }) => seatNo)));
  const uncovered = seatsShownHeld(audit.letters).filter((seatNo) => !covered.has(seatNo));
  const strays = await readStrayHolds(redis, eventId, uncovered);
  const known = new Set([...holds, ...unreadable].map(({ token }) => token));
  const lostInAreas = lostTokens.length === 0 ? [] : (await readHoldsByToken(redis, eventId, lostTokens)).holds;
  const byToken = new Map([...strays, ...lostInAreas].map((hold) => [hold.token, hold]));
  const lost = [...byToken.values()].filter(({ token }) => !known.has(token));
  const unindexed = new Set(lost.flatMap(({ seats }) => seats.map(({ seatNo }) => seatNo)));
  const unindexedAreas = new Set(lost.flatMap((hold) => hold.areas.map(({ areaNo }) => areaNo)));
  const { letters, areas, inventory } = audit;
  const live = { letters, areas, inventory, unindexed, unindexedAreas };
  return { audit, holds: [...holds, ...lost], unreadable, sound, live };
}

/**
 * What Redis has against what a load would put there, without stopping anybody (SPEC R6). Redis is read first; places that
 * changed until all was read, and those of orders that Redis may not have been told of, are left out. A block is written to Postgres
 * a moment before Redis hears of it: only what is found twice is certain (foundAgain). null: no such event. Throws AisleError
 * UNAVAILABLE.
 */
export async function compareEvent(deps: CompareDeps, eventId: string): Promise<Comparison | null> {
  const { sql, redis, charts } = deps;
  const record = await findEvent(sql, eventId);
  if (record === null) return null;
  const chart = await charts.take(record.chartHash);
  const found = await readLive(redis, eventId);
  const { epoch, seq, loading } = found.audit;
  const answer = (result: Comparison['result'], truth?: EventTruth, drift?: Drift): Comparison => ({
    ...{ eventId, status: record.event.status, result, epoch: epoch ?? 0, seq, chart },
    at: truth?.snapshotAt ?? new Date(),
    drift: drift ?? { places: [], categories: [] },
  });
  if (loading !== null) return answer('moving');
  if (epoch === null) return answer('not_loaded');
  const expected = await readTruthOnce(sql, eventId, async (truth, look) => {
    const [plan, unsettled] = await Promise.all([expectPlaces(found, chart, truth, look), look.unsettled()]);
    return { truth, plan, unsettled };
  });
  if (expected === null) return null;
  const { truth, plan, unsettled } = expected;
  if (truth.record.epoch < epoch) return answer('postgres_behind', truth);
  const [after] = await logStates(redis, [eventId]);
  if (truth.record.epoch > epoch || after === undefined || after.epoch !== epoch || after.loading !== null) {
    return answer('moving', truth);
  }
  const touched = after.seq === seq ? NOTHING_EXCUSED : await readMoved(deps, eventId, epoch, seq);
  const excused = union(excusedBy(unsettled, found.holds), touched);
  return answer('compared', truth, comparePlaces(chart.places, found.live, expectedOf(plan, truth), excused));
}

/** What a load would write, of one Postgres snapshot. */
export async function expectPlaces(
  { holds }: Pick<LiveEventPlaces, 'holds'>,
  chart: ShelvedChart,
  truth: EventTruth,
  look: TruthLook,
): Promise<LoadPlan> {
  const orderIds = holds.flatMap(({ state, orderId }) => (state === 'reserved' ? [orderId] : []));
  const known = orderIds.length === 0 ? NO_ORDERS : await look.findOrders(orderIds);
  return planLoad(chart.places, truth, holds, known);
}
const NO_ORDERS: ReadonlyMap<string, KnownOrder> = new Map();

export const expectedOf = (plan: LoadPlan, truth: EventTruth): ExpectedPlaces => ({
  letters: plan.letters,
  areas: plan.areas,
  categories: plan.categories,
  claims: new Map(truth.seatClaims.map(({ seatNo, orderId }) => [seatNo, orderId])),
});

/** A reserved hold of an order that has just ended is one that Redis has yet to hear of. */
export function excusedBy(unsettled: Unsettled, holds: readonly FoundHold[]): Excused {
  const waiting = holds.filter(({ orderId }) => orderId !== '' && unsettled.orders.has(orderId));
  return union(unsettled, {
    seats: new Set(waiting.flatMap(({ seats }) => seats.map(({ seatNo }) => seatNo))),
    areas: new Set(waiting.flatMap(({ areas }) => areas.map(({ areaNo }) => areaNo))),
  });
}

const union = (a: Excused, b: Excused): Excused => ({
  seats: new Set([...a.seats, ...b.seats]),
  areas: new Set([...a.areas, ...b.areas]),
});

/** The log first: an entry that is trimmed from it was committed before, and is in seat_log by now. */
async function readMoved({ sql, redis }: CompareDeps, eventId: string, epoch: number, seq: number): Promise<Excused> {
  const waiting = await readTouchedInLog(redis, eventId, epoch, seq);
  return union(waiting, await readTouched(sql, eventId, epoch, seq));
}

/** A finding as it is shown and kept: the chart's ids, no tokens. */
export type DriftLine = Readonly<Record<string, string | number | undefined>>;

export function driftLine(chart: ShelvedChart, drift: PlaceDrift): DriftLine {
  if ('seatNo' in drift) {
    const { kind, seatNo, redis, expected, why, orderId } = drift;
    const order = orderId === undefined ? {} : { orderId };
    return { kind, seat: chart.seatId(seatNo), seatNo, redis, expected, why, ...order };
  }
  const { kind, why } = drift;
  const place =
    'areaNo' in drift ? { area: chart.areaId(drift.areaNo), areaNo: drift.areaNo } : { category: drift.category };
  return { kind, ...place, redis: counts(drift.redis), expected: counts(drift.expected), why };
}

const counts = (of: object): string =>
  Object.entries(of)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
