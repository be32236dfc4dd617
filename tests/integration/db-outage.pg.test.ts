import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AisleError } from '@aisle/client/protocol';
import { openDatabase, ping, transaction, type Sql } from '../../server/src/db/client.js';
import { createEventDirectory, type ClosableEventDirectory } from '../../server/src/db/events/event-directory.js';
import { findEvent, transition } from '../../server/src/db/events/events.js';
import { createEvent } from '../../server/src/db/events/write-event.js';
import { compileChart } from '../../server/src/domain/chart/compile.js';
import type { LiveEvent } from '../../server/src/domain/event.js';
import { plainChart } from '../helpers/buyers.js';
import { startPostgres, type TestPostgres } from '../helpers/postgres.js';
import { silent } from './support/store-world.js';

let postgres: TestPostgres;
let sql: Sql;
let eventId: string;
let directory: ClosableEventDirectory;
let notify: (eventId: string) => void = () => undefined;

const newDirectory = (pollMs = 60_000): ClosableEventDirectory =>
  createEventDirectory({ sql, clock: Date.now, logger: silent, subscribe: (listener) => (notify = listener), pollMs });

async function newEvent(rows: number, perRow: number): Promise<string> {
  const result = await createEvent(sql, {
    chart: compileChart(plainChart(rows, perRow)),
    actor: 'test',
    fields: {
      ...{ name: 'Test', timezone: 'UTC', currency: 'EUR', publicStates: 'full', startsAt: '2031-01-01T00:00:00Z' },
      ...{ endsAt: null, description: null, venue: null, externalId: null, saleStartsAt: null, saleEndsAt: null },
      ...{ holdSeconds: 300, maxHoldSeconds: 900, reserveSeconds: 900, maxSeatsPerSubject: 10, prices: { A: 1 } },
    },
  });
  if (result.kind !== 'created') throw new Error(result.kind);
  return result.event.id;
}

beforeAll(async () => {
  postgres = await startPostgres();
  sql = openDatabase(postgres.url, { max: 4 });
  eventId = await newEvent(1, 3);
  directory = newDirectory();
});
afterAll(async () => {
  directory.close();
  await sql.end({ timeout: 1 });
  await postgres.stop();
});

/** UNAVAILABLE, and how long it took to say so. */
async function refused(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  const error: unknown = await work().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AisleError)) throw new Error(`not refused: ${String(error)}`);
  expect(error.code).toBe('UNAVAILABLE');
  expect(error.retryAfterMs).toBeGreaterThan(0);
  return performance.now() - startedAt;
}

describe('the event directory', () => {
  test('many who ask at once share one event and one chart', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => directory.get(eventId)));
    expect(new Set(all).size).toBe(1);
    expect(directory.peek(eventId)).toBe(all[0]);
    expect(all[0]).toMatchObject({ event: { status: 'draft' }, epoch: 0 });
  });

  test('a change shows after a notice, and listeners hear of it once', async () => {
    const heard: LiveEvent[] = [];
    directory.onChange((live) => heard.push(live));
    await directory.get(eventId);
    await transition(sql, eventId, 'publish', { actor: 'test' });
    notify(eventId);
    await expect.poll(() => directory.peek(eventId)?.event.status).toBe('published');
    notify(eventId);
    await directory.refresh(eventId);
    expect(heard.map(({ event }) => event.status)).toEqual(['published']);
  });

  test('without a notice it shows at the next poll, a new epoch too', async () => {
    const polling = newDirectory(50);
    await polling.get(eventId);
    await transition(sql, eventId, 'open', { actor: 'test' });
    await expect.poll(() => polling.peek(eventId)?.event.status).toBe('on_sale');
    await sql`UPDATE events SET epoch = 7 WHERE id = ${eventId}`;
    await expect.poll(() => polling.peek(eventId)?.epoch).toBe(7);
    polling.close();
  });

  test('refresh sees what was committed before it was called, whatever read is under way', async () => {
    // Its chart takes long to unpack: the first read is under way, with the old row in hand, when the change is committed.
    const slow = await newEvent(150, 200);
    const first = directory.refresh(slow);
    await expect.poll(() => sql`SELECT 1`.then((rows) => rows.length)).toBe(1);
    await sql`UPDATE events SET epoch = 1 WHERE id = ${slow}`;
    const second = directory.refresh(slow);
    expect(second).not.toBe(first);
    expect((await second).epoch).toBe(1);
    expect((await directory.get(slow)).epoch).toBe(1);
  });

  test('an unknown id is EVENT_NOT_FOUND', async () => {
    await expect(directory.get('nowhere')).rejects.toMatchObject({ code: 'EVENT_NOT_FOUND' });
    await expect(directory.refresh('nowhere')).rejects.toMatchObject({ code: 'EVENT_NOT_FOUND' });
  });
});

describe('Postgres away (fault 19)', () => {
  test('killed: refused at once, events known go on, and all is well soon after it is back', async () => {
    await directory.get(eventId);
    await postgres.kill();
    await refused(() => findEvent(sql, eventId));
    const took: number[] = [];
    for (let i = 0; i < 50; i++) took.push(await refused(() => findEvent(sql, eventId)));
    expect(took.toSorted((a, b) => a - b)[25]).toBeLessThan(100);
    await refused(() => transition(sql, eventId, 'pause', { actor: 'test' }));
    expect((await directory.get(eventId)).event.id).toBe(eventId);
    await postgres.start();
    await expect
      .poll(
        () =>
          findEvent(sql, eventId).then(
            (found) => found?.event.id,
            () => null,
          ),
        { timeout: 5000 },
      )
      .toBe(eventId);
  });

  test('frozen: the first wait for the deadline, the rest are refused at once; nothing hangs', async () => {
    await findEvent(sql, eventId);
    process.kill(postgres.pid, 'SIGSTOP');
    const children = await stopBackends();
    try {
      const first = await Promise.all(Array.from({ length: 8 }, () => refused(() => findEvent(sql, eventId))));
      expect(Math.max(...first)).toBeLessThan(4000);
      expect(await refused(() => findEvent(sql, eventId))).toBeLessThan(500);
      await refused(() => ping(sql, 300));
    } finally {
      for (const pid of [...children, postgres.pid]) process.kill(pid, 'SIGCONT');
    }
    await expect
      .poll(
        () =>
          ping(sql).then(
            () => 'up',
            () => 'away',
          ),
        { timeout: 8000 },
      )
      .toBe('up');
    expect((await findEvent(sql, eventId))?.event.id).toBe(eventId);
  });

  test('too slow: given up on, and dropped by Postgres too', async () => {
    await refused(() => transaction(sql, (tx) => tx`SELECT pg_sleep(30)`, 300));
    await expect
      .poll(
        async () =>
          (
            await sql<
              { n: number }[]
            >`SELECT count(*)::int AS n FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND state = 'active' AND pid <> pg_backend_pid()`
          )[0]?.n,
      )
      .toBe(0);
  });

  /** The servers behind our connections: stopping the postmaster alone would leave them answering. */
  async function stopBackends(): Promise<number[]> {
    const { execFileSync } = await import('node:child_process');
    const pids = execFileSync('ps', ['-o', 'pid=', '--ppid', String(postgres.pid)])
      .toString()
      .trim()
      .split(/\s+/)
      .map(Number);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    return pids;
  }
});
