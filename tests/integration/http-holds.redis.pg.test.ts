import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holdSchema, type Hold, type SeatEvent } from '@aisle/client/protocol';
import { refusal, startHttpWorld, type HttpWorld } from './support/http-world.js';

let world: HttpWorld;
let event: SeatEvent;
beforeAll(async () => {
  world = await startHttpWorld();
});
afterAll(() => world.stop());

const holds = '/v1/inventory/holds';
const hold = (token: string | null, body: object, headers: Record<string, string> = {}) =>
  world.call('POST', holds, { token, body: { eventId: event.id, ...body }, headers });
const counts = async () => {
  const { body } = await world.call('GET', `/v1/events/${event.id}/inventory`, { token: null });
  return (body as { categories: { key: string; pending: number; available: number }[] }).categories;
};

describe('a buyer', () => {
  beforeAll(async () => {
    event = await world.onSale();
  });

  test('holds, looks, adds, extends, releases a part, then the rest', async () => {
    const token = await world.guest();
    const made = await hold(token, {
      seats: ['r0-0', { id: 'r0-1' }],
      areas: [{ id: 'floor', quantity: 2, ticketType: 'full' }],
    });
    expect(made.status).toBe(201);
    const first = holdSchema.parse(made.body);
    expect(first).toMatchObject({ seats: ['r0-0', 'r0-1'], areas: [{ id: 'floor', quantity: 2 }], state: 'held' });
    expect(first.items.map(({ unitMinor }) => unitMinor)).toEqual([4500, 4500, 3000]);

    const added = (await hold(token, { seats: ['r0-2'], holdToken: first.token })).body as Hold;
    expect(added.seats).toEqual(['r0-0', 'r0-1', 'r0-2']);
    const path = `${holds}/${first.token}`;
    expect((await world.call('GET', path, { token })).body).toMatchObject({ seats: added.seats });
    expect((await world.call('POST', `${path}/extend`, { token })).status).toBe(200);
    const left = await world.call('POST', `${path}/release`, { token, body: { seats: ['r0-0'] } });
    expect(left).toMatchObject({ status: 200, body: { seats: ['r0-1', 'r0-2'] } });
    expect(
      await world.call('POST', `${path}/release`, { token, headers: { 'content-type': 'application/json' } }),
    ).toMatchObject({ status: 204 });
    expect(await counts()).toMatchObject([
      { key: 'A', pending: 0, available: 10 },
      { key: 'GA', pending: 0, available: 20 },
    ]);
    expect(refusal(await world.call('GET', path, { token }))).toEqual({ status: 404, code: 'HOLD_NOT_FOUND' });
  });

  test('DELETE gives all back', async () => {
    const token = await world.guest();
    const { token: holdToken } = (await hold(token, { seats: ['r0-3'] })).body as Hold;
    expect((await world.call('DELETE', `${holds}/${holdToken}`, { token })).status).toBe(204);
    expect(refusal(await world.call('DELETE', `${holds}/${holdToken}`, { token }))).toMatchObject({
      code: 'HOLD_NOT_FOUND',
    });
  });

  test('is given seats side by side', async () => {
    const token = await world.guest();
    const best = await world.call('POST', '/v1/inventory/best-available', {
      token,
      body: { eventId: event.id, quantity: 2, categories: ['A'], adjacent: 'required' },
    });
    expect(best.status).toBe(201);
    const seats = (best.body as Hold).seats.map((id) => id.split('-'));
    expect(seats[0]?.[0]).toBe(seats[1]?.[0]);
    expect(Math.abs(Number(seats[0]?.[1]) - Number(seats[1]?.[1]))).toBe(1);
    await world.call('DELETE', `${holds}/${(best.body as Hold).token}`, { token });
  });

  test('S7 P5 sends a request again: one effect, the same hold, and the answer says so', async () => {
    const token = await world.guest();
    const key = { 'idempotency-key': 'once' };
    const first = await hold(token, { seats: ['r1-0'] }, key);
    const again = await hold(token, { seats: ['r1-0'] }, key);
    expect(again.status).toBe(201);
    expect((again.body as Hold).token).toBe((first.body as Hold).token);
    expect([first, again].map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true']);
    expect(refusal(await hold(token, { seats: ['r1-1'] }, key))).toEqual({ status: 409, code: 'IDEMPOTENCY_MISMATCH' });
    expect(refusal(await hold(token, { seats: ['r1-1'], requestId: 'x' }, key))).toMatchObject({
      status: 400,
      paths: ['requestId'],
    });
    await world.call('DELETE', `${holds}/${(first.body as Hold).token}`, { token });
  });
});

describe('G1 refusals change nothing', () => {
  beforeAll(async () => {
    event = await world.onSale();
  });
  const cases: [name: string, body: object, status: number, code: string][] = [
    ['an unknown seat', { seats: ['r0-0', 'nowhere'] }, 404, 'UNKNOWN_SEAT'],
    ['a seat named twice', { seats: ['r0-0', 'r0-0'] }, 400, 'INVALID_REQUEST'],
    [
      'more than the event allows',
      { seats: ['r0-0', 'r0-1', 'r0-2', 'r0-3', 'r0-4', 'r1-0'], areas: [{ id: 'floor', quantity: 5 }] },
      422,
      'LIMIT_EXCEEDED',
    ],
    ['more than one call allows', { areas: [{ id: 'floor', quantity: 51 }] }, 422, 'LIMIT_EXCEEDED'],
    ['nothing', {}, 400, 'INVALID_REQUEST'],
    ['a quantity of 0', { areas: [{ id: 'floor', quantity: 0 }] }, 400, 'INVALID_REQUEST'],
    ['a negative quantity', { areas: [{ id: 'floor', quantity: -2 }] }, 400, 'INVALID_REQUEST'],
    ['half a place', { areas: [{ id: 'floor', quantity: 1.5 }] }, 400, 'INVALID_REQUEST'],
    ['an unknown ticket type', { seats: [{ id: 'r0-0', ticketType: 'child' }] }, 400, 'INVALID_REQUEST'],
    ['seats of the wrong type', { seats: 'r0-0' }, 400, 'INVALID_REQUEST'],
    ['a field that does not exist', { seats: ['r0-0'], price: 1 }, 400, 'INVALID_REQUEST'],
    ['another event’s id', { eventId: 'evt_nowhere', seats: ['r0-0'] }, 404, 'EVENT_NOT_FOUND'],
    ['a malformed event id', { eventId: '{x}', seats: ['r0-0'] }, 400, 'INVALID_REQUEST'],
    ['someone’s name without the right', { seats: ['r0-0'], onBehalfOf: 'other' }, 403, 'FORBIDDEN'],
    ['a foreign hold', { seats: ['r0-0'], holdToken: 'evt.AAAAAAAAAAAAAAAAAAAAAA' }, 404, 'HOLD_NOT_FOUND'],
  ];
  for (const [name, body, status, code] of cases) {
    test(`${name}: ${status} ${code}`, async () => {
      const token = await world.guest();
      const before = (await world.call('GET', `/v1/events/${event.id}/seats`, { token: null })).body;
      expect(refusal(await hold(token, body))).toMatchObject({ status, code });
      expect((await world.call('GET', `/v1/events/${event.id}/seats`, { token: null })).body).toEqual(before);
    });
  }

  test('a taken seat names itself and its state', async () => {
    const [mine, theirs] = [await world.guest(), await world.guest()];
    await hold(mine, { seats: ['r1-4'] });
    const answer = await hold(theirs, { seats: ['r1-3', 'r1-4'] });
    expect(refusal(answer)).toMatchObject({ status: 409, code: 'SEAT_UNAVAILABLE' });
    expect(answer.body).toMatchObject({ error: { details: { seats: ['r1-4'] } } });
  });

  test('H6 other people’s tokens: as if there were no such hold', async () => {
    const [mine, theirs] = [await world.guest(), await world.guest()];
    const { token } = (await hold(mine, { seats: ['r1-0'] })).body as Hold;
    const path = `${holds}/${token}`;
    for (const [method, url] of [
      ['GET', path],
      ['POST', `${path}/extend`],
      ['POST', `${path}/release`],
      ['DELETE', path],
    ] as const) {
      expect(refusal(await world.call(method, url, { token: theirs })), `${method} ${url}`).toEqual({
        status: 404,
        code: 'HOLD_NOT_FOUND',
      });
    }
    expect((await world.call('GET', path, { token: mine })).status).toBe(200);
    expect((await world.call('GET', path)).status).toBe(200);
  });

  test('A1 a viewer may look, not act', async () => {
    expect(refusal(await hold(null, { seats: ['r0-0'] }))).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
    expect(refusal(await world.call('GET', `${holds}/evt.abc`, { token: null }))).toEqual({
      status: 401,
      code: 'UNAUTHENTICATED',
    });
  });

  test('an event that is not on sale', async () => {
    await world.call('POST', `/v1/events/${event.id}/pause`);
    expect(refusal(await hold(await world.guest(), { seats: ['r0-0'] }))).toEqual({
      status: 409,
      code: 'EVENT_NOT_ON_SALE',
    });
    await world.call('POST', `/v1/events/${event.id}/open`);
  });
});

describe('staff', () => {
  beforeAll(async () => {
    event = await world.onSale();
  });

  test('see every hold, page by page', async () => {
    const token = await world.guest();
    for (const seat of ['r0-0', 'r0-1', 'r0-2']) await hold(token, { seats: [seat] });
    const path = `/v1/events/${event.id}/holds`;
    const first = (await world.call('GET', `${path}?limit=2`)).body as { items: Hold[]; nextCursor: string };
    expect(first.items).toHaveLength(2);
    const rest = (await world.call('GET', `${path}?limit=2&cursor=${first.nextCursor}`)).body as { items: Hold[] };
    expect([...first.items, ...rest.items].flatMap(({ seats }) => seats).toSorted()).toEqual(['r0-0', 'r0-1', 'r0-2']);
    expect(rest).not.toHaveProperty('nextCursor');
    expect(refusal(await world.call('GET', path, { token }))).toEqual({ status: 403, code: 'FORBIDDEN' });
  });

  test('O6 block house seats and give them back; Postgres has them', async () => {
    const block = (name: string, body: object, token?: string) =>
      world.call('POST', `/v1/events/${event.id}/${name}`, { body, ...(token === undefined ? {} : { token }) });
    const places = { seats: ['r1-0', 'r1-1'], areas: [{ id: 'floor', quantity: 4 }] };
    expect(await block('block', { ...places, label: 'press' })).toMatchObject({ status: 200, body: places });
    const blocked = () =>
      world.store
        .sql`SELECT kind, place_no, quantity, label FROM seat_blocks WHERE event_id = ${event.id} ORDER BY kind DESC, place_no`;
    expect(await blocked()).toEqual([
      { kind: 'seat', place_no: 5, quantity: 1, label: 'press' },
      { kind: 'seat', place_no: 6, quantity: 1, label: 'press' },
      { kind: 'area', place_no: 0, quantity: 4, label: 'press' },
    ]);
    expect(refusal(await hold(await world.guest(), { seats: ['r1-0'] }))).toMatchObject({ code: 'SEAT_UNAVAILABLE' });
    expect((await block('unblock', { seats: ['r1-0'], areas: [{ id: 'floor', quantity: 1 }] })).status).toBe(200);
    expect(await blocked()).toMatchObject([{ place_no: 6 }, { kind: 'area', quantity: 3 }]);
    expect(refusal(await block('block', { seats: ['r1-4'] }, await world.guest()))).toEqual({
      status: 403,
      code: 'FORBIDDEN',
    });
    expect(refusal(await block('block', { seats: ['nowhere'] }))).toMatchObject({ status: 404, code: 'UNKNOWN_SEAT' });
    expect(refusal(await block('block', {}))).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
  });

  test('O6 a block that the script refuses leaves no row', async () => {
    await hold(await world.guest(), { seats: ['r1-2'] });
    const refused = await world.call('POST', `/v1/events/${event.id}/block`, { body: { seats: ['r1-2', 'r1-3'] } });
    expect(refusal(refused)).toMatchObject({ status: 409, code: 'SEAT_UNAVAILABLE' });
    expect(
      await world.store.sql`SELECT 1 FROM seat_blocks WHERE event_id = ${event.id} AND place_no IN (7, 8)`,
    ).toHaveLength(0);
  });

  test('A4 a token for other events is refused before anything else', async () => {
    const minted = await world.call('POST', '/v1/sessions', {
      body: { subject: 'till-1', role: 'box_office', events: ['evt_other'] },
    });
    const { token } = minted.body as { token: string };
    for (const [method, path] of [
      ['GET', `/v1/events/${event.id}/holds`],
      ['POST', `/v1/events/${event.id}/block`],
    ] as const) {
      expect(refusal(await world.call(method, path, { token })), path).toEqual({ status: 403, code: 'FORBIDDEN' });
    }
    expect(refusal(await hold(token, { seats: ['r0-4'] }))).toEqual({ status: 403, code: 'FORBIDDEN' });
  });

  test('A4 act for a buyer', async () => {
    const made = (
      await world.call('POST', holds, { body: { eventId: event.id, seats: ['r0-4'], onBehalfOf: 'caller-7' } })
    ).body as Hold;
    expect(made.subject).toBe('caller-7');
  });
});
