import { findEvent, stopSales, type EventRecord } from '../../../server/src/db/events/events.js';
import { readWatermarks } from '../../../server/src/db/log/seat-log.js';
import { noteMaintenance } from '../../../server/src/db/log/maintenance.js';
import { findBehind, tellBehind } from '../../../server/src/domain/behind.js';
import type { SeatStore } from '../../../server/src/domain/ports/seat-store.js';
import type { Logger } from '../../../server/src/platform/logger.js';
import { claimListing, giveBackListing, markBehind } from '../../../server/src/redis/behind.js';
import { logStates, type LogState } from '../../../server/src/redis/log-stream.js';
import { configOf } from './steps.js';
import { listUnclaimed, type UnclaimedDeps } from './unclaimed.js';

export interface BehindDeps extends UnclaimedDeps {
  readonly store: Pick<SeatStore, 'configure'>;
  readonly announce: (eventId: string) => Promise<void>;
  readonly logger: Logger;
  /** Name of this process. */
  readonly operator: string;
}

/** Stops an event for which Postgres went back in time, and says what Redis alone knows (SPEC R3). */
export interface BehindWatch {
  /**
   * `state`: what Redis said. Postgres is asked after it, so that a change under way is no finding. True: it went back, now or
   * earlier; the event is paused in both, and nobody but the operator is to touch it.
   */
  judge(eventId: string, state: LogState): Promise<boolean>;
  /** Entries of the log are missing in Postgres, found as it was written. */
  gap(eventId: string): Promise<void>;
}

const NEVER = { epoch: 0, seq: 0 };
const SELLING: ReadonlySet<string> = new Set(['on_sale', 'published']);

export function createBehindWatch(deps: BehindDeps): BehindWatch {
  const { sql, redis } = deps;
  return {
    async judge(eventId, state) {
      if (state.epoch === null) return false;
      const record = await findEvent(sql, eventId);
      const watermark = (await readWatermarks(sql, [eventId])).get(eventId) ?? NEVER;
      const finding = findBehind(
        { ...state, epoch: state.epoch },
        record === null ? null : { epoch: record.epoch, version: record.event.version, watermark },
      );
      if (finding === null && !state.behind) return false;
      // Somebody may have opened it again; or what was begun did not get through.
      const reason = finding === null ? 'it was not settled since' : tellBehind(finding);
      if (!isStopped(state, record)) await stop(deps, eventId, state, reason);
      return true;
    },
    async gap(eventId) {
      const [state] = await logStates(redis, [eventId]);
      if (state !== undefined) await stop(deps, eventId, state, 'entries of the log never came to Postgres');
    },
  };
}

function isStopped(state: LogState, record: EventRecord | null): boolean {
  if (!state.behind || !state.listed || state.status === 'on_sale') return false;
  if (record === null || record.event.status === 'draft') return true;
  return !SELLING.has(record.event.status) && record.event.version === state.version;
}

async function stop(deps: BehindDeps, eventId: string, state: LogState, reason: string): Promise<void> {
  const { sql, redis, logger } = deps;
  // Redis first: from here on nothing new is sold, whatever becomes of the rest; all of it is repeated until it is done.
  const marked = await markBehind(redis, eventId, { reason, at: new Date().toISOString() });
  if (marked.first) {
    logger.error({ eventId, reason }, 'Postgres went back in time: the event is paused, nothing in Redis is touched');
  }
  const record = await stopSales(sql, eventId, { actor: 'safety', redisVersion: marked.version });
  if (record !== null) {
    await deps.store.configure(configOf(record));
    await deps.announce(eventId);
  }
  if (!state.listed && (await claimListing(redis, eventId))) {
    try {
      await list(deps, eventId, marked.epoch, reason, record);
    } catch (error) {
      await giveBackListing(redis, eventId);
      throw error;
    }
  }
}

/** Everything that Redis calls sold or reserved and nobody in Postgres has: in maintenance_log, whole, and in a line of the log. */
async function list(
  deps: BehindDeps,
  eventId: string,
  epoch: number,
  reason: string,
  record: EventRecord | null,
): Promise<void> {
  const { seats, areas, orders } = await listUnclaimed(deps, eventId, record?.chartHash ?? null);
  await noteMaintenance(deps.sql, {
    ...{ eventId, kind: 'postgres_behind', reason, epoch: record?.epoch ?? 0, result: 'paused' },
    ...{ snapshotAt: null, durationMs: null, operator: deps.operator },
    differences: { redisEpoch: epoch, soldSeats: seats, soldInAreas: areas, reservedForOrders: orders },
  });
  deps.logger.error(
    { eventId, seats: seats.length, areas, orders: orders.length, first: seats.slice(0, MOST_LOGGED) },
    'sold in Redis, and nobody has it in Postgres: nothing was freed, the whole list is in maintenance_log',
  );
}

const MOST_LOGGED = 50;
