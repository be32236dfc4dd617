import type { Redis } from 'ioredis';
import type { AreaPlaces, CategoryPlaces, Excused } from '../domain/drift.js';
import { redisFailure } from './failure.js';
import { keys } from './keys.js';
import { readHoldsByToken, type FoundHold } from './loader.js';
import { decodeLogEntry } from './log-codec.js';
import { loadScript, runScript, type Script } from './scripts.js';

/** Everything that Redis says of an event's places, of one instant. Counts that are no number are NaN. */
export interface RedisAudit {
  /** null: Redis does not know the event. */
  readonly epoch: number | null;
  readonly seq: number;
  /** The epoch that is being loaded; null: none. */
  readonly loading: number | null;
  readonly status: string;
  readonly letters: string;
  readonly areas: readonly AreaPlaces[];
  readonly inventory: ReadonlyMap<string, CategoryPlaces>;
}

let script: Script | undefined;

/** Answers while the event is being loaded, too. Throws AisleError UNAVAILABLE. */
export async function readAudit(redis: Redis, eventId: string): Promise<RedisAudit> {
  script ??= loadScript('audit');
  const declared = [keys.event(eventId), keys.map(eventId)];
  const reply = await runScript(redis, script, declared, [`{${eventId}}`]).catch((error: unknown) => {
    throw redisFailure(error);
  });
  const [epoch = '', seq = '', loading = '', letters = '', areas = '', counts = '[]', status = ''] = Array.isArray(
    reply,
  )
    ? reply.map(String)
    : [];
  return {
    ...{ epoch: numberOf(epoch), seq: numberOf(seq) ?? 0, loading: numberOf(loading), status, letters },
    areas: areas === '' ? [] : areas.split(',').map(toArea),
    inventory: new Map(parseRows(counts).map(toCategory)),
  };
}

const numberOf = (text: string): number | null => (text === '' ? null : Number(text));
const count = (text: unknown): number => (text === '' || text === undefined ? NaN : Number(text));

function toArea(text: string): AreaPlaces {
  const [capacity, held, reserved, sold, blocked] = text.split(':').map(count);
  // `blocked` came later than the others.
  return {
    ...{ capacity: capacity ?? NaN, held: held ?? NaN, reserved: reserved ?? NaN, sold: sold ?? NaN },
    blocked: text.endsWith(':') ? 0 : (blocked ?? 0),
  };
}

function parseRows(json: string): unknown[][] {
  const parsed: unknown = JSON.parse(json);
  return Array.isArray(parsed) ? parsed.filter((row) => Array.isArray(row)) : [];
}
const toCategory = ([key, total, sold, pending, available]: unknown[]): [string, CategoryPlaces] => [
  String(key),
  { total: count(total), sold: count(sold), pending: count(pending), available: count(available) },
];

/** Places that changed after `seq`, as far as the log still has it: what it has no more is in Postgres. */
export async function readTouchedInLog(redis: Redis, eventId: string, epoch: number, seq: number): Promise<Excused> {
  const entries = await redis.xrange(keys.log(eventId), `${epoch}-${seq + 1}`, '+').catch((error: unknown) => {
    throw redisFailure(error);
  });
  const changes = entries.map(([id, fields]) => decodeLogEntry(id, fields));
  return {
    seats: new Set(changes.flatMap(({ seats }) => seats.map(({ seatNo }) => seatNo))),
    areas: new Set(changes.flatMap(({ areas }) => areas.map(({ areaNo }) => areaNo))),
  };
}

/** Of the letters of a map. */
export function seatsShownHeld(letters: string): number[] {
  const found: number[] = [];
  for (let seatNo = 0; seatNo < letters.length; seatNo++) {
    const letter = letters.charCodeAt(seatNo);
    if (letter === HELD || letter === RESERVED) found.push(seatNo);
  }
  return found;
}
const HELD = 104;
const RESERVED = 114;

const SEATS_A_PAGE = 1000;

/**
 * Holds that have seats of these and are in no index: found by the keys of their seats. A lost entry of an index would otherwise
 * leave a hold that nobody ends, and a load that does not know of it would sell its seats.
 */
export async function readStrayHolds(
  redis: Redis,
  eventId: string,
  seatNos: readonly number[],
): Promise<readonly FoundHold[]> {
  const tokens = new Set<string>();
  for (let from = 0; from < seatNos.length; from += SEATS_A_PAGE) {
    const pipeline = redis.pipeline();
    for (const seatNo of seatNos.slice(from, from + SEATS_A_PAGE)) pipeline.hget(keys.seat(eventId, seatNo), 'token');
    const replies = await pipeline.exec().catch((error: unknown) => {
      throw redisFailure(error);
    });
    // A seat's key of another type names nobody.
    for (const [error, token] of replies ?? []) if (error === null && typeof token === 'string') tokens.add(token);
  }
  const wanted = new Set(seatNos);
  const { holds } = await readHoldsByToken(redis, eventId, [...tokens]);
  return holds.filter(({ seats }) => seats.some(({ seatNo }) => wanted.has(seatNo)));
}

const KEYS_A_PAGE = 2000;

/** Tokens of live holds of the event that are not among `indexed`. Walks all keys of this Redis, a page at a time. */
export async function findUnindexedHolds(
  redis: Redis,
  eventId: string,
  indexed: ReadonlySet<string>,
): Promise<readonly string[]> {
  const prefix = keys.hold(eventId, '');
  const tokens = new Set<string>();
  let cursor = '0';
  do {
    const [next, page] = await redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', KEYS_A_PAGE);
    for (const key of page) if (!indexed.has(key.slice(prefix.length))) tokens.add(key.slice(prefix.length));
    cursor = next;
  } while (cursor !== '0');
  const { holds } = await readHoldsByToken(redis, eventId, [...tokens]);
  return holds.map(({ token }) => token);
}
