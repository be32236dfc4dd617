import type { InventoryFrame } from '@aisle/client/protocol';
import type { LiveEvent } from '../domain/event.js';
import type { LocalBroadcast } from '../domain/ports/seat-feed.js';
import type { EventMirror } from './mirror.js';
import { Pacer } from './pacer.js';
import { Touched } from './touched.js';

/** `inventory` frames come at most this often per event. */
const INVENTORY_PERIOD_MS = 1000;
/** After this much silence a beacon says where the event stands. */
export const BEACON_SILENCE_MS = 2000;

export interface FrameWriterDeps {
  readonly broadcast: LocalBroadcast;
  readonly tickMs: number;
}

/**
 * Turns what happened to a mirror into frames for its viewers: the first change at once, then one frame a tick (SPEC F2).
 * Frames join without a gap: each starts where the one before ended. Without viewers it only keeps count.
 */
export class FrameWriter {
  readonly touched = new Touched();
  viewers = 0;
  /** The chart's categories and publicStates are read from here. */
  live: LiveEvent;
  readonly #frames: Pacer;
  readonly #inventory: Pacer;
  #mirror: EventMirror | null = null;
  #sentSeq = 0;
  #lastSentMs = 0;
  /** Viewers were last told that the map is not checked. */
  #doubted = false;
  /** It has been checked since, while a frame was due: said with that frame. In a rush one nearly always is. */
  #cleared = false;

  /** `onBoundary` is called after each flush, in the same turn. */
  constructor(
    live: LiveEvent,
    private readonly deps: FrameWriterDeps,
    private readonly onBoundary: () => void,
  ) {
    this.live = live;
    this.#frames = new Pacer(deps.tickMs, () => this.flush());
    this.#inventory = new Pacer(INVENTORY_PERIOD_MS, () => this.#sendInventory());
  }

  /** A new mirror: nothing of the one before is owed to anyone. */
  startAt(mirror: EventMirror): void {
    this.#mirror = mirror;
    this.#sentSeq = mirror.seq;
    this.#lastSentMs = performance.now();
    this.touched.clear();
  }

  /** True: everything the mirror knows has been sent, so that a viewer may join here. */
  isCurrent(mirror: EventMirror): boolean {
    return this.#sentSeq === mirror.seq;
  }

  changed(mirror: EventMirror, inventory: boolean): void {
    this.#mirror = mirror;
    this.#frames.request();
    if (inventory) this.#inventory.request();
  }

  /** Sends (sentSeq, seq]; even an empty one, for clients compare seqs. */
  flush(): void {
    const mirror = this.#mirror;
    if (mirror === null) return;
    if (mirror.seq > this.#sentSeq) {
      if (this.viewers > 0) this.#sendSeats(mirror);
      this.#sentSeq = mirror.seq;
      this.touched.clear();
    }
    if (this.#cleared) this.#sendBeacon(mirror, false);
    this.onBoundary();
  }

  status(mirror: EventMirror): void {
    this.#send('event', { eventId: this.live.event.id, status: mirror.status, version: mirror.version });
  }

  reload(mirror: EventMirror): void {
    this.#send('reload', { eventId: this.live.event.id, epoch: mirror.epoch, chartVersion: mirror.chartVersion });
  }

  /** The mirror was just found to be where Redis is: only then may a beacon say so (SPEC F4). Viewers who thought otherwise are told. */
  verified(): void {
    const mirror = this.#mirror;
    if (mirror === null) return;
    this.#cleared = this.#doubted && !this.isCurrent(mirror);
    if (!this.isCurrent(mirror)) return;
    if (this.#doubted || this.#isSilent()) this.#sendBeacon(mirror, false);
  }

  /** The mirror could not be compared with Redis lately (SPEC F9): said at once, and again after each silence. */
  unverified(): void {
    const mirror = this.#mirror;
    if (mirror === null || !this.isCurrent(mirror)) return;
    if (!this.#doubted || this.#isSilent()) this.#sendBeacon(mirror, true);
  }

  /** A viewer was told so otherwise. */
  doubted(): void {
    this.#doubted = true;
  }

  #isSilent(): boolean {
    return performance.now() - this.#lastSentMs >= BEACON_SILENCE_MS;
  }

  #sendBeacon({ epoch, seq, status }: EventMirror, stale: boolean): void {
    this.#doubted = stale;
    this.#cleared = false;
    this.#send('beacon', { eventId: this.live.event.id, epoch, seq, status, ...(stale ? { stale } : {}) });
    this.#lastSentMs = performance.now();
  }

  stop(): void {
    this.#frames.stop();
    this.#inventory.stop();
  }

  #sendSeats(mirror: EventMirror): void {
    const { seats, areas } = this.touched;
    this.#send('seats', {
      eventId: this.live.event.id,
      epoch: mirror.epoch,
      from: this.#sentSeq,
      to: mirror.seq,
      changes: mirror.lettersOf(seats, this.live.event.publicStates),
      ...(areas.size > 0 ? { areas: mirror.areasOf(areas) } : {}),
    });
    this.#lastSentMs = performance.now();
  }

  #sendInventory(): void {
    const mirror = this.#mirror;
    if (mirror === null || this.viewers === 0) return;
    const categories: InventoryFrame['categories'] = {};
    this.live.chart.categoryKeys.forEach((key, catNo) => {
      const counts = mirror.inventory[catNo];
      if (counts !== undefined) categories[key] = [counts.total, counts.sold, counts.pending, counts.available];
    });
    this.#send('inventory', { eventId: this.live.event.id, epoch: mirror.epoch, seq: mirror.seq, categories });
  }

  #send(name: 'seats' | 'beacon' | 'inventory' | 'event' | 'reload', payload: object): void {
    if (this.viewers > 0) this.deps.broadcast.toEvent(this.live.event.id, name, payload);
  }
}
