import { AisleError } from '@aisle/client/protocol';
import type { LiveEvent } from '../domain/event.js';
import type { EventDirectory } from '../domain/ports/event-directory.js';
import type { Clock } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';
import { createChartCache } from './chart-cache.js';
import { guarded, type Sql } from './client.js';
import { findEvent, type EventRecord } from './events.js';

/** A lost change notice shows after this at the latest: one statement for all cached events. */
const POLL_MS = 5000;
/** Unknown ids are not asked again for this long, so that nonsense ids cost Postgres little. */
const MISSING_MS = 1000;
const MAX_EVENTS = 1000;
const MAX_MISSING = 10_000;

export interface EventDirectoryDeps {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Calls back with the id of each event that some node changed. Called once, at the start. */
  readonly subscribe: (listener: (eventId: string) => void) => void;
  readonly pollMs?: number;
}
export type ClosableEventDirectory = EventDirectory & { close(): void };

interface Read {
  readonly running: Promise<LiveEvent>;
  queued?: Promise<LiveEvent>;
}

export function createEventDirectory(deps: EventDirectoryDeps): ClosableEventDirectory {
  const { sql, clock, logger } = deps;
  const charts = createChartCache(sql);
  const entries = new Map<string, LiveEvent>();
  const missing = new Map<string, number>();
  const reads = new Map<string, Read>();
  const listeners: ((live: LiveEvent) => void)[] = [];

  const notFound = (eventId: string): AisleError => {
    entries.delete(eventId);
    missing.delete(eventId);
    missing.set(eventId, clock());
    dropOldest(missing, MAX_MISSING);
    return AisleError.of('EVENT_NOT_FOUND', { details: { eventId } });
  };

  const accept = async (eventId: string, record: EventRecord): Promise<LiveEvent> => {
    const before = entries.get(eventId);
    const { event, epoch } = record;
    if (before !== undefined && before.event.version === event.version && before.epoch === epoch) return before;
    const live: LiveEvent = { event, epoch, chart: await charts.get(record.chartHash) };
    missing.delete(eventId);
    entries.delete(eventId);
    entries.set(eventId, live);
    dropOldest(entries, MAX_EVENTS);
    if (before !== undefined) for (const listener of listeners) listener(live);
    return live;
  };

  const read = async (eventId: string): Promise<LiveEvent> => {
    const record = await findEvent(sql, eventId);
    if (record === null) throw notFound(eventId);
    return accept(eventId, record);
  };
  const begin = (eventId: string): Promise<LiveEvent> => {
    const slot: Read = { running: read(eventId) };
    reads.set(eventId, slot);
    const done = (): void => {
      if (slot.queued === undefined && reads.get(eventId) === slot) reads.delete(eventId);
    };
    slot.running.then(done, done);
    return slot.running;
  };
  // A caller of refresh wants what Postgres says from now on: a read already under way may be older, so one more is queued
  // behind it, shared by everybody who comes meanwhile.
  const refresh = (eventId: string): Promise<LiveEvent> => {
    const slot = reads.get(eventId);
    if (slot === undefined) return begin(eventId);
    const again = (): Promise<LiveEvent> => begin(eventId);
    slot.queued ??= slot.running.then(again, again);
    return slot.queued;
  };
  const refreshQuietly = (eventId: string): void => {
    refresh(eventId).catch((error: unknown) => logger.debug({ eventId, err: error }, 'event not re-read'));
  };

  deps.subscribe((eventId) => {
    missing.delete(eventId);
    if (entries.has(eventId) || reads.has(eventId)) refreshQuietly(eventId);
  });
  const timer = setInterval(() => {
    findChanged(sql, entries).then(
      (changed) => changed.forEach(refreshQuietly),
      (error: unknown) => logger.debug({ err: error }, 'events not polled'),
    );
  }, deps.pollMs ?? POLL_MS);
  timer.unref();

  return {
    async get(eventId) {
      const live = entries.get(eventId);
      if (live !== undefined) {
        // Moved to the end: the first key stays the one not used for longest.
        entries.delete(eventId);
        entries.set(eventId, live);
        return live;
      }
      const missedAt = missing.get(eventId);
      if (missedAt !== undefined && clock() - missedAt < MISSING_MS)
        throw AisleError.of('EVENT_NOT_FOUND', { details: { eventId } });
      return reads.get(eventId)?.running ?? begin(eventId);
    },
    refresh,
    peek: (eventId) => entries.get(eventId),
    onChange: (listener) => void listeners.push(listener),
    close: () => clearInterval(timer),
  };
}

/** Ids of those whose version or epoch is not Postgres's. */
async function findChanged(sql: Sql, entries: ReadonlyMap<string, LiveEvent>): Promise<string[]> {
  if (entries.size === 0) return [];
  const rows = await guarded(
    sql,
    sql<{ id: string; version: number; epoch: number }[]>`
      SELECT id, version, epoch FROM events WHERE id = ANY (${[...entries.keys()]}::text[])`,
  );
  const changed = rows.filter(({ id, version, epoch }) => {
    const live = entries.get(id);
    return live !== undefined && (live.event.version !== version || live.epoch !== epoch);
  });
  return changed.map((row) => row.id);
}

function dropOldest<V>(map: Map<string, V>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}
