import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../server/src/db/client.js';
import { createRedisGuard, RedisRefused, type RedisGuard } from '../../server/src/rebuild/identity.js';
import { openCommandConnection } from '../../server/src/redis/connection.js';
import { parseRedisInfo } from '../../server/src/redis/identity.js';
import { keys } from '../../server/src/redis/keys.js';
import { RedisSeatStore } from '../../server/src/redis/seat-store.js';
import { startPostgres } from '../helpers/postgres.js';
import { startRedis } from '../helpers/redis.js';
import { sleep, waitFor } from '../helpers/wait.js';
import { holdSeats, silent, startStoreWorld, type StoreWorld } from './support/store-world.js';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.reverse()) await step();
  undo.length = 0;
});
/** Newest first: what is started later is ended earlier. */
const later = (step: () => unknown): void => void undo.push(async () => step());

async function worldWith(
  options: { appendOnly?: boolean; extraArgs?: string[]; databaseUrl?: string } = {},
): Promise<StoreWorld> {
  const server = await startRedis({ appendOnly: options.appendOnly ?? false, extraArgs: options.extraArgs ?? [] });
  later(() => server.stop());
  const world = await startStoreWorld({
    server,
    ...(options.databaseUrl === undefined ? {} : { databaseUrl: options.databaseUrl }),
  });
  later(() => world.stop());
  return world;
}

/** A process's guard: a connection and a pool of its own, and the store behind the gate. */
function guardOf(
  world: StoreWorld,
  onLoad: (loads: number) => Promise<void> = () => Promise.resolve(),
): { guard: RedisGuard; store: RedisSeatStore; loads: string[] } {
  const redis = openCommandConnection(world.server.url);
  redis.on('error', () => undefined);
  const sql = openDatabase(world.databaseUrl);
  const loads: string[] = [];
  const rebuilder = world.newRebuilder({
    redis,
    sql,
    announce: (eventId) => onLoad(loads.push(eventId)),
  });
  const guard = createRedisGuard({ redis, sql, rebuilder, logger: silent, operator: 'test', pollMs: 100 });
  later(async () => {
    await guard.close();
    redis.disconnect();
    await sql.end({ timeout: 1 });
  });
  return { guard, loads, store: new RedisSeatStore({ redis, isReady: guard.isReady, epochOf: world.epochOf }) };
}
const identities = (world: StoreWorld) => world.sql`SELECT run_id FROM redis_identity`;

