import { AisleError, type SeatsView, type SubscribeAck } from '@aisle/client/protocol';
import type { LiveEvent } from '../domain/event.js';
import type { EventDirectory } from '../domain/ports/event-directory.js';
import type { SeatChangeSource } from '../domain/ports/seat-changes.js';
import type { LocalBroadcast, SeatFeed } from '../domain/ports/seat-feed.js';
import type { CategoryCounts, SeatStore, StorePosition } from '../domain/ports/seat-store.js';
import type { Logger } from '../platform/logger.js';
import type { Metrics } from '../platform/metrics.js';
import { areasView } from './areas-view.js';
import { EventFeed, type EventFeedDeps } from './event-feed.js';
import type { Position } from './joiners.js';
import { encodeCodes, toCodes } from './letters.js';
import type { EventMirror } from './mirror.js';
import { Snapshots } from './snapshots.js';

/** Every so often Redis is asked where the mirrored events stand (SPEC F4); ±10 %, so that nodes don't ask together. */
const POLL_MS = 1000;
/** After a look that failed. */
const POLL_AGAIN_MS = 250;
/** How late at most viewers are told that their map is stale. */
const STALE_CHECK_MS = 250;
/** A mirror outlives its last viewer by this long: reloads and page changes cost Redis nothing. */
export const LINGER_MS = 10_000;
/** Past what timers take (24.8 days) nothing is attended; holds of staff last hours. */
const MAX_ATTEND_MS = 86_400_000;
/** A SUBSCRIBE waits for a lost connection; those who want to watch do not wait for ever. */
const START_WAIT_MS = 3000;

export interface SeatFeedDeps {
  readonly store: Pick<SeatStore, 'snapshot' | 'positions'>;
  readonly source: SeatChangeSource;
  readonly directory: EventDirectory;
  readonly broadcast: LocalBroadcast;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly tickMs: number;
}

interface Entry {
  readonly feed: EventFeed;
  readonly ready: Promise<void>;
  /** Subscribes under way, not yet viewers. */
  joining: number;
  linger: NodeJS.Timeout | null;
  /** Holders on this node are to be told until then, ms of performance.now(). */
  attendUntil: number;
}

/** The fan-out of one node: mirrors of watched events, their frames, and the views for REST (SPEC F1–F5). */
export function createSeatFeed(deps: SeatFeedDeps): SeatFeed {
  return new NodeSeatFeed(deps);
}

class NodeSeatFeed implements SeatFeed {
  readonly #entries = new Map<string, Entry>();
  /** UNSUBSCRIBE under way: a new start waits for it, so that the two cannot overtake each other. */
  readonly #ending = new Map<string, Promise<void>>();
  readonly #snapshots: Snapshots;
  readonly #eventDeps: EventFeedDeps;
  #pollTimer: NodeJS.Timeout | null = null;
  readonly #staleTimer: NodeJS.Timeout;
  #closed = false;

