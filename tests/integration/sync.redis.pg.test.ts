import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main as aisle } from '../../cli/src/main.js';
import { createBlockLedger } from '../../server/src/db/events/blocks.js';
import { withSyncLock } from '../../server/src/db/loading/sync-lock.js';
import { markBehind } from '../../server/src/redis/behind.js';
import { keys } from '../../server/src/redis/keys.js';
import { createEventLoad } from '../../server/src/redis/loader.js';
import { plainChart } from '../helpers/buyers.js';
import { startStoreWorld, type StoreWorld, type WorldEvent } from './support/store-world.js';

let world: StoreWorld;
beforeAll(async () => {
  world = await startStoreWorld();
});
afterAll(() => world.stop());

const FLOOR = { id: 'floor', capacity: 20 };

async function command(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const env = { DATABASE_URL: world.databaseUrl, REDIS_URL: world.server.url };
  const status = await aisle(argv, { env, out: (line) => out.push(line), err: (line) => err.push(line) });
  return { status, out: out.join('\n'), err: err.join('\n') };
}
/** The one JSON line of a command. */
async function json<T>(...argv: string[]): Promise<{ status: number; line: T }> {
  const { status, out } = await command(...argv, '--json');
  return { status, line: JSON.parse(out) as T };
}
interface Compared {
  result: string;
  different: number;
  kinds: Record<string, number>;
  places: {
    kind: string;
    seat?: string;
    area?: string;
    redis: string;
    expected: string;
    why: string;
    orderId?: string;
  }[];
  categories: { category: string; redis: { sold: number }; expected: { sold: number } }[];
}

const claim = async (event: WorldEvent, seatNo: number, state: 'reserved' | 'sold', orderId = 'ord_1') => {
  await world.sql`INSERT INTO seat_claims (event_id, seat_no, order_id, state) VALUES (${event.id}, ${seatNo}, ${orderId}, ${state})`;
};
const block = async (event: WorldEvent, seats: number[], quantity = 0): Promise<void> => {
  const areas = quantity === 0 ? [] : [{ areaNo: 0, quantity }];
  await createBlockLedger(world.sql).add({
    eventId: event.id,
    seats,
    areas,
    label: 'house',
    reason: '',
    actor: 'test',
  });
  // As if it had been so for long: what is new is not judged.
  await world.sql`UPDATE seat_blocks SET created_at = now() - interval '1 hour' WHERE event_id = ${event.id}`;
};
const loaded = async (): Promise<WorldEvent> => {
  const event = await world.newEvent({ chart: plainChart(10, 10, [FLOOR]) });
  await world.rebuilder.loadEvent(event.id, 'publish');
  return event;
};
const letters = async (event: WorldEvent): Promise<string> => (await world.store.snapshot(event.id)).letters;
const damage = (event: WorldEvent, seatNo: number, letter: string): Promise<number> =>
  world.redis.setrange(keys.map(event.id), seatNo, letter);
const pause = (event: WorldEvent) => world.sql`UPDATE events SET status = 'paused' WHERE id = ${event.id}`;
const notes = (event: WorldEvent) =>
  world.sql<{ kind: string; operator: string; pausedMs: number | null; snapshotAt: Date | null; differences: Found }[]>`
    SELECT kind, operator, paused_ms AS "pausedMs", snapshot_at AS "snapshotAt", differences FROM maintenance_log
    WHERE event_id = ${event.id} ORDER BY id DESC`;
interface Found {
  found: { places: number; kinds: Record<string, number>; first: { seat?: string }[] } | null;
  sold?: string[];
}

