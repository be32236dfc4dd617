import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { expect } from 'vitest';
import type { Sql } from '../../../server/src/db/client.js';
import { keys } from '../../../server/src/redis/keys.js';
import { waitFor } from '../../helpers/wait.js';
import { redisLetters } from '../../helpers/truth.js';
import { seatNoOf, type Grant, type Paid, type Rush, type RushHall } from './rush.js';

const LOOK_EVERY_MS = 5;
/** Epoch, seq and map in one turn of Redis; nothing while the event is unknown or being loaded. */
const LOOK = `
  local v = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'loading')
  if not v[1] or v[3] then return false end
  return { v[1], v[2], redis.call('GET', KEYS[2]) }`;

export interface Look {
  readonly epoch: number;
  readonly seq: number;
  readonly letters: string;
  readonly atMs: number;
}

/** The first look at Redis that finds the event at a later epoch than `after`: what the first buyer there could have found. */
export async function firstLook(redis: Redis, eventId: string, after: number, withinMs: number): Promise<Look> {
  const until = performance.now() + withinMs;
  while (performance.now() < until) {
    const found = await redis.eval(LOOK, 2, keys.event(eventId), keys.map(eventId)).catch(() => null);
    const [epoch, seq, letters] = Array.isArray(found) ? found.map(String) : [];
    if (epoch !== undefined && Number(epoch) > after) {
      return { epoch: Number(epoch), seq: Number(seq), letters: letters ?? '', atMs: performance.now() };
    }
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error(`no epoch above ${after} within ${withinMs} ms`);
}

/** Until every entry of the log is in Postgres and no order waits for its effect. */
export async function untilDrained(redis: Redis, sql: Sql, eventId: string): Promise<void> {
  await waitFor(
    async () => {
      const [row] = await sql<{ open: number }[]>`
        SELECT count(*)::int AS open FROM orders WHERE event_id = ${eventId} AND status <> 'pending' AND settled_at IS NULL`;
      const waiting = await redis.xlen(keys.log(eventId));
      if (row?.open === 0 && waiting === 0) return true;
      throw new Error(`${row?.open ?? 0} orders are open, ${waiting} entries wait`);
    },
    { timeoutMs: 30_000, intervalMs: 100, what: 'the log and the effects of orders' },
  );
}

/**
 * The letters as an epoch began, exactly: each seat's state before its first change in the log, and as it is now where it has
 * none. Only for the present epoch, drained.
 */
async function lettersAtStart(redis: Redis, sql: Sql, eventId: string, epoch: number): Promise<string> {
  const letters = [...(await redisLetters(redis, eventId))];
  const rows = await sql<{ no: number; letter: string }[]>`
    SELECT DISTINCT ON (place_no) place_no AS no, from_state AS letter FROM seat_log
    WHERE event_id = ${eventId} AND epoch = ${epoch} AND place_kind = 'seat' ORDER BY place_no, seq`;
  for (const { no, letter } of rows) letters[no] = letter;
  return letters.join('');
}

/** Longer than any purchase is between its first statement and its commit. */
const COMMIT_MS = 2000;

/**
 * Seats with a live ticket whose order was there when an epoch was loaded: those paid well before are sold from its first moment
 * on, those paid while it was loaded are sold or still reserved.
 */
async function soldBefore(
  sql: Sql,
  eventId: string,
  epoch: number,
): Promise<{ readonly sold: number[]; readonly beingPaid: number[] }> {
  const rows = await sql<{ no: number; early: boolean }[]>`
    SELECT t.place_no AS no, t.issued_at < m.snapshot_at - ${COMMIT_MS} * interval '1 millisecond' AS early
    FROM tickets t JOIN orders o ON o.id = t.order_id
    JOIN maintenance_log m ON m.event_id = t.event_id AND m.epoch = ${epoch} AND m.kind = 'load' AND m.result = 'loaded'
    WHERE t.event_id = ${eventId} AND t.place_kind = 'seat' AND t.status <> 'cancelled' AND o.created_at < m.snapshot_at`;
  const seats = (early: boolean): number[] => rows.filter((row) => row.early === early).map(({ no }) => no);
  return { sold: seats(true), beingPaid: seats(false) };
}

/** Seats that show none of `wanted`. */
export const notShown = (letters: string, seatNos: readonly number[], wanted: string): number[] =>
  seatNos.filter((no) => !wanted.includes(letters[no] ?? '?'));

/** What may never be, whatever befell Redis: by the tickets, by what each buyer was granted, and by what the shop was told. */
export async function expectNoDoubleSale(sql: Sql, hall: RushHall, rush: Rush): Promise<void> {
  const eventId = hall.event.id;
  const twice = await sql`
    SELECT place_id FROM tickets WHERE event_id = ${eventId} AND status <> 'cancelled' GROUP BY place_id HAVING count(*) > 1`;
  expect(twice).toEqual([]);
  const closed = new Set([...hall.sold, ...hall.blocked]);
  expect(rush.grants.filter(({ seats }) => seats.some((seat) => closed.has(seat)))).toEqual([]);
  expect(rush.paid.filter(({ outcome }) => outcome === 'unknown')).toEqual([]);
  await expectPaid(sql, eventId, rush.paid);
  expectOneHolder(rush.grants);
}

async function expectPaid(sql: Sql, eventId: string, paid: readonly Paid[]): Promise<void> {
  const rows = await sql<{ id: string; seats: string[] }[]>`
    SELECT order_id AS id, array_agg(place_id) AS seats FROM tickets
    WHERE event_id = ${eventId} AND status <> 'cancelled' GROUP BY order_id`;
  const tickets = new Map(rows.map(({ id, seats }) => [id, [...seats].sort().join()]));
  for (const { orderId, seats, outcome } of paid) {
    const wanted = outcome === 'completed' ? [...seats].sort().join() : undefined;
    expect(tickets.get(orderId), `order ${orderId} was told ${outcome}`).toBe(wanted);
  }
}

/** By seq: of one epoch no seq was given to two grants. */
function expectOneHolder(grants: readonly Grant[]): void {
  const positions = grants.map(({ epoch, seq }) => `${epoch}-${seq}`);
  expect(new Set(positions).size).toBe(positions.length);
}

export const seatNos = (ids: readonly string[]): number[] => ids.map(seatNoOf);

/** The first hold that was granted under a later epoch than `after`. */
export const firstGrantAfter = (grants: readonly Grant[], after: number): Grant | undefined =>
  grants.filter(({ epoch }) => epoch > after).sort((a, b) => a.answeredMs - b.answeredMs)[0];

/** Epoch that buyers are served under now. */
export const epochOf = (rush: Rush): number => Math.max(0, ...rush.grants.map(({ epoch }) => epoch));

/** The first hold asked for after `sinceMs` (performance.now()) that is granted, under a later epoch than `after` where one is named. */
export function served(rush: Rush, sinceMs: number, withinMs: number, after = 0): Promise<Grant> {
  const found = (): Grant | undefined => rush.grants.find(({ askedMs, epoch }) => askedMs >= sinceMs && epoch > after);
  return waitFor(found, { timeoutMs: withinMs, intervalMs: 5, what: 'a hold after the loss' });
}

/** The checks of a loss that ended in one later epoch: nothing sold or blocked was free in it from its first moment. */
export async function expectLoadedWhole(redis: Redis, sql: Sql, hall: RushHall, epoch: number): Promise<number> {
  const eventId = hall.event.id;
  const began = await lettersAtStart(redis, sql, eventId, epoch);
  const { sold, beingPaid } = await soldBefore(sql, eventId, epoch);
  // Those of the hall were sold before the first buyer came, however short ago.
  const surely = [...new Set([...seatNos(hall.sold), ...sold])];
  expect(notShown(began, surely, 's')).toEqual([]);
  expect(notShown(began, beingPaid, 'sr')).toEqual([]);
  // A clerk's hold from a block is the block's still; here nobody makes one.
  expect(notShown(began, seatNos(hall.blocked), 'b')).toEqual([]);
  return surely.length;
}
