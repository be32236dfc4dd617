import type { Redis } from 'ioredis';
import { orderStatusSchema } from '@aisle/client/protocol';
import { z } from 'zod';
import type { OrderSummary, OrderTickets, ReadCaches } from '../domain/ports/read-caches.js';
import { redisFailure } from './failure.js';
import { keys } from './keys.js';
import { loadScript, runScript } from './scripts.js';

const ORDER_TTL_MS = 3_600_000;
const TICKETS_TTL_MS = 3_600_000;
const SESSION_TTL_S = 86_400;

const summarySchema = z.object({
  id: z.string(),
  eventId: z.string(),
  subject: z.string(),
  status: orderStatusSchema,
  version: z.int(),
});
const ticketsSchema = z.object({
  orderId: z.string(),
  eventId: z.string(),
  version: z.int(),
  tickets: z.array(
    z.object({
      id: z.string(),
      placeKind: z.enum(['seat', 'area']),
      placeId: z.string(),
      category: z.string(),
      ticketType: z.string().nullable(),
      status: z.enum(['valid', 'scanned']),
    }),
  ),
});
const FIELD = 'order';
/** Half a millisecond of Redis. */
const SEEN_AT_ONCE = 250;

/** domain/ports/read-caches.ts over Redis. What cannot be read any more counts as not kept. */
export function createReadCaches(redis: Redis): ReadCaches {
  const script = loadScript('cache-put');
  const seen = loadScript('cache-seen');
  const put = async (
    key: string,
    mode: PutMode,
    rows: readonly (readonly [string, number, string])[],
  ): Promise<void> => {
    await guard(runScript(redis, script, [key], [mode.ttlMs, mode.known ? 1 : 0, mode.whole ? 1 : 0, ...rows.flat()]));
  };
  const rowsOf = (orders: readonly OrderTickets[]): [string, number, string][] =>
    orders.map((order) => [order.orderId, order.version, JSON.stringify(order)]);
  return {
    async order(orderId) {
      return read(summarySchema, await guard(redis.hget(keys.transaction(orderId), FIELD)));
    },
    async putOrders(orders) {
      const mode = { ttlMs: ORDER_TTL_MS, known: false, whole: false };
      await Promise.all(
        orders.map((order: OrderSummary) =>
          put(keys.transaction(order.id), mode, [[FIELD, order.version, JSON.stringify(order)]]),
        ),
      );
    },
    async tickets(subject) {
      const kept = await guard(redis.hgetall(keys.eventTickets(subject)));
      if (kept['*'] === undefined) return null;
      const orders = Object.entries(kept).flatMap(([field, value]) =>
        field === '*' ? [] : [read(ticketsSchema, value)],
      );
      return orders.every((order) => order !== null) ? orders : null;
    },
    async fillTickets(subject, orders) {
      await put(keys.eventTickets(subject), { ttlMs: TICKETS_TTL_MS, known: false, whole: true }, rowsOf(orders));
    },
    async updateTickets(subject, orders) {
      await put(keys.eventTickets(subject), { ttlMs: TICKETS_TTL_MS, known: true, whole: false }, rowsOf(orders));
    },
    async sessionEvents(subject) {
      const kept = await guard(redis.hgetall(keys.session(subject)));
      return Object.entries(kept)
        .map(([eventId, atMs]) => ({ eventId, atMs: Number(atMs) }))
        .sort((a, b) => b.atMs - a.atMs);
    },
    async seen(eventId, rows) {
      for (let start = 0; start < rows.length; start += SEEN_AT_ONCE) {
        const batch = rows.slice(start, start + SEEN_AT_ONCE);
        const sessions = batch.map(({ subject }) => keys.session(subject));
        await guard(runScript(redis, seen, sessions, [eventId, SESSION_TTL_S, ...batch.map(({ atMs }) => atMs)]));
      }
    },
    async forget(orderIds, subjects) {
      const gone = [
        ...orderIds.map(keys.transaction),
        ...subjects.flatMap((subject) => [keys.eventTickets(subject), keys.session(subject)]),
      ];
      // One by one: in a cluster they are in different slots.
      const pipeline = redis.pipeline();
      for (const key of gone) pipeline.unlink(key);
      await guard(pipeline.exec());
    },
  };
}

interface PutMode {
  readonly ttlMs: number;
  /** Only where the whole was read before. */
  readonly known: boolean;
  /** This is all there is. */
  readonly whole: boolean;
}

function read<T>(schema: z.ZodType<T>, kept: string | null | undefined): T | null {
  if (kept === null || kept === undefined) return null;
  try {
    return schema.parse(JSON.parse(kept.slice(kept.indexOf(' ') + 1)));
  } catch {
    return null;
  }
}

async function guard<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw redisFailure(error);
  }
}
