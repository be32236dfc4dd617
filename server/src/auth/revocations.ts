import { AisleError } from '@aisle/client/protocol';
import { transaction, type Sql } from '../db/client.js';
import { addRevocation, listRevocations, purgeRevocations, type Revocation } from '../db/people/revocations.js';
import type { Actor } from '../domain/actor.js';
import type { Logger } from '../platform/logger.js';
import { MAX_TOKEN_LIFE_S } from './claims.js';

/** A lost notice is made good after this at the latest. */
const POLL_MS = 10_000;
/** Rows become visible when their transaction commits, which is after the time they carry. */
const OVERLAP_MS = 60_000;
/** Clocks of nodes and shops differ: a row outlives the oldest token by this. */
const KEEP_PAST_MS = 86_400_000;

/** What this node knows to be revoked (SPEC A9): read at the start, on every notice and every ten seconds. */
export interface Revocations {
  /** Throws UNAVAILABLE while the list was never read: who was revoked an hour ago must not get in through a restart. */
  isRevoked(actor: Actor): boolean;
  /** In Postgres, in this node and, by notice, in the others. Throws UNAVAILABLE where Postgres is away: then nothing is revoked. */
  revoke(revocation: Revocation & { readonly actor: string }): Promise<void>;
  /** A revocation was written to Postgres by somebody else in this process: read it, tell the others. */
  changed(): Promise<void>;
  onRevoked(listener: () => void): void;
  /** The list was read once: before that this node is not ready to tell anybody anything. */
  isKnown(): boolean;
  close(): void;
}

export interface RevocationsDeps {
  readonly sql: Sql;
  readonly logger: Logger;
  /** Tells the other nodes that there is something new. May reject: they read it by themselves a little later. */
  readonly tell: () => Promise<void>;
  /** Calls back when another node told. */
  readonly subscribe: (listener: () => void) => void;
  readonly pollMs?: number;
}

export function createRevocations(deps: RevocationsDeps): Revocations {
  return new RevocationList(deps);
}

class RevocationList implements Revocations {
  readonly #deps: RevocationsDeps;
  readonly #subjects = new Map<string, number>();
  readonly #tokens = new Set<string>();
  readonly #listeners: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout;
  #readUpTo: Date | null = null;
  #known = false;
  #reading: Promise<void> | null = null;
  #again: Promise<void> | null = null;

  constructor(deps: RevocationsDeps) {
    this.#deps = deps;
    deps.subscribe(() => this.#readQuietly());
    this.#timer = setInterval(() => this.#readQuietly(), deps.pollMs ?? POLL_MS);
    this.#timer.unref();
    this.#readQuietly();
  }

  isRevoked({ subject, tokenId, issuedAtMs }: Actor): boolean {
    if (!this.isKnown()) {
      throw AisleError.of('UNAVAILABLE', { message: 'The token could not be checked yet.', retryAfterMs: 500 });
    }
    if (tokenId !== null && this.#tokens.has(tokenId)) return true;
    // Keys have no time of issue: they are revoked by their id.
    if (subject === null || issuedAtMs === undefined || issuedAtMs === null) return false;
    return issuedAtMs <= (this.#subjects.get(subject) ?? -1);
  }

  isKnown(): boolean {
    if (!this.#known) this.#readQuietly();
    return this.#known;
  }

  async revoke(revocation: Revocation & { readonly actor: string }): Promise<void> {
    await transaction(this.#deps.sql, async (tx) => {
      await addRevocation(tx, revocation);
      await purgeRevocations(tx, MAX_TOKEN_LIFE_S * 1000 + KEEP_PAST_MS);
    });
    this.#accept([revocation]);
    await this.#tellOthers();
  }

  async changed(): Promise<void> {
    await this.#read();
    await this.#tellOthers();
  }

  onRevoked(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #tellOthers(): Promise<void> {
    try {
      await this.#deps.tell();
    } catch (error) {
      this.#deps.logger.warn({ err: error }, 'revoked; other nodes will learn of it late');
    }
  }

  #readQuietly(): void {
    this.#read().catch((error: unknown) => this.#deps.logger.debug({ err: error }, 'revocations not read'));
  }

  /** A read under way may have begun before what its caller knows of: one more is queued behind it, shared by all. */
  #read(): Promise<void> {
    if (this.#reading === null) {
      const done = (): void => {
        this.#reading = null;
      };
      this.#reading = this.#readNow();
      this.#reading.then(done, done);
      return this.#reading;
    }
    const next = (): Promise<void> => {
      this.#again = null;
      return this.#read();
    };
    this.#again ??= this.#reading.then(next, next);
    return this.#again;
  }

  async #readNow(): Promise<void> {
    const since = this.#readUpTo === null ? null : new Date(this.#readUpTo.getTime() - OVERLAP_MS);
    const { revocations, lastAt } = await listRevocations(this.#deps.sql, since);
    this.#known = true;
    if (lastAt !== null && (this.#readUpTo === null || lastAt > this.#readUpTo)) this.#readUpTo = lastAt;
    this.#accept(revocations);
  }

  #accept(revocations: readonly Revocation[]): void {
    let news = false;
    for (const { kind, name, notBeforeMs } of revocations) {
      if (kind === 'token' ? this.#tokens.has(name) : notBeforeMs <= (this.#subjects.get(name) ?? -1)) continue;
      if (kind === 'token') this.#tokens.add(name);
      else this.#subjects.set(name, notBeforeMs);
      news = true;
    }
    if (news) for (const listener of this.#listeners) listener();
  }
}
