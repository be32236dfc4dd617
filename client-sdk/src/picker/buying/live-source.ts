import type { AisleClient } from '../../client.js';
import type { AisleError } from '../../protocol/errors.js';
import type { EventStatus } from '../../protocol/event.js';
import type { SeatMap } from '../../store/seat-map.js';
import type { AreaCount } from '../../store/map-store.js';
import type { Grade, HoldCommands, MapSource, SourceListener } from './ports.js';

/** The map over a socket: what the SDK's client keeps exact. */
export class LiveSource implements MapSource {
  readonly commands: HoldCommands;
  readonly #client: AisleClient;
  readonly #map: SeatMap;
  readonly #offs: (() => void)[];

  constructor(client: AisleClient, eventId: string, listener: SourceListener) {
    this.#client = client;
    this.commands = overSocket(client);
    const map = client.watch(eventId);
    this.#map = map;
    const moved = (): void => listener.moved();
    this.#offs = [
      map.on('change', (change) => listener.changed(change)),
      map.on('status', moved),
      map.on('stale', moved),
      map.on('reload', moved),
      map.on('error', moved),
      client.on('connection', moved),
    ];
  }

  get grade(): Grade {
    const { state } = this.#client.connection;
    if (this.error !== null) return 'refused';
    if (state === 'ready' && !this.#map.stale) return 'fresh';
    if (this.#map.status === null) return state === 'waiting' ? 'unreachable' : 'starting';
    return state === 'ready' ? 'stale' : 'unreachable';
  }

  get error(): AisleError | null {
    const { connection } = this.#client;
    return this.#map.error ?? (connection.state === 'closed' ? (connection.error ?? null) : null);
  }

  get letters(): Readonly<Uint8Array> {
    return this.#map.letters;
  }

  get areas(): readonly AreaCount[] {
    return this.#map.areas;
  }

  get status(): EventStatus | null {
    return this.#map.status;
  }

  get chartVersion(): number | null {
    return this.#map.chartVersion;
  }

  hurry(): void {
    this.#client.connect();
  }

  close(): void {
    for (const off of this.#offs) off();
    this.#map.close();
  }
}

function overSocket(client: AisleClient): HoldCommands {
  return {
    hold: async (command) => (await client.hold(command)).hold,
    holdBest: async (command) => (await client.holdBest(command)).hold,
    extend: async (command) => (await client.extend(command)).hold,
    release: async (command) => (await client.release(command)).hold,
    holds: async (eventId, timeoutMs) =>
      (await client.holds({ eventId }, timeoutMs === undefined ? {} : { timeoutMs })).holds,
  };
}
