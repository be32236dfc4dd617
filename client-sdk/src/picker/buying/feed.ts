import type { AisleClient } from '../../client.js';
import { AisleError } from '../../protocol/errors.js';
import type { EventStatus } from '../../protocol/event.js';
import type { AreaCount } from '../../store/map-store.js';
import type { Link } from '../model.js';
import { after } from '../../time.js';
import { Later } from '../later.js';
import { LiveSource } from './live-source.js';
import type { PolledSource } from './polled-source.js';
import type { HoldCommands, MapSource, SourceListener } from './ports.js';
import type { Presence } from './presence.js';
import type { Server } from './rest.js';

/** Sockets that are not there after this long are taken for blocked: sooner while there is nothing to see yet. */
const FALLBACK_FIRST_MS = 2_500;
const FALLBACK_MS = 4_000;
/** The code that asks instead could not be loaded: again after this. */
const RELOAD_MS = 2_000;

/** Needed by few; loaded before it is needed all the same: then there may be no network to load it over. */
const POLLED = new Later(() => import('./polled-source.js'));

export interface FeedListener extends SourceListener {
  /** Commands go another way from now on. */
  switched(): void;
}

export interface FeedParts {
  readonly client: AisleClient;
  readonly server: Server;
  readonly eventId: string;
  readonly presence: Presence;
  readonly listener: FeedListener;
}

/** The map by the best way there is: over the socket; where that cannot be opened for some seconds, by asking; and back. */
export class MapFeed {
  readonly #parts: FeedParts;
  readonly #live: LiveSource;
  #polled: PolledSource | undefined;
  #current: MapSource;
  #cancel: (() => void) | undefined;
  #callOff: (() => void) | undefined;
  /** Not even the code that asks instead can be had. */
  #cutOff = false;
  #seen = false;
  #closed = false;
  readonly #waiting = new Set<() => void>();

  constructor(parts: FeedParts) {
    const { client, eventId, presence, listener } = (this.#parts = parts);
    this.#live = new LiveSource(client, eventId, {
      changed: (change) => {
        if (this.#current === this.#live) listener.changed(change);
      },
      moved: () => this.#moved(),
    });
    this.#current = this.#live;
    presence.onReturn(() => this.hurry());
    this.#moved();
  }

  get letters(): Readonly<Uint8Array> {
    return this.#current.letters;
  }
  get areas(): readonly AreaCount[] {
    return this.#current.areas;
  }
  get status(): EventStatus | null {
    return this.#current.status;
  }
  get chartVersion(): number | null {
    return this.#current.chartVersion;
  }
  get commands(): HoldCommands {
    return this.#current.commands;
  }
  get polling(): boolean {
    return this.#current !== this.#live;
  }
  /** Commands reach somebody now. */
  get reachable(): boolean {
    return this.#parts.client.connection.state === 'ready' || (this.polling && isUp(this.#current));
  }
  /** Refused for good. */
  get error(): AisleError | null {
    return this.#live.grade === 'refused' ? this.#live.error : null;
  }

  get link(): Link {
    if (this.#live.grade === 'refused') return 'refused';
    if (this.#parts.presence.offline() && !isUp(this.#current)) return 'offline';
    switch (this.#current.grade) {
      case 'fresh':
        return this.polling ? 'polling' : 'live';
      case 'stale':
        return 'stale';
      case 'refused':
        return 'refused';
      case 'starting':
        return this.#seen ? 'stale' : 'connecting';
      case 'unreachable':
        return this.#cutOff || this.#polled?.grade === 'unreachable' ? 'offline' : this.#seen ? 'stale' : 'connecting';
    }
  }

  /** Resolves with the first map; rejects where the event is refused. */
  async whenReady(): Promise<void> {
    while (!this.#seen) {
      if (this.#closed) throw AisleError.of('UNAVAILABLE', { message: 'The picker was closed.' });
      const refused = this.#live.error ?? (this.#polled?.grade === 'refused' ? this.#polled.error : null);
      if (refused !== null) throw refused;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
      this.#waiting.clear();
    }
  }

  hurry(): void {
    if (this.#closed) return;
    this.#live.hurry();
    this.#polled?.hurry();
    this.#parts.listener.moved();
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#callOff?.();
    this.#live.close();
    this.#polled?.close();
    this.#wake();
  }

  #moved(): void {
    if (this.#closed) return;
    const { grade } = this.#live;
    if (grade === 'fresh' || (grade === 'stale' && !this.polling)) this.#toLive();
    else if (grade === 'stale' || grade === 'refused') this.#cancelFallback();
    else if (this.#polled === undefined)
      this.#cancel ??= after(this.#seen ? FALLBACK_MS : FALLBACK_FIRST_MS, () => this.#toPolled());
    if (!this.#seen && this.#current.status !== null) {
      this.#seen = true;
      this.#callOff = POLLED.loadWhenIdle();
    }
    this.#wake();
    this.#parts.listener.moved();
  }

  #wake(): void {
    for (const go of [...this.#waiting]) go();
  }

  #cancelFallback(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#cutOff = false;
  }

  #toLive(): void {
    this.#cancelFallback();
    this.#polled?.close();
    this.#polled = undefined;
    if (this.#current === this.#live) return;
    this.#current = this.#live;
    this.#parts.listener.changed({ all: true, to: 0 });
    this.#parts.listener.switched();
  }

  #toPolled(): void {
    let wanted = true;
    this.#cancel = () => (wanted = false);
    POLLED.load().then(
      ({ PolledSource: Source }) => {
        if (wanted) this.#poll(Source);
      },
      () => {
        if (!wanted) return;
        this.#cancel = after(RELOAD_MS, () => this.#toPolled());
        this.#cutOff = true;
        this.#moved();
      },
    );
  }

  /** The last map that is known stays until the first answer is there. */
  #poll(Source: typeof PolledSource): void {
    const { server, eventId, presence, listener } = this.#parts;
    this.#cutOff = false;
    const polled = new Source(server, eventId, presence, {
      changed: (change) => {
        const first = this.#current !== polled;
        this.#current = polled;
        listener.changed(change);
        if (first) listener.switched();
      },
      moved: () => this.#moved(),
    });
    this.#polled = polled;
  }
}

const isUp = ({ grade }: MapSource): boolean => grade === 'fresh' || grade === 'stale';