describe('R1 the gate of Redis', () => {
  test('R1 an empty install: nothing to load, the identity is recorded, the gate opens', async () => {
    const world = await worldWith();
    const { guard } = guardOf(world);
    expect(guard.isReady()).toBe(false);
    expect(guard.health.reasons()).toHaveLength(1);
    await guard.start();
    expect(guard.isReady()).toBe(true);
    expect(guard.health.redis()).toBe(true);
    expect(guard.health.reasons()).toEqual([]);
    expect(await identities(world)).toHaveLength(1);
  });

  test('R1 a known Redis opens the gate without loading anything again', async () => {
    const world = await worldWith();
    const event = await world.newEvent();
    const first = guardOf(world);
    await first.guard.start();
    expect(first.loads).toEqual([event.id]);
    const second = guardOf(world);
    await second.guard.start();
    expect(second.loads).toEqual([]);
    expect(await world.epochOf(event.id)).toBe(1);
  });

  test('R1 until the gate opens every command answers UNAVAILABLE', async () => {
    const world = await worldWith();
    const event = await world.newEvent();
    await world.rebuilder.loadEvent(event.id, 'publish');
    const { guard, store } = guardOf(world);
    await expect(holdSeats(store, 1, event, [0])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await guard.start();
    await holdSeats(store, 2, event, [0]);
  });

  test('R1 of many processes that meet a new Redis one loads; all open', async () => {
    const world = await worldWith();
    const events = await Promise.all([world.newEvent(), world.newEvent(), world.newEvent()]);
    const guards = Array.from({ length: 4 }, () => guardOf(world));
    await Promise.all(guards.map(({ guard }) => guard.start()));
    expect(guards.flatMap(({ loads }) => loads).sort()).toEqual(events.map((event) => event.id).sort());
    expect(guards.filter(({ loads }) => loads.length > 0)).toHaveLength(1);
    for (const event of events) expect(await world.epochOf(event.id)).toBe(1);
  });

  test('R1 Redis killed and back: a new run, so a new epoch, and the hold that its file kept goes on', async () => {
    const world = await worldWith({ appendOnly: true, extraArgs: ['--appendfsync', 'always'] });
    const event = await world.newEvent();
    const { guard, store } = guardOf(world);
    await guard.start();
    const hold = await holdSeats(store, 1, event, [4]);
    await world.server.kill();
    await waitFor(() => !guard.isReady(), { what: 'the gate to shut' });
    await world.server.start();
    await waitFor(() => guard.isReady(), { what: 'the gate to open' });
    expect(await world.epochOf(event.id)).toBe(2);
    expect(await store.getHold(event.id, hold.token)).toMatchObject({ state: 'held', expiresAtMs: hold.expiresAtMs });
    await expect(holdSeats(store, 1, event, [5])).rejects.toThrow('epoch');
    await expect(holdSeats(store, 2, event, [4])).rejects.toThrow('SEAT_UNAVAILABLE');
  });

  test('R1 Redis rewound to an older file: nothing is granted under the old epoch, the lost hold frees its seat', async () => {
    const world = await worldWith({ appendOnly: true, extraArgs: ['--appendfsync', 'always'] });
    const event = await world.newEvent();
    const { guard, store } = guardOf(world);
    await guard.start();
    const kept = await holdSeats(store, 1, event, [0], { subject: 'kept' });
    const live = path.join(world.server.dir, 'appendonlydir');
    cpSync(live, `${live}.copy`, { recursive: true });
    await holdSeats(store, 1, event, [1], { subject: 'lost' });
    await world.server.kill();
    rmSync(live, { recursive: true });
    cpSync(`${live}.copy`, live, { recursive: true });
    await world.server.start();
    await waitFor(() => !guard.isReady(), { timeoutMs: 2000 }).catch(() => undefined);
    await waitFor(() => guard.isReady(), { what: 'the gate to open' });
    expect(await world.epochOf(event.id)).toBe(2);
    expect((await store.snapshot(event.id)).letters.slice(0, 2)).toBe('ha');
    expect(await store.getHold(event.id, kept.token)).toMatchObject({ state: 'held' });
  });

  test('R1 demoted and promoted in place: run_id stays, master_replid changes, that is a new Redis', async () => {
    const world = await worldWith();
    const event = await world.newEvent();
    const { guard } = guardOf(world);
    await guard.start();
    const runId = parseRedisInfo(await world.redis.info()).runId;
    await world.redis.replicaof('127.0.0.1', 1);
    await waitFor(() => !guard.isReady(), { what: 'the gate to shut on a replica' });
    expect(guard.health.reasons()[0]).toMatch(/slave|new connection|no connection/);
    await world.redis.replicaof('NO', 'ONE');
    await waitFor(() => guard.isReady(), { what: 'the gate to open' });
    expect(parseRedisInfo(await world.redis.info()).runId).toBe(runId);
    expect(await world.epochOf(event.id)).toBeGreaterThan(1);
  });

  test('R1 emptied while it runs: by name the same Redis, but its mark is gone: one process loads, and nothing is granted before', async () => {
    const world = await worldWith();
    const event = await world.newEvent();
    const [one, two] = [guardOf(world), guardOf(world)];
    await Promise.all([one.guard.start(), two.guard.start()]);
    await holdSeats(one.store, 1, event, [0]);
    const runId = parseRedisInfo(await world.redis.info()).runId;
    await world.redis.flushall();
    await expect(holdSeats(one.store, 1, event, [1])).rejects.toThrow('UNAVAILABLE');
    await waitFor(async () => (await world.epochOf(event.id)) === 2, { what: 'the load' });
    await waitFor(() => one.guard.isReady() && two.guard.isReady(), { what: 'the gates to open' });
    expect(parseRedisInfo(await world.redis.info()).runId).toBe(runId);
    expect([...one.loads, ...two.loads]).toEqual([event.id, event.id]);
    await expect(holdSeats(two.store, 1, event, [1])).rejects.toThrow('epoch');
    await holdSeats(two.store, 2, event, [0]);
    await sleep(300);
    expect(await world.epochOf(event.id)).toBe(2);
  });

  test('R1 emptied while events are being loaded into it: all over again', async () => {
    const world = await worldWith();
    const events = await Promise.all([world.newEvent(), world.newEvent()]);
    const { guard, store } = guardOf(world, async (loads) => {
      if (loads === 1) await world.redis.flushall();
    });
    await guard.start();
    for (const event of events) await holdSeats(store, await world.epochOf(event.id), event, [0]);
    expect(Math.min(...(await Promise.all(events.map(({ id }) => world.epochOf(id)))))).toBe(2);
  });

  test('R1 a policy that evicts, set while it runs: shut, and after it is mended everything is loaded anew', async () => {
    const world = await worldWith();
    const event = await world.newEvent();
    const { guard, store } = guardOf(world);
    await guard.start();
    await world.redis.config('SET', 'maxmemory-policy', 'volatile-lru');
    await waitFor(() => !guard.isReady(), { what: 'the gate to shut' });
    await waitFor(() => guard.health.reasons()[0]?.includes('maxmemory-policy volatile-lru'), { what: 'the reason' });
    await expect(holdSeats(store, 1, event, [0])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await world.redis.config('SET', 'maxmemory-policy', 'noeviction');
    await waitFor(() => guard.isReady(), { what: 'the gate to open' });
    expect(await world.epochOf(event.id)).toBe(2);
  });

  test('R1 a frozen Redis: after one time-out everything is refused at once, and served when it goes on', async () => {
    const world = await worldWith();
    const event = await world.newEvent();
    const { guard, store } = guardOf(world);
    await guard.start();
    process.kill(world.server.pid, 'SIGSTOP');
    later(() => process.kill(world.server.pid, 'SIGCONT'));
    await expect(holdSeats(store, 1, event, [0])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    let answered = false;
    const refused = holdSeats(store, 1, event, [1]).catch((error: unknown) => error);
    void refused.then(() => (answered = true));
    await new Promise(setImmediate);
    expect(answered).toBe(true);
    expect(await refused).toMatchObject({ code: 'UNAVAILABLE' });
    process.kill(world.server.pid, 'SIGCONT');
    await waitFor(() => holdSeats(store, 1, event, [2]), { what: 'a hold' });
  });

  test('R1 Postgres away: a Redis that is known and unchanged stays in service, and comes back after a cut', async () => {
    const postgres = await startPostgres();
    later(() => postgres.stop());
    const world = await worldWith({ databaseUrl: postgres.url });
    const { guard } = guardOf(world);
    await guard.start();
    await postgres.kill('SIGQUIT');
    await sleep(400);
    expect(guard.isReady()).toBe(true);
    await world.redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await waitFor(() => !guard.isReady(), { intervalMs: 1, what: 'the gate to shut' });
    await waitFor(() => guard.isReady(), { what: 'the gate to open' });
    expect(guard.health.redis()).toBe(true);
  });

  test('R1 a new Redis while Postgres is away waits for it', async () => {
    const postgres = await startPostgres();
    later(() => postgres.stop());
    const world = await worldWith({ databaseUrl: postgres.url });
    const event = await world.newEvent();
    const { guard } = guardOf(world);
    await guard.start();
    await postgres.kill('SIGQUIT');
    await world.server.kill();
    await world.server.start();
    await sleep(500);
    expect(guard.isReady()).toBe(false);
    await postgres.start();
    await waitFor(() => guard.isReady(), { timeoutMs: 10_000, what: 'the gate to open' });
    expect(await world.redis.hget(keys.event(event.id), 'epoch')).toBe('2');
  });

  test('R1 one event that cannot be loaded does not keep the others shut, and nothing is granted for it', async () => {
    const world = await worldWith();
    const [bad, good] = [await world.newEvent(), await world.newEvent()];
    await world.redis.rpush(keys.map(bad.id), 'not a map');
    const { guard, store } = guardOf(world);
    await guard.start();
    await holdSeats(store, 1, good, [0]);
    await expect(holdSeats(store, await world.epochOf(bad.id), bad, [0])).rejects.toThrow('UNAVAILABLE');
  });

  test('a Redis that may evict keys is refused, with what to do', async () => {
    const world = await worldWith({ extraArgs: ['--maxmemory-policy', 'allkeys-lru'] });
    const { guard } = guardOf(world);
    const refused = await guard.start().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RedisRefused);
    expect(String(refused)).toMatch(/maxmemory-policy allkeys-lru.*noeviction/s);
    expect(guard.isReady()).toBe(false);
  });
});

describe('what INFO tells', () => {
  const info = (fields: Record<string, string>): string =>
    Object.entries({ run_id: 'r', master_replid: 'm', role: 'master', maxmemory_policy: 'noeviction', ...fields })
      .map(([key, value]) => `${key}:${value}`)
      .join('\r\n');
  test.each([
    ['redis_version', '7.2.10', 'no'],
    ['redis_version', '7.2.11', 'yes'],
    ['redis_version', '7.4.5', 'no'],
    ['redis_version', '6.2.20', 'yes'],
    ['redis_version', '7.0.15', 'unknown'],
    ['redis_version', '8.2.2', 'yes'],
    ['redis_version', '8.4.0', 'yes'],
    ['valkey_version', '8.1.3', 'no'],
    ['valkey_version', '8.1.4', 'yes'],
    ['valkey_version', '9.0.0', 'yes'],
  ])('CVE-2025-49844: %s %s has the fix: %s', (field, version, fix) => {
    expect(parseRedisInfo(info({ [field]: version })).luaFix).toBe(fix);
  });
  test('text that is no INFO is refused', () => {
    expect(() => parseRedisInfo('hello')).toThrow('run_id');
  });
});
