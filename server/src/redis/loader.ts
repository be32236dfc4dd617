import type { Redis } from 'ioredis';
import type { HeldArea, HeldSeat } from '../domain/ports/seat-store.js';
import { packHeldAreas, packHeldSeats, unpackAreas, unpackSeats } from './hold-codec.js';
import { keys } from './keys.js';
import { loadScript, runScript, type Script } from './scripts.js';

/** A hold as it stands in Redis while the event is being loaded, or is to stand there: nothing else changes it then (SPEC R2). */
export interface FoundHold {
  readonly token: string;
  readonly subject: string;
  readonly state: 'held' | 'reserved';
  /** '' unless reserved. */
  readonly orderId: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly maxExpiresAtMs: number;
  /** 0 unless reserved. */
  readonly reservedAtMs: number;
  readonly seats: readonly HeldSeat[];
  readonly areas: readonly HeldArea[];
}
export interface LoadAreaCounts {
  readonly capacity: number;
  readonly held: number;
  readonly reserved: number;
  readonly sold: number;
  readonly blocked: number;
}
export interface LoadCategoryCounts {
  readonly key: string;
  readonly total: number;
  readonly sold: number;
  readonly pending: number;
  readonly available: number;
}
/** A hold that goes: `tombstone` leaves word to its holder that it expired. `subject` '' where it is unreadable. */
export interface DroppedHold {
  readonly token: string;
  readonly subject: string;
  readonly tombstone: boolean;
}
/** Configuration fields that the flip sets. Times in ms. */
export interface LoadedEvent {
  readonly version: number;
  readonly status: string;
  readonly chartVersion: number;
  readonly layoutVersion: number;
  readonly seats: number;
  readonly areas: number;
  readonly categoryKeys: readonly string[];
  readonly holdMs: number;
  readonly maxHoldMs: number;
  readonly maxPlaces: number;
  readonly logLimit: number;
}

/** Another load of the same event, of a later epoch, has taken over: give up, nothing is to be mended. */
export class LoadSuperseded extends Error {
  constructor(eventId: string, epoch: number) {
    super(`the load of event ${eventId} under epoch ${epoch} was overtaken by a later one`);
  }
}

export type LoadBegun =
  | { readonly ok: true; readonly knownEpoch: number; readonly knownCategories: readonly string[] }
  | { readonly ok: false; readonly epoch: number; readonly loading: number };

/** Every step of loading one event under one epoch. Each may be repeated; each throws LoadSuperseded where it came too late. */
export interface EventLoad {
  begin(): Promise<LoadBegun>;
  readHolds(): Promise<{ holds: FoundHold[]; unreadable: DroppedHold[] }>;
  writeMap(letters: Uint8Array): Promise<void>;
  writeCounts(
    areas: readonly LoadAreaCounts[],
    categories: readonly LoadCategoryCounts[],
    goneCategories: readonly string[],
  ): Promise<void>;
  /** `carried` are written whole, whether or not Redis had them; none of them may be in `dropped`. */
  writeHolds(carried: readonly FoundHold[], dropped: readonly DroppedHold[]): Promise<void>;
  flip(event: LoadedEvent): Promise<void>;
}

/** Letters a script call: 16 KiB with as many seat keys to delete take Redis a few ms, so other events hardly notice. */
const SEGMENT_BYTES = 16_384;
const HOLDS_A_CALL = 200;
const AREAS_A_CALL = 1000;
const READ_PAGE = 500;

let scripts: Record<'begin' | 'map' | 'counts' | 'holds' | 'flip', Script> | undefined;
const loadScripts = () =>
  (scripts ??= {
    begin: loadScript('load-begin'),
    map: loadScript('load-map'),
    counts: loadScript('load-counts'),
    holds: loadScript('load-holds'),
    flip: loadScript('load-flip'),
  });

