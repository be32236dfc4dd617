import type { Redis } from 'ioredis';
import type { LogEntry } from '../domain/log-entry.js';
import { redisFailure } from './failure.js';
import { keys } from './keys.js';
import { decodeLogEntry } from './log-codec.js';

/** An entry that decodeLogEntry refused: its fields as they came. */
export interface UnreadableLogEntry {
  readonly epoch: number;
  readonly seq: number;
  readonly raw: readonly string[];
}

/** Where an event's log and its hash stand in Redis. */
export interface LogState {
  /** Entries that wait for Postgres. */
  readonly waiting: number;
  /** null: Redis does not know the event (or knows no more of it than that it is being loaded). */
  readonly epoch: number | null;
  readonly seq: number;
  /** The epoch being loaded; null: none. */
  readonly loading: number | null;
  /** Event version that Redis goes by; 0: none. */
  readonly version: number;
  /** '' where Redis does not know the event. */
  readonly status: string;
  /** Position of the oldest entry that waits; null: none does. All before it was trimmed, and so was in Postgres once. */
  readonly oldest: { readonly epoch: number; readonly seq: number } | null;
  /** Postgres went back in time for this event (SPEC R3); `listed`: what is sold was written down. */
  readonly behind: boolean;
  readonly listed: boolean;
}

/** The oldest entries that were not trimmed, in order. Throws AisleError UNAVAILABLE. */
export async function readLog(
  redis: Redis,
  eventId: string,
  count: number,
): Promise<(LogEntry | UnreadableLogEntry)[]> {
  const entries = await redis.xrange(keys.log(eventId), '-', '+', 'COUNT', count).catch((error: unknown) => {
    throw redisFailure(error);
  });
  return entries.map(([id, fields]) => {
    try {
      return decodeLogEntry(id, fields);
    } catch {
      const [epoch = 0, seq = 0] = id.split('-').map(Number);
      return { epoch, seq, raw: fields };
    }
  });
}

/** Removes everything up to and including this entry: only ever what is committed in Postgres (SPEC L1). */
export async function trimLog(redis: Redis, eventId: string, upTo: { epoch: number; seq: number }): Promise<void> {
  await redis.xtrim(keys.log(eventId), 'MINID', '=', `${upTo.epoch}-${upTo.seq + 1}`).catch((error: unknown) => {
    throw redisFailure(error);
  });
}

/** Of many events, one round trip. */
export async function logStates(redis: Redis, eventIds: readonly string[]): Promise<LogState[]> {
  if (eventIds.length === 0) return [];
  const pipeline = redis.pipeline();
  for (const eventId of eventIds) {
    pipeline.hmget(keys.event(eventId), ...STATE_FIELDS);
    pipeline.xlen(keys.log(eventId));
    pipeline.xrange(keys.log(eventId), '-', '+', 'COUNT', 1);
  }
  const replies = await pipeline.exec().catch((error: unknown) => {
    throw redisFailure(error);
  });
  const value = (i: number): unknown => {
    const [error, result] = replies?.[i] ?? [new Error('no reply'), null];
    if (error !== null) throw redisFailure(error);
    return result;
  };
  return eventIds.map((_eventId, i) => {
    const fields: unknown = value(3 * i);
    const all: unknown[] = Array.isArray(fields) ? fields : [];
    const [epoch, seq, loading, version] = all.map(numberOrNull);
    const [status, behind, listed] = all.slice(4);
    return {
      ...{ waiting: Number(value(3 * i + 1)), oldest: positionOf(firstId(value(3 * i + 2))) },
      ...{ epoch: epoch ?? null, seq: seq ?? 0, loading: loading ?? null, version: version ?? 0 },
      ...{ status: typeof status === 'string' ? status : '', behind: typeof behind === 'string' },
      listed: typeof listed === 'string',
    };
  });
}

const STATE_FIELDS = ['epoch', 'seq', 'loading', 'version', 'status', 'behind', 'behindListed'] as const;

function positionOf(streamId: string): LogState['oldest'] {
  const [epoch, seq] = streamId.split('-').map(Number);
  return epoch === undefined || seq === undefined ? null : { epoch, seq };
}

const numberOrNull = (value: unknown): number | null => (typeof value === 'string' ? Number(value) : null);

/** An event whose log has entries, and the id of the oldest. */
export interface LogFound {
  readonly eventId: string;
  readonly oldestId: string;
}

/**
 * Blocks until one of these logs has an entry, at most `blockMs`. What is drained is trimmed, so an entry at all means work,
 * whoever drains. `redis`: a connection of its own, because it blocks. One machine's Redis only: on a cluster the logs are
 * in different slots, and the scan alone finds them.
 */
export async function waitForLogs(redis: Redis, eventIds: readonly string[], blockMs: number): Promise<LogFound[]> {
  const byKey = new Map(eventIds.map((eventId) => [keys.log(eventId), eventId]));
  const ids = eventIds.map(() => '0-0');
  const block = Math.max(1, Math.round(blockMs));
  const reply = await redis.xread('COUNT', 1, 'BLOCK', block, 'STREAMS', ...byKey.keys(), ...ids);
  return streamsOf(reply).flatMap(([key, entries]) => {
    const eventId = byKey.get(key);
    return eventId === undefined ? [] : [{ eventId, oldestId: firstId(entries) }];
  });
}

/** RESP3 gives a map of stream to entries, RESP2 a list of pairs; null: nothing came. */
function streamsOf(reply: unknown): [key: string, entries: unknown][] {
  if (reply === null || typeof reply !== 'object') return [];
  if (reply instanceof Map) return [...reply].map(([key, entries]) => [String(key), entries]);
  if (!Array.isArray(reply)) return Object.entries(reply);
  return reply.flatMap((pair: unknown): [string, unknown][] =>
    Array.isArray(pair) ? [[String(pair[0]), pair[1]]] : [],
  );
}

function firstId(entries: unknown): string {
  const first: unknown = Array.isArray(entries) ? entries[0] : undefined;
  return Array.isArray(first) ? String(first[0]) : '';
}
