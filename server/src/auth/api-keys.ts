import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { AisleError, type ApiKey } from '@aisle/client/protocol';
import { findApiKey, touchApiKey, type StoredApiKey } from '../db/people/api-keys.js';
import type { Sql } from '../db/client.js';
import type { Actor } from '../domain/actor.js';
import type { People } from '../domain/ports/people.js';
import type { Clock } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';
import { isReserved, unauthenticated } from './claims.js';

/** A key that was right is not asked for again this long; a revocation takes it out at once. */
const FRESH_MS = 3000;
/** Who was let in before does not wait longer for a Postgres that is slow; what was revoked meanwhile its own list says. */
const PATIENCE_MS = 200;
const TOUCH_EVERY_MS = 5 * 60_000;
const MAX_CACHED = 10_000;
const SECRET_BYTES = 32;
const KEY = /^(ak_[a-z0-9]{16})_([A-Za-z0-9_-]{43})$/;
const ID_ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 16;

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** A new key: what is stored, and the token that is shown once. */
export function newApiKey(): ReturnType<People['newKey']> {
  // 16 of 36 letters; the slight unevenness of % does not matter for a name.
  const id = `ak_${[...randomBytes(ID_LENGTH)].map((byte) => ID_ALPHABET[byte % ID_ALPHABET.length]).join('')}`;
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { id, secretHash: sha256(secret), tokenOf: (keyId) => `${keyId}_${secret}` };
}

export interface ApiKeys {
  /** It has the looks of one: then nothing else may take it. */
  looksLikeKey(token: string): boolean;
  /** Throws UNAUTHENTICATED; UNAVAILABLE where Postgres is away and the key is not one this node has seen. */
  authenticate(token: string): Promise<Actor>;
  /** Something was revoked: ask again. */
  forget(): void;
}

export interface ApiKeysDeps {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Cached {
  readonly key: ApiKey;
  readonly checkedAtMs: number;
}

export function createApiKeys(deps: ApiKeysDeps): ApiKeys {
  return new CachedApiKeys(deps);
}

class CachedApiKeys implements ApiKeys {
  /** By sha256 of the whole token: this node keeps no secrets. Only keys that were right. */
  readonly #known = new Map<string, Cached>();
  readonly #asking = new Map<string, Promise<ApiKey>>();
  readonly #touchedAtMs = new Map<string, number>();

  constructor(private readonly deps: ApiKeysDeps) {}

  looksLikeKey(token: string): boolean {
    return token.startsWith('ak_');
  }

  async authenticate(token: string): Promise<Actor> {
    const parts = KEY.exec(token);
    if (parts === null) throw unauthenticated('The key is not complete.');
    const [, id = '', secret = ''] = parts;
    const name = sha256(token).toString('base64url');
    const key = await this.#find(name, id, secret);
    this.#touch(key.id);
    return this.#actorOf(key);
  }

  /** Not the keys themselves: those go on while Postgres is away, but for what the list of revocations says. */
  forget(): void {
    for (const [name, cached] of this.#known) this.#known.set(name, { ...cached, checkedAtMs: 0 });
  }

  async #find(name: string, id: string, secret: string): Promise<ApiKey> {
    const cached = this.#known.get(name);
    // Either way: checked in what is now the future, the clock was set back, and nobody knows how long ago it was.
    if (cached !== undefined && Math.abs(this.deps.clock() - cached.checkedAtMs) < FRESH_MS) return cached.key;
    let asked = this.#asking.get(name);
    if (asked === undefined) {
      asked = this.#ask(name, id, secret).finally(() => this.#asking.delete(name));
      this.#asking.set(name, asked);
    }
    try {
      return await (cached === undefined ? asked : withPatience(asked, cached.key));
    } catch (error) {
      if (cached !== undefined && error instanceof AisleError && error.code === 'UNAVAILABLE') return cached.key;
      throw error;
    }
  }

  async #ask(name: string, id: string, secret: string): Promise<ApiKey> {
    const stored = await findApiKey(this.deps.sql, id);
    if (stored === null || !matches(stored, secret) || stored.key.revokedAt !== undefined) {
      this.#known.delete(name);
      throw unauthenticated(
        stored?.key.revokedAt !== undefined && matches(stored, secret)
          ? 'The key was revoked.'
          : 'There is no such key.',
      );
    }
    this.#known.delete(name);
    this.#known.set(name, { key: stored.key, checkedAtMs: this.deps.clock() });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_CACHED) break;
      this.#known.delete(oldest);
    }
    return stored.key;
  }

  #actorOf({ id, role, subject, events, expiresAt }: ApiKey): Actor {
    const expiresAtMs = expiresAt === undefined ? null : Date.parse(expiresAt);
    if (expiresAtMs !== null && expiresAtMs <= this.deps.clock()) throw unauthenticated('The key has expired.');
    if (isReserved(subject, role)) throw unauthenticated(`The subject "${subject}" is the admin key's own.`);
    return { subject, role, expiresAtMs, events: events ?? null, maxSeats: null, tokenId: id, issuedAtMs: null };
  }

  #touch(id: string): void {
    const now = this.deps.clock();
    if (Math.abs(now - (this.#touchedAtMs.get(id) ?? 0)) < TOUCH_EVERY_MS) return;
    this.#touchedAtMs.set(id, now);
    touchApiKey(this.deps.sql, id, TOUCH_EVERY_MS).catch((error: unknown) => {
      this.#touchedAtMs.delete(id);
      this.deps.logger.debug({ err: error, key: id }, 'use of a key not noted');
    });
  }
}

/** `otherwise`, where `asked` takes too long; how it ends then is for the next who asks. */
async function withPatience<T>(asked: Promise<T>, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), PATIENCE_MS);
  });
  asked.catch(() => undefined);
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

const matches = ({ secretHash }: StoredApiKey, secret: string): boolean => timingSafeEqual(sha256(secret), secretHash);
