import { availableParallelism, loadavg } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCleanupRunRecorder } from '../../server/src/db/log/cleanup-runs.js';
import { createSweeper, type Sweeper, type SweepRun } from '../../server/src/jobs/sweep.js';
import { systemClock } from '../../server/src/platform/clock.js';
import { createMetrics } from '../../server/src/platform/metrics.js';
import { openSubscriberConnection } from '../../server/src/redis/connection.js';
import { channels, keys } from '../../server/src/redis/keys.js';
import { decodeChanges } from '../../server/src/redis/subscriber.js';
import { plainChart } from '../helpers/buyers.js';
import { sleep, waitFor } from '../helpers/wait.js';
import { silent, startStoreWorld, type StoreWorld, type WorldEvent } from './support/store-world.js';

let world: StoreWorld;
beforeAll(async () => {
  world = await startStoreWorld();
});
afterAll(() => world.stop());

const running: Sweeper[] = [];
const sweeperOf = (events: WorldEvent[], onRun?: (run: SweepRun) => void, clock = systemClock): Sweeper => {
  const sweeper = createSweeper({
    ...{ store: world.store, by: 'worker', logger: silent, metrics: createMetrics('test'), clock },
    events: () => events.map(({ id }) => ({ epoch: 1, event: { id } })),
    ...(onRun === undefined ? {} : { onRun }),
  });
  running.push(sweeper);
  return sweeper;
};
const loaded = async (chart = plainChart(10, 10)): Promise<WorldEvent> => {
  const event = await world.newEvent({ chart });
  await world.rebuilder.loadEvent(event.id, 'publish');
  return event;
};
const letters = async (event: WorldEvent): Promise<string> => (await world.store.snapshot(event.id)).letters;
afterAll(() => Promise.all(running.map((sweeper) => sweeper.stop())));

