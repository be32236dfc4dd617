import type { Redis } from 'ioredis';
import { findUnindexedHolds, readAudit, seatsShownHeld } from '../redis/audit.js';
import { findStraySeats, readHolds, type FoundHold } from '../redis/loader.js';
import type { LiveEventPlaces } from './compare.js';
import type { LoadPlan } from './plan.js';

/** What only damage leaves, looked for before sales stand still: it takes longer than all of a load. */
export interface Leftovers {
  /** Seats below this were looked at. */
  readonly seatCount: number;
  /** They have a seat key, and the map shows no hold on them. */
  readonly seats: readonly number[];
  /** Holds of areas that no index has. */
  readonly tokens: readonly string[];
}

export async function findLeftovers(redis: Redis, eventId: string, seatCount: number): Promise<Leftovers> {
  const [seats, tokens] = await Promise.all([findStraySeats(redis, eventId, seatCount), lostTokens(redis, eventId)]);
  return { seatCount, seats, tokens };
}

/** All keys are walked only where areas count more on hold than the holds of the indexes have. */
async function lostTokens(redis: Redis, eventId: string): Promise<readonly string[]> {
  const { areas } = await readAudit(redis, eventId);
  const counted = areas.map(({ held, reserved }) => held + reserved);
  if (!counted.some((places) => places > 0)) return [];
  const { holds, unreadable } = await readHolds(redis, eventId);
  const had = areas.map(() => 0);
  for (const { areaNo, quantity } of holds.flatMap((hold) => hold.areas)) had[areaNo] = (had[areaNo] ?? 0) + quantity;
  if (counted.every((places, areaNo) => places <= (had[areaNo] ?? 0))) return [];
  return findUnindexedHolds(redis, eventId, new Set([...holds, ...unreadable].map(({ token }) => token)));
}

export interface ChangedHolds {
  /** Carried holds that are not, in all they consist of, in Redis as they are to be. */
  readonly written: readonly FoundHold[];
  /** Seats that may have a key which is not that of a hold that stays as it is. */
  readonly leftSeats: readonly number[];
}

/** Pure. On a healthy Redis nearly every hold stays as it is, and nothing of it need be written while sales stand still. */
export function changedHolds(plan: LoadPlan, live: LiveEventPlaces, strays: readonly number[]): ChangedHolds {
  const found = new Map(live.holds.map((hold) => [hold.token, hold]));
  const written = plan.carried.filter((hold) => !live.sound.has(hold.token) || !isSame(hold, found.get(hold.token)));
  const changed = new Set(written);
  const stay = new Set<number>();
  for (const hold of plan.carried) if (!changed.has(hold)) for (const { seatNo } of hold.seats) stay.add(seatNo);
  const left = new Set([...strays, ...seatsShownHeld(live.audit.letters)]);
  for (const { seats } of live.holds) for (const { seatNo } of seats) left.add(seatNo);
  return { written, leftSeats: [...left].filter((seatNo) => !stay.has(seatNo)) };
}

const FIELDS = ['subject', 'state', 'orderId', 'createdAtMs', 'expiresAtMs', 'maxExpiresAtMs', 'reservedAtMs'] as const;

const isSame = (hold: FoundHold, found: FoundHold | undefined): boolean =>
  found !== undefined &&
  FIELDS.every((field) => hold[field] === found[field]) &&
  areSame(SEAT_FIELDS, hold.seats, found.seats) &&
  areSame(AREA_FIELDS, hold.areas, found.areas);

const SEAT_FIELDS = ['seatNo', 'catNo', 'origin', 'ticketType'] as const;
const AREA_FIELDS = ['areaNo', 'catNo', 'quantity', 'origin', 'ticketType'] as const;

const areSame = <Row>(fields: readonly (keyof Row)[], rows: readonly Row[], others: readonly Row[]): boolean =>
  rows.length === others.length && rows.every((row, i) => fields.every((field) => row[field] === others[i]?.[field]));
