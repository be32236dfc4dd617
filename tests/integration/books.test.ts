import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { LogItem, Order, Statistics } from '@aisle/client/protocol';
import { main as aisle } from '../../cli/src/main.js';
import { createLogger } from '../../server/src/platform/logger.js';
import { createMetrics } from '../../server/src/platform/metrics.js';
import { keys } from '../../server/src/redis/keys.js';
import { createDriftCheck } from '../../worker/src/processors/drift.js';
import { adminCall, Buyer, buyerToken, plainChart, sellEvent } from '../helpers/buyers.js';
import { useSystem } from '../helpers/system.js';
import { redisLetters } from '../helpers/truth.js';
import { waitFor } from '../helpers/wait.js';

const system = useSystem({ nodes: 1, workers: 1 });

const onSale = () => sellEvent(system.aisle, plainChart(4, 10, [{ id: 'floor', capacity: 50 }]));
const sell = (eventId: string, seats: string[], fields: object = {}): Promise<Order> =>
  adminCall(system.aisle, 'POST', '/bookings', { eventId, seats, ...fields });
const drained = async (eventId: string): Promise<void> => {
  await waitFor(async () => (await system.redis.xlen(keys.log(eventId))) === 0, {
    timeoutMs: 20_000,
    what: 'the log to be drained',
  });
};
async function command(...argv: string[]): Promise<{ status: number; out: string[]; err: string[] }> {
  const out: string[] = [];
  const err: string[] = [];
  const env = { DATABASE_URL: system.aisle.databaseUrl, REDIS_URL: system.aisle.redis.url };
  const status = await aisle(argv, { env, out: (line) => out.push(line), err: (line) => err.push(line) });
  return { status, out, err };
}
async function as<T>(subject: string, path: string): Promise<{ status: number; body: T }> {
  const token = await buyerToken(subject, system.aisle.authSecret);
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${system.aisle.urls[0] ?? ''}/v1${path}`, { headers });
  return { status: response.status, body: (await response.json()) as T };
}

describe('what the books say', () => {
  test('L3 L4 statistics, sales by the minute, and who did what to a seat and an order', async () => {
    const { id } = await onSale();
    const buyer = await Buyer.connect(system.aisle.urls[0] ?? '', 'ann', system.aisle.authSecret);
    const held = await buyer.send('hold', { eventId: id, seats: ['r0-1', 'r0-2'], requestId: 'the-hold' });
    if (!held.ok) throw new Error(held.error.message);
    await buyer.send('release', { eventId: id, holdToken: held.hold.token, seats: ['r0-2'] });
    const order = await adminCall<Order>(system.aisle, 'POST', '/bookings', {
      ...{ eventId: id, holdToken: held.hold.token, onBehalfOf: 'ann' },
      payment: { reference: 'till-1', amountMinor: 1000, currency: 'EUR' },
    });
    await sell(id, ['r1-1'], { payment: { reference: 'till-2', amountMinor: 1000, currency: 'EUR' } });
    await adminCall(system.aisle, 'POST', `/events/${id}/block`, {
      areas: [{ id: 'floor', quantity: 5 }],
      label: 'press',
    });
    buyer.close();
    await drained(id);

    const statistics = await adminCall<Statistics>(system.aisle, 'GET', `/events/${id}/statistics`);
    expect(statistics).toMatchObject({ paidMinor: 2000, refundedMinor: 0, currency: 'EUR' });
    expect(statistics.categories).toEqual([
      { key: 'A', held: 3, released: 1, expired: 0, blocked: 0, unblocked: 0, sold: 2 },
      { key: 'GA', held: 0, released: 0, expired: 0, blocked: 5, unblocked: 0, sold: 0 },
    ]);
    expect(statistics.sales.reduce((sum, minute) => sum + minute.sold, 0)).toBe(2);

    const { items } = await adminCall<{ items: LogItem[] }>(system.aisle, 'GET', `/events/${id}/log?seat=r0-1`);
    expect(items.map(({ kind, from, to, subject }) => ({ kind, from, to, subject }))).toEqual([
      { kind: 'hold', from: 'a', to: 'h', subject: 'ann' },
      { kind: 'reserve', from: 'h', to: 'r', subject: 'ann' },
      { kind: 'sell', from: 'r', to: 's', subject: 'ann' },
    ]);
    expect(items[0]).toMatchObject({ actor: 'ann', requestId: 'the-hold' });
    expect(items[2]?.cause).toMatchObject({ orderId: order.id });
    const log = await adminCall<{ steps: { kind: string; actor: string }[]; places: LogItem[] }>(
      ...([system.aisle, 'GET', `/orders/${order.id}/log`] as const),
    );
    expect(log.steps.length).toBeGreaterThan(0);
    expect(new Set(log.places.map(({ kind }) => kind))).toEqual(new Set(['reserve', 'sell']));
    expect(new Set(log.places.map(({ seat }) => seat))).toEqual(new Set(['r0-1']));
    expect(JSON.stringify(log)).not.toContain(held.hold.token);
    expect(JSON.stringify(log)).not.toContain('fingerprint');
  });

  test('L4 pages of the log join on without a gap, bad questions are answered by field', async () => {
    const { id } = await onSale();
    await sell(id, ['r0-0', 'r0-1', 'r0-2', 'r0-3', 'r0-4']);
    await drained(id);
    const all: LogItem[] = [];
    let cursor = '';
    do {
      const page: { items: LogItem[]; nextCursor?: string } = await adminCall(
        ...([system.aisle, 'GET', `/events/${id}/log?limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`] as const),
      );
      all.push(...page.items);
      cursor = page.nextCursor ?? '';
    } while (cursor !== '');
    expect(all.length).toBe(15);
    expect(new Set(all.map(({ seq, seat }) => `${seq} ${seat ?? ''}`)).size).toBe(15);
    const ask = (query: string) => adminCall(system.aisle, 'GET', `/events/${id}/log?${query}`);
    await expect(ask('seat=nowhere')).rejects.toThrow(/404.*UNKNOWN_SEAT/);
    await expect(ask('seat=r0-0&area=floor')).rejects.toThrow(/400.*"area"/);
    await expect(ask('cursor=xyz')).rejects.toThrow(/400.*"cursor"/);
    await expect(ask('colour=red')).rejects.toThrow(/400/);
  });

  test('L4 a replay of the log alone gives the live map; a change it does not know is found, and counting again gives the same', async () => {
    const { id } = await onSale();
    await sell(id, ['r0-0', 'r2-3']);
    await adminCall(system.aisle, 'POST', `/events/${id}/block`, {
      seats: ['r3-1'],
      areas: [{ id: 'floor', quantity: 7 }],
    });
    await drained(id);
    expect(await command('replay', id)).toMatchObject({ status: 0, out: [expect.stringMatching(/: equal$/)] });
    const before = await adminCall<Statistics>(system.aisle, 'GET', `/events/${id}/statistics`);
    await system.sql`UPDATE category_counters SET quantity_sold = 99 WHERE event_id = ${id}`;
    await system.sql`DELETE FROM sales_minutes WHERE event_id = ${id}`;
    expect(await command('read-models', id)).toMatchObject({ status: 0 });
    expect(await adminCall(system.aisle, 'GET', `/events/${id}/statistics`)).toEqual(before);
    await system.redis.setrange(keys.map(id), 12, 's');
    const wrong = await command('replay', id, '--json');
    expect(wrong.status).toBe(1);
    expect(JSON.parse(wrong.out[0] ?? '')).toMatchObject({
      equal: false,
      different: 1,
      examples: [{ seatNo: 12, log: 'a', live: 's' }],
    });
    expect(await command('replay', 'nothing')).toMatchObject({ status: 2, err: [expect.stringMatching(/No such/)] });
    expect((await command('frobnicate')).status).toBe(2);
  });

  test('L6 a buyer sees order, tickets and session from copies that follow; nobody else does', async () => {
    const { id } = await onSale();
    const subject = `bea-${randomUUID()}`;
    const order = await sell(id, ['r0-5', 'r0-6'], { onBehalfOf: subject });
    await waitFor(async () => (await system.redis.exists(keys.transaction(order.id))) === 1, {
      timeoutMs: 20_000,
      what: 'the copy',
    });
    expect((await as(subject, `/orders/${order.id}/status`)).body).toMatchObject({ status: 'completed' });
    expect((await as('somebody-else', `/orders/${order.id}/status`)).status).toBe(404);
    const mine = await as<{ items: { orderId: string; tickets: { seat: string }[] }[] }>(subject, '/tickets');
    expect(mine.body.items).toMatchObject([{ orderId: order.id, tickets: [{}, {}] }]);
    expect((await as<{ items: unknown[] }>('somebody-else', '/tickets')).body.items).toEqual([]);
    const session = await as<{ subject: string; events: { eventId: string }[] }>(subject, '/session');
    expect(session.body).toMatchObject({ subject, events: [{ eventId: id }] });
    await system.redis.flushall('SYNC').catch(() => undefined);
    expect((await as(subject, `/orders/${order.id}/status`)).body).toMatchObject({ status: 'completed' });
    // What the next test damages by hand must not be loaded anew under it.
    await waitFor(async () => (await system.redis.get(keys.reconciled))?.startsWith('loaded ') === true, {
      timeoutMs: 20_000,
      what: 'the emptied Redis to be loaded again',
    });
  });
});

/** What this check wrote down, with the seats that it names; the worker has one of its own. */
async function notesOf(eventId: string): Promise<[kind: string, seatNos: (number | undefined)[]][]> {
  const rows = await system.sql<{ kind: string; differences: { first: { seatNo?: number }[] } }[]>`
    SELECT kind, differences FROM maintenance_log
    WHERE event_id = ${eventId} AND kind IN ('drift', 'repair') AND operator = 'test' ORDER BY id`;
  return rows.map(({ kind, differences }) => [kind, differences.first.map(({ seatNo }) => seatNo)]);
}

describe('L5 orders and Redis', () => {
  test('L5 a sold seat that Redis forgot is sold again; one that nobody bought is told, not freed', async () => {
    const { id } = await onSale();
    await waitFor(async () => (await redisLetters(system.redis, id)).length === 40, {
      timeoutMs: 15_000,
      what: 'the map',
    });
    await sell(id, ['r0-0']);
    await system.sql`UPDATE orders SET updated_at = now() - interval '1 minute' WHERE event_id = ${id}`;
    await drained(id);
    const metrics = createMetrics('worker');
    const check = createDriftCheck({
      ...{ sql: system.sql, redis: system.redis, logger: createLogger('silent', 'test'), metrics, operator: 'test' },
      ...{
        repair: 'sold',
        every: { busyMs: 0, quietMs: 0 },
        rebuilder: { loadEvent: () => Promise.reject(new Error('not asked for')) },
      },
    });
    // Damage that no script does: seat 0 free again, seat 20 sold to nobody.
    await system.redis.setrange(keys.map(id), 0, 'a');
    await system.redis.setrange(keys.map(id), 20, 's');
    await system.redis.hincrby(keys.inventory(id, 'A'), 'sold', -1);
    await system.redis.hincrby(keys.inventory(id, 'A'), 'available', 1);
    await check();
    expect(await notesOf(id)).toEqual([]);
    await check();
    await waitFor(async () => (await redisLetters(system.redis, id)).startsWith('s'), {
      timeoutMs: 15_000,
      what: 'the repair',
    });
    expect((await redisLetters(system.redis, id)).charAt(20)).toBe('s');
    const notes = await notesOf(id);
    expect(notes).toEqual([
      ['drift', [0, 20, undefined]],
      ['repair', [0]],
    ]);
    // What is left is another finding, and is said once more; then not again.
    for (let round = 0; round < 4; round++) await check();
    const after = await notesOf(id);
    expect(after.slice(0, -1)).toEqual(notes);
    expect(after.at(-1)).toEqual(['drift', [20, undefined]]);
  });
});
