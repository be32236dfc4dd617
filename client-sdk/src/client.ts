import type { Chart } from './protocol/chart.js';
import type { Hello } from './protocol/down/hello.js';
import type { HoldNote } from './protocol/down/hold.js';
import type { Notice } from './protocol/down/notice.js';
import { AisleError } from './protocol/errors.js';
import type { EventStatus, SeatEvent } from './protocol/event.js';
import type { Hold } from './protocol/hold.js';
import type { InventoryView } from './protocol/http/events.js';
import type { Order, OrderStatus } from './protocol/order.js';
import type { Session } from './protocol/session.js';
import type { ExtendCommand } from './protocol/up/extend.js';
import type { HoldBestCommand } from './protocol/up/hold-best.js';
import type { HoldCommand } from './protocol/up/hold.js';
import type { HoldsQuery } from './protocol/up/holds.js';
import type { ReleaseCommand } from './protocol/up/release.js';
import type { ReserveCommand } from './protocol/up/reserve.js';
import type { ChangePosition, UpResults } from './protocol/up/up.js';
import { isAbsolute, resolveUrl, type BaseUrl } from './base-url.js';
import { authenticate } from './connection/authenticate.js';
import { runCommand, type CommandOptions } from './connection/commands.js';
import { Connection } from './connection/connection.js';
import type { Message } from './connection/messages.js';
import type { ConnectionState } from './connection/state.js';
import { Emitter } from './emitter.js';
import { clientClosed } from './errors.js';
import { liveHold, type LiveHold } from './hold.js';
import { fetchJson } from './http.js';
import { readTimeouts, type ClientOptions, type Timeouts } from './options.js';
import { createGuestSession } from './session.js';
import { EventFeed, type Wire } from './store/feed.js';
import { SeatMap } from './store/seat-map.js';
import { SDK_VERSION } from './version.js';

export interface ClientEvents {
  connection: ConnectionState;
  /** The server's first word on each connection, and again when a new token is in force. */
  hello: Hello;
  /** Something happened to one of this subject's holds. */
  hold: HoldNote;
  notice: Notice;
}
export interface EventsQuery {
  q?: string;
  status?: EventStatus;
  /** 1 to 1000; default 100. */
  limit?: number;
  cursor?: string;
}
export type HoldResult = { hold: LiveHold } & ChangePosition;
/** `hold` absent: nothing is left of it. */
export type ReleaseResult = { hold?: LiveHold } & ChangePosition;
export type ReserveResult = { order: Order } & ChangePosition;
export interface OrdersQuery {
  eventId?: string;
  status?: OrderStatus;
  updatedSince?: string;
  /** 1 to 1000; default 100. */
  limit?: number;
  cursor?: string;
}

interface Watched {
  readonly feed: EventFeed;
  readonly maps: Set<SeatMap>;
}

/** Connects on the first watch or command, not before: making one under server-side rendering opens nothing. */
export class AisleClient {
  readonly #options: ClientOptions;
  readonly #timeouts: Timeouts;
  readonly #emitter = new Emitter<ClientEvents>();
  readonly #connection: Connection;
  readonly #watched = new Map<string, Watched>();
  readonly #charts = new Map<string, Promise<Chart>>();
  readonly #wire: Wire;
  #base: BaseUrl | undefined;
  #stopOnline: (() => void) | undefined;