  constructor(private readonly deps: SeatFeedDeps) {
    this.#snapshots = new Snapshots(deps);
    this.#eventDeps = { ...deps, snapshots: this.#snapshots, position: (eventId) => this.#position(eventId) };
    deps.source.onChanges((changes) => this.#entries.get(changes.eventId)?.feed.onChanges(changes));
    deps.source.onResync(() => {
      for (const { feed } of this.#entries.values()) feed.resync('resubscribed');
    });
    deps.directory.onChange((live) => this.#entries.get(live.event.id)?.feed.onDirectory(live));
    this.#schedulePoll(POLL_MS);
    this.#staleTimer = setInterval(() => this.#tellStale(), STALE_CHECK_MS);
  }

  async subscribe(
    eventId: string,
    position: Position | undefined,
    attach: (answer: SubscribeAck) => void,
  ): Promise<void> {
    const live = await this.deps.directory.get(eventId);
    if (live.epoch === 0) throw AisleError.of('EVENT_STATE_CONFLICT', { details: { status: live.event.status } });
    const entry = this.#entries.get(eventId) ?? this.#open(live);
    entry.joining++;
    this.#keepAlive(entry);
    try {
      await entry.ready;
      await entry.feed.join(position, attach);
    } finally {
      entry.joining--;
      this.#lingerIfIdle(eventId, entry);
    }
  }

  unsubscribe(eventId: string): void {
    const entry = this.#entries.get(eventId);
    if (entry === undefined) return;
    entry.feed.leave();
    this.#lingerIfIdle(eventId, entry);
  }

  attend(eventId: string, ms: number): void {
    const live = this.deps.directory.peek(eventId);
    if (this.#closed || live === undefined || live.epoch === 0) return;
    const entry = this.#entries.get(eventId) ?? this.#open(live);
    entry.attendUntil = Math.max(entry.attendUntil, performance.now() + ms);
    this.#keepAlive(entry);
    this.#lingerIfIdle(eventId, entry);
  }

  watched(): string[] {
    return [...this.#entries.keys()];
  }

  viewers(): ReadonlyMap<string, number> {
    return new Map([...this.#entries].map(([eventId, { feed }]) => [eventId, feed.viewers]));
  }

  async view(eventId: string): Promise<SeatsView> {
    const live = await this.deps.directory.get(eventId);
    const states = live.event.publicStates;
    const mirror = this.#mirror(live);
    if (mirror !== null) {
      const { status, epoch, seq, chartVersion } = mirror;
      const stale = this.#entries.get(eventId)?.feed.stale === true;
      return {
        eventId,
        status,
        epoch,
        seq,
        chartVersion,
        map: mirror.map(states),
        areas: areasView(live, mirror.areas),
        ...(stale ? { stale } : {}),
      };
    }
    if (live.epoch === 0) return draftView(live);
    const snapshot = await this.#snapshots.recent(eventId);
    const fitting =
      live.event.chartVersion === snapshot.chartVersion ? live : await this.deps.directory.refresh(eventId);
    return {
      eventId,
      status: snapshot.status,
      epoch: snapshot.epoch,
      seq: snapshot.seq,
      chartVersion: snapshot.chartVersion,
      map: encodeCodes(toCodes(snapshot.letters), states),
      areas: areasView(fitting, snapshot.areaAvailable),
    };
  }

  async inventory(eventId: string): Promise<readonly CategoryCounts[]> {
    const live = await this.deps.directory.get(eventId);
    const mirror = this.#mirror(live);
    if (mirror !== null) return mirror.inventory;
    if (live.epoch === 0) return Array.from(live.chart.categoryTotals, untouched);
    return (await this.#snapshots.recent(eventId)).inventory;
  }

  async letters(eventId: string, fresh: boolean): Promise<{ letters: Uint8Array; seq: number; epoch: number }> {
    const feed = this.#entries.get(eventId)?.feed;
    const mirror = feed?.mirror ?? null;
    if (!fresh && mirror !== null) return mirror;
    const snapshot = await (fresh ? this.#snapshots.fresh(eventId, 'fresh') : this.#snapshots.recent(eventId));
    feed?.observe(snapshot);
    return { letters: toCodes(snapshot.letters), seq: snapshot.seq, epoch: snapshot.epoch };
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#pollTimer !== null) clearTimeout(this.#pollTimer);
    clearInterval(this.#staleTimer);
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    for (const { linger } of entries) if (linger !== null) clearTimeout(linger);
    await Promise.allSettled(entries.map(({ feed }) => feed.close()));
    await Promise.allSettled(this.#ending.values());
  }

  /** Null: nobody watches it here, or its first snapshot is still under way. */
  #mirror(live: LiveEvent): EventMirror | null {
    const mirror = this.#entries.get(live.event.id)?.feed.mirror ?? null;
    return mirror !== null && mirror.chartVersion === live.event.chartVersion ? mirror : null;
  }

  #open(live: LiveEvent): Entry {
    if (this.#closed) throw AisleError.of('UNAVAILABLE', { retryAfterMs: 500 });
    const eventId = live.event.id;
    const feed = new EventFeed(live, this.#eventDeps);
    const ready = within(
      START_WAIT_MS,
      Promise.resolve(this.#ending.get(eventId)).then(() => feed.start()),
    );
    const entry: Entry = { feed, ready, joining: 0, linger: null, attendUntil: 0 };
    this.#entries.set(eventId, entry);
    // Those who wait for it are told by `ready`; the next one to come starts anew.
    ready.catch(() => this.#end(eventId, entry));
    return entry;
  }

  #keepAlive(entry: Entry): void {
    if (entry.linger !== null) clearTimeout(entry.linger);
    entry.linger = null;
  }

  #lingerIfIdle(eventId: string, entry: Entry): void {
    if (this.#closed || entry.linger !== null || entry.joining > 0 || !entry.feed.idle) return;
    const attendMs = Math.min(MAX_ATTEND_MS, entry.attendUntil - performance.now());
    entry.linger = setTimeout(() => this.#end(eventId, entry), Math.max(LINGER_MS, attendMs));
  }

  #end(eventId: string, entry: Entry): void {
    this.#keepAlive(entry);
    if (this.#entries.get(eventId) === entry) this.#entries.delete(eventId);
    const ending = entry.feed.close().catch((error: unknown) => {
      this.deps.logger.warn({ err: error, eventId }, 'unsubscribing failed');
    });
    const tracked = ending.then(() => {
      if (this.#ending.get(eventId) === tracked) this.#ending.delete(eventId);
    });
    this.#ending.set(eventId, tracked);
  }

  #schedulePoll(waitMs: number): void {
    if (this.#closed) return;
    this.#pollTimer = setTimeout(
      () => {
        this.#poll().then(
          () => this.#schedulePoll(POLL_MS),
          (error: unknown) => {
            this.deps.logger.debug({ err: error }, 'positions unknown; mirrors kept as they are');
            this.#schedulePoll(POLL_AGAIN_MS);
          },
        );
      },
      waitMs * (0.9 + Math.random() / 5),
    );
  }

  #tellStale(): void {
    let stale = 0;
    for (const { feed } of this.#entries.values()) {
      feed.tellIfStale();
      if (feed.stale) stale++;
    }
    this.deps.metrics.staleMirrors.set(stale);
  }

  async #poll(): Promise<void> {
    this.#snapshots.sweep();
    const feeds = [...this.#entries.values()].map(({ feed }) => feed).filter((feed) => feed.mirror !== null);
    if (feeds.length === 0) return;
    const positions = await this.deps.store.positions(feeds.map((feed) => feed.eventId));
    feeds.forEach((feed, i) => feed.observe(positions[i] ?? null));
  }

  async #position(eventId: string): Promise<StorePosition | null> {
    return (await this.deps.store.positions([eventId]))[0] ?? null;
  }
}

async function within<T>(waitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(AisleError.of('UNAVAILABLE', { retryAfterMs: 500 })), waitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const untouched = (total: number): CategoryCounts => ({ total, sold: 0, pending: 0, available: total, version: 0 });

/** A draft was never loaded into Redis: every place is free, at position 0. */
function draftView(live: LiveEvent): SeatsView {
  const { seatCount, areaCapacity } = live.chart;
  return {
    eventId: live.event.id,
    status: live.event.status,
    epoch: 0,
    seq: 0,
    chartVersion: live.event.chartVersion,
    map: seatCount > 0 ? `${seatCount}a` : '',
    areas: areasView(live, [...areaCapacity]),
  };
}
