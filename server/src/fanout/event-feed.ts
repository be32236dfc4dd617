import { AisleError, type EventStatus, type SubscribeAck } from '@aisle/client/protocol';
import type { LiveEvent } from '../domain/event.js';
import type { EventDirectory } from '../domain/ports/event-directory.js';
import type { SeatChanges, SeatChangeSource } from '../domain/ports/seat-changes.js';
import type { LocalBroadcast } from '../domain/ports/seat-feed.js';
import type { StorePosition, StoreSnapshot } from '../domain/ports/seat-store.js';
import type { Logger } from '../platform/logger.js';
import type { Metrics } from '../platform/metrics.js';
import { areasView } from './areas-view.js';
import { keep } from './buffer.js';
import { FrameWriter } from './frame-writer.js';
import type { PublicStates } from './letters.js';
import { Joiners, type Position } from './joiners.js';
import { EventMirror } from './mirror.js';
import { SharedRead } from './shared-read.js';
import type { SnapshotReason, Snapshots } from './snapshots.js';

/** Redis says the event is further than the mirror: messages may be on their way for this long (SPEC F4). */
export const BEHIND_PATIENCE_MS = 100;
/** A mirror that was not seen to be where Redis is for this long is shown as stale (SPEC F9). Looks come each second. */
export const STALE_AFTER_MS = 2000;
/** A subscriber who must see a later position waits at most this long for it. */
const AHEAD_WAIT_MS = 2000;
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 1000;
const START_ATTEMPTS = 5;
const URGENT_ATTEMPTS = 5;
/** `again`: asked anew while a snapshot that may be too old was under way. */
type State =
  | { readonly kind: 'starting'; buffer: SeatChanges[]; overflown: boolean }
  | { readonly kind: 'live' }
  | {
      readonly kind: 'syncing';
      buffer: SeatChanges[];
      overflown: boolean;
      again: boolean;
      readonly done: Promise<void>;
    }
  | { readonly kind: 'closed' };

export interface EventFeedDeps {
  readonly source: SeatChangeSource;
  readonly directory: EventDirectory;
  readonly snapshots: Snapshots;
  readonly position: (eventId: string) => Promise<StorePosition | null>;
  readonly broadcast: LocalBroadcast;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly tickMs: number;
}

