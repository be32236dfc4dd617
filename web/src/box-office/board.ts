import { createClient, decodeMapInto, type AisleClient, type AreaCount, type SeatMap } from '@aisle/client';
import type { EventStatus, InventoryView, SeatsView } from '@aisle/client/protocol';
import { ApiError, getJson } from '../shared/api.js';

/**
 * `live`: told by the socket; `polling`: no socket, but the server answers; `offline`: nothing does, what is shown is the last
 * that was heard.
 */
export type Link = 'connecting' | 'live' | 'polling' | 'offline';

export interface Count {
  readonly total: number;
  readonly available: number;
}

export interface BoardState {
  readonly link: Link;
  /** Wall clock of the last word from the server, for the age of what is shown; null: none yet. */
  readonly heardAt: number | null;
  readonly status: EventStatus | null;
  readonly counts: ReadonlyMap<string, Count>;
  /** By areaNo. */
  readonly areas: readonly AreaCount[];
}

const PROBE_MS = 3_000;
/** Counts are told at most this often: more cannot be read. */
const TELL_MS = 250;
/** The SDK calls a map stale after so long a silence. */
const SILENCE_MS = 5_000;

/** What one event's house looks like now, however the server can be heard, and whether it can. */
export class Board {
  #state: BoardState = { link: 'connecting', heardAt: null, status: null, counts: new Map(), areas: [] };
  readonly #client: AisleClient;
  readonly #map: SeatMap;
  readonly #listeners = new Set<() => void>();
  readonly #seatListeners = new Set<() => void>();
  readonly #offs: (() => void)[] = [];
  #polled: Uint8Array | null = null;
  #telling: ReturnType<typeof setTimeout> | undefined;
  #probing = false;

  constructor(
    readonly eventId: string,
    private readonly token: string,
    private readonly onRefused: (error: ApiError) => void,
  ) {
    this.#client = createClient({ getToken: () => token, clientName: 'aisle-box-office' });
    this.#map = this.#client.watch(eventId);
    const probe = setInterval(() => void this.#probe(), PROBE_MS);
    const online = (): void => void this.#probe();
    const offline = (): void => this.#look();
    addEventListener('online', online);
    addEventListener('offline', offline);
    this.#offs.push(
      () => clearInterval(probe),
      () => removeEventListener('online', online),
      () => removeEventListener('offline', offline),
      this.#client.on('connection', (state) => {
        if (state.state === 'closed' && state.error?.code === 'UNAUTHENTICATED') this.#refused();
        this.#look();
      }),
      this.#map.on('change', () => this.#soon()),
      this.#map.on('inventory', () => this.#soon()),
      this.#map.on('status', () => this.#soon()),
      this.#map.on('stale', () => this.#look()),
      this.#map.on('ready', () => {
        this.#look();
        void this.#probe();
      }),
    );
  }

  get state(): BoardState {
    return this.#state;
  }

  /** A char code a seat, by seatNo: the live array, or the last that was polled. */
  get letters(): Readonly<Uint8Array> {
    return this.#socketLive || this.#polled === null ? this.#map.letters : this.#polled;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Seats may have changed; read `letters` anew. */
  onSeats(listener: () => void): () => void {
    this.#seatListeners.add(listener);
    return () => void this.#seatListeners.delete(listener);
  }

  /** A call to the server went through, or did not: known sooner than by the next look. */
  heard(reached: boolean): void {
    if (!reached) void this.#probe();
    else if (this.#state.link === 'offline') void this.#probe();
  }

  close(): void {
    for (const off of this.#offs) off();
    clearTimeout(this.#telling);
    this.#listeners.clear();
    this.#client.close();
  }

  get #socketLive(): boolean {
    return this.#client.connection.state === 'ready' && !this.#map.stale && navigator.onLine;
  }

  #soon(): void {
    if (this.#telling !== undefined) return;
    this.#telling = setTimeout(() => {
      this.#telling = undefined;
      this.#look();
      for (const listener of this.#seatListeners) listener();
    }, TELL_MS);
  }

  #look(): void {
    if (this.#socketLive) {
      const { inventory, areas, status } = this.#map;
      const counts = new Map(
        Object.entries(inventory).map(([key, { total, available }]) => [key, { total, available }] as const),
      );
      this.#tell({ link: 'live', heardAt: Date.now(), status, areas, ...(counts.size > 0 ? { counts } : {}) });
      return;
    }
    if (this.#state.link === 'live') this.#tell({ link: 'connecting', heardAt: Date.now() - SILENCE_MS });
    void this.#probe();
  }

  /** While the socket is silent: does the server answer at all, and what is left? */
  async #probe(): Promise<void> {
    const counted = this.#state.counts.size > 0;
    if (this.#socketLive && counted) {
      this.#tell({ heardAt: Date.now() });
      return;
    }
    if (this.#probing) return;
    this.#probing = true;
    try {
      const address = `/v1/events/${encodeURIComponent(this.eventId)}`;
      const options = { token: this.token };
      const inventory = await getJson<InventoryView>(`${address}/inventory`, options);
      // The socket sends counts with the next change, and may be there before the seats are read: until then, these.
      if (this.#state.counts.size === 0) this.#tell({ counts: countsOf(inventory) });
      if (this.#socketLive) return;
      const seats = await getJson<SeatsView>(`${address}/seats`, options);
      if (!this.#socketLive) this.#takePolled(inventory, seats);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'UNAUTHENTICATED') this.#refused();
      else if (!this.#socketLive) this.#tell({ link: 'offline' });
    } finally {
      this.#probing = false;
    }
  }

  #takePolled(inventory: InventoryView, { map, areas, status }: SeatsView): void {
    const letters = new Uint8Array([...map.matchAll(/\d+/g)].reduce((sum, [count]) => sum + Number(count), 0));
    decodeMapInto(map, letters);
    this.#polled = letters;
    this.#tell({
      link: 'polling',
      heardAt: Date.now(),
      status,
      counts: countsOf(inventory),
      areas: areas.map(([capacity, available]) => ({ capacity, available })),
    });
    for (const listener of this.#seatListeners) listener();
  }

  #refused(): void {
    this.onRefused(new ApiError('UNAUTHENTICATED', 'The key is not accepted any more.', undefined, 401));
  }

  #tell(change: Partial<BoardState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

const countsOf = ({ categories }: InventoryView): ReadonlyMap<string, Count> =>
  new Map(categories.map(({ key, total, available }) => [key, { total, available }]));
