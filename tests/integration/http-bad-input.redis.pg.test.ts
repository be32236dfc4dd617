import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AisleError } from '@aisle/client/protocol';
import { plainChart } from '../helpers/buyers.js';
import {
  eventBody,
  refusal,
  startHttpWorld,
  testChart,
  type CallOptions,
  type HttpWorld,
} from './support/http-world.js';

let world: HttpWorld;
beforeAll(async () => {
  world = await startHttpWorld();
});
afterAll(() => world.stop());

const eventCount = async (): Promise<number> =>
  (await world.store.sql<{ n: number }[]>`SELECT count(*)::int AS n FROM events`)[0]?.n ?? -1;
const json = { 'content-type': 'application/json' };
const MIB = 1024 * 1024;

describe('P2 an event that is not one: 400, each fault by its path, nothing stored', () => {
  const chart = testChart();
  const cases: [name: string, changes: Record<string, unknown>, paths: string[]][] = [
    ['no name', { name: '' }, ['name']],
    ['no chart', { chart: undefined }, ['chart']],
    ['a name that is a number', { name: 7 }, ['name']],
    ['several at once', { name: '', startsAt: 'tomorrow', currency: 'euro' }, ['name', 'startsAt', 'currency']],
    ['a field that does not exist', { colour: 'red' }, ['colour']],
    ['a time without a zone', { startsAt: '2031-05-01T19:30:00' }, ['startsAt']],
    ['a time before 1970', { startsAt: '1831-05-01T19:30:00Z' }, ['startsAt']],
    ['a time past 9998', { startsAt: '9999-12-31T23:59:59-14:00' }, ['startsAt']],
    ['an end before the start', { endsAt: '2031-05-01T19:00:00Z' }, ['endsAt']],
    [
      'a sale that ends before it starts',
      { saleStartsAt: '2031-01-02T00:00:00Z', saleEndsAt: '2031-01-01T00:00:00Z' },
      ['saleEndsAt'],
    ],
    ['a time zone nobody knows', { timezone: 'Mars/Olympus' }, ['timezone']],
    ['holdSeconds of the wrong size', { holdSeconds: 1 }, ['holdSeconds']],
    ['a hold longer than the longest', { holdSeconds: 600, maxHoldSeconds: 300 }, ['maxHoldSeconds']],
    ['a category without a price', { prices: { A: 1 } }, ['prices.GA']],
    ['a price without a category', { prices: { A: 1, GA: 1, VIP: 1 } }, ['prices.VIP']],
    ['a negative price', { prices: { A: -1, GA: 1 } }, ['prices.A']],
    ['a price in fractions', { prices: { A: 9.5, GA: 1 } }, ['prices.A']],
    [
      'a ticket type twice',
      {
        prices: {
          A: 1,
          GA: {
            ticketTypes: [
              { key: 'x', label: '', minor: 1 },
              { key: 'x', label: '', minor: 2 },
            ],
          },
        },
      },
      ['prices.GA.ticketTypes.1.key'],
    ],
    ['a NUL in a text', { description: 'a\0b' }, ['description']],
    ['too long a text', { description: 'x'.repeat(10_001) }, ['description']],
  ];
  for (const [name, changes, paths] of cases) {
    test(`${name}: ${paths.map((path) => path || 'body').join(', ')}`, async () => {
      const before = await eventCount();
      const answer = await world.call('POST', '/v1/events', { body: eventBody({ chart, ...changes }) });
      expect(refusal(answer)).toEqual({ status: 400, code: 'INVALID_REQUEST', paths });
      expect(await eventCount()).toBe(before);
    });
  }

  test('a PATCH is held to the same', async () => {
    const event = await world.draft();
    const patch = async (body: object) => refusal(await world.call('PATCH', `/v1/events/${event.id}`, { body }));
    expect(await patch({ name: 'no version' })).toMatchObject({ status: 400, paths: ['version'] });
    expect(await patch({ version: 1, prices: { A: 1 } })).toMatchObject({ status: 400, paths: ['prices.GA'] });
    expect(await patch({ version: 1, name: null })).toMatchObject({ status: 400, paths: ['name'] });
    expect(await patch({ version: 1, chart: plainChart(1, 1) })).toMatchObject({ status: 400, paths: ['prices.GA'] });
    expect(await patch({ version: 1, status: 'on_sale' })).toMatchObject({ status: 400 });
    expect(await patch({ version: 1, chart: { ...plainChart(1, 1), format: 'x' } })).toMatchObject({
      status: 400,
      code: 'CHART_INVALID',
    });
    expect((await world.call('GET', `/v1/events/${event.id}`)).body).toEqual(event);
  });
});

