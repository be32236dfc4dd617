import type { Redis } from 'ioredis';
import { activeEvents, type ActiveEvent } from '../../../server/src/db/events/active-events.js';
import { findEvent } from '../../../server/src/db/events/events.js';
import type { Sql } from '../../../server/src/db/client.js';
import { noteMaintenance } from '../../../server/src/db/log/maintenance.js';
import { isAfter, readWatermarks, type Watermark } from '../../../server/src/db/log/seat-log.js';
import type { EventConfig, SeatStore } from '../../../server/src/domain/ports/seat-store.js';
import type { Logger } from '../../../server/src/platform/logger.js';
import type { LoadReason, Rebuilder } from '../../../server/src/rebuild/rebuilder.js';
import { logStates, type LogState } from '../../../server/src/redis/log-stream.js';
import type { PauseEvent } from './steps.js';

export interface ReconcileDeps {
  readonly sql: Sql;
  readonly redis: Redis;
  readonly store: Pick<SeatStore, 'configure'>;
  readonly rebuilder: Rebuilder;
  readonly pause: PauseEvent;
  readonly logger: Logger;
  readonly operator: string;
}

/** Seen once, these may be a load that is just about to begin elsewhere; seen twice, nobody is at it. */
const SEEN_TWICE: ReadonlySet<LoadReason> = new Set(['publish', 'interrupted']);

/**
 * Brings Redis to what Postgres says of each event: status and limits (SPEC R4); loads what Redis lost or was only half
 * given (R2); and stops an event for which Postgres itself went back in time (R3). One call is one round.
 */
export function createReconciler(deps: ReconcileDeps): () => Promise<void> {
  let suspects = new Set<string>();
  return async () => {
    // Postgres first: what Redis says a moment later can only be newer.
    const events = await activeEvents(deps.sql);
    const ids = events.map((event) => event.id);
    const watermarks = await readWatermarks(deps.sql, ids);
    const states = await logStates(deps.redis, ids);
    const before = suspects;
    suspects = new Set();
    for (const [i, event] of events.entries()) {
      const state = states[i];
      if (state === undefined) continue;
      const suspect = `${event.id} ${event.epoch}`;
      try {
        const done = await reconcileOne(deps, event, state, watermarks.get(event.id), before.has(suspect));
        if (!done) suspects.add(suspect);
      } catch (error) {
        deps.logger.warn(
          { err: error, eventId: event.id },
          'an event could not be reconciled; the next round tries again',
        );
      }
    }
  };
}

/** False: to be looked at again next round. */
async function reconcileOne(
  deps: ReconcileDeps,
  event: ActiveEvent,
  state: LogState,
  watermark: Watermark | undefined,
  seenBefore: boolean,
): Promise<boolean> {
  const seen = Math.max(state.epoch ?? 0, state.loading ?? 0);
  if (seen > event.epoch) {
    await postgresBehind(deps, event, seen);
    return true;
  }
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

/** Either a load went by between the two reads, or Postgres never gave the epoch that Redis is at. */
async function postgresBehind(deps: ReconcileDeps, event: ActiveEvent, seen: number): Promise<void> {
  const record = await findEvent(deps.sql, event.id);
  if (record === null || record.epoch >= seen || record.event.status !== 'on_sale') return;
  deps.logger.error(
    { eventId: event.id, postgresEpoch: record.epoch, redisEpoch: seen },
    'Postgres went back in time: the event is paused, nothing in Redis is touched',
  );
  const line = {
    eventId: event.id,
    kind: 'postgres_behind',
    reason: 'Redis is at a later epoch',
    epoch: record.epoch,
  } as const;
  const differences = { redisEpoch: seen };
  await noteMaintenance(deps.sql, {
    ...line,
    result: 'paused',
    snapshotAt: null,
    durationMs: null,
    differences,
    operator: deps.operator,
  });
  await deps.pause(event.id);
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
