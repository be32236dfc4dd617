import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, transaction, type Sql } from '../../server/src/db/client.js';
import { eraseBuyer, type EraseRequest } from '../../server/src/db/people/erasure.js';
import { createTestDatabase } from '../helpers/postgres.js';
import { sellOrder } from './support/sold-order.js';
import { newEvent } from './support/store-world.js';

let sql: Sql;
let stop: () => Promise<void>;
let eventId: string;
beforeAll(async () => {
  const database = await createTestDatabase();
  sql = openDatabase(database.url);
  eventId = (await newEvent(sql, {})).id;
  stop = async () => {
    await sql.end({ timeout: 1 });
    await database.drop();
  };
});
afterAll(async () => {
  await stop();
});

const sell = async (subject: string, email: string, status = 'completed') => {
  const places = [{ kind: 'seat' as const, placeNo: Math.floor(Math.random() * 1e9), placeId: 'A-1' }];
  const order = await sellOrder(sql, { eventId, subject, status, places });
  await sql`UPDATE orders SET buyer = ${sql.json({ name: 'Ann', email, phone: '1' })} WHERE id = ${order.id}`;
  await sql`
    INSERT INTO order_changes (order_id, version, kind, actor, request_id) VALUES (${order.id}, 1, 'placed', ${subject}, 'r')`;
  await sql`
    INSERT INTO transactions (order_id, event_id, kind, amount_minor, currency, reference)
    VALUES (${order.id}, ${eventId}, 'external_payment', 4500, 'EUR', ${order.id})`;
  await sql`
    INSERT INTO seat_log (event_id, epoch, seq, place_kind, place_no, kind, cat_no, from_state, to_state, quantity, subject, actor,
      request_id, hold_hash, at)
    VALUES (${eventId}, 1, ${places[0]?.placeNo ?? 0}, 'seat', 1, 'sell', 0, 'r', 's', 1, ${subject}, ${subject}, 'r', '', now())`;
  return order;
};
const erase = (request: EraseRequest) => transaction(sql, (tx) => eraseBuyer(tx, request));
const everywhere = async (text: string): Promise<number> => {
  const [row] = await sql<{ n: number }[]>`
    SELECT (SELECT count(*) FROM orders WHERE to_jsonb(orders)::text LIKE ${`%${text}%`})
      + (SELECT count(*) FROM order_changes WHERE to_jsonb(order_changes)::text LIKE ${`%${text}%`})
      + (SELECT count(*) FROM seat_log WHERE to_jsonb(seat_log)::text LIKE ${`%${text}%`})
      + (SELECT count(*) FROM erasures WHERE to_jsonb(erasures)::text LIKE ${`%${text}%`}) AS n`;
  return row?.n ?? 0;
};