describe('what is different', () => {
  test('R6 nothing where Redis has what a load would write, holds, blocks and areas included', async () => {
    const event = await loaded();
    await claim(event, 5, 'sold');
    await block(event, [7], 3);
    await world.rebuilder.loadEvent(event.id, 'operator');
    await world.hold(event, [0, 1], { areas: [{ areaNo: 0, quantity: 3 }] });
    const { status, line } = await json<Compared>('drift', event.id);
    expect(line).toMatchObject({ result: 'compared', different: 0, places: [], categories: [] });
    expect(status).toBe(0);
    expect((await command('sync', '--dry-run', event.id)).out).toMatch(/: equal, epoch 2, change 1$/);
  });

  test('R6 I4 each kind of damage is found and named, with both letters and why', async () => {
    const event = await loaded();
    await claim(event, 1, 'sold', 'ord_sold');
    await claim(event, 2, 'reserved', 'ord_open');
    await block(event, [3]);
    await world.rebuilder.loadEvent(event.id, 'operator');
    const hold = await world.hold(event, [4, 5]);
    const lost = await world.hold(event, [6], { subject: 'lost' });
    for (const [seatNo, letter] of [
      [1, 'a'],
      [2, 'a'],
      [3, 'a'],
      [4, 'a'],
      [20, 's'],
      [21, 'b'],
      [22, 'h'],
      [23, 'x'],
    ] as const)
      await damage(event, seatNo, letter);
    await world.redis.zrem(keys.holdsIndex(event.id), lost.token);
    await world.redis.hset(keys.area(event.id, 0), 'held', 2);
    await world.redis.hset(keys.inventory(event.id, 'A'), 'sold', 7);
    const { status, line } = await json<Compared>('drift', event.id);
    expect(status).toBe(1);
    expect(Object.fromEntries(line.places.flatMap((p) => (p.seat === undefined ? [] : [[p.seat, p.kind]])))).toEqual({
      ...{ 'r0-1': 'not_sold', 'r0-2': 'not_reserved', 'r0-3': 'block_missing', 'r0-4': 'hold_missing' },
      ...{
        'r0-6': 'hold_unindexed',
        'r2-0': 'sold_unclaimed',
        'r2-1': 'block_unknown',
        'r2-2': 'hold_unknown',
        'r2-3': 'map',
      },
    });
    expect(line.kinds).toMatchObject({ area: 1, inventory: 2 });
    expect(line.places[0]).toMatchObject({
      redis: 'a',
      expected: 's',
      orderId: 'ord_sold',
      why: 'an order has it sold',
    });
    expect(line.categories).toMatchObject([{ category: 'A', redis: { sold: 7 }, expected: { sold: 1 } }]);
    const told = await command('sync', '--dry-run', event.id);
    expect(told.status).toBe(1);
    expect(told.out).toMatch(/r2-0 +sold_unclaimed +s +a +Redis calls it sold and no order has it/);
    expect(told.out).not.toContain(hold.token);
    expect(JSON.stringify(line)).not.toContain(lost.token);
  });

  test('R2 a hold whose entry in the index was lost is carried, and in the index again', async () => {
    const event = await loaded();
    const hold = await world.hold(event, [6]);
    await world.redis.zrem(keys.holdsIndex(event.id), hold.token);
    await pause(event);
    expect((await command('sync', event.id, '--verify')).out).toMatch(
      /1 differences mended; 1 holds go on.*\n.*: equal/,
    );
    expect(await world.redis.zscore(keys.holdsIndex(event.id), hold.token)).toBe(String(hold.expiresAtMs));
    expect((await letters(event))[6]).toBe('h');
  });
});

