import type { AisleError } from '../../protocol/errors.js';
import type { EventStatus } from '../../protocol/event.js';
import type { ExtendCommand } from '../../protocol/up/extend.js';
import type { HoldBestCommand } from '../../protocol/up/hold-best.js';
import type { HoldCommand } from '../../protocol/up/hold.js';
import type { ReleaseCommand } from '../../protocol/up/release.js';
import type { LiveHold } from '../../hold.js';
import type { AreaCount, MapChange } from '../../store/map-store.js';

/** Both clocks of the device; tests have their own. */
export interface Clock {
  /** Milliseconds that no clock change moves; their zero means nothing. */
  monotonic(): number;
  wall(): number;
}
export const deviceClock: Clock = { monotonic: () => performance.now(), wall: () => Date.now() };

/** What can be asked of the server about holds. Every command carries a request id, so that two ways may carry the same one. */
export interface HoldCommands {
  hold(command: HoldCommand): Promise<LiveHold>;
  holdBest(command: HoldBestCommand): Promise<LiveHold>;
  extend(command: ExtendCommand): Promise<LiveHold>;
  /** undefined: nothing is left of it. */
  release(command: ReleaseCommand): Promise<LiveHold | undefined>;
  holds(eventId: string, timeoutMs?: number): Promise<readonly LiveHold[]>;
}

/**
 * How well a source knows the map. `starting`: no map yet; `fresh`: as the server has it; `stale`: the server is heard, but something is
 * missing or it cannot check its own map; `unreachable`: the last map that was known; `refused`: for good, see `error`.
 */
export type Grade = 'starting' | 'fresh' | 'stale' | 'unreachable' | 'refused';

/** One way to follow an event's map: over a socket, or by asking again and again. */
export interface MapSource {
  readonly grade: Grade;
  readonly error: AisleError | null;
  /** One char code a seat; empty before the first map. */
  readonly letters: Readonly<Uint8Array>;
  readonly areas: readonly AreaCount[];
  readonly status: EventStatus | null;
  readonly chartVersion: number | null;
  readonly commands: HoldCommands;
  /** The network came, or the page was shown again. */
  hurry(): void;
  close(): void;
}
export interface SourceListener {
  changed(change: MapChange): void;
  /** Grade, status, chart version: one of them differs. */
  moved(): void;
}
