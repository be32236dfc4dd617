import type { Redis } from 'ioredis';
import { comparePlaces, countKinds, type CategoryDifference, type ExpectedPlaces } from '../domain/drift.js';
import { isBeingLoaded, nextEpoch, withTruth, type EventTruth, type TruthLook } from '../db/loading/claims.js';
import type { Sql } from '../db/client.js';
import type { Unsettled } from '../db/loading/unsettled.js';
import { recordEpochBase } from '../db/log/epoch-bases.js';
import { findEvent } from '../db/events/events.js';
import { noteMaintenance } from '../db/log/maintenance.js';
import { failpoint } from '../platform/failpoint.js';
import type { Logger } from '../platform/logger.js';
import type { Metrics } from '../platform/metrics.js';
import { isMarkedBehind } from '../redis/behind.js';
import { LAYOUT_VERSION } from '../redis/keys.js';
import {
  createEventLoad,
  findStraySeats,
  LoadSuperseded,
  warmUpLoads,
  type EventLoad,
  type LoadBegun,
} from '../redis/loader.js';
import type { ChartPlaces } from './chart-places.js';
import { ChartShelf, type ShelvedChart } from './chart-shelf.js';
import {
  driftLine,
  excusedBy,
  expectPlaces,
  expectedOf,
  readLive,
  type DriftLine,
  type LiveEventPlaces,
} from './compare.js';
import { changedHolds, findLeftovers, type Leftovers } from './leftovers.js';
import type { LoadPlan } from './plan.js';
import { storeFailure } from './store-failure.js';

/** Why an event is loaded: goes into maintenance_log and the logs. */
export type LoadReason =
  'publish' | 'chart' | 'redis_identity' | 'redis_lost' | 'redis_behind' | 'interrupted' | 'operator' | 'drift';

/**
 * `loaded`: Redis is at `epoch`. `superseded`: a later load took over and does the same. `not_loadable`: no such event, or a
 * draft. `postgres_behind`: Redis has seen an epoch that this Postgres never gave (SPEC R3): nothing was touched.
 */
export interface RebuildReport {
  readonly eventId: string;
  readonly reason: LoadReason;
  readonly result: 'loaded' | 'superseded' | 'not_loadable' | 'postgres_behind';
  /** 0 where none was given. */
  readonly epoch: number;
  readonly snapshotAt: Date | null;
  readonly seats: number;
  /**
   * Holds that go on, token and deadline unchanged; of those, how many lost places; how many were made anew from open
   * orders; holds that are gone.
   */
  readonly carried: number;
  readonly shrunk: number;
  readonly restored: number;
  readonly dropped: number;
  /** What Redis had and was not to have, before anything was written; null: it knew nothing of the event, or was not read. */
  readonly found: FoundDifferences | null;
  readonly durationMs: number;
  /** From the new epoch until commands were decided again. 0: nothing was stopped. */
  readonly pausedMs: number;
}

/** The differences that a load met, by kind, and the first of them with the chart's ids. */
export interface FoundDifferences {
  readonly places: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly first: readonly DriftLine[];
  readonly categories: readonly CategoryDifference[];
}

export interface LoadOptions {
  /** Who does it, where that is not the process: a person at the command line. */
  readonly operator?: string;
  /** Postgres went back in time, and what Redis alone calls sold was written down: load although (SPEC R3, R5). */
  readonly afterRestore?: boolean;
}

export interface RebuilderDeps {
  readonly sql: Sql;
  /** A command connection. Used although the gate of R1 is closed. */
  readonly redis: Redis;
  readonly logger: Logger;
  /** Name of this process, for maintenance_log. */
  readonly operator: string;
  /** Entries of an event's log that may wait for Postgres (SPEC L2): AISLE_LOG_MAX_ENTRIES. */
  readonly logLimit: number;
  /** Tells every node that the event stands at a new epoch; after the flip. */
  readonly announce: (eventId: string, epoch: number) => Promise<void>;
  /** Charts that are in memory already, by hash. */
  readonly chartOf?: (hash: string) => ChartPlaces | undefined;
  readonly metrics?: Pick<Metrics, 'rebuilds'>;
}

export interface Rebuilder {
  /**
   * Loads an event into Redis under a new epoch, from Postgres and what holds survive (SPEC R2). Repeating it is safe, and
   * how an interrupted load is completed. Throws where Redis or Postgres fail on the way: the event then stays UNAVAILABLE
   * until the next call.
   */
  loadEvent(eventId: string, reason: LoadReason, options?: LoadOptions): Promise<RebuildReport>;
  /** A loader of this event is at work somewhere. False with `loading` set in Redis: it died, load again. */
  isBeingLoaded(eventId: string): Promise<boolean>;
}

type Loaded = Omit<RebuildReport, 'eventId' | 'reason' | 'durationMs'>;
const NOTHING = {
  ...{ snapshotAt: null, seats: 0, carried: 0, shrunk: 0, restored: 0, dropped: 0 },
  ...{ found: null, pausedMs: 0 },
} as const;
const MOST_LISTED = 100;
const ignore = (): void => undefined;

