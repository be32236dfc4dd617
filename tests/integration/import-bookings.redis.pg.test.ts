import { randomUUID } from 'node:crypto';
import type { ImportAnswer, Order, SeatEvent } from '@aisle/client/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createOrderBook } from '../../server/src/db/orders/order-book.js';
import { configureFailpoints } from '../../server/src/platform/failpoint.js';
import { settleAll } from '../../worker/src/processors/orders-settle.js';
import { plainChart } from '../helpers/buyers.js';
import { areaCounts, booksOf, codeOf, inventoryIsRight, loseRedis, ok, sold, step } from './support/change-world.js';
import { startHttpWorld, type Answer, type HttpWorld } from './support/http-world.js';
import { silent } from './support/store-world.js';
import { letters, newHold, openEffects } from './support/order-world.js';

/** Bookings that were made elsewhere, from a file: all of it or nothing. */

let world: HttpWorld;
let event: SeatEvent;
let shop: string;
beforeAll(async () => {
  world = await startHttpWorld();
  const answer = await world.call('POST', '/v1/sessions', { body: { subject: 'shop', role: 'service' } });
  shop = (answer.body as { token: string }).token;
}, 60_000);
afterAll(() => world.stop());
beforeEach(async () => {
  event = await world.onSale();
});

interface SendOptions {
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string;
}
const send = (csv: string | Uint8Array<ArrayBuffer>, options: SendOptions = {}): Promise<Answer> =>
  world.call('POST', `/v1/events/${event.id}/bookings/import${options.query ?? ''}`, {
    ...{ raw: csv, token: options.token ?? shop },
    headers: { 'content-type': 'text/csv', ...options.headers },
  });
const ids = (prefix: string): ((n: number) => string) => {
  const tag = randomUUID().slice(0, 8);
  return (n) => `${prefix}${n}-${tag}`;
};
interface Faults {
  readonly error: {
    readonly code: string;
    readonly details: {
      readonly faults: readonly { readonly path: string; readonly message: string; readonly code?: string }[];
      readonly more: number;
      readonly seats?: readonly string[];
      readonly states?: readonly string[];
    };
  };
}
const faultsOf = (answer: Answer) => {
  const { error } = answer.body as Faults;
  return { code: error.code, more: error.details.more, paths: error.details.faults.map(({ path }) => path) };
};
const orderCount = async (): Promise<number> => {
  const [row] = await world.deps.sql<{ n: number }[]>`
    SELECT count(*)::integer AS n FROM orders WHERE event_id = ${event.id}`;
  return row?.n ?? -1;
};
const consistent = async (): Promise<void> => {
  expect(await openEffects(world)).toBe(0);
  expect(await inventoryIsRight(world, event.id)).toBe(true);
  const { cash, orders, tickets } = await booksOf(world, event.id);
  expect({ cash, orders }).toEqual({ cash: tickets, orders: tickets });
};

