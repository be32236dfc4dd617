import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findEvent } from '../../server/src/db/events/events.js';
import { keys } from '../../server/src/redis/keys.js';
import { listUnclaimed } from '../../worker/src/processors/unclaimed.js';
import { plainChart } from '../helpers/buyers.js';
import { startStoreWorld, type StoreWorld } from './support/store-world.js';

let world: StoreWorld;
beforeAll(async () => {
  world = await startStoreWorld();
});
afterAll(() => world.stop());

describe('R3 the list of what Redis alone calls sold', () => {
  test('R3 seats, places of areas and orders that this Postgres does not have; those that it has are not on it', async () => {
    const event = await world.newEvent({ chart: plainChart(10, 10, [{ id: 'floor', capacity: 20 }]) });
    const claim = (seatNo: number, state: string): Promise<unknown> =>
      world.sql`INSERT INTO seat_claims (event_id, seat_no, order_id, state) VALUES (${event.id}, ${seatNo}, ${'ord_1'}, ${state})`;
    for (const seatNo of [1, 2, 3]) await claim(seatNo, 'sold');
    await world.sql`INSERT INTO area_claims (event_id, area_no, capacity, claimed, sold) VALUES (${event.id}, 0, 20, 5, 5)`;
    await world.rebuilder.loadEvent(event.id, 'publish');
    const { token } = await world.hold(event, [7]);
    await world.store.reserve({
      ...{
        eventId: event.id,
        epoch: 1,
        chartVersion: 1,
        subject: 'buyer',
        actor: 'buyer',
        requestId: 'r',
        fingerprint: 'r',
        staff: false,
      },
      ...{ token, orderId: 'ord_lost', reserveMs: 60_000 },
    });
    // Seat 3 was still waiting for its money in this Postgres; two of the floor were sold by then.
    await world.sql`DELETE FROM seat_claims WHERE event_id = ${event.id} AND seat_no <> 1`;
    await claim(3, 'reserved');
    await world.sql`UPDATE area_claims SET sold = 3, claimed = 3 WHERE event_id = ${event.id}`;
    const record = await findEvent(world.sql, event.id);

    expect(await listUnclaimed(world, event.id, record?.chartHash ?? '')).toEqual({
      ...{ seats: ['r0-2', 'r0-3'], areas: ['floor: 2 sold in Redis alone'], orders: ['ord_lost'] },
    });
    expect((await listUnclaimed(world, event.id, null)).seats).toEqual(['#2', '#3']);
  });

  test('R3 an event that this Postgres never saw', async () => {
    const event = await world.newEvent();
    await world.rebuilder.loadEvent(event.id, 'publish');
    const unknown = 'evt_unknown';
    await world.redis.copy(keys.event(event.id), keys.event(unknown));
    await world.redis.set(keys.map(unknown), `as${'a'.repeat(98)}`);
    expect(await listUnclaimed(world, unknown, null)).toEqual({ seats: ['#1'], areas: [], orders: [] });
  });
});
