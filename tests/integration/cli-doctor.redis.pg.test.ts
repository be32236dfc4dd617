import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../cli/src/doctor/finding.js';
import { clockFinding } from '../../cli/src/doctor/measure.js';
import { reconcile } from '../../server/src/rebuild/reconcile.js';
import { readRedisInfo } from '../../server/src/redis/identity.js';
import { noteMaintenance } from '../../server/src/db/log/maintenance.js';
import { transition } from '../../server/src/db/events/events.js';
import { markBehind } from '../../server/src/redis/behind.js';
import { keys } from '../../server/src/redis/keys.js';
import { createTestDatabase } from '../helpers/postgres.js';
import { startRedis } from '../helpers/redis.js';
import { startTcpProxy } from '../helpers/tcp-proxy.js';
import { aisle } from './support/command-line.js';
import { silent, startStoreWorld, type StoreWorld, type WorldEvent } from './support/store-world.js';

let world: StoreWorld;
let event: WorldEvent;
let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  world = await startStoreWorld({ server: await startRedis({ appendOnly: true, tcp: true }) });
  event = await world.newEvent();
  await reconcile(
    { redis: world.redis, sql: world.sql, rebuilder: world.rebuilder, logger: silent, operator: 'test' },
    await readRedisInfo(world.redis),
  );
  folder = mkdtempSync(path.join(tmpdir(), 'aisle-doctor-'));
  env = { DATABASE_URL: world.databaseUrl, REDIS_URL: world.server.url, AISLE_DATA_DIR: folder };
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world.stop();
  await world.server.stop();
});

const AS_TESTS_ARE = new Set(['postgres-durability', 'postgres-archive', 'redis-latency', 'postgres-latency']);
interface Examined {
  readonly status: number;
  readonly ok: boolean;
  readonly ms: number;
  at(check: string): Finding | undefined;
  /** Names of the checks that are not well, but for what is so wherever tests run: databases without fsync, a machine that is busy. */
  readonly bad: readonly string[];
}
async function examine(changes: Record<string, string | undefined> = {}): Promise<Examined> {
  const startedAt = performance.now();
  const { status, json } = await aisle({ ...env, ...changes }, ['doctor', '--json']);
  const ms = performance.now() - startedAt;
  const [{ ok, checks } = { ok: false, checks: [] }] = json<{ ok: boolean; checks: Finding[] }>();
  const bad = checks
    .filter(({ check, level }) => level !== 'well' && !AS_TESTS_ARE.has(check))
    .map(({ check }) => check);
  return { ...{ status, ok, ms, bad }, at: (check) => checks.find((one) => one.check === check) };
}
const setting = async <T>(name: string, value: string, body: () => Promise<T>): Promise<T> => {
  const [, before = ''] = ((await world.redis.config('GET', name)) as string[] | undefined) ?? [];
  await world.redis.config('SET', name, value);
  try {
    return await body();
  } finally {
    await world.redis.config('SET', name, typeof before === 'string' ? before : '');
  }
};

