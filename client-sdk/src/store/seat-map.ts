import type { AisleError } from '../protocol/errors.js';
import type { EventStatus } from '../protocol/event.js';
import type { SeatLetter } from '../protocol/map-codec.js';
import { clientClosed } from '../errors.js';
import { Emitter } from '../emitter.js';
import type { CategoryCount, EventFeed, FeedEvent, FeedEvents } from './feed.js';
import type { AreaCount } from './map-store.js';

export interface SeatMapEvents extends FeedEvents {
  /** Once: the first map is there. Its `change` ({all: true}) comes just before. */
  ready: undefined;
}

/**
 * One watcher's view of an event's map: always exact up to (epoch, seq), `stale` while the server cannot be heard.
 * Several views of one event share one subscription.
 */
export class SeatMap {
  readonly eventId: string;
  readonly #feed: EventFeed;
  readonly #emitter = new Emitter<SeatMapEvents & { closed: undefined }>();
  readonly #onClose: (map: SeatMap) => void;
  #state: 'new' | 'ready' | 'closed' = 'new';

  /** @internal Made by AisleClient.watch. */
  constructor(feed: EventFeed, onClose: (map: SeatMap) => void) {
    this.eventId = feed.eventId;
    this.#feed = feed;
    this.#onClose = onClose;
    // A second view of a map that is there, or refused, already: told on the next turn, when listeners have been put on.
    queueMicrotask(() => {
      if (feed.store.position !== null) this.#ready();
      else if (feed.error !== null) this.deliver({ name: 'error', value: feed.error });
    });
  }

  /** Returns the function that takes the listener off. */
  on<N extends keyof SeatMapEvents>(name: N, listener: (value: SeatMapEvents[N]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  /** Resolves with this map once it is there; rejects where the event is refused or the map closed first. */
  whenReady(): Promise<this> {
    if (this.#feed.store.position !== null && this.#state !== 'closed') return Promise.resolve(this);
    if (this.#state === 'closed') return Promise.reject(clientClosed());
    if (this.#feed.error !== null) return Promise.reject(this.#feed.error);
    return new Promise((resolve, reject) => {
      const ended = (act: () => void) => (): void => {
        for (const off of offs) off();
        act();
      };
      const offs = [
        this.#emitter.on(
          'ready',
          ended(() => resolve(this)),
        ),
        this.#emitter.on(
          'closed',
          ended(() => reject(clientClosed())),
        ),
        this.#emitter.on('error', (error) => ended(() => reject(error))()),
      ];
    });
  }

  /** One char code ("a" is 97) a seat, by seatNo. Read only, and the live array itself: it changes under you between turns. */
  get letters(): Readonly<Uint8Array> {
    return this.#feed.store.letters;
  }

  /** a available, h held, r reserved, s sold, b blocked. Throws RangeError for a seatNo that the map has not. */
  state(seatNo: number): SeatLetter {
    const code = this.#feed.store.letters[seatNo];
    if (code === undefined) throw new RangeError(`no seat ${seatNo} in a map of ${this.#feed.store.letters.length}`);
    return String.fromCharCode(code) as SeatLetter;
  }

  /** Capacity and free places of each general-admission area, by areaNo. */
  get areas(): readonly AreaCount[] {
    return this.#feed.store.areas;
  }

  /** Free places of an area. Throws RangeError for an areaNo that the map has not. */
  available(areaNo: number): number {
    const area = this.#feed.store.areas[areaNo];
    if (area === undefined) throw new RangeError(`no area ${areaNo} in a map of ${this.#feed.store.areas.length}`);
    return area.available;
  }

  /** Per category key, as far as the server has sent counts yet. */
  get inventory(): Readonly<Record<string, CategoryCount>> {
    return this.#feed.inventory;
  }

  /** 0 before the first map. */
  get epoch(): number {
    return this.#feed.store.position?.epoch ?? 0;
  }

  get seq(): number {
    return this.#feed.store.position?.seq ?? 0;
  }

  /** The event's status; null before the first map. */
  get status(): EventStatus | null {
    return this.#feed.status;
  }

  get chartVersion(): number | null {
    return this.#feed.chartVersion;
  }

  /** True before the first map, while the connection is cut and while something missed is being fetched. */
  get stale(): boolean {
    return this.#feed.stale || this.#state === 'closed';
  }

  /** Why the server refuses this event; null while it doesn't. */
  get error(): AisleError | null {
    return this.#feed.error;
  }

  /** Ends this view; the subscription ends with its last view. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#onClose(this);
    this.#emitter.emit('closed', undefined);
    this.#emitter.clear();
  }

  /** @internal */
  deliver(event: FeedEvent): void {
    if (this.#state === 'closed') return;
    this.#emitter.emit<keyof FeedEvents>(event.name, event.value);
    if (event.name === 'change') this.#ready();
  }

  #ready(): void {
    if (this.#state !== 'new') return;
    this.#state = 'ready';
    this.#emitter.emit('ready', undefined);
  }
}