  constructor(options: ClientOptions = {}) {
    this.#options = options;
    this.#timeouts = readTimeouts(options.timeouts);
    // An address that is given is checked now; the page's own is looked up on first use.
    if (isAbsolute(options.url)) this.#base = resolveUrl(options.url);
    this.#connection = new Connection(
      {
        base: () => this.#baseUrl(),
        getToken: options.getToken,
        client: (options.clientName ?? `@aisle/client/${SDK_VERSION}`).slice(0, 128),
        timeouts: this.#timeouts,
      },
      {
        onState: (state) => this.#emitter.emit('connection', state),
        onReady: (hello) => this.#onReady(hello),
        onRenewed: (hello) => this.#onRenewed(hello),
        onCut: () => this.#feeds((feed) => feed.cut()),
        onMessage: (message) => this.#onMessage(message),
      },
    );
    this.#wire = {
      up: () => this.#connection.hello !== null,
      subscribe: (payload, timeoutMs, done) => this.#connection.emit('subscribe', payload, timeoutMs, done),
      unsubscribe: (eventId) =>
        this.#connection.emit('unsubscribe', { eventId }, this.#timeouts.ackMs, () => undefined),
      suspect: (sinceMs) => this.#connection.suspect(sinceMs),
    };
  }

  /** Returns the function that takes the listener off. */
  on<N extends keyof ClientEvents>(name: N, listener: (value: ClientEvents[N]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  get connection(): ConnectionState {
    return this.#connection.state;
  }

  /** Connects ahead of need, or once more after a refusal for good (state `closed` with an error). */
  connect(): void {
    this.#stopOnline ??= onOnline(() => this.#connection.hurry());
    this.#connection.connect();
  }

  /** Somebody signed in or out: asks getToken again and uses what it gives on this connection. True: a new token is in force. */
  renewToken(): Promise<boolean> {
    return this.#connection.renew('connect');
  }

  /**
   * Somebody signed in: uses this token from now on, on this connection and those that follow. A guest's holds go over to the
   * customer (`holds`: how many did, and how many a cap left with the guest); their tokens and deadlines stay. getToken should
   * give a token of the same person from then on: it is asked when this one ends. Rejects with the server's refusal.
   */
  authenticate(token: string): Promise<UpResults['authenticate']> {
    this.#refuseWhenClosed();
    this.connect();
    return authenticate(this.#connection, token, this.#timeouts.commandMs);
  }

  /** A live map of the event: starts connecting and subscribing. Close it when it is no longer looked at. */
  watch(eventId: string): SeatMap {
    this.#refuseWhenClosed();
    const watched = this.#watched.get(eventId) ?? this.#startWatching(eventId);
    const map = new SeatMap(watched.feed, (closing) => this.#stopWatching(watched, closing));
    watched.maps.add(map);
    // Refused before: somebody looking again is a reason to ask again.
    if (watched.feed.error !== null && this.#connection.hello !== null) watched.feed.connected();
    this.connect();
    return map;
  }

  /** All or nothing; with a holdToken it adds to that hold. */
  async hold(command: HoldCommand, options?: CommandOptions): Promise<HoldResult> {
    return withDeadline(await this.#run('hold', command, options));
  }

  /** The server picks the seats. */
  async holdBest(command: HoldBestCommand, options?: CommandOptions): Promise<HoldResult> {
    return withDeadline(await this.#run('hold-best', command, options));
  }

  async extend(command: ExtendCommand, options?: CommandOptions): Promise<HoldResult> {
    return withDeadline(await this.#run('extend', command, options));
  }

  /** Part (seats, areas named) or all of a hold (neither named). */
  async release(command: ReleaseCommand, options?: CommandOptions): Promise<ReleaseResult> {
    const { value, sentAtMs } = await this.#run('release', command, options);
    const { hold, epoch, seq } = value;
    return hold === undefined ? { epoch, seq } : { hold: liveHold(hold, sentAtMs), epoch, seq };
  }

  /** What this subject holds in the event. */
  async holds(query: HoldsQuery, options?: CommandOptions): Promise<{ holds: LiveHold[] }> {
    const { value, sentAtMs } = await this.#run('holds', query, options);
    return { holds: value.holds.map((hold) => liveHold(hold, sentAtMs)) };
  }

  /**
   * The hold becomes an order that waits for its money until `order.expiresAt`. With totalMinor, what the buyer was shown:
   * PRICE_CHANGED where that is no longer right, and the hold stays.
   */
  async reserve(command: ReserveCommand, options?: CommandOptions): Promise<ReserveResult> {
    const { order, epoch, seq } = (await this.#run('reserve', command, options)).value;
    return { order, epoch, seq };
  }

  /** One of this subject's orders, with its tickets once it is paid. */
  async order(orderId: string): Promise<Order> {
    return (await this.#get(`/v1/orders/${encodeURIComponent(orderId)}`, true)) as Order;
  }

  /** This subject's orders, the last changed last, a page at a time. */
  async orders(query: OrdersQuery = {}): Promise<{ items: Order[]; nextCursor?: string }> {
    return (await this.#get(`/v1/orders${searchOf(query)}`, true)) as { items: Order[] };
  }

  /** Geometry: seatNo is the position in `seats`, areaNo in `areas`. Kept until a map tells of another version. */
  chart(eventId: string): Promise<Chart> {
    const known = this.#charts.get(eventId);
    if (known !== undefined) return known;
    const asked = this.#get(`/v1/events/${encodeURIComponent(eventId)}/chart`) as Promise<Chart>;
    this.#charts.set(eventId, asked);
    asked.catch(() => {
      if (this.#charts.get(eventId) === asked) this.#charts.delete(eventId);
    });
    return asked;
  }

  async event(eventId: string): Promise<SeatEvent> {
    return (await this.#get(`/v1/events/${encodeURIComponent(eventId)}`)) as SeatEvent;
  }

  /** Events that anybody may see, a page at a time. */
  async events(query: EventsQuery = {}): Promise<{ items: SeatEvent[]; nextCursor?: string }> {
    return (await this.#get(`/v1/events${searchOf(query)}`)) as { items: SeatEvent[] };
  }

  /** Counts per category now; a watched map's `inventory` follows them live. */
  async inventory(eventId: string): Promise<InventoryView> {
    return (await this.#get(`/v1/events/${encodeURIComponent(eventId)}/inventory`)) as InventoryView;
  }

  /** A new anonymous buyer's token; see also `guestTokens`. */
  async session(): Promise<Session> {
    return createGuestSession(this.#options.url, { fetch: this.#options.fetch, timeoutMs: this.#timeouts.commandMs });
  }

  /** Ends everything: maps, connection, commands under way (they reject). Cannot be undone. */
  close(): void {
    for (const { maps } of [...this.#watched.values()]) for (const map of [...maps]) map.close();
    this.#connection.close();
    this.#emitter.clear();
    this.#stopOnline?.();
  }

  async #run<N extends Parameters<typeof runCommand>[2]>(
    name: N,
    payload: Parameters<typeof runCommand<N>>[3],
    options?: CommandOptions,
  ) {
    this.#refuseWhenClosed();
    this.connect();
    return runCommand(this.#connection, this.#timeouts, name, payload, options);
  }

  /** Public reads go without a token, so that shared caches may answer; a refusal is asked again with the connection's token. */
  async #get(path: string, own = false): Promise<unknown> {
    const url = this.#baseUrl().http + path;
    const tokenNow = async (): Promise<string | null | undefined> =>
      this.#connection.token ?? (await this.#options.getToken?.('connect'));
    try {
      if (own) {
        const request = { method: 'GET', url, token: (await tokenNow()) ?? null } as const;
        return await fetchJson(this.#options.fetch, request, this.#timeouts.commandMs);
      }
      return await fetchJson(this.#options.fetch, { method: 'GET', url }, this.#timeouts.commandMs);
    } catch (error) {
      const hidden =
        error instanceof AisleError && ['UNAUTHENTICATED', 'FORBIDDEN', 'EVENT_NOT_FOUND'].includes(error.code);
      const token = hidden && !own ? await tokenNow() : null;
      if (!token) throw error;
      return fetchJson(this.#options.fetch, { method: 'GET', url, token }, this.#timeouts.commandMs);
    }
  }

  #baseUrl(): BaseUrl {
    return (this.#base ??= resolveUrl(this.#options.url));
  }

  #refuseWhenClosed(): void {
    const { state } = this.#connection;
    if (state.state === 'closed' && state.error === undefined) throw clientClosed();
  }

  #startWatching(eventId: string): Watched {
    const maps = new Set<SeatMap>();
    const feed = new EventFeed(eventId, this.#wire, this.#timeouts, (event) => {
      if (event.name === 'reload') this.#forgetChart(feed, event.value);
      for (const map of [...maps]) map.deliver(event);
    });
    const watched = { feed, maps };
    this.#watched.set(eventId, watched);
    if (this.#connection.hello !== null) feed.connected();
    return watched;
  }

  /** Chart versions are immutable: another version is another chart, the same one (Redis was loaded anew) is kept. */
  #forgetChart(feed: EventFeed, reload: { chartVersion: number }): void {
    if (reload.chartVersion !== feed.chartVersion) this.#charts.delete(feed.eventId);
  }

  #stopWatching({ feed, maps }: Watched, map: SeatMap): void {
    maps.delete(map);
    if (maps.size > 0) return;
    this.#watched.delete(map.eventId);
    feed.close();
  }

  #feeds(each: (feed: EventFeed) => void): void {
    for (const { feed } of [...this.#watched.values()]) each(feed);
  }

  #onReady(hello: Hello): void {
    this.#emitter.emit('hello', hello);
    this.#feeds((feed) => feed.connected());
  }

  #onRenewed(hello: Hello): void {
    this.#emitter.emit('hello', hello);
    this.#feeds((feed) => {
      if (feed.error !== null) feed.connected();
    });
  }

  #onMessage(message: Message): void {
    if (message.name === 'hold') return this.#emitter.emit('hold', message.payload);
    if (message.name === 'notice') return this.#emitter.emit('notice', message.payload);
    const feed = this.#watched.get(message.payload.eventId)?.feed;
    if (feed === undefined) return;
    switch (message.name) {
      case 'seats':
        return feed.frame(message.payload);
      case 'beacon':
        return feed.beacon(message.payload);
      case 'inventory':
        return feed.inventoryFrame(message.payload);
      case 'event':
        return feed.event(message.payload);
      case 'reload':
        return feed.reload(message.payload);
    }
  }
}

/** "?a=b", or nothing. */
function searchOf(query: object): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  const search = new URLSearchParams(given).toString();
  return search === '' ? '' : `?${search}`;
}

const withDeadline = ({
  value,
  sentAtMs,
}: {
  value: { hold: Hold } & ChangePosition;
  sentAtMs: number;
}): HoldResult => ({
  hold: liveHold(value.hold, sentAtMs),
  epoch: value.epoch,
  seq: value.seq,
});

/** A browser says when it is online again: then a wait for the next attempt is cut short. Elsewhere nothing. */
function onOnline(listener: () => void): () => void {
  const page = globalThis as Partial<
    Record<'addEventListener' | 'removeEventListener', (name: string, listener: () => void) => void>
  >;
  page.addEventListener?.('online', listener);
  return () => page.removeEventListener?.('online', listener);
}

/** Makes a client; nothing is opened before its first `watch`, command or `connect`. Throws on an unusable url or time-out. */
export const createClient = (options: ClientOptions = {}): AisleClient => new AisleClient(options);