describe('N7 aisle doctor', () => {
  test('R1 all that is well is said to be well; what is not has something to do beside it', async () => {
    const found = await examine();
    expect(found.bad).toEqual([]);
    expect(found.at('redis-identity')?.level).toBe('well');
    expect(found.at('events-loaded')?.text).toBe('1 events, all loaded');
    // Databases of tests run without fsync: the one ✗ of this installation.
    expect([found.status, found.ok, found.at('postgres-durability')?.level]).toEqual([1, false, 'fault']);
    const { out } = await aisle(env, ['doctor']);
    expect(out.find((line) => line.includes('redis-policy'))).toBe('✓ redis-policy: maxmemory-policy noeviction');
    const at = out.findIndex((line) => line.startsWith('✗ postgres-durability'));
    expect(out[at + 1]).toMatch(/^ {2}→ Set fsync = on/);
    expect(out.at(-1)).toMatch(/^\d+ checks: \d+ well, \d+ to be seen to, \d+ to be mended\.$/);
  });

  test('colour where the terminal shows it, and none where not', async () => {
    const text = async (color: boolean): Promise<string> => (await aisle(env, ['doctor'], { color })).out.join('\n');
    expect(await text(false)).not.toContain('\u001b[');
  });

  test('the package tells whether an old number has the fix, where Redis is a process of this machine', async () => {
    const { at } = await examine();
    const said = at('redis-version');
    // The same Redis through a proxy is still this machine's: it goes by the process, not by the address.
    expect(said?.text).toMatch(/package redis\S* \S+-\S+, has the fix|has the fix for CVE|unknown whether/);
    expect(said?.level).toBe(said?.text.includes('unknown') === true ? 'warning' : 'well');
  });

  test('a wrong eviction policy is a ✗ with the command that mends it', async () => {
    const found = await setting('maxmemory-policy', 'allkeys-lru', () => examine());
    expect(found.status).toBe(1);
    expect(found.bad).toEqual(['redis-policy']);
    expect(found.at('redis-policy')).toMatchObject({
      level: 'fault',
      text: expect.stringContaining('allkeys-lru') as string,
      remedy: expect.stringContaining('CONFIG SET maxmemory-policy noeviction') as string,
    });
  });

  test('append-only file off or never synced is a warning; memory near its bound too', async () => {
    expect((await setting('appendfsync', 'no', () => examine())).bad).toEqual(['redis-append-only']);
    const off = await setting('appendonly', 'no', () => examine());
    expect(off.at('redis-append-only')).toMatchObject({
      level: 'warning',
      text: expect.stringContaining('off') as string,
    });
    const { memoryBytes } = await readRedisInfo(world.redis);
    const full = await setting('maxmemory', String(Math.round(memoryBytes * 1.02)), () => examine());
    expect(full.at('redis-memory')?.level).toBe('fault');
  });

  test('R1 an emptied Redis, an event that is not loaded, and one whose load was left halfway', async () => {
    await world.redis.hset(keys.event(event.id), 'epoch', '7');
    const other = await examine();
    expect(other.at('events-loaded')).toMatchObject({
      level: 'fault',
      text: expect.stringContaining(`${event.id} (epoch 7 in Redis, 1 in Postgres)`) as string,
    });
    await world.redis.hset(keys.event(event.id), 'epoch', '1', 'loading', '2');
    expect((await examine()).bad).toEqual(['events-loaded']);
    await world.redis.flushall();
    const empty = await examine();
    expect(empty.at('redis-identity')).toMatchObject({ level: 'fault' });
    expect(empty.at('events-loaded')?.text).toContain('not in Redis');
    await reconcile(
      { redis: world.redis, sql: world.sql, rebuilder: world.rebuilder, logger: silent, operator: 'test' },
      await readRedisInfo(world.redis),
    );
    expect((await examine()).bad).toEqual([]);
  });

  test('R3 an event for which Postgres went back in time, one that it knows as a draft among them; a load is not what it needs', async () => {
    const drafted = await world.newEvent();
    await world.rebuilder.loadEvent(drafted.id, 'publish');
    await world.redis.copy(keys.event(event.id), 'unmarked');
    for (const id of [event.id, drafted.id]) {
      await markBehind(world.redis, id, { reason: 'test' });
      await noteMaintenance(world.sql, {
        ...{ eventId: id, kind: 'postgres_behind', reason: 'test', epoch: 1, result: 'paused' },
        ...{ snapshotAt: null, durationMs: null, differences: {}, operator: 'test' },
      });
    }
    await world.redis.hset(keys.event(event.id), 'epoch', '7');
    await world.sql`UPDATE events SET status = 'draft', epoch = 0 WHERE id = ${drafted.id}`;
    const found = await examine();
    expect([found.status, found.bad]).toEqual([1, ['postgres-behind']]);
    expect(found.at('postgres-behind')).toMatchObject({
      level: 'fault',
      text: expect.stringContaining(`${event.id}, ${drafted.id} paused`) as string,
      remedy: expect.stringContaining('aisle sync EVENT --after-restore') as string,
    });
    const { status, out, err } = await aisle(env, ['events']);
    expect([status, err.join()]).toEqual([1, expect.stringMatching(/went back in time.*--after-restore/)]);
    // As Redis counts it, at its own epoch.
    expect(out.find((line) => line.startsWith(event.id))).toMatch(/ ahead +0 +0 +100 /);
    await world.redis.rename('unmarked', keys.event(event.id));
    expect((await examine()).at('postgres-behind')?.remedy).toContain('publish them');
    await transition(world.sql, drafted.id, 'publish', { actor: 'test' });
    expect(await aisle(env, ['sync', drafted.id, '--after-restore'])).toMatchObject({ status: 0, err: [] });
    expect((await examine()).bad).toEqual([]);
    await world.sql`UPDATE events SET status = 'draft', epoch = 0 WHERE id = ${drafted.id}`;
  });

  test('another Redis than the recorded one', async () => {
    const stranger = await startRedis({ appendOnly: true });
    try {
      const found = await examine({ REDIS_URL: stranger.url });
      expect(found.at('redis-identity')).toMatchObject({ level: 'fault' });
      expect(found.at('events-loaded')?.level).toBe('fault');
    } finally {
      await stranger.stop();
    }
  });

  test('L2 O3 logs that wait and orders that are not settled', async () => {
    const pipeline = world.redis.pipeline();
    for (let i = 0; i < 10_001; i++) pipeline.xadd(keys.log(event.id), `1-${i + 10}`, 'k', 'v');
    await pipeline.exec();
    expect((await examine()).at('log-waiting')?.level).toBe('warning');
    const full = await examine({ AISLE_LOG_MAX_ENTRIES: '10002' });
    expect(full.at('log-waiting')?.level).toBe('fault');
    await world.redis.del(keys.log(event.id));
    expect((await examine()).at('log-waiting')?.level).toBe('well');
  });

  test('a database of an older and of a newer build', async () => {
    const database = await createTestDatabase();
    try {
      const older = { ...env, DATABASE_URL: database.url };
      const { default: postgres } = await import('postgres');
      const sql = postgres(database.url, { max: 1 });
      const [last] = await sql<{ name: string }[]>`
        DELETE FROM schema_migrations WHERE number = (SELECT max(number) FROM schema_migrations) RETURNING name`;
      const behind = await examine(older);
      expect(behind.at('migrations')).toMatchObject({ level: 'fault', remedy: 'Run `aisle migrate`.' });
      expect(behind.at('migrations')?.text).toContain(last?.name ?? '?');
      // Tables may be missing: what needs them is not asked.
      expect(behind.at('events-loaded')).toBeUndefined();
      const refused = await aisle(older, ['events']);
      expect([refused.status, refused.err.join()]).toEqual([1, expect.stringContaining('Run `aisle migrate` first.')]);
      await sql.end();
    } finally {
      await database.drop();
    }
  });
});

