import { spawn } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { askBroker } from '../helpers/broker.js';
import { plainChart } from '../helpers/buyers.js';
import { projectRoot } from '../helpers/project-root.js';
import { waitFor } from '../helpers/wait.js';
import { startStoreWorld, type StoreWorld, type WorldEvent } from './support/store-world.js';

/** `aisle sync` stopped at every step of a load, by Ctrl-C and by kill -9. */

let world: StoreWorld;
beforeAll(async () => {
  world = await startStoreWorld();
  await askBroker('/build');
}, 120_000);
afterAll(() => world.stop());

const STEPS = ['load-after-epoch', 'load-after-begin', 'load-after-map', 'load-before-flip'] as const;

interface Run {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly err: string;
  readonly out: string;
}
/** A real `aisle`; `interrupts` are sent once it stands at the step. */
async function aisle(
  argv: readonly string[],
  options: { failpoint?: string; interrupts?: number; atEpoch?: number } = {},
): Promise<Run> {
  const { failpoint, interrupts = 0 } = options;
  const child = spawn(process.execPath, [path.join(projectRoot, 'bin/aisle.mjs'), ...argv], {
    env: {
      PATH: process.env.PATH,
      ...{ DATABASE_URL: world.databaseUrl, REDIS_URL: world.server.url },
      ...(failpoint === undefined ? {} : { AISLE_FAILPOINTS: failpoint }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = new Promise<Run>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal, err, out })),
  );
  for (let sent = 0; sent < interrupts; sent++) {
    const eventId = argv[1] ?? '';
    if (sent === 0)
      await waitFor(async () => (await world.epochOf(eventId)) === options.atEpoch, {
        timeoutMs: 20_000,
        what: 'the load',
      });
    else await waitFor(() => err.includes('is finished first'), { what: 'the first Ctrl-C to be heard' });
    child.kill('SIGINT');
  }
  return ended;
}

/** Seat 1 sold, seat 0 held. */
async function selling(): Promise<{ event: WorldEvent; token: string }> {
  const event = await world.newEvent({ chart: plainChart(10, 10) });
  await world.sql`INSERT INTO seat_claims (event_id, seat_no, order_id, state) VALUES (${event.id}, 1, 'ord_1', 'sold')`;
  await world.rebuilder.loadEvent(event.id, 'publish');
  return { event, token: (await world.hold(event, [0])).token };
}
async function expectWhole(event: WorldEvent, token: string): Promise<void> {
  expect((await world.store.snapshot(event.id)).letters).toBe(`hs${'a'.repeat(98)}`);
  expect(await world.store.getHold(event.id, token)).toMatchObject({ state: 'held' });
  expect(await world.redis.hexists(`event:{${event.id}}`, 'loading')).toBe(0);
}
const refusal = /UNAVAILABLE/;

describe('aisle sync, stopped halfway, no worker', () => {
  test.concurrent.each(STEPS)(
    'R2 Ctrl-C at %s: the load is finished, the event is whole',
    async (step) => {
      const { event, token } = await selling();
      const run = await aisle(['sync', event.id, '--online'], {
        failpoint: `${step}=delay:2500`,
        interrupts: 1,
        atEpoch: 2,
      });
      expect(run).toMatchObject({ code: 130, out: expect.stringContaining('loaded, epoch 2') as string });
      expect(run.err).toContain(`${event.id} is finished first`);
      await expectWhole(event, token);
    },
    60_000,
  );

  test.concurrent.each(STEPS)(
    'R2 Ctrl-C twice and kill -9 at %s: it takes no orders, the next sync finishes it',
    async (step) => {
      const { event, token } = await selling();
      const twice = await aisle(['sync', event.id, '--online'], {
        failpoint: `${step}=delay:9000`,
        interrupts: 2,
        atEpoch: 2,
      });
      expect(twice).toMatchObject({ code: 130, out: '' });
      expect(twice.err).toMatch(/without orders until a worker or the next `aisle sync` finishes it/);
      await expect(world.hold(event, [5])).rejects.toThrow(refusal);
      const killed = await aisle(['sync', event.id, '--online'], { failpoint: `${step}=exit` });
      expect(killed.signal).toBe('SIGKILL');
      expect(killed.err).toContain(`failpoint ${step}: exit`);
      await expect(world.hold(event, [5])).rejects.toThrow(refusal);
      const next = await aisle(['sync', event.id, '--online', '--verify']);
      expect(next).toMatchObject({
        code: 0,
        err: '',
        out: expect.stringMatching(/loaded, epoch 4.*\n.*: equal/) as string,
      });
      await expectWhole(event, token);
    },
    60_000,
  );

  test('R2 Ctrl-C before the second of two events: that one is left as it was, and named', async () => {
    const [first, second] = [await selling(), await selling()];
    const run = await aisle(['sync', first.event.id, second.event.id, '--online'], {
      ...{ failpoint: 'load-after-begin=delay:2500', interrupts: 1, atEpoch: 2 },
    });
    expect(run.code).toBe(130);
    expect(run.err).toContain(`Left as they were: ${second.event.id}.`);
    await expectWhole(first.event, first.token);
    expect(await world.epochOf(second.event.id)).toBe(1);
    await expectWhole(second.event, second.token);
  }, 60_000);
});

describe('aisle sync, killed, with a worker', () => {
  let system: TestAisle;
  beforeAll(async () => {
    system = await startAisle({ nodes: 1, workers: 1, redis: world.server, databaseUrl: world.databaseUrl });
  }, 60_000);
  afterAll(() => system.stop());

  test.concurrent.each(STEPS)(
    'R2 kill -9 at %s: the worker finishes it by itself',
    async (step) => {
      const { event, token } = await selling();
      const epoch = (await world.epochOf(event.id)) + 1;
      const killed = await aisle(['sync', event.id, '--online'], { failpoint: `${step}=exit` });
      expect(killed.signal).toBe('SIGKILL');
      await waitFor(
        async () => (await world.epochOf(event.id)) > epoch && (await world.store.positions([event.id]))[0] !== null,
        {
          ...{ timeoutMs: 20_000, what: 'the worker' },
        },
      );
      await expectWhole(event, token);
      // Written once the event is open again.
      await waitFor(
        async () => {
          const [note] = await world.sql<{ reason: string; operator: string }[]>`
            SELECT reason, operator FROM maintenance_log WHERE event_id = ${event.id} ORDER BY id DESC LIMIT 1`;
          return note?.reason === 'interrupted' && note.operator.startsWith('worker@');
        },
        { what: 'a note of who finished it' },
      );
    },
    60_000,
  );
});
