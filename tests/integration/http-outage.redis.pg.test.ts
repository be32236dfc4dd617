import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SeatEvent } from '@aisle/client/protocol';
import { keys } from '../../server/src/redis/keys.js';
import { openDatabase, type Sql } from '../../server/src/db/client.js';
import { eventBody, limitsOf, refusal, startHttpWorld, type Answer, type HttpWorld } from './support/http-world.js';

let world: HttpWorld;
let event: SeatEvent;
let nowhere: Sql;
beforeAll(async () => {
  world = await startHttpWorld();
  event = await world.onSale();
  // Nothing listens there: what a stopped Postgres looks like.
  nowhere = openDatabase('postgres://aisle@127.0.0.1:9/aisle');
});
afterAll(async () => {
  await nowhere.end({ timeout: 1 });
  await world.stop();
});

function expectUnavailable(answer: Answer, what: string): void {
  expect(refusal(answer), what).toEqual({ status: 503, code: 'UNAVAILABLE' });
  expect(Number(answer.headers.get('retry-after')), what).toBeGreaterThanOrEqual(1);
  expect(answer.body, what).toMatchObject({ error: { retryable: true } });
}

describe('Postgres away', () => {
  test('what needs it is 503 with Retry-After; events known, seats and holds go on', async () => {
    const cut = world.with({ sql: nowhere });
    expectUnavailable(await cut.call('GET', '/v1/events'), 'list');
    expectUnavailable(await cut.call('POST', '/v1/events', { body: eventBody() }), 'create');
    expectUnavailable(await cut.call('POST', `/v1/events/${event.id}/pause`), 'pause');
    expect((await cut.call('GET', `/v1/events/${event.id}`, { token: null })).status).toBe(200);
    expect((await cut.call('GET', `/v1/events/${event.id}/seats`, { token: null })).status).toBe(200);
    const token = await world.guest();
    expect(
      (await cut.call('POST', '/v1/inventory/holds', { token, body: { eventId: event.id, seats: ['r0-0'] } })).status,
    ).toBe(201);
  });
});

describe('Redis away', () => {
  test('seats and holds are 503 with Retry-After; events go on, and guests are still counted', async () => {
    await world.store.server.kill();
    const limited = world.with({
      limits: limitsOf(
        { AISLE_LIMITS_SESSIONS_PER_MINUTE: 2 },
        { redis: world.store.redis, keyPrefix: keys.rateLimitPrefix },
      ),
    });
    const token = await world.guest();
    const started = performance.now();
    expectUnavailable(
      await limited.call('POST', '/v1/inventory/holds', { token, body: { eventId: event.id, seats: ['r0-1'] } }),
      'hold',
    );
    expectUnavailable(await limited.call('POST', `/v1/events/${event.id}/pause`), 'pause');
    expect(performance.now() - started).toBeLessThan(5000);
    expect((await limited.call('GET', `/v1/events/${event.id}`)).body).toMatchObject({ status: 'paused' });
    // A map read just before may be shared for a moment more.
    await expect
      .poll(async () => (await limited.call('GET', `/v1/events/${event.id}/seats`, { token: null })).status)
      .toBe(503);
    const sessions = [];
    for (let i = 0; i < 3; i++)
      sessions.push((await limited.call('POST', '/v1/sessions', { token: null, body: {} })).status);
    expect(sessions).toEqual([201, 201, 429]);
  });
});