/** One watched event on this node: its mirror, its viewers, and the way back after anything was missed (SPEC F1–F5). */
export class EventFeed {
  #state: State = { kind: 'starting', buffer: [], overflown: false };
  #mirror: EventMirror | null = null;
  #live: LiveEvent;
  #viewers = 0;
  #behindTimer: NodeJS.Timeout | null = null;
  /** When the mirror was last known to be where Redis is; performance.now(). */
  #verifiedAtMs = performance.now();
  readonly #writer: FrameWriter;
  readonly #joiners = new Joiners(
    (position, attach) => this.#admit(position, attach),
    () => this.#boundary(),
  );
  readonly #position = new SharedRead(() => this.deps.position(this.eventId));

  constructor(
    live: LiveEvent,
    private readonly deps: EventFeedDeps,
  ) {
    this.#live = live;
    this.#writer = new FrameWriter(live, deps, () => this.#boundary());
  }

  get eventId(): string {
    return this.#live.event.id;
  }
  /** Null until the first snapshot is in. */
  get mirror(): EventMirror | null {
    return this.#mirror;
  }
  get publicStates(): PublicStates {
    return this.#live.event.publicStates;
  }
  /** The map is the last that was known: it cannot be checked. */
  get stale(): boolean {
    return this.#mirror !== null && performance.now() - this.#verifiedAtMs > STALE_AFTER_MS;
  }
  get viewers(): number {
    return this.#viewers;
  }
  get idle(): boolean {
    return this.#viewers === 0 && this.#joiners.count === 0;
  }

  /** SUBSCRIBE, await the confirmation, buffer, snapshot, apply what is newer (SPEC F1). Rejects with AisleError. */
  async start(): Promise<void> {
    await this.deps.source.subscribe(this.eventId);
    for (let attempt = 0; attempt < START_ATTEMPTS; attempt++) {
      const state = this.#state;
      if (state.kind !== 'starting') return;
      const snapshot = await this.#snapshot('start');
      if (this.#take(snapshot, state)) return;
    }
    throw AisleError.of('UNAVAILABLE', { message: 'The event changes too fast to be read.', retryAfterMs: 500 });
  }

  /** Answers at a tick boundary; see SeatFeed.subscribe. */
  async join(position: Position | undefined, attach: (answer: SubscribeAck) => void): Promise<void> {
    if (position !== undefined && this.#isAhead(position)) await this.#catchUp();
    if (this.#state.kind === 'closed') throw AisleError.of('UNAVAILABLE', { retryAfterMs: 500 });
    await this.#joiners.wait(position, attach, () => this.#boundary());
  }

  leave(): void {
    if (this.#viewers === 0) return;
    this.#viewers--;
    this.#writer.viewers = this.#viewers;
    this.deps.metrics.subscriptions.dec();
  }

  onChanges(changes: SeatChanges): void {
    for (const note of changes.notes) {
      this.deps.broadcast.toSubject(note.subject, 'hold', {
        kind: note.kind,
        token: note.token,
        eventId: this.eventId,
      });
    }
    const state = this.#state;
    if (state.kind === 'closed') return;
    this.deps.metrics.changesIn.inc(changes.entries.length);
    if (state.kind !== 'live') {
      keep(state, changes);
      return;
    }
    const missed = this.#apply(changes);
    if (missed === null) return;
    const syncing = this.resync(missed);
    if (syncing.kind === 'syncing') keep(syncing, changes);
  }

  /** Where Redis stands (SPEC F4). Null: it does not know the event or is loading it: the old map is kept. */
  observe(position: StorePosition | null): void {
    const mirror = this.#mirror;
    if (position === null || mirror === null || this.#state.kind !== 'live' || position.epoch < mirror.epoch) return;
    if (position.epoch > mirror.epoch || position.chartVersion !== mirror.chartVersion) {
      this.resync('epoch');
      return;
    }
    this.#setStatus(position.status, position.version);
    if (position.seq > mirror.seq) this.#expect(position);
    else this.#verified();
  }

  /** To be called a few times a second. */
  tellIfStale(): void {
    if (this.stale && this.#state.kind !== 'closed') this.#writer.unverified();
  }

  /** Postgres's word on the event has changed. */
  onDirectory(live: LiveEvent): void {
    const before = this.#live;
    this.#live = live;
    this.#writer.live = live;
    const mirror = this.#mirror;
    if (mirror === null || this.#state.kind === 'closed') return;
    this.#setStatus(live.event.status, live.event.version);
    if (live.epoch > mirror.epoch) {
      this.resync('epoch');
      return;
    }
    if (live.event.publicStates === before.event.publicStates) return;
    // Viewers have letters they should no longer see, or too few: the map has to be taken anew.
    mirror.forgetEncoded();
    this.#writer.reload(mirror);
  }

  /** Takes a snapshot and brings viewers there. Keeps trying while Redis cannot say (SPEC F5). */
  resync(reason: SnapshotReason): State {
    const state = this.#state;
    if (state.kind === 'syncing') state.again = true;
    if (state.kind !== 'live') return state;
    let finish = (): void => undefined;
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const syncing: State & { kind: 'syncing' } = { kind: 'syncing', buffer: [], overflown: false, again: false, done };
    this.#state = syncing;
    this.#sync(syncing, reason).then(finish, (error: unknown) => {
      this.deps.logger.error({ err: error, eventId: this.eventId }, 'resync failed');
      finish();
    });
    return syncing;
  }

  /** Resolves once a resync under way is through, or after `waitMs`. */
  async settled(waitMs: number): Promise<void> {
    const state = this.#state;
    if (state.kind !== 'syncing') return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, waitMs);
    });
    await Promise.race([state.done, late]);
    clearTimeout(timer);
  }

  async close(): Promise<void> {
    if (this.#state.kind === 'closed') return;
    this.#state = { kind: 'closed' };
    this.#writer.stop();
    if (this.#behindTimer !== null) clearTimeout(this.#behindTimer);
    this.deps.metrics.subscriptions.dec(this.#viewers);
    this.#viewers = 0;
    this.#joiners.close();
    await this.deps.source.unsubscribe(this.eventId);
  }

  /** Null: taken in or known; else why a snapshot is needed. */
  #apply(changes: SeatChanges): SnapshotReason | null {
    const mirror = this.#mirror;
    if (mirror === null) return 'gap';
    const result = mirror.apply(changes, this.#writer.touched);
    if (result === 'gap' || result === 'epoch') return result;
    if (changes.status !== undefined && changes.epoch === mirror.epoch)
      this.#setStatus(changes.status.status, changes.status.version);
    // Redis is heard, and nothing between is missing.
    if (result === 'applied') this.#verifiedAtMs = performance.now();
    if (result === 'applied') this.#writer.changed(mirror, changes.inventory.length > 0);
    return null;
  }

  #verified(): void {
    this.#verifiedAtMs = performance.now();
    this.#writer.verified();
  }

  #setStatus(status: EventStatus, version: number): void {
    if (this.#mirror?.setStatus(status, version) === true) this.#writer.status(this.#mirror);
  }

  async #sync(state: State & { kind: 'syncing' }, reason: SnapshotReason): Promise<void> {
    let delayMs = RETRY_MIN_MS;
    let urgent = URGENT_ATTEMPTS;
    for (;;) {
      state.again = false;
      const snapshot = await this.#snapshot(reason).catch((error: unknown) => {
        this.deps.logger.debug(
          { err: error, eventId: this.eventId, reason },
          'snapshot refused; keeping the map there is',
        );
        return null;
      });
      if (this.#state !== state) return;
      const usable = snapshot !== null && !this.#isRewound(snapshot);
      if (usable && !askedAgain(state) && this.#take(snapshot, state)) return;
      // A snapshot that was merely too old needs no waiting; a Redis that cannot say, or says the same again, does.
      if (usable && urgent-- > 0) continue;
      await pause(delayMs * (0.75 + Math.random() / 2));
      delayMs = Math.min(RETRY_MAX_MS, delayMs * 2);
    }
  }

  /** A snapshot together with the chart and epoch that Postgres has for it. */
  async #snapshot(reason: SnapshotReason): Promise<StoreSnapshot> {
    const snapshot = await this.deps.snapshots.fresh(this.eventId, reason);
    const fits = (live: LiveEvent): boolean =>
      live.event.chartVersion === snapshot.chartVersion && live.chart.seatCount === snapshot.letters.length;
    if (!fits(this.#live)) {
      this.#live = await this.deps.directory.refresh(this.eventId);
      this.#writer.live = this.#live;
    }
    if (!fits(this.#live)) {
      throw AisleError.of('UNAVAILABLE', { message: 'The chart in memory and the map differ.', retryAfterMs: 500 });
    }
    return snapshot;
  }

  /** True: live again. False: what was buffered shows that the snapshot is too old. */
  #take(snapshot: StoreSnapshot, state: State & { kind: 'starting' | 'syncing' }): boolean {
    if (state.overflown) {
      state.overflown = false;
      state.buffer = [];
      return false;
    }
    const before = this.#mirror;
    const mirror = this.#adopt(snapshot);
    const buffered = state.buffer;
    for (let i = 0; i < buffered.length; i++) {
      const changes = buffered[i];
      if (changes === undefined || this.#apply(changes) === null) continue;
      state.buffer = buffered.slice(i);
      return false;
    }
    this.#state = { kind: 'live' };
    if (before !== null && before !== mirror) this.#writer.reload(mirror);
    else this.#writer.flush();
    this.#verified();
    this.#boundary();
    return true;
  }

  #adopt(snapshot: StoreSnapshot): EventMirror {
    const mirror = this.#mirror;
    if (mirror !== null && mirror.epoch === snapshot.epoch && mirror.chartVersion === snapshot.chartVersion) {
      this.#setStatus(snapshot.status, snapshot.version);
      if (snapshot.seq > mirror.seq) {
        mirror.jump(snapshot, this.#writer.touched);
        this.#writer.changed(mirror, true);
      }
      return mirror;
    }
    const fresh = new EventMirror(snapshot);
    this.#mirror = fresh;
    this.#writer.startAt(fresh);
    return fresh;
  }

  #isRewound(snapshot: StoreSnapshot): boolean {
    const mirror = this.#mirror;
    if (mirror === null) return false;
    return snapshot.epoch < mirror.epoch || (snapshot.epoch === mirror.epoch && snapshot.seq < mirror.seq);
  }

  #isAhead(position: Position): boolean {
    const mirror = this.#mirror;
    if (mirror === null) return false;
    return position.epoch > mirror.epoch || (position.epoch === mirror.epoch && position.seq > mirror.seq);
  }

  /** A subscriber claims to have seen more than the mirror: Redis says whether that is so (SPEC F4). */
  async #catchUp(): Promise<void> {
    const position = await this.#position.read();
    const mirror = this.#mirror;
    if (position === null || mirror === null) return;
    const further = position.epoch > mirror.epoch || (position.epoch === mirror.epoch && position.seq > mirror.seq);
    if (further && this.#state.kind !== 'closed') this.resync('ahead');
    await this.settled(AHEAD_WAIT_MS);
  }

  /** Behind `position`: if still so after BEHIND_PATIENCE_MS, messages were lost. */
  #expect(position: StorePosition): void {
    if (this.#behindTimer !== null) return;
    this.#behindTimer = setTimeout(() => {
      this.#behindTimer = null;
      const mirror = this.#mirror;
      if (mirror === null || this.#state.kind !== 'live' || mirror.epoch !== position.epoch) return;
      if (mirror.seq < position.seq) this.resync('behind');
      else this.#verified();
    }, BEHIND_PATIENCE_MS);
  }

  /** Lets joiners in unless a frame is due: then they come in with it, in the same turn (SPEC F3). */
  #boundary(): void {
    const mirror = this.#mirror;
    if (mirror === null || this.#state.kind === 'starting' || this.#state.kind === 'closed') return;
    if (this.#joiners.count > 0 && this.#writer.isCurrent(mirror)) this.#joiners.letIn();
  }

  #admit(position: Position | undefined, attach: (answer: SubscribeAck) => void): void {
    const mirror = this.#mirror;
    if (mirror === null) throw AisleError.of('UNAVAILABLE', { retryAfterMs: 500 });
    this.#viewers++;
    this.#writer.viewers = this.#viewers;
    this.deps.metrics.subscriptions.inc();
    try {
      attach(this.#answer(position, mirror));
    } catch (error) {
      this.leave();
      throw error;
    }
  }

  #answer(position: Position | undefined, mirror: EventMirror): SubscribeAck {
    const states = this.publicStates;
    const changes = position?.epoch === mirror.epoch ? mirror.changesSince(position.seq, states) : null;
    this.deps.metrics.resumes.inc({ kind: changes === null ? 'map' : 'changes' });
    const { stale } = this;
    if (stale) this.#writer.doubted();
    return {
      eventId: this.eventId,
      status: mirror.status,
      epoch: mirror.epoch,
      seq: mirror.seq,
      chartVersion: mirror.chartVersion,
      ...(changes === null ? { map: mirror.map(states) } : { changes }),
      areas: areasView(this.#live, mirror.areas),
      ...(stale ? { stale } : {}),
    };
  }
}

/** A function, for it changes while a snapshot is awaited and TypeScript cannot see that. */
const askedAgain = (state: { readonly again: boolean }): boolean => state.again;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
