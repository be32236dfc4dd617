import { AisleError } from '../protocol/errors.js';
import type { Beacon } from '../protocol/down/beacon.js';
import type { EventChanged } from '../protocol/down/event.js';
import type { InventoryFrame } from '../protocol/down/inventory.js';
import type { Reload } from '../protocol/down/reload.js';
import type { SeatsFrame } from '../protocol/down/seats.js';
import type { EventStatus } from '../protocol/event.js';
import type { Subscribe, SubscribeAck } from '../protocol/up/subscribe.js';
import { isRecord, readWireError } from '../errors.js';
import { backoffMs } from '../connection/backoff.js';
import type { Outcome } from '../connection/socket.js';
import type { Timeouts } from '../options.js';
import { after, monotonicMs } from '../time.js';
import { MapStore, type MapChange, type Position } from './map-store.js';

/** Subscribes sooner after one another than this wait as after a failure: whatever goes wrong, no storm of them. */
const SUBSCRIBE_MIN_GAP_MS = 250;
/** A feed that lived this long since its last subscribe starts its backoff anew. */
const STABLE_MS = 5_000;
/** Answers older than our map, in a row, before the server's word is taken all the same. */
const MAX_BEHIND = 3;
/** Frames kept while a subscribe is in flight: at 20 a second, 50 s of them. More are dropped, which shows as a gap. */
const MAX_BUFFERED = 1_000;

/** What a feed needs of the connection. */
export interface Wire {
  readonly up: () => boolean;
  readonly subscribe: (payload: Subscribe, timeoutMs: number, done: (outcome: Outcome) => void) => void;
  readonly unsubscribe: (eventId: string) => void;
  /** True: the line was dead and is being cut. */
  readonly suspect: (sinceMs: number) => boolean;
}
export interface CategoryCount {
  readonly total: number;
  readonly sold: number;
  readonly pending: number;
  readonly available: number;
}
export interface FeedEvents {
  change: MapChange;
  status: EventStatus;
  stale: boolean;
  inventory: Readonly<Record<string, CategoryCount>>;
  reload: Reload;
  error: AisleError;
}

export type FeedEvent = {
  [N in keyof FeedEvents]: { readonly name: N; readonly value: FeedEvents[N] };
}[keyof FeedEvents];

type Phase =
  /** No connection. */
  | { readonly at: 'cut' }
  /** Frames are buffered. `stale`: the map is known to lack something, not just asked about after a silence. */
  | {
      readonly at: 'subscribing';
      readonly asked: Position | null;
      readonly buffer: SeatsFrame[];
      readonly stale: boolean;
    }
  /** Before the next subscribe. Frames are dropped: its answer is newer than all of them. */
  | { readonly at: 'waiting'; readonly from: Position | null; readonly cancel: () => void }
  | { readonly at: 'live' }
  /** Refused for good; tried again with the next connection. */
  | { readonly at: 'failed'; readonly error: AisleError }
  | { readonly at: 'closed' };

/** One event's map kept exact over a connection that may do anything (SPEC F8). */
export class EventFeed {
  readonly eventId: string;
  readonly store = new MapStore();
  readonly #wire: Wire;
  readonly #timeouts: Timeouts;
  readonly #emit: (event: FeedEvent) => void;
  readonly #random: () => number;
  #phase: Phase = { at: 'cut' };
  #stale = true;
  /** The server cannot check its own map. */
  #doubted = false;
  #subscribedAtMs = -Infinity;
  #attempt = 0;
  #behind = 0;
  #heardAtMs = 0;
  #cancelSilence = (): void => undefined;
  #cancelLag = (): void => undefined;
  #inventoryAt: Position = { epoch: 0, seq: -1 };
  /** The chart version that listeners know of. */
  #chartTold: number | null = null;
  status: EventStatus | null = null;
  chartVersion: number | null = null;
  inventory: Readonly<Record<string, CategoryCount>> = {};

  constructor(
    eventId: string,
    wire: Wire,
    timeouts: Timeouts,
    emit: (event: FeedEvent) => void,
    random: () => number = Math.random,
  ) {
    this.eventId = eventId;
    this.#wire = wire;
    this.#timeouts = timeouts;
    this.#emit = emit;
    this.#random = random;
  }

  get stale(): boolean {
    return this.#stale;
  }

  get error(): AisleError | null {
    return this.#phase.at === 'failed' ? this.#phase.error : null;
  }

