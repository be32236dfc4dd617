import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { SeatEvent } from '@aisle/client/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Sql } from '../../server/src/db/client.js';
import { openCommandConnection } from '../../server/src/redis/connection.js';
import { keys } from '../../server/src/redis/keys.js';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, plainChart, sellEvent } from '../helpers/buyers.js';
import { projectRoot } from '../helpers/project-root.js';
import { redisLetters } from '../helpers/truth.js';
import { waitFor } from '../helpers/wait.js';
import { Counter, must } from './support/counter.js';
import { startArchivedPostgres, type ArchivedPostgres } from './support/pitr.js';

/** What docs/OPERATIONS.md rehearses, step by step: Postgres brought back to a point in time under a Redis that lives on. */
let postgres: ArchivedPostgres;
let aisle: TestAisle;
let redis: Redis;
let sql: Sql;

beforeAll(async () => {
  postgres = await startArchivedPostgres();
  aisle = await startAisle({ databaseUrl: postgres.server.url, readyTimeoutMs: 60_000 });
  redis = openCommandConnection(aisle.redis.url);
  sql = openDatabase(postgres.server.url, { max: 2 });
}, 120_000);
afterAll(async () => {
  redis.disconnect();
  await sql.end({ timeout: 1 });
  await aisle.stop();
  await postgres.stop();
}, 60_000);

const say = (step: string, what: object): boolean => process.stdout.write(`${step}: ${JSON.stringify(what)}\n`);

function operator(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('node', [path.join(projectRoot, 'bin', 'aisle.mjs'), ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, DATABASE_URL: aisle.databaseUrl, REDIS_URL: aisle.redis.url },
  });
  say(`$ aisle ${args.join(' ')}`, { status });
  process.stdout.write(`${stdout}${stderr}\n`);
  return { status, output: `${stdout}${stderr}` };
}

test(
  'R3 rehearsal: base backup, archive, restore to a time, what Aisle says, and the way on',
  { timeout: 300_000 },
  async () => {
    const counter = new Counter(aisle.urls[0] ?? '', aisle.adminKey);
    const harmed = await sellEvent(aisle, plainChart(4, 10));
    const quiet = await sellEvent(aisle, plainChart(4, 10));
    const drained = async ({ id }: SeatEvent): Promise<void> => {
      await waitFor(async () => (await redis.xlen(keys.log(id))) === 0, { timeoutMs: 15_000, what: 'the drain' });
    };
    const before = await counter.sell(harmed, ['r0-0', 'r0-1']);
    await counter.sell(quiet, ['r0-0']);
    say('base backup', { kib: await postgres.baseBackup() });
    const kept = await counter.sell(harmed, ['r0-2']);
    const pending = must(await counter.order(harmed, must(await counter.hold(harmed, ['r0-3'])).token));
    await drained(harmed);
    await drained(quiet);
    const target = await postgres.now();
    await sleep(1000);
    const lost = await counter.sell(harmed, ['r1-0', 'r1-1']);
    must(await counter.confirm(pending, pending.totalMinor));
    await waitFor(async () => (await redisLetters(redis, harmed.id)).startsWith('ssss'), {
      what: 'the last sale in Redis',
    });
    await drained(harmed);
    say('archived up to', { file: await postgres.archiveAll(), target });

    const letters = await redisLetters(redis, harmed.id);
    const took = await postgres.restoreTo(target);
    const from = performance.now();
    const status = async (): Promise<string | null> => redis.hget(keys.event(harmed.id), 'status');
    await waitFor(async () => (await status()) === 'paused', { timeoutMs: 20_000, what: 'the pause' });
    say('restored', { ...took, noticedMs: Math.round(performance.now() - from) });
    interface Listed {
      reason: string;
      differences: { soldSeats: string[] };
    }
    let lines: Listed[] = [];
    await waitFor(
      async () => {
        lines = await sql<Listed[]>`
        SELECT reason, differences FROM maintenance_log WHERE kind = 'postgres_behind' AND event_id = ${harmed.id}`;
        return lines.length > 0;
      },
      { timeoutMs: 10_000, what: 'the list' },
    );
    say('maintenance_log', lines[0] ?? {});
    expect(lines[0]?.differences.soldSeats.toSorted()).toEqual(['r0-3', 'r1-0', 'r1-1']);
    const orders = await sql<
      { id: string; status: string }[]
    >`SELECT id, status FROM orders WHERE event_id = ${harmed.id}`;
    expect(new Map(orders.map((row) => [row.id, row.status]))).toEqual(
      new Map([
        [before.id, 'completed'],
        [kept.id, 'completed'],
        [pending.id, 'pending'],
      ]),
    );
    expect((await counter.call('GET', `/orders/${lost.id}`)).status).toBe(404);
    expect((await counter.hold(harmed, ['r3-0'])).status).toBeGreaterThanOrEqual(400);
    expect(await redisLetters(redis, harmed.id)).toBe(letters);
    await counter.sell(quiet, ['r0-1']);

    operator('drift', harmed.id);
    expect(operator('sync', harmed.id).status, 'a load that would free them is refused').not.toBe(0);
    expect(operator('sync', harmed.id, '--after-restore').status).toBe(0);
    const after = await redisLetters(redis, harmed.id);
    say('the map', { before: letters, after });
    expect(after.slice(0, 3)).toBe('sss');
    for (const no of [3, 10, 11]) expect(after[no], `seat ${no}`).not.toBe('a');
    expect(await redis.hget(keys.event(harmed.id), 'behind')).toBeNull();
    await adminCall(aisle, 'POST', `/events/${harmed.id}/open`, {});
    await waitFor(async () => (await counter.hold(harmed, ['r3-0'])).status === 201, {
      timeoutMs: 15_000,
      what: 'holds again',
    });
    for (const seat of ['r0-3', 'r1-0', 'r1-1']) expect((await counter.hold(harmed, [seat])).status, seat).toBe(409);
    await sleep(5000);
    expect(await status(), 'it stays open').toBe('on_sale');
  },
);
