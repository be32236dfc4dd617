import { setTimeout as sleep } from 'node:timers/promises';
import { AisleError } from '@aisle/client/protocol';
import { findEvent } from '../db/events/events.js';
import { withSyncLock } from '../db/loading/sync-lock.js';
import { readWatermarks } from '../db/log/seat-log.js';
import { findBehind, tellBehind } from '../domain/behind.js';
import { foundAgain, type PlaceDrift } from '../domain/drift.js';
import { failpoint } from '../platform/failpoint.js';
import { clearBehind } from '../redis/behind.js';
import { logStates } from '../redis/log-stream.js';
import { compareEvent, type CompareDeps, type Comparison } from './compare.js';
import { keepBeforeLoad, type KeptList } from './restore.js';
import type { Rebuilder, RebuildReport } from './rebuilder.js';
import { storeFailure } from './store-failure.js';

/** As things are the event must not be loaded; nothing was changed. The message says what to do. */
export class SyncRefused extends Error {
  override readonly name = 'SyncRefused';
}

export interface SyncOptions {
  /** Also an event that is on sale: sales stand still for under a second. */
  readonly online?: boolean;
  /** Compare once more afterwards. */
  readonly verify?: boolean;
  /** Postgres went back in time: what Redis alone calls sold is blocked and listed (SPEC R5). */
  readonly afterRestore?: boolean;
  /** What Redis calls sold and no order has goes on sale again. */
  readonly freeUnclaimed?: boolean;
  /** Who does it. */
  readonly operator: string;
}

export interface SyncReport {
  readonly eventId: string;
  readonly load: RebuildReport;
  /** Where --after-restore kept places off sale. */
  readonly kept: KeptList | null;
  /** What is different afterwards; null: not looked at. */
  readonly verified: Comparison | null;
}

export interface SyncDeps extends CompareDeps {
  readonly rebuilder: Rebuilder;
}

/** The lock's, the snapshot's, and one for what is written beside it: with fewer they would wait for each other. */
const MIN_CONNECTIONS = 3;
const AGAIN_AFTER_MS = 1200;
const MOVING_PATIENCE = 10;
const MOVING_POLL_MS = 200;

/**
 * A comparison of which every finding was seen twice, a good second apart: what was on its way is not among them. null: no such
 * event. A load that is under way is waited for, some seconds.
 */
export async function compareCertainly(deps: CompareDeps, eventId: string): Promise<Comparison | null> {
  const first = await compareStill(deps, eventId);
  if (first === null || first.drift.places.length + first.drift.categories.length === 0) return first;
  await sleep(AGAIN_AFTER_MS);
  const second = await compareStill(deps, eventId);
  if (second === null || second.result !== 'compared') return second;
  const places = foundAgain(first.drift.places, second.drift.places);
  const wrong = new Set(places.length === 0 ? [] : second.drift.categories.map(({ category }) => category));
  const categories = second.drift.categories.filter(({ category }) => wrong.has(category));
  return { ...second, drift: { places, categories } };
}

async function compareStill(deps: CompareDeps, eventId: string): Promise<Comparison | null> {
  for (let patience = MOVING_PATIENCE; ; patience--) {
    const found = await compareEvent(deps, eventId);
    if (found?.result !== 'moving' || patience === 0) return found;
    await sleep(MOVING_POLL_MS);
  }
}

/**
 * Loads one event anew (SPEC R2) for a person: refuses what would sell a place twice, and two at once. Throws SyncRefused, AisleError
 * UNAVAILABLE. Stopped anywhere, the next load of whoever comes first finishes it.
 */
export async function syncEvent(deps: SyncDeps, eventId: string, options: SyncOptions): Promise<SyncReport> {
  if (deps.sql.options.max < MIN_CONNECTIONS)
    throw new SyncRefused(
      `a sync needs ${MIN_CONNECTIONS} connections to Postgres, this pool has ${deps.sql.options.max}. Nothing was changed.`,
    );
  const at: Standing = { loading: false };
  const locked = await withSyncLock(deps.sql, eventId, options.operator, () =>
    syncAlone(deps, eventId, options, at),
  ).catch((error: unknown) => {
    throw stopped(eventId, error, at);
  });
  if (locked.ok) return locked.value;
  const { operator, since } = locked.holder;
  throw new SyncRefused(
    `${operator} is at it since ${since.toISOString()}. Nothing was changed; wait, then look again.`,
  );
}