describe('import of bookings', () => {
  test('O9 lines of one externalId are one order: completed, tickets issued, the map shows them sold', async () => {
    const id = ids('A');
    const csv = [
      'External ID;Name;E-Mail;Phone;Seat;Area;Quantity;Ticket type;Amount minor;Currency;Reference;Created at',
      `${id(1)};"Ann; Lee";ann@shop.example;+41 79;r0-0;;;;;;;2030-01-02T03:04:05Z`,
      `${id(1)};;;;r0-1;;;;4100;EUR;receipt 7;`,
      `${id(2)};Bo;bo@shop.example;;;floor;3;full;10000;;;`,
      `${id(3)};;;;;floor;2;;;;;`,
      '',
    ].join('\r\n');
    const dry = await send(csv, { query: '?dryRun=true' });
    expect(dry.status).toBe(200);
    expect(dry.body).toMatchObject({
      dryRun: true,
      orders: 3,
      tickets: 7,
      totalMinor: 8600 + 10_000 + 6000,
      items: [],
    });
    expect(await orderCount()).toBe(0);

    const answer = await send(`\uFEFF${csv}`);
    expect(answer.status).toBe(201);
    const imported = answer.body as ImportAnswer;
    expect(imported).toMatchObject({ dryRun: false, orders: 3, tickets: 7, totalMinor: 24_600, currency: 'EUR' });
    expect(imported.items.map(({ externalId }) => externalId)).toEqual([id(1), id(2), id(3)]);
    expect(await letters(world, event)).toBe('ssaaaaaaaa');
    expect(await areaCounts(world, event.id)).toMatchObject({ redis: { sold: 5 }, postgres: { sold: 5 }, perOrder: 5 });
    const found = await world.call('GET', `/v1/orders?externalId=${id(1)}`);
    const [order] = (found.body as { items: Order[] }).items;
    expect(order).toMatchObject({
      ...{ status: 'completed', version: 1, totalMinor: 8600, createdAt: '2030-01-02T03:04:05.000Z' },
      buyer: { name: 'Ann; Lee', email: 'ann@shop.example', phone: '+41 79' },
    });
    expect(order?.tickets.map(({ status }) => status)).toEqual(['valid', 'valid']);
    const scan = await world.call('POST', '/v1/tickets/scan', { body: { code: order?.tickets[0]?.code } });
    expect(scan.body).toMatchObject({ admitted: true });
    // 10,000 for three places: 3,333, 3,333 and 3,334.
    const paid = await world.deps.sql<{ paid: number }[]>`
      SELECT paid_minor AS paid FROM tickets t JOIN orders o ON o.id = t.order_id
      WHERE o.external_id = ${id(2)} ORDER BY paid_minor`;
    expect(paid.map((row) => row.paid)).toEqual([3333, 3333, 3334]);
    await consistent();
    await loseRedis(world, event.id);
    expect(await letters(world, event)).toBe('ssaaaaaaaa');
    const { orderId = '' } = imported.items[1] ?? {};
    expect(ok(await step(world, { id: orderId }, 'refund', {}))).toMatchObject({ refund: { externalMinor: 10_000 } });
    await consistent();
  });

  test('O9 the same file again: every externalId is taken, nothing changes; the same key: the same answer', async () => {
    const id = ids('B');
    const csv = `externalId,seat\n${id(1)},r0-0\n${id(2)},r0-1\n`;
    const headers = { 'idempotency-key': randomUUID() };
    const first = await send(csv, { headers });
    expect(first.status).toBe(201);
    const replay = await send(csv, { headers });
    expect(replay.body).toEqual(first.body);
    expect(replay.headers.get('idempotent-replayed')).toBe('true');
    expect(codeOf(await send(`externalId,seat\n${id(3)},r0-3\n`, { headers }))).toBe('IDEMPOTENCY_MISMATCH');
    const again = await send(csv);
    expect(again.status).toBe(400);
    expect(faultsOf(again).paths).toEqual([
      ...['line 2, column externalId', 'line 2, column seat', 'line 3, column externalId', 'line 3, column seat'],
    ]);
    expect(await orderCount()).toBe(2);
    await consistent();
  });

  test('O9 faults are named by line and column; with one of them nothing is imported', async () => {
    const id = ids('C');
    const csv = [
      'externalId,name,email,seat,area,quantity,ticketType,amountMinor,currency,createdAt',
      `${id(1)},Ann,ann@shop.example,r0-0,,,,,,`,
      `,Ann,,r0-1,,,,,,`,
      `${id(2)},,not-an-address,r0-2,,,,,,`,
      `${id(3)},,,r9-9,,,,,,`,
      `${id(4)},,,,balcony,2,,,,`,
      `${id(5)},,,r0-3,floor,,,,,`,
      `${id(6)},,,,,,,,,`,
      `${id(7)},,,r0-4,,2,,,,`,
      `${id(8)},,,,floor,many,,,,`,
      `${id(9)},,,,floor,1,child,,,`,
      `${id(10)},,,r1-0,,,,12.50,,`,
      `${id(11)},,,r1-1,,,,,CHF,`,
      `${id(12)},,,r1-2,,,,,,yesterday`,
      `${id(13)},,,r0-0,,,,,,`,
      `${id(1)},Bob,,r1-3,,,,,,`,
    ].join('\n');
    const answer = await send(csv);
    expect(answer.status).toBe(400);
    expect(faultsOf(answer)).toEqual({
      ...{ code: 'INVALID_REQUEST', more: 0 },
      paths: [
        ...['line 3, column externalId', 'line 4, column email', 'line 5, column seat', 'line 6, column area'],
        ...['line 7, column seat', 'line 8, column seat', 'line 9, column quantity', 'line 10, column quantity'],
        ...['line 11, column ticketType', 'line 12, column amountMinor', 'line 13, column currency'],
        ...['line 14, column createdAt', 'line 15, column seat', 'line 16, column name'],
      ],
    });
    expect(await orderCount()).toBe(0);
    expect(await letters(world, event)).toBe('aaaaaaaaaa');
  });

  test.each([
    ['', 'line 1'],
    ['externalId,seat\n', 'line 2'],
    ['externalId,seat,emial\nx,r0-0,\n', 'line 1'],
    ['externalId,seat,seat\nx,r0-0,\n', 'line 1, column seat'],
    ['seat\nr0-0\n', 'line 1, column externalId'],
    ['externalId\nx\n', 'line 1, column seat'],
    ['externalId,seat\nx,"r0-0\n', 'line 2'],
    ['externalId,seat\nx,r0-0,extra,cells\n', 'line 2'],
    ['externalId,seat\nx,r0\u0000-0\n', 'line 2, column seat'],
  ])('O9 %j: a fault at %s', async (csv, path) => {
    const answer = await send(csv);
    expect(answer.status).toBe(400);
    expect(faultsOf(answer).paths).toContain(path);
  });

  test('O9 no UTF-8, another type, too large, no right, a closed event: refused', async () => {
    expect(codeOf(await send(Uint8Array.from([0x65, 0x78, 0xe4, 0x0a])))).toBe('INVALID_REQUEST');
    expect(codeOf(await send('{}', { headers: { 'content-type': 'application/json' } }))).toBe(
      'UNSUPPORTED_MEDIA_TYPE',
    );
    expect(codeOf(await send('x'.repeat(8 * 1024 * 1024 + 1)))).toBe('PAYLOAD_TOO_LARGE');
    expect(codeOf(await send('externalId,seat\nx,r0-0\n', { token: await world.guest() }))).toBe('FORBIDDEN');
    await world.call('POST', `/v1/events/${event.id}/close`, { body: {} });
    expect(codeOf(await send('externalId,seat\nx,r0-0\n'))).toBe('EVENT_STATE_CONFLICT');
  });

  test('O9 places that somebody has: SEAT_UNAVAILABLE with each seat and line; an area with too little room', async () => {
    const id = ids('D');
    await newHold(world, event, { seats: ['r0-0'], areas: [{ id: 'floor', quantity: 5 }] });
    await sold(world, event, { seats: ['r0-1'] });
    await world.call('POST', `/v1/events/${event.id}/block`, { body: { seats: ['r0-2'] } });
    const answer = await send(
      `externalId,seat,area,quantity\n${id(1)},r0-0\n${id(2)},r0-3\n${id(3)},r0-1\n${id(4)},r0-2\n${id(5)},,floor,16\n`,
    );
    expect(answer.status).toBe(409);
    const { code, details } = (answer.body as Faults).error;
    expect({ code, seats: details.seats, states: details.states }).toEqual({
      ...{ code: 'SEAT_UNAVAILABLE', seats: ['r0-0', 'r0-1', 'r0-2'], states: ['h', 's', 'b'] },
    });
    expect(details.faults.map((fault) => [fault.path, fault.code])).toEqual([
      ['line 2, column seat', 'SEAT_UNAVAILABLE'],
      ['line 4, column seat', 'SEAT_UNAVAILABLE'],
      ['line 5, column seat', 'SEAT_UNAVAILABLE'],
      ['line 6, column area', 'AREA_FULL'],
    ]);
    expect(await orderCount()).toBe(1);
    expect((await send(`externalId,area,quantity\n${id(6)},floor,15\n`)).status).toBe(201);
    expect(await areaCounts(world, event.id)).toMatchObject({ redis: { held: 5, sold: 15 }, postgres: { sold: 15 } });
    await consistent();
  });

  test('O9 a published event and a paused one take bookings; two files for one seat at once: one of them', async () => {
    const id = ids('E');
    event = await world.draft();
    expect(codeOf(await send('externalId,seat\nx,r0-0\n', { token: world.adminKey }))).toBe('EVENT_NOT_ON_SALE');
    await world.call('POST', `/v1/events/${event.id}/publish`, { body: {} });
    expect((await send(`externalId,seat\n${id(1)},r0-0\n`)).status).toBe(201);
    await world.call('POST', `/v1/events/${event.id}/open`, { body: {} });
    await world.call('POST', `/v1/events/${event.id}/pause`, { body: {} });
    const both = await Promise.all([2, 3].map((n) => send(`externalId,seat\n${id(n)},r0-1\n`)));
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    const same = await Promise.all(['r0-2', 'r0-3'].map((seat) => send(`externalId,seat\n${id(4)},${seat}\n`)));
    expect(same.map(({ status }) => status).sort()).toEqual([201, 400]);
    await consistent();
  });

  test('O9 O3 a crash after the commit: the worker tells Redis', async () => {
    const id = ids('F');
    configureFailpoints('import-after-commit=error');
    const csv = `externalId,seat\n${id(1)},r0-0\n${id(2)},r0-1\n`;
    expect((await send(csv)).status).toBe(500);
    configureFailpoints(undefined);
    expect(await letters(world, event)).toBe('aaaaaaaaaa');
    const book = createOrderBook(world.deps.sql);
    await settleAll({ store: world.store.store, book, logger: silent }, await book.openEffects(100, 0));
    expect(await letters(world, event)).toBe('ssaaaaaaaa');
    await consistent();
    configureFailpoints('import-before-commit=error');
    expect((await send(`externalId,seat\n${id(3)},r0-2\n`)).status).toBe(500);
    configureFailpoints(undefined);
    expect(await orderCount()).toBe(2);
    await consistent();
  });

  test('O9 20,000 lines; hundreds of faults are counted', async () => {
    const id = ids('G');
    event = await world.onSale({ chart: plainChart(100, 200, [{ id: 'floor', capacity: 10 }]) });
    const line = (n: number): string =>
      `${id(n)},Buyer ${n},buyer${n}@shop.example,r${Math.floor(n / 200)}-${n % 200},4000`;
    const rows = Array.from({ length: 20_000 }, (_, n) => line(n));
    const header = 'externalId,name,email,seat,amountMinor';
    const startedAt = performance.now();
    const answer = await send([header, ...rows].join('\n'));
    const seconds = (performance.now() - startedAt) / 1000;
    process.stdout.write(`20,000 lines, 20,000 orders: ${seconds.toFixed(1)} s\n`);
    expect(answer.body).toMatchObject({ orders: 20_000, tickets: 20_000, totalMinor: 80_000_000 });
    expect(await letters(world, event)).toBe('s'.repeat(20_000));
    await consistent();
    const again = await send([header, ...rows].join('\n'));
    expect(faultsOf(again)).toMatchObject({ code: 'INVALID_REQUEST', more: 40_000 - 100 });
    expect(await orderCount()).toBe(20_000);
  }, 120_000);
});
