import type { Actor } from '../../domain/actor.js';
import type { Switches, Thrown } from '../../domain/ports/switches.js';
import type { SwitchName, SwitchState } from '../../domain/switches.js';
import { createRanges } from '../../platform/address-ranges.js';
import type { Logger } from '../../platform/logger.js';
import type { Metrics } from '../../platform/metrics.js';
import type { Sql } from '../client.js';
import { readSwitches, switchesVersion } from './switches.js';

/** A lost notice shows after this at the latest: one small statement a node. */
const POLL_MS = 2000;

export interface SwitchBoardDeps {
  readonly sql: Sql;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Calls back when some node changed a switch. Called once, at the start. */
  readonly subscribe: (listener: () => void) => void;
  readonly pollMs?: number;
}
export interface SwitchBoard extends Switches {
  /** Reads Postgres again; what was known stays in force where that fails. Throws UNAVAILABLE. */
  refresh(): Promise<void>;
  close(): void;
}

/** The switches in the memory of one node: told by notices, made good by a poll. Postgres away: the last known stay in force. */
export function createSwitchBoard(deps: SwitchBoardDeps): SwitchBoard {
  return new PolledSwitchBoard(deps);
}

/** Event id → what is set for it; null: for all events. */
type Scoped<T> = ReadonlyMap<string | null, T>;

class PolledSwitchBoard implements SwitchBoard {
  readonly #deps: SwitchBoardDeps;
  readonly #listeners: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout;
  #reading: Promise<void> = Promise.resolve();
  #version = -1;
  #paused: Scoped<Thrown> = new Map();
  #noHoldBest: Scoped<Thrown> = new Map();
  #noNewSessions: Scoped<Thrown> = new Map();
  #holdsPerSecond: Scoped<number> = new Map();
  #subjects: ReadonlySet<string> = new Set();
  #inDeniedRange: (ip: string) => boolean = () => false;

  constructor(deps: SwitchBoardDeps) {
    this.#deps = deps;
    deps.subscribe(() => this.#quietly(this.refresh()));
    this.#quietly(this.refresh());
    this.#timer = setInterval(() => this.#quietly(this.#poll()), deps.pollMs ?? POLL_MS);
    this.#timer.unref();
  }

  paused(eventId: string): Thrown | null {
    return scoped(this.#paused, eventId);
  }
  noHoldBest(eventId: string): Thrown | null {
    return scoped(this.#noHoldBest, eventId);
  }
  noNewSessions(): Thrown | null {
    return this.#noNewSessions.get(null) ?? null;
  }
  holdsPerSecond(eventId: string): number | null {
    return scoped(this.#holdsPerSecond, eventId);
  }
  deniesSubject(subject: string): boolean {
    return this.#subjects.has(subject);
  }
  deniesAddress(ip: string): boolean {
    return this.#inDeniedRange(ip);
  }
  denies({ role, subject }: Actor, ip: string): boolean {
    if (role === 'admin') return false;
    return (subject !== null && this.#subjects.has(subject)) || this.#inDeniedRange(ip);
  }
  refused(name: SwitchName): void {
    this.#deps.metrics.switched.inc({ switch: name });
  }
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** One read after the other: an older answer never replaces a newer one. */
  refresh(): Promise<void> {
    const read = (): Promise<void> => this.#read();
    const mine = this.#reading.then(read, read);
    this.#reading = mine;
    return mine;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #read(): Promise<void> {
    const { version, switches } = await readSwitches(this.#deps.sql);
    if (version === this.#version) return;
    this.#version = version;
    this.#take(switches);
    for (const listener of this.#listeners) listener();
  }

  async #poll(): Promise<void> {
    if ((await switchesVersion(this.#deps.sql)) !== this.#version) await this.refresh();
  }

  #take(switches: readonly SwitchState[]): void {
    const thrown = (name: SwitchName): Scoped<Thrown> => by(switches, name, ({ reason }) => ({ reason }));
    const listOf = (name: SwitchName): readonly string[] =>
      switches.flatMap((one) => (one.name === name && Array.isArray(one.value) ? (one.value as string[]) : []));
    this.#paused = thrown('pause');
    this.#noHoldBest = thrown('no_hold_best');
    this.#noNewSessions = thrown('no_new_sessions');
    this.#holdsPerSecond = by(switches, 'holds_per_second', ({ value }) => Number(value));
    this.#subjects = new Set(listOf('deny_subject'));
    this.#inDeniedRange = createRanges(listOf('deny_address'));
  }

  #quietly(work: Promise<void>): void {
    work.catch((error: unknown) => this.#deps.logger.debug({ err: error }, 'switches not read'));
  }
}

const by = <T>(switches: readonly SwitchState[], name: SwitchName, value: (one: SwitchState) => T): Scoped<T> =>
  new Map(switches.filter((one) => one.name === name).map((one) => [one.eventId, value(one)]));

/** An event's own word goes before the one for all. */
const scoped = <T>(map: Scoped<T>, eventId: string): T | null =>
  map.size === 0 ? null : (map.get(eventId) ?? map.get(null) ?? null);
