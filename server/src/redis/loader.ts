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
export interface FoundHolds {
  readonly holds: readonly FoundHold[];
  readonly unreadable: readonly DroppedHold[];
  /** Tokens of holds of which index, cap and seat keys say what the hold says: a load that carries one as it is writes nothing. */
  readonly sound: ReadonlySet<string>;
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
  /** `behind`: Postgres went back in time for this event, and this is not the load after that (SPEC R3). */
  | { readonly ok: false; readonly epoch: number; readonly loading: number; readonly behind: boolean };

/** Every step of loading one event under one epoch. Each may be repeated; each throws LoadSuperseded where it came too late. */
export interface EventLoad {
  /** `afterRestore`: the operator asked for it, knowing that Postgres went back in time. */
  begin(options?: { readonly afterRestore: boolean }): Promise<LoadBegun>;
  readHolds(): Promise<FoundHolds>;
  /** `leftSeats`: those that may have a seat key, of a hold that goes or is written anew by writeHolds, which comes after. */
  writeMap(letters: Uint8Array, leftSeats?: readonly number[]): Promise<void>;
  writeCounts(
    areas: readonly LoadAreaCounts[],
    categories: readonly LoadCategoryCounts[],
    goneCategories: readonly string[],
  ): Promise<void>;
  /** `carried` are written whole, whether or not Redis had them, what is not named stays; none of them may be in `dropped`. */
  writeHolds(carried: readonly FoundHold[], dropped: readonly DroppedHold[]): Promise<void>;
  flip(event: LoadedEvent): Promise<void>;
}

/** Letters a script call: copied in no time. */
const SEGMENT_BYTES = 65_536;
/** Seat keys deleted, or looked for, in one script call: a few ms of Redis, so other events hardly notice. */
const SEATS_A_CALL = 5000;
const HOLDS_A_CALL = 200;
const AREAS_A_CALL = 1000;
const TOKENS_A_PAGE = 5000;
/** Holds read in one script call: a few ms of Redis. */
const READ_PAGE = 250;
/** Calls under way at once: Redis has the next one in hand when it is done with one, and others go in between. */
const LANES = 2;

let scripts: Record<'strays' | 'read' | 'begin' | 'map' | 'counts' | 'holds' | 'flip', Script> | undefined;
const loadScripts = () =>
  (scripts ??= {
    strays: loadScript('load-strays'),
    read: loadScript('load-read'),
    begin: loadScript('load-begin'),
    map: loadScript('load-map'),
    counts: loadScript('load-counts'),
    holds: loadScript('load-holds'),
    flip: loadScript('load-flip'),
  });

const pagesOf = (total: number, size: number): number[] =>
  Array.from({ length: Math.ceil(total / size) }, (_, page) => page * size);

/** Begins them in order, a few at a time. */
async function inLanes(pages: readonly number[], work: (from: number) => Promise<void>): Promise<void> {
  const waiting = [...pages];
  const lane = async (): Promise<void> => {
    for (let from = waiting.shift(); from !== undefined; from = waiting.shift()) await work(from);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/** Sends the scripts ahead, so that no step of a load has to. */
export async function warmUpLoads(redis: Redis): Promise<void> {
  await Promise.all(Object.values(loadScripts()).map(({ source }) => redis.script('LOAD', source)));
}

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
    async begin({ afterRestore } = { afterRestore: false }) {
      const reply = await runScript(redis, script.begin, [eventKey], [epoch, afterRestore ? 1 : 0]);
      const [kind, known, detail, behind] = Array.isArray(reply) ? reply.map(String) : [];
      if (kind === 'ok') return { ok: true, knownEpoch: Number(known), knownCategories: parseNames(detail) };
      return { ok: false, epoch: Number(known), loading: Number(detail), behind: behind === '1' };
    },
    readHolds: () => readHolds(redis, eventId),
    async writeMap(letters, leftSeats = []) {
      const text = Buffer.from(letters.buffer, letters.byteOffset, letters.byteLength).toString('latin1');
      // The first makes the map anew: the others are sent after it, and Redis takes them in that order.
      await inLanes(pagesOf(Math.max(1, text.length), SEGMENT_BYTES), (from) =>
        step(script.map, [mapKey], [tag, epoch, from, text.slice(from, from + SEGMENT_BYTES), '']),
      );
      await inLanes(pagesOf(leftSeats.length, SEATS_A_CALL), (from) =>
        step(script.map, [mapKey], [tag, epoch, 0, '', leftSeats.slice(from, from + SEATS_A_CALL).join(',')]),
      );
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
      await inLanes(pagesOf(most, HOLDS_A_CALL), (from) => {
        const page = (rows: readonly unknown[]): string => JSON.stringify(rows.slice(from, from + HOLDS_A_CALL));
        return step(script.holds, indexKeys, [tag, epoch, page(kept), page(gone)]);
      });
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

/** What cannot be read names none: the load that asks is what mends it, and must not fail over it. */
function parseNames(json: string | undefined): string[] {
  try {
    const parsed: unknown = JSON.parse(json ?? '[]');
    return Array.isArray(parsed) ? parsed.filter((name) => typeof name === 'string') : [];
  } catch {
    return [];
  }
}

/** Holds by the indexes of the event, reserved ones first. */
export async function readHolds(redis: Redis, eventId: string): Promise<FoundHolds> {
  const tokens = new Set<string>();
  for (const index of [keys.reservedIndex(eventId), keys.holdsIndex(eventId)]) {
    for (let from = 0, page: string[] = []; from === 0 || page.length === TOKENS_A_PAGE; from += TOKENS_A_PAGE) {
      page = await redis.zrange(index, String(from), String(from + TOKENS_A_PAGE - 1));
      for (const token of page) tokens.add(token);
    }
  }
  return readHoldsByToken(redis, eventId, [...tokens]);
}

export async function readHoldsByToken(redis: Redis, eventId: string, tokens: readonly string[]): Promise<FoundHolds> {
  const holds: FoundHold[] = [];
  const unreadable: DroppedHold[] = [];
  const sound = new Set<string>();
  const { read } = loadScripts();
  const indexKeys = [keys.holdsIndex(eventId), keys.reservedIndex(eventId)];
  await inLanes(pagesOf(tokens.length, READ_PAGE), async (from) => {
    const page = tokens.slice(from, from + READ_PAGE);
    const rows: unknown = JSON.parse(String(await runScript(redis, read, indexKeys, [`{${eventId}}`, ...page])));
    page.forEach((token, i) => {
      const row: unknown = Array.isArray(rows) ? rows[i] : undefined;
      const values = Array.isArray(row) ? (row as (string | false | number)[]) : [];
      const found = parseHold(token, values.slice(0, 9).map(textOf));
      if (!('state' in found)) unreadable.push(found);
      else holds.push(found);
      if (values[9] === 1) sound.add(token);
    });
  });
  return { holds, unreadable, sound };
}

const textOf = (value: string | false | number | undefined): string | null =>
  typeof value === 'string' ? value : null;

/**
 * Seats below `seatCount` that have a seat key although the map shows no hold on them: damage, or changed while it was looked. Stops
 * nobody.
 */
export async function findStraySeats(redis: Redis, eventId: string, seatCount: number): Promise<readonly number[]> {
  const found: number[] = [];
  await inLanes(pagesOf(seatCount, SEATS_A_CALL), async (from) => {
    const last = Math.min(from + SEATS_A_CALL, seatCount) - 1;
    const reply = await runScript(redis, loadScripts().strays, [keys.map(eventId)], [`{${eventId}}`, from, last]);
    if (Array.isArray(reply)) found.push(...reply.map(Number));
  });
  return found;
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