describe('H3 the sweeper', () => {
  test('H3 frees what has lapsed near its deadline, in every event, and says what it did', async () => {
    const events = [await loaded(), await loaded()];
    const runs: SweepRun[] = [];
    const sweeper = sweeperOf(events, (run) => runs.push(run));
    sweeper.start();
    for (const event of events) await world.hold(event, [0, 1], { holdMs: 300 });
    await waitFor(() => runs.length === 2, { what: 'both events to be swept' });
    await sweeper.stop();
    for (const event of events) expect(await letters(event)).toBe('a'.repeat(100));
    expect(runs.map(({ released, places, errors }) => ({ released, places, errors }))).toEqual([
      { released: 1, places: 2, errors: 0 },
      { released: 1, places: 2, errors: 0 },
    ]);
    expect(Math.max(...runs.map((run) => run.worstLatenessMs))).toBeLessThan(1000);
    expect(new Set(runs.map((run) => run.eventId)).size).toBe(2);
  });

  test('H3 many sweepers of one event free each hold once', async () => {
    const event = await loaded();
    const runs: SweepRun[] = [];
    const sweepers = Array.from({ length: 4 }, () => sweeperOf([event], (run) => runs.push(run)));
    for (let seat = 0; seat < 50; seat++) await world.hold(event, [seat], { subject: `b${seat}`, holdMs: 400 });
    for (const sweeper of sweepers) sweeper.start();
    await waitFor(async () => (await letters(event)) === 'a'.repeat(100), { what: 'all to be free' });
    await Promise.all(sweepers.map((sweeper) => sweeper.stop()));
    // A reply that is lost on the way counts nothing; none is ever counted twice.
    expect(runs.reduce((sum, run) => sum + run.released, 0)).toBeLessThanOrEqual(50);
    const expired = (await world.redis.xrange(keys.log(event.id), '-', '+')).filter(
      ([, fields]) => fields[1] === 'expire',
    );
    expect(expired).toHaveLength(50);
  });

  test('H2 without any sweeper a lapsed seat is the next buyer’s', async () => {
    const event = await loaded();
    await world.hold(event, [0], { holdMs: 20 });
    await sleep(40);
    await world.hold(event, [0], { subject: 'next' });
  });

  test('H3 another epoch is no error: nothing is freed, the list is refreshed', async () => {
    const event = await loaded();
    await world.rebuilder.loadEvent(event.id, 'operator');
    const stale: string[] = [];
    const sweeper = createSweeper({
      ...{ store: world.store, by: 'worker', logger: silent, events: () => [] },
      onStale: (eventId) => stale.push(eventId),
    });
    expect(await sweeper.sweep(event.id, 1)).toMatchObject({ released: 0, errors: 0 });
    expect(stale).toEqual([event.id]);
  });

  test('H3 a damaged hold is counted, left alone, and the others are freed', async () => {
    const event = await loaded();
    const bad = await world.hold(event, [0], { subject: 'bad', holdMs: 20 });
    await world.hold(event, [1], { subject: 'good', holdMs: 20 });
    await world.redis.hset(keys.hold(event.id, bad.token), 'createdAt', 'nonsense');
    await sleep(40);
    expect(await sweeperOf([event]).sweep(event.id, 1)).toMatchObject({ released: 1, errors: 1 });
    expect((await letters(event)).slice(0, 2)).toBe('ha');
  });

  test('H3 runs are rows of hold_cleanup_runs; those that wait for Postgres are not lost', async () => {
    const recorder = createCleanupRunRecorder({ sql: world.sql, by: 'test' });
    const run = { eventId: 'e1', startedAtMs: 1_700_000_000_000, finishedAtMs: 1_700_000_000_050 };
    recorder.record({ ...run, released: 3, places: 7, errors: 1, worstLatenessMs: 42 });
    recorder.record({ ...run, released: 1, places: 1, errors: 0, worstLatenessMs: 5 });
    await recorder.close();
    const rows = await world.sql`
      SELECT event_id, started_at, released, places, errors, worst_lateness_ms, swept_by FROM hold_cleanup_runs ORDER BY id`;
    expect(rows).toEqual([
      {
        event_id: 'e1',
        started_at: new Date(run.startedAtMs),
        released: 3,
        places: 7,
        errors: 1,
        worst_lateness_ms: 42,
        swept_by: 'test',
      },
      {
        event_id: 'e1',
        started_at: new Date(run.startedAtMs),
        released: 1,
        places: 1,
        errors: 0,
        worst_lateness_ms: 5,
        swept_by: 'test',
      },
    ]);
  });

  test('H3 I3 20,000 holds lapsing in the same second: all freed and broadcast, worst lateness under 1 s', async () => {
    const COUNT = 20_000;
    const event = await loaded(plainChart(200, 100));
    // Far enough away to hold them all; then the clock of the scripts is turned to just before.
    const lapsesAt = Date.now() + 200_000;
    for (let from = 0; from < COUNT; from += 500) {
      const seats = Array.from({ length: 500 }, (_, i) => from + i);
      await Promise.all(seats.map((seat) => holdAt(event, seat, lapsesAt + (seat % 1000))));
    }
    expect(await letters(event)).toBe('h'.repeat(COUNT));
    const broadcast = new Set<number>();
    const subscriber = openSubscriberConnection(world.server.url);
    subscriber.on('message', (_channel: string, text: string) => {
      for (const { seats } of decodeChanges(event.id, text).entries) {
        for (const [seatNo, letter] of seats) if (letter === 'a') broadcast.add(seatNo);
      }
    });
    await subscriber.subscribe(channels.seatUpdates(event.id));
    const runs: SweepRun[] = [];
    const offsetMs = lapsesAt - 300 - Date.now();
    const sweeper = sweeperOf(
      [event],
      (run) => runs.push(run),
      () => Date.now() + offsetMs,
    );
    sweeper.start();
    await world.redis.hset(keys.event(event.id), 'clockOffsetMs', offsetMs);
    await waitFor(() => broadcast.size === COUNT, { timeoutMs: 30_000, what: 'all seats to be broadcast as free' });
    await sweeper.stop();
    subscriber.disconnect();
    expect(await letters(event)).toBe('a'.repeat(COUNT));
    expect(runs.reduce((sum, run) => sum + run.released, 0)).toBeLessThanOrEqual(COUNT);
    const worst = Math.max(...runs.map((run) => run.worstLatenessMs));
    process.stdout.write(`20,000 holds lapsing within one second: worst lateness ${worst} ms in ${runs.length} runs\n`);
    // I3 always; the second, where the machine has a core to spare for it.
    expect(worst).toBeLessThan((loadavg()[0] ?? 0) < availableParallelism() ? 1000 : 5000);
    expect(await world.redis.zcard(keys.holdsIndex(event.id))).toBe(0);
  }, 60_000);
});

/** A hold whose deadline is this moment. */
async function holdAt(event: WorldEvent, seatNo: number, atMs: number): Promise<void> {
  const id = `s${seatNo}`;
  const outcome = await world.store.hold({
    ...{
      eventId: event.id,
      epoch: 1,
      chartVersion: 1,
      requestId: id,
      fingerprint: id,
      subject: id,
      actor: id,
      staff: false,
    },
    ...{ seats: [{ seatNo, catNo: 0 }], areas: [], newToken: `${event.id}.${id}`, fromBlock: false },
    ...{
      limits: { maxPlaces: 0, holdMs: Math.max(1, atMs - Date.now()), maxHoldMs: 0 },
      categoryKeys: event.chart.categoryKeys,
    },
  });
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.refusal));
}
