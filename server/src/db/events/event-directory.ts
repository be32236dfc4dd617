import type { LiveEvent } from '../../domain/event.js';
import { eventNotFound } from '../../domain/faults.js';
import type { EventDirectory } from '../../domain/ports/event-directory.js';
import type { Clock } from '../../platform/clock.js';
import type { Logger } from '../../platform/logger.js';
import { createChartCache, type ChartCache } from './chart-cache.js';
import { guarded, type Sql } from '../client.js';
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

export const createEventDirectory = (deps: EventDirectoryDeps): ClosableEventDirectory =>
  new CachedEventDirectory(deps);

class CachedEventDirectory implements ClosableEventDirectory {
  readonly #deps: EventDirectoryDeps;
  readonly #charts: ChartCache;
  // Maps keep insertion order: the first key is the one not used for longest.
  readonly #entries = new Map<string, LiveEvent>();
  /** When an id was last found to be unknown. */
  readonly #missing = new Map<string, number>();
  readonly #reads = new Map<string, Read>();
  readonly #listeners: ((live: LiveEvent) => void)[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(deps: EventDirectoryDeps) {
    this.#deps = deps;
    this.#charts = createChartCache(deps.sql);
    deps.subscribe((eventId) => this.#noticed(eventId));
    this.#timer = setInterval(() => void this.#poll(), deps.pollMs ?? POLL_MS);
    this.#timer.unref();
  }

  async get(eventId: string): Promise<LiveEvent> {
    const live = this.#entries.get(eventId);
    if (live !== undefined) {
      this.#entries.delete(eventId);
      this.#entries.set(eventId, live);
      return live;
    }
    const missedAt = this.#missing.get(eventId);
    if (missedAt !== undefined && this.#deps.clock() - missedAt < MISSING_MS) throw eventNotFound(eventId);
    return this.#reads.get(eventId)?.running ?? this.#begin(eventId);
  }

  // A caller of refresh wants what Postgres says from now on: a read already under way may be older, so one more is queued
  // behind it, shared by everybody who comes meanwhile.
  refresh(eventId: string): Promise<LiveEvent> {
    const slot = this.#reads.get(eventId);
    if (slot === undefined) return this.#begin(eventId);
    const again = (): Promise<LiveEvent> => this.#begin(eventId);
    slot.queued ??= slot.running.then(again, again);
    return slot.queued;
  }

  peek(eventId: string): LiveEvent | undefined {
    return this.#entries.get(eventId);
  }

  onChange(listener: (live: LiveEvent) => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #begin(eventId: string): Promise<LiveEvent> {
    const slot: Read = { running: this.#read(eventId) };
    this.#reads.set(eventId, slot);
    const done = (): void => {
      if (slot.queued === undefined && this.#reads.get(eventId) === slot) this.#reads.delete(eventId);
    };
    slot.running.then(done, done);
    return slot.running;
  }

  async #read(eventId: string): Promise<LiveEvent> {
    const record = await findEvent(this.#deps.sql, eventId);
    if (record !== null) return this.#accept(eventId, record);
    this.#entries.delete(eventId);
    this.#missing.delete(eventId);
    this.#missing.set(eventId, this.#deps.clock());
    dropOldest(this.#missing, MAX_MISSING);
    throw eventNotFound(eventId);
  }

  async #accept(eventId: string, { event, epoch, chartHash }: EventRecord): Promise<LiveEvent> {
    const before = this.#entries.get(eventId);
    if (before?.event.version === event.version && before.epoch === epoch) return before;
    const live: LiveEvent = { event, epoch, chart: await this.#charts.get(chartHash) };
    this.#missing.delete(eventId);
    this.#entries.delete(eventId);
    this.#entries.set(eventId, live);
    dropOldest(this.#entries, MAX_EVENTS);
    if (before !== undefined) for (const listener of this.#listeners) listener(live);
    return live;
  }

  #noticed(eventId: string): void {
    this.#missing.delete(eventId);
    if (this.#entries.has(eventId) || this.#reads.has(eventId)) this.#refreshQuietly(eventId);
  }

  async #poll(): Promise<void> {
    try {
      for (const eventId of await findChanged(this.#deps.sql, this.#entries)) this.#refreshQuietly(eventId);
    } catch (error) {
      this.#deps.logger.debug({ err: error }, 'events not polled');
    }
  }

  #refreshQuietly(eventId: string): void {
    this.refresh(eventId).catch((error: unknown) =>
      this.#deps.logger.debug({ eventId, err: error }, 'event not re-read'),
    );
  }
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