  /** The connection is ready: resume from where the map stands. */
  connected(): void {
    if (this.#phase.at === 'closed') return;
    this.#attempt = 0;
    this.#subscribe(this.store.position, true);
  }

  cut(): void {
    if (this.#phase.at !== 'closed') this.#enter({ at: 'cut' });
  }

  close(): void {
    if (this.#phase.at === 'closed') return;
    const joined = this.#phase.at !== 'cut' && this.#phase.at !== 'failed';
    this.#enter({ at: 'closed' });
    if (joined) this.#wire.unsubscribe(this.eventId);
  }

  frame(frame: SeatsFrame): void {
    this.#heardAtMs = monotonicMs();
    const phase = this.#phase;
    if (phase.at === 'subscribing' && phase.buffer.length < MAX_BUFFERED) phase.buffer.push(frame);
    if (phase.at !== 'live') return;
    const verdict = this.store.frame(frame);
    if (verdict.kind === 'applied') this.#emit({ name: 'change', value: verdict.change });
    else if (verdict.kind === 'gap') this.#resubscribe(this.store.position, frame);
    else if (verdict.kind === 'afresh') this.#resubscribe(null, frame);
  }

  beacon(beacon: Beacon): void {
    this.#heardAtMs = monotonicMs();
    const position = this.store.position;
    if (this.#phase.at !== 'live' || position === null || beacon.epoch < position.epoch) return;
    this.#setStatus(beacon.status);
    this.#doubted = beacon.stale === true;
    this.#tellStale();
    if (beacon.epoch > position.epoch) return this.#resubscribe(null);
    if (beacon.seq <= position.seq) return;
    this.#cancelLag();
    // A frame of the same tick may be on its way.
    this.#cancelLag = after(this.#timeouts.behindMs, () => {
      const now = this.store.position;
      if (this.#phase.at === 'live' && now !== null && now.epoch === beacon.epoch && now.seq < beacon.seq)
        this.#resubscribe(now);
    });
  }

  event(change: EventChanged): void {
    this.#setStatus(change.status);
  }

  inventoryFrame(frame: InventoryFrame): void {
    const { epoch, seq } = this.#inventoryAt;
    if (frame.epoch < epoch || (frame.epoch === epoch && frame.seq <= seq)) return;
    const known = frame.epoch === epoch ? { ...this.inventory } : {};
    for (const [key, counts] of Object.entries(frame.categories)) {
      if (!Array.isArray(counts)) continue;
      const [total, sold, pending, available] = counts;
      known[key] = { total, sold, pending, available };
    }
    this.#inventoryAt = { epoch: frame.epoch, seq: frame.seq };
    this.inventory = known;
    this.#emit({ name: 'inventory', value: known });
  }

  /** The event was loaded anew: a fresh map after a random wait, so that ten thousand clients don't ask at once (SPEC F5). */
  reload(reload: Reload): void {
    const phase = this.#phase;
    const joined = phase.at === 'live' || phase.at === 'subscribing' || phase.at === 'waiting';
    if (!joined || reload.epoch < (this.store.position?.epoch ?? 0)) return;
    // Already waiting to take a fresh map: a stream of reloads must not put it off for ever.
    const waiting = phase.at === 'waiting' && phase.from === null;
    if (!waiting) this.#wait(this.#random() * this.#timeouts.reloadSpreadMs, null);
    this.#chartTold = reload.chartVersion;
    this.#emit({ name: 'reload', value: reload });
  }

  #setStatus(status: EventStatus): void {
    if (status === this.status) return;
    this.status = status;
    this.#emit({ name: 'status', value: status });
  }

  #enter(phase: Phase): void {
    if (this.#phase.at === 'waiting') this.#phase.cancel();
    this.#cancelLag();
    this.#cancelSilence();
    this.#phase = phase;
    if (phase.at === 'live') this.#watchSilence();
    this.#tellStale();
  }

  #tellStale(): void {
    const { at } = this.#phase;
    const stale = this.#phase.at === 'subscribing' ? this.#phase.stale || this.#stale : at !== 'live' || this.#doubted;
    if (stale === this.#stale) return;
    this.#stale = stale;
    if (at !== 'closed') this.#emit({ name: 'stale', value: stale });
  }

  /** One timer, moved on lazily: a frame costs no timer. */
  #watchSilence(): void {
    const leftMs = this.#heardAtMs + this.#timeouts.silenceMs - monotonicMs();
    this.#cancelSilence = after(leftMs, () => {
      if (monotonicMs() - this.#heardAtMs < this.#timeouts.silenceMs) this.#watchSilence();
      else this.#subscribe(this.store.position, false);
    });
  }