/** How far it came. */
interface Standing {
  loading: boolean;
}

/** What a store that dies on the way leaves, in words for the operator. */
function stopped(eventId: string, error: unknown, at: Standing): unknown {
  if (error instanceof SyncRefused) return error;
  const failure = storeFailure(error);
  if (!at.loading || !(failure instanceof AisleError) || failure.code !== 'UNAVAILABLE') return failure;
  const message =
    `${failure.message} ${eventId} is half loaded, or was not touched: if the former, it takes no orders until a worker or the next ` +
    '`aisle sync` finishes it.';
  return AisleError.of('UNAVAILABLE', { message }, { cause: error });
}

async function syncAlone(deps: SyncDeps, eventId: string, options: SyncOptions, at: Standing): Promise<SyncReport> {
  const { operator, afterRestore = false } = options;
  await refuseAsItIs(deps, eventId, options);
  await failpoint('sync-before-load');
  const kept = afterRestore ? await keepBeforeLoad(deps, eventId, operator) : null;
  if (afterRestore) await failpoint('sync-after-keep');
  at.loading = true;
  const load = await deps.rebuilder.loadEvent(eventId, 'operator', { operator, afterRestore });
  at.loading = false;
  if (load.result === 'postgres_behind') throw new SyncRefused(BEHIND_ADVICE);
  if (afterRestore && load.result === 'loaded') await clearBehind(deps.redis, eventId);
  const verified = options.verify === true ? await compareCertainly(deps, eventId) : null;
  return { eventId, load, kept, verified };
}

const BEHIND_ADVICE =
  'Postgres went back in time: loading from it would sell again what is sold. Nothing was changed. ' +
  'Run it with --after-restore: what Redis alone calls sold is then blocked and listed, and the event stays paused until somebody opens it.';

async function refuseAsItIs(deps: SyncDeps, eventId: string, options: SyncOptions): Promise<void> {
  // Redis first: what Postgres says a moment later can only be newer.
  const [state] = await logStates(deps.redis, [eventId]);
  const record = await findEvent(deps.sql, eventId);
  if (record === null || record.event.status === 'draft') throw new SyncRefused('There is no such published event.');
  if (options.afterRestore === true) return;
  if (state !== undefined && state.epoch !== null) {
    const watermark = (await readWatermarks(deps.sql, [eventId])).get(eventId) ?? { epoch: 0, seq: 0 };
    const standing = { epoch: record.epoch, version: record.event.version, watermark };
    const finding = findBehind({ ...state, epoch: state.epoch }, standing);
    if (finding !== null) throw new SyncRefused(`${tellBehind(finding)}. ${BEHIND_ADVICE}`);
    if (state.behind) throw new SyncRefused(BEHIND_ADVICE);
  }
  if (record.event.status === 'on_sale' && options.online !== true) {
    throw new SyncRefused(
      'It is on sale. With --online it is loaded while buyers go on: sales stand still for less than a second, and holds stay. ' +
        'Or pause it first.',
    );
  }
  if (options.freeUnclaimed !== true) await refuseToFree(deps, eventId);
}

/** What a load would free although Redis calls it sold. */
export const unclaimedIn = (places: readonly PlaceDrift[]): PlaceDrift[] =>
  places.filter(
    (drift) =>
      drift.kind === 'sold_unclaimed' || (drift.kind === 'area_sold' && drift.redis.sold > drift.expected.sold),
  );

async function refuseToFree(deps: SyncDeps, eventId: string): Promise<void> {
  const first = await compareEvent(deps, eventId);
  // Half loaded, or not there at all: there is nothing to be freed.
  if (first === null || unclaimedIn(first.drift.places).length === 0) return;
  const certain = await compareCertainly(deps, eventId);
  const unclaimed = unclaimedIn(certain?.drift.places ?? []);
  if (unclaimed.length === 0) return;
  const places = unclaimed
    .slice(0, 10)
    .map((drift) =>
      'seatNo' in drift ? first.chart.seatId(drift.seatNo) : 'areaNo' in drift ? first.chart.areaId(drift.areaNo) : '',
    );
  throw new SyncRefused(
    `Redis calls sold what no order has: ${places.join(', ')}${unclaimed.length > 10 ? ` and ${unclaimed.length - 10} more` : ''}. ` +
      'Nothing was changed. Run it with --after-restore to keep these places off sale, or with --free-unclaimed to sell them again.',
  );
}
