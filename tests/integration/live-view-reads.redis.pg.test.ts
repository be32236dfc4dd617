import type { LiveView } from '@aisle/client/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusal, startHttpWorld, type HttpWorld } from './support/http-world.js';
import { newHold } from './support/order-world.js';

/** What looking at the sale costs, and what it says while something is away. */

let world: HttpWorld;
beforeAll(async () => {
  world = await startHttpWorld();
}, 60_000);
afterAll(() => world.stop());

const live = async (of: HttpWorld, eventId: string): Promise<LiveView> => {
  const answer = await of.call('GET', `/v1/events/${eventId}/live`);
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return answer.body as LiveView;
};

describe('F10 GET /v1/events/{id}/live', () => {
  test('F10 however many ask, Redis and Postgres are asked once a second', async () => {
    const event = await world.onSale();
    const { live: reads, feed } = world.deps;
    const asked = { viewers: 0, holds: 0, areas: 0, holders: 0, letters: 0 };
    const counting = world.with({
      live: {
        viewers: (id) => (asked.viewers++, reads.viewers(id)),
        holds: (id) => (asked.holds++, reads.holds(id)),
        areas: (id, count) => (asked.areas++, reads.areas(id, count)),
        holders: (id) => (asked.holders++, reads.holders(id)),
      },
      feed: {
        view: (id) => feed.view(id),
        inventory: (id) => feed.inventory(id),
        letters: (id, fresh) => (asked.letters++, feed.letters(id, fresh)),
      },
    });
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 200 }, () => live(counting, event.id)));
    const seconds = (performance.now() - startedAt) / 1000;
    for (const [what, times] of Object.entries(asked)) {
      expect(times, what).toBeGreaterThan(0);
      expect(times, what).toBeLessThanOrEqual(1 + seconds);
    }
  });

  test('F10 more holds than a page of the script: all are counted, the ten largest holders named', async () => {
    const event = await world.onSale({ maxSeatsPerSubject: 1000 });
    const { redis } = world.store;
    for (let n = 0; n < 12; n++)
      await newHold(world, event, { areas: [{ id: 'floor', quantity: 1 }], onBehalfOf: `s${n}` });
    await newHold(world, event, { seats: ['r0-0'], onBehalfOf: 's7' });
    // Several pages of one index: the same holds cannot be had in hundreds of 30 places.
    const rows = await world.deps.live.holders(event.id);
    expect(rows.map(({ subject }) => subject).sort()).toEqual(
      [...Array.from({ length: 12 }, (_, n) => `s${n}`), 's7'].sort(),
    );
    const { topHolders, holds } = await live(world, event.id);
    expect(holds).toBe(13);
    expect(topHolders).toHaveLength(10);
    expect(topHolders[0]).toMatchObject({ subject: 's7', holds: 2, places: 2 });
    const index = `holds:expiration-index:{${event.id}}`;
    await redis.zadd(index, ...Array.from({ length: 600 }, (_, n) => [9e15 + n, `${event.id}.gone${n}`]).flat());
    expect(await world.deps.live.holders(event.id)).toHaveLength(13);
    await redis.zremrangebyscore(index, 9e15, '+inf');
  });

  test('F10 V1 a draft has no sale yet: every place is there, nobody holds', async () => {
    const draft = await world.draft();
    expect(await live(world, draft.id)).toMatchObject({
      ...{ viewers: 0, holds: 0, heldPlaces: 0, reservedPlaces: 0, holdToSale: null, topHolders: [] },
      sections: [{ key: '', total: 30, available: 30, held: 0, reserved: 0, sold: 0, blocked: 0 }],
    });
    expect(refusal(await world.call('GET', '/v1/events/none/live'))).toMatchObject({ code: 'EVENT_NOT_FOUND' });
    expect(
      refusal(await world.call('GET', `/v1/events/${draft.id}/live`, { token: await world.guest() })),
    ).toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  test('F10 what failed is asked anew by the next who comes', async () => {
    const event = await world.onSale();
    let away = true;
    const { live: reads } = world.deps;
    const shaky = world.with({
      live: { ...reads, holds: (id) => (away ? Promise.reject(new Error('away')) : reads.holds(id)) },
    });
    expect((await shaky.call('GET', `/v1/events/${event.id}/live`)).status).toBe(500);
    away = false;
    expect(await live(shaky, event.id)).toMatchObject({ eventId: event.id, holds: 0 });
  });
});