describe('aisle sync', () => {
  test('R2 mends what it found, records it with operator, snapshot and pause, and compares again', async () => {
    const event = await loaded();
    await claim(event, 1, 'sold');
    await damage(event, 9, 'h');
    await pause(event);
    const { status, line } = await json<{
      result: string;
      found: { places: number };
      verified: Compared;
      pausedMs: number;
    }>(...['--operator', 'ada', 'sync', event.id, '--verify']);
    expect(line).toMatchObject({ result: 'loaded', found: { places: 3 }, verified: { different: 0 } });
    expect(status).toBe(0);
    expect(await letters(event)).toBe(`as${'a'.repeat(98)}`);
    const [note] = await notes(event);
    expect(note).toMatchObject({ kind: 'load', operator: 'ada', pausedMs: line.pausedMs });
    expect(note?.snapshotAt).toBeInstanceOf(Date);
    expect(note?.differences.found).toMatchObject({
      kinds: { not_sold: 1, hold_unknown: 1, inventory: 1 },
      first: [{ seat: 'r0-1' }, { seat: 'r0-9' }, { category: 'A' }],
    });
  });

  test('R2 an event on sale is left alone without --online, and told what to do; with it holds go on', async () => {
    const event = await loaded();
    const hold = await world.hold(event, [3]);
    const refused = await command('sync', event.id);
    expect(refused).toMatchObject({
      status: 1,
      out: '',
      err: expect.stringMatching(/on sale\. With --online/) as string,
    });
    expect(await world.epochOf(event.id)).toBe(1);
    expect(await command('sync', event.id, '--online', '--verify')).toMatchObject({ status: 0, err: '' });
    expect(await world.store.getHold(event.id, hold.token)).toMatchObject({
      state: 'held',
      expiresAtMs: hold.expiresAtMs,
    });
    expect(await world.epochOf(event.id)).toBe(2);
  });

  test('R2 an unknown event, a draft, and options that exclude each other are refused, nothing is changed', async () => {
    const event = await loaded();
    expect(await command('sync', 'nothing')).toMatchObject({
      status: 2,
      err: expect.stringContaining('nothing') as string,
    });
    expect(await command('sync', '--after-restore')).toMatchObject({ status: 2 });
    expect(await command('sync', event.id, '--after-restore', '--free-unclaimed')).toMatchObject({ status: 2 });
    await world.sql`UPDATE events SET status = 'draft' WHERE id = ${event.id}`;
    expect(await command('sync', event.id)).toMatchObject({ status: 2 });
    expect(await world.epochOf(event.id)).toBe(1);
  });

  test('R2 against a Postgres that lacks a migration it does nothing', async () => {
    const event = await loaded();
    const [last] = await world.sql<{ number: number; name: string; checksum: string }[]>`
      DELETE FROM schema_migrations WHERE number = (SELECT max(number) FROM schema_migrations) RETURNING number, name, checksum`;
    try {
      const refused = await command('sync', event.id, '--online');
      expect(refused).toMatchObject({
        status: 1,
        err: expect.stringMatching(/lacks migration .*aisle migrate/) as string,
      });
      expect(await world.epochOf(event.id)).toBe(1);
    } finally {
      if (last !== undefined)
        await world.sql`INSERT INTO schema_migrations (number, name, checksum) VALUES (${last.number}, ${last.name}, ${last.checksum})`;
    }
  });

  test('R2 of two at once the second says who is at it, and changes nothing', async () => {
    const event = await loaded();
    let go = (): void => undefined;
    const first = withSyncLock(world.sql, event.id, 'ada@till', () => new Promise<void>((resolve) => (go = resolve)));
    await expect
      .poll(async () => (await command('sync', event.id, '--online')).err)
      .toMatch(/ada@till is at it since 20\d\d-.*Nothing was changed/);
    const epoch = await world.epochOf(event.id);
    expect((await command('sync', event.id, '--online')).status).toBe(1);
    expect(await world.epochOf(event.id)).toBe(epoch);
    go();
    await first;
    expect((await command('sync', event.id, '--online')).status).toBe(0);
  });

  test('R2 a half loaded event is finished by the next sync', async () => {
    const event = await loaded();
    const hold = await world.hold(event, [0]);
    await world.sql`UPDATE events SET epoch = 2 WHERE id = ${event.id}`;
    const dying = createEventLoad(world.redis, event.id, 2);
    await dying.begin();
    await dying.writeMap(new Uint8Array(100).fill(97));
    expect((await command('drift', event.id)).out).toMatch(/half loaded/);
    expect((await command('sync', event.id, '--online', '--verify')).status).toBe(0);
    expect(await letters(event)).toBe(`h${'a'.repeat(99)}`);
    expect(await world.store.getHold(event.id, hold.token)).toMatchObject({ state: 'held' });
  });

  test('R5 what Redis calls sold and no order has is not freed, unless the operator says so', async () => {
    const event = await loaded();
    await damage(event, 8, 's');
    await pause(event);
    const refused = await command('sync', event.id);
    expect(refused).toMatchObject({
      status: 1,
      err: expect.stringMatching(/r0-8.*--after-restore.*--free-unclaimed/) as string,
    });
    expect((await letters(event))[8]).toBe('s');
    expect(await command('sync', event.id, '--free-unclaimed', '--verify')).toMatchObject({ status: 0 });
    expect((await letters(event))[8]).toBe('a');
  }, 20_000);
});