describe('C1 a chart that is not one: CHART_INVALID, each fault named', () => {
  const seat = (changes: object) => ({ ...testChart(), seats: [{ id: 'a', x: 0, y: 0, category: 'A', ...changes }] });
  const cases: [name: string, chart: unknown, path: string][] = [
    [
      'duplicate ids',
      { ...testChart(), seats: [...testChart().seats, { id: 'r0-0', x: 1, y: 1, category: 'A' }] },
      'seats.10.id',
    ],
    [
      'an id shared by seat and area',
      { ...testChart(), seats: [{ id: 'floor', x: 0, y: 0, category: 'A' }] },
      'areas.0.id',
    ],
    ['a position that is no number (NaN is null in JSON)', seat({ x: null }), 'seats.0.x'],
    ['an unknown category', seat({ category: 'Z' }), 'seats.0.category'],
    ['another format', { ...testChart(), format: 'other/1' }, 'format'],
    ['no places', { ...testChart(), seats: [], areas: [] }, 'seats'],
    ['not an object', 'chart', ''],
  ];
  for (const [name, chart, path] of cases) {
    test(name, async () => {
      const answer = refusal(await world.call('POST', '/v1/events', { body: eventBody({ chart }) }));
      expect(answer).toMatchObject({ status: 400, code: 'CHART_INVALID' });
      expect(answer.paths).toContain(path);
    });
  }

  test('a position past what a number holds', async () => {
    const raw = JSON.stringify(eventBody({ chart: seat({ x: 424242 }) })).replace('424242', '1e999');
    const answer = refusal(await world.call('POST', '/v1/events', { raw, headers: json }));
    expect(answer).toMatchObject({ status: 400, code: 'CHART_INVALID', paths: ['seats.0.x'] });
  });
});