/** `redis`: a command connection; it is used although the gate of SPEC R1 may be closed. */
export function createEventLoad(redis: Redis, eventId: string, epoch: number): EventLoad {
  const script = loadScripts();
  const tag = `{${eventId}}`;
  const eventKey = keys.event(eventId);
  const mapKey = keys.map(eventId);
  const indexKeys = [keys.holdsIndex(eventId), keys.reservedIndex(eventId)];
  const step = async (
    which: Script,
    extraKeys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<void> => {
    const reply = await runScript(redis, which, [eventKey, ...extraKeys], args);
    if (Number(reply) !== 1) throw new LoadSuperseded(eventId, epoch);
  };

  return {
    async begin() {
      const reply = await runScript(redis, script.begin, [eventKey], [epoch]);
      const [kind, known, detail] = Array.isArray(reply) ? reply.map(String) : [];
      if (kind === 'ok') return { ok: true, knownEpoch: Number(known), knownCategories: parseNames(detail) };
      return { ok: false, epoch: Number(known), loading: Number(detail) };
    },
    readHolds: () => readHolds(redis, eventId),
    async writeMap(letters) {
      const text = Buffer.from(letters.buffer, letters.byteOffset, letters.byteLength).toString('latin1');
      for (let from = 0; from === 0 || from < text.length; from += SEGMENT_BYTES) {
        await step(script.map, [mapKey], [tag, epoch, from, text.slice(from, from + SEGMENT_BYTES)]);
      }
    },
    async writeCounts(areas, categories, goneCategories) {
      const rows = areas.map((a, no) => [no, a.capacity, a.held, a.reserved, a.sold, a.blocked].join(':'));
      const inventory = JSON.stringify(categories.map((c) => [c.key, c.total, c.sold, c.pending, c.available]));
      await step(
        script.counts,
        [],
        [tag, epoch, rows.slice(0, AREAS_A_CALL).join(','), inventory, JSON.stringify(goneCategories)],
      );
      for (let from = AREAS_A_CALL; from < rows.length; from += AREAS_A_CALL) {
        await step(script.counts, [], [tag, epoch, rows.slice(from, from + AREAS_A_CALL).join(','), '[]', '[]']);
      }
    },
    async writeHolds(carried, dropped) {
      const kept = carried.map(carriedRow);
      const gone = dropped.map((hold) => [hold.token, hold.subject, hold.tombstone ? 1 : 0]);
      const most = Math.max(kept.length, gone.length);
      for (let from = 0; from < most; from += HOLDS_A_CALL) {
        const page = (rows: readonly unknown[]): string => JSON.stringify(rows.slice(from, from + HOLDS_A_CALL));
        await step(script.holds, indexKeys, [tag, epoch, page(kept), page(gone)]);
      }
    },
    async flip(event) {
      await step(
        script.flip,
        [mapKey],
        [
          epoch,
          event.version,
          event.status,
          event.chartVersion,
          event.layoutVersion,
          event.seats,
          event.areas,
          JSON.stringify(event.categoryKeys),
          event.holdMs,
          event.maxHoldMs,
          event.maxPlaces,
          event.logLimit,
        ],
      );
    },
  };
}

export const placesOf = (hold: Pick<FoundHold, 'seats' | 'areas'>): number =>
  hold.seats.length + hold.areas.reduce((sum, area) => sum + area.quantity, 0);

const carriedRow = (hold: FoundHold) => [
  ...[hold.token, hold.subject, hold.state, hold.orderId],
  ...[hold.createdAtMs, hold.expiresAtMs, hold.maxExpiresAtMs, hold.reservedAtMs],
  ...[packHeldSeats(hold.seats), packHeldAreas(hold.areas), placesOf(hold)],
  hold.seats.map((seat) => seat.seatNo),
];

function parseNames(json: string | undefined): string[] {
  if (json === undefined || json === '') return [];
  const parsed: unknown = JSON.parse(json);
  return Array.isArray(parsed) ? parsed.filter((name) => typeof name === 'string') : [];
}

const HOLD_FIELDS = [
  ...(['subject', 'state', 'orderId', 'createdAt', 'expiresAt', 'maxExpiresAt', 'reservedAt'] as const),
  ...(['seats', 'areas'] as const),
] as const;

async function readHolds(redis: Redis, eventId: string): Promise<{ holds: FoundHold[]; unreadable: DroppedHold[] }> {
  const holds: FoundHold[] = [];
  const unreadable: DroppedHold[] = [];
  const tokens = new Set<string>();
  for (const index of [keys.reservedIndex(eventId), keys.holdsIndex(eventId)]) {
    for (let from = 0, page: string[] = []; from === 0 || page.length === READ_PAGE; from += READ_PAGE) {
      page = await redis.zrange(index, String(from), String(from + READ_PAGE - 1));
      for (const token of page) tokens.add(token);
    }
  }
  const all = [...tokens];
  for (let from = 0; from < all.length; from += READ_PAGE) {
    for (const found of await readPage(redis, eventId, all.slice(from, from + READ_PAGE))) {
      if ('state' in found) holds.push(found);
      else unreadable.push(found);
    }
  }
  return { holds, unreadable };
}

async function readPage(
  redis: Redis,
  eventId: string,
  tokens: readonly string[],
): Promise<(FoundHold | DroppedHold)[]> {
  if (tokens.length === 0) return [];
  const pipeline = redis.pipeline();
  for (const token of tokens) pipeline.hmget(keys.hold(eventId, token), ...HOLD_FIELDS);
  const replies = (await pipeline.exec()) ?? [];
  return tokens.map((token, i) => {
    const [error, values] = replies[i] ?? [new Error('no reply'), null];
    // A key of another type is damage that a rebuild mends; anything else that fails here stops the load.
    if (error !== null && !error.message.startsWith('WRONGTYPE')) throw error;
    return parseHold(token, Array.isArray(values) ? (values as (string | null)[]) : []);
  });
}

function parseHold(token: string, values: readonly (string | null)[]): FoundHold | DroppedHold {
  const [subject, state, orderId, createdAt, expiresAt, maxExpiresAt, reservedAt, seats, areas] = values;
  const dropped: DroppedHold = { token, subject: subject ?? '', tombstone: typeof subject === 'string' };
  if (typeof subject !== 'string' || (state !== 'held' && state !== 'reserved')) return dropped;
  const times = [createdAt, expiresAt, maxExpiresAt, reservedAt ?? '0'].map(Number);
  if (!times.every(Number.isSafeInteger)) return dropped;
  const [createdAtMs = 0, expiresAtMs = 0, maxExpiresAtMs = 0, reservedAtMs = 0] = times;
  try {
    const hold: FoundHold = {
      ...{ token, subject, state, createdAtMs, expiresAtMs, maxExpiresAtMs, reservedAtMs },
      orderId: state === 'reserved' ? (orderId ?? '') : '',
      seats: unpackSeats(seats ?? ''),
      areas: unpackAreas(areas ?? ''),
    };
    return isWhole(hold) ? hold : dropped;
  } catch {
    // A ticket type that is no URI encoding.
    return dropped;
  }
}

const isWhole = (hold: FoundHold): boolean =>
  [...hold.seats.map((seat) => seat.seatNo), ...hold.areas.flatMap((area) => [area.areaNo, area.quantity])].every(
    (number) => Number.isSafeInteger(number) && number >= 0,
  );