describe('aisle doctor with a store that is slow, frozen or not there', () => {
  test('slow: the round trip is told, the clocks are not blamed', async () => {
    const proxy = await startTcpProxy({ host: '127.0.0.1', port: world.server.port });
    try {
      proxy.delayMs = 60;
      const found = await examine({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
      expect(found.at('redis-latency')).toMatchObject({ level: 'fault' });
      expect(found.at('clocks')?.level).toBe('well');
      expect(found.status).toBe(1);
    } finally {
      await proxy.stop();
    }
  });

  test('N7 frozen in the middle: it says so within seconds and ends with 3', async () => {
    const proxy = await startTcpProxy({ host: '127.0.0.1', port: world.server.port });
    const url = new URL(world.databaseUrl);
    const database = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
    url.host = `127.0.0.1:${database.port}`;
    try {
      proxy.frozen = true;
      const redis = await examine({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
      expect([redis.status, redis.at('redis')?.level, redis.at('postgres')?.level]).toEqual([3, 'away', 'well']);
      database.frozen = true;
      const both = await examine({ REDIS_URL: `redis://127.0.0.1:${proxy.port}`, DATABASE_URL: url.href });
      expect([both.status, both.at('redis')?.level, both.at('postgres')?.level]).toEqual([3, 'away', 'away']);
      expect(Math.max(redis.ms, both.ms)).toBeLessThan(15_000);
    } finally {
      await proxy.stop();
      await database.stop();
    }
  });

  test('N7 nothing there: what is left is still looked at, and no password is told', async () => {
    const found = await aisle(
      {
        ...env,
        REDIS_URL: 'redis://:hush-hush@127.0.0.1:1',
        DATABASE_URL: 'postgres://aisle:hush-hush@127.0.0.1:1/aisle',
      },
      ['doctor'],
    );
    expect(found.status).toBe(3);
    const text = found.out.join('\n');
    expect(text).toContain('✗ redis: redis://127.0.0.1:1 does not answer: connect ECONNREFUSED');
    expect(text).toContain('✗ postgres: postgres://127.0.0.1:1/aisle does not answer: connect ECONNREFUSED');
    expect(text).toContain('✓ node: Node');
    expect(text).not.toContain('hush-hush');
  });

  test('Redis that wants a password, Postgres that knows no such database', async () => {
    const url = new URL(world.databaseUrl);
    url.pathname = '/nowhere';
    const found = await setting('requirepass', 'open-sesame', () => examine({ DATABASE_URL: url.href }));
    expect(found.at('redis')?.text).toContain('NOAUTH');
    expect(found.at('postgres')?.text).toContain('database "nowhere" does not exist');
    expect(found.status).toBe(3);
    const events = await aisle({ ...env, DATABASE_URL: url.href }, ['events']);
    expect([events.status, events.err.join()]).toEqual([
      3,
      expect.stringContaining('database "nowhere" does not exist'),
    ]);
  });

  test('a replica is no place to write', async () => {
    const replica = await startRedis({ extraArgs: ['--replicaof', `127.0.0.1 ${world.server.port}`] });
    try {
      const found = await examine({ REDIS_URL: replica.url });
      expect(found.at('redis-role')).toMatchObject({ level: 'fault', remedy: 'Point REDIS_URL at the master.' });
    } finally {
      await replica.stop();
    }
  });
});

describe('aisle doctor on the settings of this machine', () => {
  test('settings that no server starts with are named, and the stores are looked at all the same', async () => {
    const found = await examine({ AISLE_PORT: 'http', AISLE_HOST: '0.0.0.0' });
    expect(found.at('configuration')?.level).toBe('fault');
    expect(found.at('configuration')?.text).toContain('AISLE_PORT');
    expect(found.at('redis')?.level).toBe('well');
    expect(found.status).toBe(1);
  });

  test.each([
    ['admin-key', { AISLE_ADMIN_KEY: 'short' }, 'warning'],
    ['admin-key', { AISLE_ADMIN_KEY: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' }, 'warning'],
    [
      'admin-key',
      {
        AISLE_HOST: '0.0.0.0',
        AISLE_ADMIN_KEY: 'a'.repeat(32),
        AISLE_AUTH_SECRET: 'qwertzuiopasdfghjklyxcvbnm1234567890',
      },
      'fault',
    ],
    ['auth-secret', { AISLE_AUTH_SECRET: 'abcabcabcabcabcabcabcabcabcabcabcabc' }, 'warning'],
    ['auth-secret', { AISLE_AUTH_JWKS_URL: 'https://id.example/jwks.json' }, 'well'],
    [
      'payments',
      {
        AISLE_PAYMENT_PROVIDER: 'stripe',
        AISLE_STRIPE_SECRET_KEY: 'sk_test_1',
        AISLE_STRIPE_WEBHOOK_SECRET: 'whsec_1',
      },
      'warning',
    ],
    [
      'payments',
      {
        AISLE_PAYMENT_PROVIDER: 'stripe',
        AISLE_STRIPE_SECRET_KEY: 'sk_live_1',
        AISLE_STRIPE_WEBHOOK_SECRET: 'whsec_1',
      },
      'well',
    ],
    ['engine', { AISLE_ENGINE: 'node' }, 'warning'],
    ['failpoints', { AISLE_FAILPOINTS: 'after-commit=exit' }, 'warning'],
    ['postgres-connections', { AISLE_PROCESSES: '64' }, 'fault'],
  ] satisfies [string, Record<string, string>, Finding['level']][])(
    '%s with %o is a %s',
    async (check, changes, level) => {
      const { at } = await examine(changes);
      expect(at(check)?.level).toBe(level);
      for (const value of Object.values(changes)) if (value.length > 8) expect(at(check)?.text).not.toContain(value);
    },
  );

  test('secrets that others on the machine may read', async () => {
    const file = path.join(folder, 'admin-key');
    writeFileSync(file, 'secret', { mode: 0o600 });
    expect((await examine()).at('data-folder')?.level).toBe('well');
    chmodSync(file, 0o644);
    expect((await examine()).at('data-folder')).toMatchObject({ level: 'fault', remedy: `chmod go= ${file}` });
    rmSync(file);
  });

  test('clocks are compared in pairs, less what the round trip hides', () => {
    const clock = (aheadMs: number, uncertainMs = 1) => ({ aheadMs, uncertainMs });
    expect(
      clockFinding([
        ['Redis', clock(0)],
        ['Postgres', clock(900)],
      ]).level,
    ).toBe('well');
    expect(
      clockFinding([
        ['Redis', clock(-700)],
        ['Postgres', clock(700)],
      ]).level,
    ).toBe('warning');
    expect(
      clockFinding([
        ['Redis', clock(6000)],
        ['Postgres', clock(0)],
      ]).level,
    ).toBe('fault');
    expect(clockFinding([['Redis', clock(6000, 5500)]]).level).toBe('well');
  });
});