  /** A frame that showed the gap is kept: it may follow on the answer. */
  #resubscribe(from: Position | null, frame?: SeatsFrame): void {
    const sinceMs = monotonicMs() - this.#subscribedAtMs;
    if (sinceMs >= STABLE_MS) this.#attempt = 0;
    if (sinceMs >= SUBSCRIBE_MIN_GAP_MS) this.#subscribe(from, true, frame);
    else this.#retryLater(from);
  }

  #retryLater(from: Position | null, atLeastMs = 0): void {
    const { backoffMinMs, backoffMaxMs } = this.#timeouts;
    this.#wait(Math.max(backoffMs(this.#attempt++, backoffMinMs, backoffMaxMs, this.#random), atLeastMs), from);
  }

  #wait(delayMs: number, from: Position | null): void {
    this.#enter({ at: 'waiting', from, cancel: after(delayMs, () => this.#subscribe(from, true)) });
  }

  #subscribe(from: Position | null, stale: boolean, frame?: SeatsFrame): void {
    if (!this.#wire.up()) return this.#enter({ at: 'cut' });
    const mine: Phase = { at: 'subscribing', asked: from, buffer: frame === undefined ? [] : [frame], stale };
    this.#enter(mine);
    if (this.#phase !== mine) return;
    const sentAtMs = (this.#subscribedAtMs = monotonicMs());
    const payload =
      from === null ? { eventId: this.eventId } : { eventId: this.eventId, epoch: from.epoch, seq: from.seq };
    this.#wire.subscribe(payload, this.#timeouts.ackMs, (outcome) => {
      if (this.#phase !== mine) return;
      if (outcome.kind === 'lost') return this.#enter({ at: 'cut' });
      if (outcome.kind === 'ack') return this.#answered(outcome.value, mine);
      // Either the line is dead, and cut() follows; or the server is slow.
      if (!this.#wire.suspect(sentAtMs)) this.#retryLater(from);
    });
  }

  #answered(value: unknown, phase: Extract<Phase, { at: 'subscribing' }>): void {
    if (!isSubscribeAck(value)) return this.#refused(value, phase.asked);
    const verdict = this.store.answer(value, phase.asked, this.#behind >= MAX_BEHIND);
    if (verdict.kind === 'behind') {
      this.#behind++;
      return this.#retryLater(this.#behind >= MAX_BEHIND ? null : this.store.position);
    }
    if (verdict.kind !== 'applied') return this.#retryLater(null);
    this.#behind = 0;
    this.#heardAtMs = monotonicMs();
    const { eventId } = this;
    const { epoch, chartVersion } = value;
    // A chart that changed while this client was cut: nobody told it to reload.
    if (this.#chartTold !== null && this.#chartTold !== chartVersion)
      this.#emit({ name: 'reload', value: { eventId, epoch, chartVersion } });
    this.#chartTold = chartVersion;
    this.chartVersion = chartVersion;
    const statusChanged = this.status !== value.status;
    this.status = value.status;
    this.#doubted = value.stale === true;
    this.#enter({ at: 'live' });
    if (!isEmpty(verdict.change)) this.#emit({ name: 'change', value: verdict.change });
    if (statusChanged) this.#emit({ name: 'status', value: value.status });
    // Once one of them asks again, the rest is buffered for that answer.
    for (const frame of phase.buffer) this.frame(frame);
  }

  #refused(value: unknown, asked: Position | null): void {
    const wire = isRecord(value) ? readWireError(value.error) : null;
    const error =
      wire === null
        ? AisleError.of('INTERNAL', { message: 'The server sent an unreadable answer.' })
        : new AisleError(wire);
    if (error.retryable) return this.#retryLater(asked, error.retryAfterMs);
    this.#enter({ at: 'failed', error });
    this.#emit({ name: 'error', value: error });
  }
}

/** Caught up with nothing in between: no news. */
const isEmpty = (change: MapChange): boolean => !change.all && change.seats.length === 0 && change.areas.length === 0;

const isSubscribeAck = (value: unknown): value is SubscribeAck =>
  isRecord(value) &&
  value.ok === true &&
  typeof value.epoch === 'number' &&
  typeof value.seq === 'number' &&
  typeof value.status === 'string' &&
  typeof value.chartVersion === 'number' &&
  (value.map === undefined || typeof value.map === 'string') &&
  (value.changes === undefined || Array.isArray(value.changes)) &&
  Array.isArray(value.areas) &&
  value.areas.every(Array.isArray);
