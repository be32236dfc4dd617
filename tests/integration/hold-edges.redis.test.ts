import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createCommands } from '../../server/src/commands/index.js';
import type { Actor } from '../../server/src/domain/actor.js';
import type { Commands } from '../../server/src/domain/ports/commands.js';
import { openCommandConnection } from '../../server/src/redis/connection.js';
import { keys } from '../../server/src/redis/keys.js';
import { RedisSeatStore } from '../../server/src/redis/seat-store.js';
import { MemoryDirectory } from '../helpers/memory-directory.js';
import { memoryEvent } from '../helpers/memory-event.js';
import { startRedis, type TestRedis } from '../helpers/redis.js';
import { seedEvent } from '../helpers/seed-event.js';
import { waitFor } from '../helpers/wait.js';

/* Commands over real scripts where a request is legal and odd. */
const EVENT = 'edges';
const OTHER = 'other';
const HALL = 'hall';
const HALL_SEATS = 5000;
const actor = (subject: string, role: Actor['role'] = 'customer'): Actor => ({
  ...{ subject, role, expiresAtMs: null, events: null, maxSeats: null, tokenId: null },
});
const ticketTypes = [
  { key: 'adult', label: 'Adult', minor: 3000 },
  { key: 'child, half:price', label: 'Child', minor: 1500 },
];
const CHILD = 'child, half:price';
let server: TestRedis;
let redis: Redis;
let commands: Commands;
const ledger = { added: 0, undone: 0 };

const eventOf = (id: string) => {
  const live = memoryEvent({ id, seats: 20, areas: [50] });
  return { ...live, event: { ...live.event, prices: { A: 4500, GA: { ticketTypes } } } };
};

beforeAll(async () => {
  server = await startRedis();
  redis = openCommandConnection(server.url);
  await waitFor(() => redis.status === 'ready', { what: 'Redis' });
  const store = new RedisSeatStore({ redis, isReady: () => true, epochOf: () => Promise.resolve(1) });
  commands = createCommands({
    store,
    directory: new MemoryDirectory(eventOf(EVENT), eventOf(OTHER), memoryEvent({ id: HALL, seats: HALL_SEATS })),
    blocks: {
      add: async () => {
        ledger.added++;
        return async () => void ledger.undone++;
      },
      remove: () => Promise.reject(new Error('not asked here')),
    },
    feed: { letters: () => Promise.reject(new Error('not asked here')) },
    random: () => 0.5,
  });
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await redis.flushall();
  for (const eventId of [EVENT, OTHER]) {
    const seatCategory = Array.from({ length: 20 }, () => 0);
    await seedEvent(redis, { eventId, categoryKeys: ['A', 'GA'], seatCategory, areas: [{ catNo: 1, capacity: 50 }] });
  }
});

async function mixedHold(): Promise<string> {
  const held = await commands.hold(actor('ann'), {
    eventId: EVENT,
    areas: [
      { id: 'area0', quantity: 2, ticketType: 'adult' },
      { id: 'area0', quantity: 3, ticketType: CHILD },
    ],
  });
  if (!held.ok) throw new Error(held.error.code);
  return held.value.hold.token;
}
async function release(holdToken: string, areas: { id: string; quantity: number; ticketType?: string }[]) {
  const result = await commands.release(actor('ann'), { eventId: EVENT, holdToken, areas });
  if (!result.ok) return result.error.code;
  return result.value.hold?.items.map(({ ticketType, quantity }) => [ticketType, quantity]) ?? [];
}

describe('giving back places of an area', () => {
  test('H1 that names a ticket type gives back those of that type, never the others', async () => {
    const token = await mixedHold();
    expect(await release(token, [{ id: 'area0', quantity: 1, ticketType: CHILD }])).toEqual([
      ['adult', 2],
      [CHILD, 2],
    ]);
    expect(await release(token, [{ id: 'area0', quantity: 3, ticketType: CHILD }])).toBe('INVALID_REQUEST');
    expect(await release(token, [{ id: 'area0', quantity: 2, ticketType: CHILD }])).toEqual([['adult', 2]]);
  });

  test('H1 without a type takes any; named beside a type it leaves that one its places', async () => {
    const token = await mixedHold();
    expect(
      await release(token, [
        { id: 'area0', quantity: 3 },
        { id: 'area0', quantity: 2, ticketType: 'adult' },
      ]),
    ).toEqual([]);
    expect(await redis.hgetall(`area:{${EVENT}}:0`)).toMatchObject({ held: '0' });
  });
});

describe('blocks', () => {
  test('S5 O6 one that names 5,000 sold seats is refused by name, and taken back from the ledger', async () => {
    const seatCategory = Array.from({ length: HALL_SEATS }, () => 0);
    await seedEvent(redis, { eventId: HALL, categoryKeys: ['A'], seatCategory });
    await redis.set(keys.map(HALL), 's'.repeat(HALL_SEATS));
    const seats = seatCategory.map((_, seatNo) => `s${seatNo}`);
    const result = await commands.block(actor('root', 'admin'), HALL, { seats });
    expect(result).toMatchObject({ ok: false, error: { code: 'SEAT_UNAVAILABLE', details: { seats } } });
    expect(ledger).toEqual({ added: 1, undone: 1 });
  });
});

describe('tokens and positions that are not the caller’s to name', () => {
  test('H6 a token of one event is no hold in another, whoever names it', async () => {
    const token = await mixedHold();
    for (const who of [actor('ann'), actor('till', 'box_office')]) {
      const calls = [
        commands.hold(who, { eventId: OTHER, holdToken: token, seats: ['s0'] }),
        commands.extend(who, { eventId: OTHER, holdToken: token }),
        commands.release(who, { eventId: OTHER, holdToken: token }),
      ];
      for (const result of await Promise.all(calls))
        expect(result).toMatchObject({ ok: false, error: { code: 'HOLD_NOT_FOUND' } });
    }
    expect(await redis.hgetall(`area:{${EVENT}}:0`)).toMatchObject({ held: '5' });
  });

  test('an offset past what a number holds whole is no cursor', async () => {
    for (const cursor of ['1e21', '9007199254740993', '-1', '0.5', 'x']) {
      expect(await commands.allHolds(actor('till', 'box_office'), EVENT, { limit: 10, cursor })).toMatchObject({
        ok: false,
        error: { code: 'INVALID_REQUEST' },
      });
    }
  });
});
