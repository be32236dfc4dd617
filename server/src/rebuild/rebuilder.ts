import type { Redis } from 'ioredis';
import { isBeingLoaded, nextEpoch, withTruth, type EventTruth, type FindOrders } from '../db/loading/claims.js';
import { readChart } from '../db/events/charts.js';
import type { Sql } from '../db/client.js';
import { recordEpochBase } from '../db/log/epoch-bases.js';
import { findEvent } from '../db/events/events.js';
import { noteMaintenance } from '../db/log/maintenance.js';
import { failpoint } from '../platform/failpoint.js';
import type { Logger } from '../platform/logger.js';
import type { Metrics } from '../platform/metrics.js';
import { LAYOUT_VERSION } from '../redis/keys.js';
import { createEventLoad, LoadSuperseded, type EventLoad, type LoadBegun } from '../redis/loader.js';
import { chartPlaces, type ChartPlaces } from './chart-places.js';
import { planLoad, type LoadPlan } from './plan.js';

/** Why an event is loaded: goes into maintenance_log and the logs. */
export type LoadReason =
  'publish' | 'chart' | 'redis_identity' | 'redis_lost' | 'redis_behind' | 'interrupted' | 'operator';

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
  readonly durationMs: number;
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
  loadEvent(eventId: string, reason: LoadReason): Promise<RebuildReport>;
  /** A loader of this event is at work somewhere. False with `loading` set in Redis: it died, load again. */
  isBeingLoaded(eventId: string): Promise<boolean>;
}

type Loaded = Omit<RebuildReport, 'eventId' | 'reason' | 'durationMs'>;
const NOTHING = { snapshotAt: null, seats: 0, carried: 0, shrunk: 0, restored: 0, dropped: 0 } as const;

export function createRebuilder(deps: RebuilderDeps): Rebuilder {
  return {
    async loadEvent(eventId, reason) {
      const startedAt = performance.now();
      try {
        const loaded = await load(deps, eventId);
        const report: RebuildReport = {
          eventId,
          reason,
          ...loaded,
          durationMs: Math.round(performance.now() - startedAt),
        };
        deps.metrics?.rebuilds.inc({ result: report.result });
        deps.logger.info(report, 'event load');
        if (report.result !== 'not_loadable') await note(deps, report);
        if (report.result === 'loaded') await announce(deps, report);
        return report;
      } catch (error) {
        deps.metrics?.rebuilds.inc({ result: 'failed' });
        deps.logger.error(
          { err: error, eventId, reason },
          'event load failed; the event stays unavailable until the next',
        );
        throw error;
      }
    },
    isBeingLoaded: (eventId) => isBeingLoaded(deps.sql, eventId),
  };
}

async function load(deps: RebuilderDeps, eventId: string): Promise<Loaded> {
  const epoch = await nextEpoch(deps.sql, eventId);
  if (epoch === null) return { result: 'not_loadable', epoch: 0, ...NOTHING };
  await failpoint('load-after-epoch');
  const step = createEventLoad(deps.redis, eventId, epoch);
  const begun = await step.begin();
  if (!begun.ok) return refused(deps, eventId, epoch, begun);
  await failpoint('load-after-begin');
  try {
    // The snapshot comes after `loading` is set: whatever a script accepted before it has its row in Postgres (O6).
    const loaded = await withTruth(deps.sql, eventId, (truth, findOrders) =>
      fill(deps, step, { truth, findOrders, epoch, knownCategories: begun.knownCategories }),
    );
    return loaded ?? { result: 'not_loadable', epoch, ...NOTHING };
  } catch (error) {
    if (error instanceof LoadSuperseded) return { result: 'superseded', epoch, ...NOTHING };
    throw error;
  }
}

/** Either a later load is under way or done, or Redis knows an epoch that this Postgres has yet to give. */
async function refused(
  deps: RebuilderDeps,
  eventId: string,
  epoch: number,
  begun: Extract<LoadBegun, { ok: false }>,
): Promise<Loaded> {
  const record = await findEvent(deps.sql, eventId);
  const behind = (record?.epoch ?? 0) < Math.max(begun.epoch, begun.loading);
  return { result: behind ? 'postgres_behind' : 'superseded', epoch, ...NOTHING };
}

interface Fill {
  readonly truth: EventTruth;
  readonly findOrders: FindOrders;
  readonly epoch: number;
  readonly knownCategories: readonly string[];
}

async function fill(
  deps: RebuilderDeps,
  step: EventLoad,
  { truth, findOrders, epoch, knownCategories }: Fill,
): Promise<Loaded> {
  const chart = await placesFor(deps, truth);
  const { holds, unreadable } = await step.readHolds();
  const known = await findOrders(holds.flatMap(({ state, orderId }) => (state === 'reserved' ? [orderId] : [])));
  const plan = planLoad(chart, truth, holds, known);
  // What is unreadable under an open order's token was made anew from the order.
  const carried = new Set(plan.carried.map(({ token }) => token));
  const dropped = [...plan.dropped, ...unreadable.filter(({ token }) => !carried.has(token))];
  await step.writeMap(plan.letters);
  await failpoint('load-after-map');
  await step.writeCounts(plan.areas, plan.categories, gone(knownCategories, plan));
  await step.writeHolds(plan.carried, dropped);
  // Where the log of this epoch goes on from: a replay starts here (SPEC L4).
  await recordEpochBase(deps.sql, truth.record.event.id, epoch, plan);
  await failpoint('load-before-flip');
  await step.flip({
    ...configurationOf(truth),
    ...sizeOf(chart),
    layoutVersion: LAYOUT_VERSION,
    logLimit: deps.logLimit,
  });
  return {
    result: 'loaded',
    epoch,
    snapshotAt: truth.snapshotAt,
    seats: chart.seatCount,
    carried: plan.carried.length,
    shrunk: plan.shrunk,
    restored: plan.restored,
    dropped: dropped.length,
  };
}

async function placesFor(deps: RebuilderDeps, { record }: EventTruth): Promise<ChartPlaces> {
  return deps.chartOf?.(record.chartHash) ?? chartPlaces(await readChart(deps.sql, record.chartHash));
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
async function note(deps: RebuilderDeps, report: RebuildReport): Promise<void> {
  const { eventId, reason, epoch, result, snapshotAt, durationMs, seats, carried, shrunk, restored, dropped } = report;
  const kind = result === 'postgres_behind' ? 'postgres_behind' : 'load';
  const differences = { seats, carried, shrunk, restored, dropped };
  const line = {
    eventId,
    kind,
    reason,
    epoch,
    result,
    snapshotAt,
    durationMs,
    differences,
    operator: deps.operator,
  } as const;
  await noteMaintenance(deps.sql, line).catch((error: unknown) => {
    deps.logger.warn({ err: error, eventId }, 'the load could not be recorded');
  });
}