describe('G5 a request that is not one', () => {
  const cases: [name: string, method: string, path: string, options: CallOptions, status: number, code: string][] = [
    ['broken JSON', 'POST', '/v1/events', { raw: '{"name":', headers: json }, 400, 'INVALID_REQUEST'],
    ['NaN in JSON', 'POST', '/v1/events', { raw: '{"holdSeconds":NaN}', headers: json }, 400, 'INVALID_REQUEST'],
    ['a list', 'POST', '/v1/events', { body: [] }, 400, 'INVALID_REQUEST'],
    ['null', 'POST', '/v1/inventory/holds', { body: null }, 400, 'INVALID_REQUEST'],
    ['an empty body where one is due', 'POST', '/v1/events', { headers: json }, 400, 'INVALID_REQUEST'],
    ['no body at all', 'POST', '/v1/inventory/holds', {}, 400, 'INVALID_REQUEST'],
    [
      'a form',
      'POST',
      '/v1/events',
      { raw: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'a body of no stated kind',
      'POST',
      '/v1/events',
      { raw: new Uint8Array([123, 125]) },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'bytes',
      'POST',
      '/v1/sessions',
      { raw: new Uint8Array([0, 255, 1]), headers: { 'content-type': 'application/octet-stream' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'more than 1 MiB',
      'POST',
      '/v1/inventory/holds',
      { raw: ' '.repeat(MIB + 1), headers: json },
      413,
      'PAYLOAD_TOO_LARGE',
    ],
    [
      'more than 64 MiB of chart',
      'POST',
      '/v1/events',
      { raw: new Uint8Array(64 * MIB + 1).fill(32), headers: json },
      413,
      'PAYLOAD_TOO_LARGE',
    ],
    ['a body where none is due', 'POST', '/v1/events/evt_x/publish', { body: { now: true } }, 400, 'INVALID_REQUEST'],
    [
      'an Idempotency-Key with a space',
      'POST',
      '/v1/events',
      { body: {}, headers: { 'idempotency-key': 'a b' } },
      400,
      'INVALID_REQUEST',
    ],
    [
      'an Idempotency-Key of 65 characters',
      'POST',
      '/v1/inventory/holds',
      { body: {}, headers: { 'idempotency-key': 'x'.repeat(65) } },
      400,
      'INVALID_REQUEST',
    ],
    ['a limit of 0', 'GET', '/v1/events?limit=0', {}, 400, 'INVALID_REQUEST'],
    ['a limit that is no number', 'GET', '/v1/events?limit=many', {}, 400, 'INVALID_REQUEST'],
    ['an unknown question', 'GET', '/v1/events?sort=name', {}, 400, 'INVALID_REQUEST'],
    ['an unknown status', 'GET', '/v1/events?status=sold', {}, 400, 'INVALID_REQUEST'],
    ['a question asked twice', 'GET', '/v1/events?q=a&q=b', {}, 400, 'INVALID_REQUEST'],
    ['somebody’s own cursor', 'GET', '/v1/events?cursor=abc', {}, 400, 'INVALID_REQUEST'],
    [
      'a cursor that tries SQL',
      'GET',
      `/v1/events?cursor=${Buffer.from(JSON.stringify(["'; DROP TABLE events; --", 'x'])).toString('base64url')}`,
      {},
      400,
      'INVALID_REQUEST',
    ],
    ['a NUL in a question', 'GET', '/v1/events?q=%00', {}, 400, 'INVALID_REQUEST'],
    ['an event id with a brace', 'GET', '/v1/events/%7Bx%7D', {}, 400, 'INVALID_REQUEST'],
    ['a token that is none', 'GET', '/v1/inventory/holds/abc', {}, 400, 'INVALID_REQUEST'],
    ['an address that means nothing', 'GET', '/v1/nothing', {}, 404, 'INVALID_REQUEST'],
    ['a method that means nothing', 'PUT', '/v1/events', { body: {} }, 404, 'INVALID_REQUEST'],
    [
      'a header that is no bearer',
      'POST',
      '/v1/events',
      { headers: { authorization: 'Basic YTpi' }, body: {} },
      401,
      'UNAUTHENTICATED',
    ],
  ];
  for (const [name, method, path, options, status, code] of cases) {
    test(`${name}: ${status} ${code}`, async () => {
      const answer = await world.call(method, path, options);
      expect(refusal(answer)).toMatchObject({ status, code });
      expect(answer.headers.get('x-request-id')).toBeTruthy();
    });
  }

  test('a body that says nothing of its size is counted as it comes', async () => {
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent++;
        controller.enqueue(new Uint8Array(MIB / 4).fill(32));
      },
    });
    const request = new Request('http://aisle.test/v1/inventory/holds', {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${world.adminKey}` },
      body: endless,
      duplex: 'half',
    });
    const response = await world.app.fetch(request, { ip: '192.0.2.1' });
    expect(response.status).toBe(413);
    expect(sent).toBeLessThan(10);
  });

  test('only an admin’s 64 MiB are read at all', async () => {
    let read = 0;
    const body = new ReadableStream(
      {
        pull(controller) {
          read++;
          controller.enqueue(new Uint8Array(MIB));
        },
      },
      { highWaterMark: 0 },
    );
    const response = await world.app.fetch(
      new Request('http://aisle.test/v1/events', { method: 'POST', headers: json, body, duplex: 'half' }),
      { ip: '192.0.2.1' },
    );
    expect(response.status).toBe(401);
    expect(read).toBe(0);
  });

  test('__proto__ is a name like any other', async () => {
    const raw = JSON.stringify(eventBody()).replace('{', '{"__proto__":{"polluted":true},');
    expect(refusal(await world.call('POST', '/v1/events', { raw, headers: json }))).toMatchObject({ status: 400 });
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  test('a hundred faults are named, not ten thousand', async () => {
    const seats = Array.from({ length: 10_000 }, () => 7);
    const answer = refusal(await world.call('POST', '/v1/inventory/holds', { body: { eventId: 'evt_x', seats } }));
    expect(answer.paths).toHaveLength(100);
  });

  test('words of SQL are words', async () => {
    const name = `Robert'); DROP TABLE events; --`;
    const event = await world.draft({ name });
    expect(event.name).toBe(name);
    expect((await world.call('GET', `/v1/events?q=${encodeURIComponent(name)}`)).body).toMatchObject({
      items: [{ id: event.id }],
    });
  });

  test('INTERNAL says nothing of its cause', async () => {
    const broken = world.with({
      feed: {
        view: () => Promise.reject(new Error('password=hunter2')),
        letters: () => Promise.reject(new Error('password=hunter2')),
        inventory: () =>
          Promise.reject(AisleError.of('INTERNAL', { message: 'hunter2', details: { at: 'TypeError' } })),
      },
    });
    const { id } = await world.onSale();
    for (const path of ['seats', 'inventory', 'live']) {
      const answer = await broken.call('GET', `/v1/events/${id}/${path}`, { headers: { 'x-request-id': 'r-1' } });
      expect(refusal(answer)).toEqual({ status: 500, code: 'INTERNAL' });
      expect(answer.body).toMatchObject({ error: { retryable: true, details: { requestId: 'r-1' } } });
      expect(JSON.stringify(answer.body)).not.toMatch(/hunter2|function|Error/);
    }
  });

  test('after all of it the server is well', async () => {
    expect((await world.call('GET', '/healthz')).status).toBe(200);
    expect((await world.call('POST', '/v1/events', { body: eventBody() })).status).toBe(201);
  });
});