export function createRebuilder(deps: RebuilderDeps): Rebuilder {
  const charts = new ChartShelf(deps.sql, deps.chartOf);
  return {
    async loadEvent(eventId, reason, options = {}) {
      const startedAt = performance.now();
      try {
        const loaded = await load({ ...deps, charts }, eventId, reason, options);
        const report: RebuildReport = {
          eventId,
          reason,
          ...loaded,
          durationMs: Math.round(performance.now() - startedAt),
        };
        deps.metrics?.rebuilds.inc({ result: report.result });
        const { found, ...line } = report;
        deps.logger.info({ ...line, differences: found?.places ?? null }, 'event load');
        if (report.result !== 'not_loadable') await note(deps, report, options.operator ?? deps.operator);
        if (report.result === 'loaded') await announce(deps, report);
        return report;
      } catch (error) {
        deps.metrics?.rebuilds.inc({ result: 'failed' });
        deps.logger.error(
          { err: error, eventId, reason },
          'event load failed; the event stays unavailable until the next',
        );
        throw storeFailure(error);
      }
    },
    isBeingLoaded: (eventId) => isBeingLoaded(deps.sql, eventId),
  };
}

type LoadDeps = RebuilderDeps & { readonly charts: ChartShelf };

async function load(deps: LoadDeps, eventId: string, reason: LoadReason, options: LoadOptions): Promise<Loaded> {
  const afterRestore = options.afterRestore === true;
  // Its epoch stays, so that holders may go on releasing. On another Redis it must not: nothing is accepted there under the old one.
  if (reason !== 'redis_identity' && !afterRestore && (await isMarkedBehind(deps.redis, eventId))) {
    return { result: 'postgres_behind', epoch: 0, ...NOTHING };
  }
  // While buyers still buy: it takes longer than all the rest.
  const leftovers = await prepare(deps, eventId);
  const epoch = await nextEpoch(deps.sql, eventId);
  if (epoch === null) return { result: 'not_loadable', epoch: 0, ...NOTHING };
  const pausedAt = performance.now();
  await failpoint('load-after-epoch');
  const step = createEventLoad(deps.redis, eventId, epoch);
  const begun = await step.begin({ afterRestore });
  if (!begun.ok) return refused(deps, eventId, epoch, begun);
  await failpoint('load-after-begin');
  let flipped: Loaded | undefined;
  try {
    // The snapshot comes after `loading` is set: whatever a script accepted before it has its row in Postgres (O6).
    const live = readLive(deps.redis, eventId, leftovers.tokens);
    // Whatever goes wrong with Postgres first, this is waited for by nobody then.
    live.catch(ignore);
    const loaded = await withTruth(deps.sql, eventId, async (truth, look) => {
      const filled = await fill(deps, step, { truth, look, epoch, begun, before: await live, leftovers });
      flipped = { ...filled.loaded, pausedMs: Math.round(performance.now() - pausedAt) };
      const found = begun.knownEpoch === 0 ? null : await filled.differences();
      return { ...flipped, found };
    });
    return loaded ?? { result: 'not_loadable', epoch, ...NOTHING };
  } catch (error) {
    if (error instanceof LoadSuperseded) return { result: 'superseded', epoch, ...NOTHING };
    if (flipped === undefined) throw error;
    deps.logger.warn({ err: error, eventId }, 'the event is loaded; what was different before is not known');
    return flipped;
  }
}

/** The chart, the scripts, two connections to Postgres, and what a load must clear away beyond what the map shows. */
async function prepare({ sql, redis, charts }: LoadDeps, eventId: string): Promise<Leftovers> {
  const record = await findEvent(sql, eventId);
  if (record === null) return { seatCount: 0, seats: [], tokens: [] };
  const [chart] = await Promise.all([charts.take(record.chartHash), warmUpLoads(redis), sql`SELECT 1`, sql`SELECT 1`]);
  return findLeftovers(redis, eventId, chart.places.seatCount);
}

/** Either a later load is under way or done, or Redis knows an epoch that this Postgres has yet to give. */
async function refused(
  deps: RebuilderDeps,
  eventId: string,
  epoch: number,
  begun: Extract<LoadBegun, { ok: false }>,
): Promise<Loaded> {
  const record = await findEvent(deps.sql, eventId);
  const behind = begun.behind || (record?.epoch ?? 0) < Math.max(begun.epoch, begun.loading);
  return { result: behind ? 'postgres_behind' : 'superseded', epoch, ...NOTHING };
}

interface Fill {
  readonly truth: EventTruth;
  readonly look: TruthLook;
  readonly epoch: number;
  readonly begun: Extract<LoadBegun, { ok: true }>;
  readonly before: LiveEventPlaces;
  readonly leftovers: Leftovers;
}
interface Filled {
  readonly loaded: Omit<Loaded, 'pausedMs'>;
  /** What Redis had and was not to have; asked when buyers buy again. */
  differences(): Promise<FoundDifferences>;
}