describe('L3 erasure', () => {
  test('L3 by e-mail: the person is gone everywhere, the books are as they were, somebody else is untouched', async () => {
    const first = await sell('ann-1', 'Ann@Example.org');
    const second = await sell('ann-1', 'ann@example.org');
    const other = await sell('bob-1', 'bob@example.org');
    const result = await erase({ email: 'ANN@example.org', reason: 'asked by letter', actor: 'admin' });
    expect(result).toMatchObject({ kind: 'erased', logRows: 2, subjects: ['ann-1'] });
    expect(await everywhere('ann-1')).toBe(0);
    expect(await everywhere('xample.org')).toBe(1);
    const rows = await sql<{ id: string; subject: string; total: number; buyer: unknown; erased: boolean }[]>`
      SELECT id, subject, total_minor AS total, buyer, erased_at IS NOT NULL AS erased FROM orders WHERE id = ANY (${[first.id, second.id]})`;
    expect(rows.map(({ total, buyer, erased }) => ({ total, buyer, erased }))).toEqual([
      { total: 4500, buyer: null, erased: true },
      { total: 4500, buyer: null, erased: true },
    ]);
    // One and the same person, still: the history can be read.
    expect(new Set(rows.map(({ subject }) => subject)).size).toBe(1);
    const [books] = await sql<{ sum: number }[]>`SELECT sum(amount_minor)::bigint AS sum FROM transactions`;
    expect(books?.sum).toBe(13_500);
    const [kept] = await sql<{ subject: string }[]>`SELECT subject FROM orders WHERE id = ${other.id}`;
    expect(kept?.subject).toBe('bob-1');
  });

  test('L3 beside the orders too: payments, what Redis was told, requests; and the admin key keeps its name', async () => {
    const order = await sell('fay-1', 'fay@example.net');
    await sql`
      INSERT INTO payment_attempts (id, order_id, kind, provider, amount_minor, currency, status, request_subject)
      VALUES ('pay_12345678', ${order.id}, 'charge', 'sandbox', 4500, 'EUR', 'succeeded', 'fay-1')`;
    await sql`
      INSERT INTO order_effects (order_id, event_id, epoch, kind, hold_token, detail, done_at)
      VALUES (${order.id}, ${eventId}, 1, 'sold', '', ${sql.json({ take: [], subject: 'fay-1', actor: 'fay-1' })}, now())`;
    await sql`INSERT INTO request_answers (subject, request_id, fingerprint, answer) VALUES ('fay-1', 'r-1', 'f', '{}')`;
    const atTheCounter = await sell('admin', 'fay@example.net');
    await erase({ email: 'fay@example.net', reason: 'asked', actor: 'root' });
    const [left] = await sql<{ n: number }[]>`
      SELECT (SELECT count(*) FROM payment_attempts t WHERE to_jsonb(t)::text LIKE '%fay-1%')
        + (SELECT count(*) FROM order_effects t WHERE to_jsonb(t)::text LIKE '%fay-1%')
        + (SELECT count(*) FROM request_answers t WHERE to_jsonb(t)::text LIKE '%fay-1%') AS n`;
    expect([left?.n, await everywhere('fay')]).toEqual([0, 0]);
    const [kept] = await sql<{ subject: string; detail: unknown }[]>`
      SELECT subject, (SELECT detail FROM order_effects WHERE order_id = ${order.id}) AS detail
      FROM orders WHERE id = ${atTheCounter.id}`;
    const pseudonym = expect.stringMatching(/^erased_/) as unknown;
    expect(kept).toEqual({ subject: 'admin', detail: { take: [], subject: pseudonym, actor: pseudonym } });
  });

  test('L3 whoever sold for others keeps its name, also when the last of its buyers goes', async () => {
    const ann = await sell('clerk-7', 'ann@clerks.example');
    const bob = await sell('clerk-7', 'bob@clerks.example');
    for (const email of ['ann@clerks.example', 'bob@clerks.example'])
      await erase({ email, reason: 'asked', actor: 'root' });
    const rows = await sql<{ subject: string; kept: boolean }[]>`
      SELECT subject, buyer IS NOT NULL AS kept FROM orders WHERE id = ANY (${[ann.id, bob.id]})`;
    expect(rows.map(({ subject, kept }) => [subject, kept])).toEqual([
      ['clerk-7', false],
      ['clerk-7', false],
    ]);
  });

  test('L3 not while an order waits for its money: nothing is erased, the orders are named', async () => {
    await sell('cy-1', 'cy@example.org');
    const pending = await sell('cy-1', 'cy@example.org', 'pending');
    const result = await erase({ subject: 'cy-1', reason: 'asked', actor: 'admin' });
    expect(result).toEqual({ kind: 'pending', orderIds: [pending.id] });
    expect(await everywhere('cy@example.org')).toBe(2);
  });

  test('L3 nobody of that name', async () => {
    expect(await erase({ subject: 'nobody', reason: 'asked', actor: 'admin' })).toEqual({
      kind: 'not_found',
    });
  });

  test('L4 the history of orders stays immutable to everybody else', async () => {
    const order = await sell('dan-1', 'dan@example.org');
    const change = sql`UPDATE order_changes SET actor = 'erased_x' WHERE order_id = ${order.id}`;
    await expect(change).rejects.toThrow(/immutable/);
    const sneaky = sql.begin(async (tx) => {
      await tx`SELECT set_config('aisle.erasing', 'on', true)`;
      await tx`UPDATE order_changes SET kind = 'refunded' WHERE order_id = ${order.id}`;
    });
    await expect(sneaky).rejects.toThrow(/immutable/);
  });
});
