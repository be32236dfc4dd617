import type { Redis } from 'ioredis';
import { activeEvents, type ActiveEvent } from '../../../server/src/db/events/active-events.js';
import type { Sql } from '../../../server/src/db/client.js';
import { noteMaintenance } from '../../../server/src/db/log/maintenance.js';
import { isAfter, readWatermarks, type Watermark } from '../../../server/src/db/log/seat-log.js';
import type { EventConfig, SeatStore } from '../../../server/src/domain/ports/seat-store.js';
import type { Logger } from '../../../server/src/platform/logger.js';
import type { LoadReason, Rebuilder } from '../../../server/src/rebuild/rebuilder.js';
import { knownEventIds } from '../../../server/src/redis/behind.js';
import { logStates, type LogState } from '../../../server/src/redis/log-stream.js';
import { findBehind } from '../../../server/src/domain/behind.js';
import type { BehindWatch } from './behind.js';
import type { Standing } from './standing.js';

export interface ReconcileDeps {
  readonly sql: Sql;
  readonly redis: Redis;
  readonly store: Pick<SeatStore, 'configure'>;
  readonly rebuilder: Rebuilder;
  readonly behind: BehindWatch;
  /** Told of every round: what the rest of the worker may do by itself. */
  readonly standing: Pick<Standing, 'begin' | 'looked'>;
  readonly logger: Logger;
  readonly operator: string;
}

/** Seen once, these may be a load that is just about to begin elsewhere; seen twice, nobody is at it. */
const SEEN_TWICE: ReadonlySet<LoadReason> = new Set(['publish', 'interrupted']);

/**
 * Brings Redis to what Postgres says of each event: status and limits (SPEC R4); loads what Redis lost or was only half
 * given (R2); and stops an event for which Postgres itself went back in time (R3), one that Postgres no longer knows too. One call
 * is one round.
 */
export function createReconciler(deps: ReconcileDeps): () => Promise<void> {
  let suspects = new Set<string>();
  /** Events that Redis knew in the last round. */
  let known: readonly string[] = [];
  return async () => {
    const round = await deps.standing.begin();
    // Postgres first: what Redis says a moment later can only be newer.
    const events = await activeEvents(deps.sql);
    const listed = new Set(events.map((event) => event.id));
    // A draft, or nothing, in Postgres now: only Redis can say that they were on sale.
    const others = (round.isNew ? await knownEventIds(deps.redis) : known).filter((id) => !listed.has(id));
    const ids = [...listed, ...others];
    const watermarks = await readWatermarks(deps.sql, [...listed]);
    const states = await logStates(deps.redis, ids);
    const before = suspects;
    suspects = new Set();
    const behind = new Set<string>();
    for (const [i, eventId] of ids.entries()) {
      const state = states[i];
      if (state === undefined) continue;
      const event = events[i];
      const suspect = `${eventId} ${event?.epoch ?? 0}`;
      behind.add(eventId);
      try {
        if (await isBehind(deps, eventId, event, state, watermarks.get(eventId))) continue;
        behind.delete(eventId);
        if (event !== undefined) {
          const done = await reconcileOne(deps, event, state, watermarks.get(eventId), before.has(suspect));
          if (!done) suspects.add(suspect);
        }
      } catch (error) {
        deps.logger.warn({ err: error, eventId }, 'an event could not be reconciled; the next round tries again');
      }
    }
    known = ids.filter((_id, i) => (states[i]?.epoch ?? null) !== null);
    deps.standing.looked(round, behind);
  };
}

/** A finding is looked at once more, with Postgres asked after Redis; as a rule there is none. */
async function isBehind(
  deps: ReconcileDeps,
  eventId: string,
  event: ActiveEvent | undefined,
  state: LogState,
  watermark: Watermark | undefined,
): Promise<boolean> {
  if (state.epoch === null) return false;
  const postgres = event === undefined ? null : { ...event, watermark: watermark ?? { epoch: 0, seq: 0 } };
  if (!state.behind && findBehind({ ...state, epoch: state.epoch }, postgres) === null) return false;
  return deps.behind.judge(eventId, state);
}

/** False: to be looked at again next round. */
async function reconcileOne(
  deps: ReconcileDeps,
  event: ActiveEvent,
  state: LogState,
  watermark: Watermark | undefined,
  seenBefore: boolean,
): Promise<boolean> {
  const reason = whyLoad(event, state, watermark);
  if (reason !== null) {
    if (SEEN_TWICE.has(reason) && !seenBefore) return false;
    if (await deps.rebuilder.isBeingLoaded(event.id)) return false;
    if (reason === 'redis_behind') await noteBehind(deps, event, state, watermark);
    await deps.rebuilder.loadEvent(event.id, reason);
    return true;
  }
  if (state.version < event.version) await deps.store.configure(configOf(event));
  return true;
}

const configOf = ({ id: eventId, version, status, holdMs, maxHoldMs, maxPlaces }: ActiveEvent): EventConfig => ({
  ...{ eventId, version, status, holdMs, maxHoldMs, maxPlaces },
});

function whyLoad(event: ActiveEvent, state: LogState, watermark: Watermark | undefined): LoadReason | null {
  if (state.loading !== null) return 'interrupted';
  if (state.epoch === null) return event.epoch === 0 ? 'publish' : 'redis_lost';
  if (state.epoch < event.epoch) return 'interrupted';
  // Postgres has changes of this epoch that Redis has not: Redis went back without anyone noticing.
  if (watermark !== undefined && isAfter(watermark, { epoch: state.epoch, seq: state.seq })) return 'redis_behind';
  return null;
}

async function noteBehind(
  deps: ReconcileDeps,
  event: ActiveEvent,
  state: LogState,
  watermark?: Watermark,
): Promise<void> {
  deps.logger.error(
    { eventId: event.id, redis: { epoch: state.epoch, seq: state.seq }, watermark },
    'Redis lost changes that Postgres has: loading it anew',
  );
  const line = {
    eventId: event.id,
    kind: 'redis_behind',
    reason: 'the watermark is above its seq',
    epoch: event.epoch,
  } as const;
  const differences = { redisSeq: state.seq, watermarkSeq: watermark?.seq ?? 0 };
  await noteMaintenance(deps.sql, {
    ...line,
    result: 'loading',
    snapshotAt: null,
    durationMs: null,
    differences,
    operator: deps.operator,
  });
}
