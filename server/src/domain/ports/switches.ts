import type { Actor } from '../actor.js';
import type { SwitchName } from '../switches.js';

/** A switch that is on, as callers are told of it. */
export interface Thrown {
  readonly reason: string;
}

/** The operator's live switches, as this node knows them: from memory, so that asking costs nothing (SPEC G6). */
export interface Switches {
  /** No new holds for this event, or for all. */
  paused(eventId: string): Thrown | null;
  noHoldBest(eventId: string): Thrown | null;
  noNewSessions(): Thrown | null;
  /** Holds a second over all nodes; null: as many as come. */
  holdsPerSecond(eventId: string): number | null;
  deniesSubject(subject: string): boolean;
  deniesAddress(ip: string): boolean;
  /** The subject or the address is denied. An admin never is: somebody must be able to undo it. */
  denies(actor: Actor, ip: string): boolean;
  /** Counts a refusal. */
  refused(name: SwitchName): void;
  /** Something about them changed. */
  onChange(listener: () => void): void;
}

/** The tokens of holds_per_second. */
export interface HoldPace {
  /** Null: go on; else the ms until the next try. Never rejects. */
  take(eventId: string, perSecond: number): Promise<number | null>;
}

/** Nothing is switched. */
export const NO_SWITCHES: Switches = {
  ...{ paused: () => null, noHoldBest: () => null, noNewSessions: () => null, holdsPerSecond: () => null },
  ...{ deniesSubject: () => false, deniesAddress: () => false, denies: () => false },
  ...{ refused: () => undefined, onChange: () => undefined },
};
export const UNPACED: HoldPace = { take: () => Promise.resolve(null) };