describe('after a restore of Postgres', () => {
  /** Redis as it was: seats 1 and 2 sold, 3 blocked, five of the floor sold; Postgres as it was before all of it. */
  async function restored(): Promise<WorldEvent> {
    const event = await loaded();
    await claim(event, 1, 'sold');
    await claim(event, 2, 'sold');
    await block(event, [3]);
    await world.sql`INSERT INTO area_claims (event_id, area_no, capacity, claimed, sold) VALUES (${event.id}, 0, 20, 5, 5)`;
    for (let i = 0; i < 3; i++) await world.rebuilder.loadEvent(event.id, 'operator');
    await world.sql`DELETE FROM seat_claims WHERE event_id = ${event.id}`;
    await world.sql`DELETE FROM area_claims WHERE event_id = ${event.id}`;
    await world.sql`DELETE FROM seat_blocks WHERE event_id = ${event.id}`;
    await claim(event, 2, 'reserved', 'ord_open');
    await world.sql`UPDATE events SET epoch = 1 WHERE id = ${event.id}`;
    return event;
  }

  test('R3 R5 without the flag it is refused and nothing is touched; with it what Redis calls sold stays off sale and is listed', async () => {
    const event = await restored();
    await markBehind(world.redis, event.id, { kind: 'epoch' });
    const before = await world.redis.hgetall(keys.event(event.id));
    const refused = await command('sync', event.id, '--online');
    expect(refused).toMatchObject({
      status: 1,
      err: expect.stringMatching(/epoch 4, Postgres at 1.*--after-restore/) as string,
    });
    expect(await world.redis.hgetall(keys.event(event.id))).toEqual(before);
    expect(await world.epochOf(event.id)).toBe(1);

    const done = await command('sync', event.id, '--after-restore');
    expect(done).toMatchObject({ status: 0, err: '' });
    expect(done.out).toMatch(/blocked: r0-1, 5 of floor\n.*r0-2 \(ord_open\)\n.*r0-3\n.*paused/);
    const snapshot = await world.store.snapshot(event.id);
    expect(snapshot).toMatchObject({ epoch: 5, status: 'paused', areaAvailable: [15] });
    expect(snapshot.letters.slice(0, 5)).toBe('abrba');
    expect(await world.sql`SELECT status FROM events WHERE id = ${event.id}`).toEqual([{ status: 'paused' }]);
    const blocks =
      await world.sql`SELECT kind, place_no AS no, quantity, label FROM seat_blocks WHERE event_id = ${event.id} ORDER BY kind, place_no`;
    expect(blocks).toEqual([
      { kind: 'area', no: 0, quantity: 5, label: 'sold before the restore' },
      { kind: 'seat', no: 1, quantity: 1, label: 'sold before the restore' },
      { kind: 'seat', no: 2, quantity: 1, label: 'sold before the restore' },
      { kind: 'seat', no: 3, quantity: 1, label: 'blocked before the restore' },
    ]);
    expect((await notes(event)).find(({ kind }) => kind === 'restore')).toMatchObject({
      operator: expect.stringContaining('@') as string,
      differences: {
        sold: ['r0-1'],
        paid: [{ seat: 'r0-2', orderId: 'ord_open' }],
        soldPlaces: [{ area: 'floor', quantity: 5 }],
      },
    });
    expect(await world.redis.hexists(keys.event(event.id), 'behind')).toBe(0);
    // A second time finds nothing more, and counts no place of an area twice.
    expect((await command('sync', event.id, '--after-restore')).status).toBe(0);
    expect((await world.store.snapshot(event.id)).areaAvailable).toEqual([15]);
    expect((await command('drift', event.id)).status).toBe(0);
  }, 20_000);

  test('R5 stopped between the list and the load, nothing is kept twice and nothing is freed', async () => {
    const event = await restored();
    const { keepBeforeLoad } = await import('../../server/src/rebuild/restore.js');
    const { ChartShelf } = await import('../../server/src/rebuild/chart-shelf.js');
    const deps = { sql: world.sql, redis: world.redis, charts: new ChartShelf(world.sql) };
    await keepBeforeLoad(deps, event.id, 'ada');
    // The worker comes first, as after any interrupted load.
    await world.rebuilder.loadEvent(event.id, 'interrupted');
    expect((await letters(event)).slice(0, 5)).toBe('abrba');
    expect((await command('sync', event.id, '--after-restore')).status).toBe(0);
    expect((await letters(event)).slice(0, 5)).toBe('abrba');
    expect((await world.store.snapshot(event.id)).areaAvailable).toEqual([15]);
  });
});