async function fill(deps: LoadDeps, step: EventLoad, filling: Fill): Promise<Filled> {
  const { truth, look, epoch, begun, before, leftovers } = filling;
  const eventId = truth.record.event.id;
  const chart = await deps.charts.take(truth.record.chartHash);
  const plan = await expectPlaces(before, chart, truth, look);
  // Where the log of this epoch goes on from: a replay starts here (SPEC L4).
  const base = recordEpochBase(deps.sql, eventId, epoch, plan);
  base.catch(ignore);
  // What is unreadable under an open order's token was made anew from the order.
  const carried = new Set(plan.carried.map(({ token }) => token));
  const dropped = [...plan.dropped, ...before.unreadable.filter(({ token }) => !carried.has(token))];
  const { written, leftSeats } = changedHolds(plan, before, await strays(deps, eventId, chart, leftovers));
  await step.writeMap(plan.letters, leftSeats);
  await failpoint('load-after-map');
  await step.writeCounts(plan.areas, plan.categories, gone(begun.knownCategories, plan));
  await step.writeHolds(written, dropped);
  await base;
  await failpoint('load-before-flip');
  await step.flip({
    ...configurationOf(truth),
    ...sizeOf(chart.places),
    layoutVersion: LAYOUT_VERSION,
    logLimit: deps.logLimit,
  });
  const { carried: goOn, shrunk, restored } = plan;
  return {
    loaded: {
      ...{ result: 'loaded', epoch, snapshotAt: truth.snapshotAt, seats: chart.places.seatCount, found: null },
      ...{ carried: goOn.length, shrunk, restored, dropped: dropped.length },
    },
    differences: async () => differences(chart, before, expectedOf(plan, truth), await look.unsettled()),
  };
}

/** The chart may have been exchanged since they were looked for. */
async function strays({ redis }: LoadDeps, eventId: string, chart: ShelvedChart, { seatCount, seats }: Leftovers) {
  return chart.places.seatCount <= seatCount ? seats : findStraySeats(redis, eventId, chart.places.seatCount);
}

/** Exact: the event stood still. What Redis has yet to be told is no difference. */
function differences(
  chart: ShelvedChart,
  { live, holds }: LiveEventPlaces,
  expected: ExpectedPlaces,
  unsettled: Unsettled,
): FoundDifferences {
  const { places, categories } = comparePlaces(chart.places, live, expected, excusedBy(unsettled, holds));
  const kinds = Object.fromEntries(Object.entries(countKinds(places)).filter(([, count]) => count > 0));
  const first = places.slice(0, MOST_LISTED).map((drift) => driftLine(chart, drift));
  return { places: places.length, kinds, first, categories };
}

const gone = (known: readonly string[], plan: LoadPlan): string[] => {
  const kept = new Set(plan.categories.map((category) => category.key));
  return known.filter((key) => !kept.has(key));
};

const sizeOf = (chart: ChartPlaces) => ({
  seats: chart.seatCount,
  areas: chart.areaCount,
  categoryKeys: chart.categoryKeys,
});

const configurationOf = ({ record: { event } }: EventTruth) => ({
  version: event.version,
  status: event.status,
  chartVersion: event.chartVersion,
  holdMs: event.holdSeconds * 1000,
  maxHoldMs: event.maxHoldSeconds * 1000,
  maxPlaces: event.maxSeatsPerSubject,
});

/** A notice that is lost is made good by every node's own poll. */
async function announce(deps: RebuilderDeps, { eventId, epoch }: RebuildReport): Promise<void> {
  await deps.announce(eventId, epoch).catch((error: unknown) => {
    deps.logger.warn({ err: error, eventId }, 'the nodes could not be told of the load');
  });
}

/** Its record is not worth failing a load that is done. */
async function note(deps: RebuilderDeps, report: RebuildReport, operator: string): Promise<void> {
  const { eventId, reason, epoch, result, snapshotAt, durationMs, pausedMs } = report;
  const { seats, carried, shrunk, restored, dropped, found } = report;
  const kind = result === 'postgres_behind' ? 'postgres_behind' : 'load';
  const differences = { seats, carried, shrunk, restored, dropped, found: found === null ? null : toJson(found) };
  const line = { eventId, kind, reason, epoch, result, snapshotAt, durationMs, pausedMs, differences } as const;
  await noteMaintenance(deps.sql, { ...line, operator }).catch((error: unknown) => {
    deps.logger.warn({ err: error, eventId }, 'the load could not be recorded');
  });
}

const toJson = ({ places, kinds, first, categories }: FoundDifferences) => ({
  ...{ places, kinds, first },
  categories: categories.map(({ category, redis, expected }) => ({
    category,
    redis: { ...redis },
    expected: { ...expected },
  })),
});
