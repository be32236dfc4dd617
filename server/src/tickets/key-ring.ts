import { AisleError } from '@aisle/client/protocol';
import type { KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '../db/client.js';
import { ensureTicketKeys } from '../db/tickets/ticket-keys.js';
import type { Logger } from '../platform/logger.js';
import { generateKey, openKey, type TicketKey } from './code.js';

/** A new key signs, and a retired one is refused, on every node after this at the latest. */
const REFRESH_MS = 30_000;
const RETRY_MS = 1000;
/** Nonsense codes with unknown keys cost Postgres at most one statement in this time. */
const UNKNOWN_KEY_MS = 1000;

export type SigningKey = TicketKey & { readonly signs: KeyObject };

/** The live keys, in memory, read again from time to time (SPEC T2). */
export interface KeyRing {
  /** Throws AisleError UNAVAILABLE while no key was read yet. */
  signing(): SigningKey;
  /** Asks Postgres where it is not known here. null: there is no such live key. */
  find(kid: string): Promise<TicketKey | null>;
  /** The one that signs comes first. */
  all(): Promise<readonly TicketKey[]>;
  refresh(): Promise<void>;
  close(): void;
}

export function createKeyRing({ sql, logger }: { readonly sql: Sql; readonly logger: Logger }): KeyRing {
  let keys: readonly TicketKey[] = [];
  let readAt = -Infinity;
  let reading: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const read = async (): Promise<void> => {
    const known = new Map(keys.map((key) => [key.kid, key]));
    const rows = await ensureTicketKeys(sql, generateKey);
    keys = rows.map((row) => known.get(row.kid) ?? openKey(row));
    readAt = performance.now();
  };
  const begin = (): Promise<void> => (reading = read().finally(() => (reading = undefined)));
  // Who asks wants what Postgres says from now on: a read under way may be older, so one more follows it, shared by all.
  let queued: Promise<void> | undefined;
  const refresh = (): Promise<void> => {
    if (reading === undefined) return begin();
    queued ??= reading
      .catch(() => undefined)
      .then(() => {
        queued = undefined;
        return begin();
      });
    return queued;
  };
  const keepFresh = (): void => {
    refresh().then(
      () => schedule(REFRESH_MS),
      (error: unknown) => {
        logger.debug({ err: error }, 'the keys of tickets wait for Postgres');
        schedule(keys.length === 0 ? RETRY_MS : REFRESH_MS);
      },
    );
  };
  const schedule = (delayMs: number): void => {
    if (closed) return;
    timer = setTimeout(keepFresh, delayMs);
    timer.unref();
  };
  keepFresh();

  // All who ask meanwhile wait for the same look: a key made a moment ago is found, and nonsense costs little.
  let looking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    const waitMs = readAt + UNKNOWN_KEY_MS - performance.now();
    if (waitMs > 0) await sleep(waitMs, undefined, { ref: false });
    await refresh();
  };
  const known = (kid: string): TicketKey | null => keys.find((key) => key.kid === kid) ?? null;
  return {
    signing() {
      const [key] = keys;
      if (key?.signs == null) {
        throw AisleError.of('UNAVAILABLE', {
          message: 'The keys of tickets are not read yet.',
          retryAfterMs: RETRY_MS,
        });
      }
      return { ...key, signs: key.signs };
    },
    async find(kid) {
      const found = known(kid);
      if (found !== null) return found;
      await (looking ??= look().finally(() => (looking = undefined)));
      return known(kid);
    },
    async all() {
      if (keys.length === 0) await refresh();
      return keys;
    },
    refresh,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
