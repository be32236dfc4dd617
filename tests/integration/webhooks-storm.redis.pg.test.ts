import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { transaction } from '../../server/src/db/client.js';
import { addToOutbox } from '../../server/src/db/log/outbox.js';
import { createEndpoint } from '../../server/src/db/webhooks/endpoints.js';
import { keys } from '../../server/src/redis/keys.js';
import { startAisle, type TestAisle, type TestProcess } from '../helpers/aisle.js';
import { plainChart } from '../helpers/buyers.js';
import { startReceiver, verifies, type Received } from '../helpers/webhook-receiver.js';
import { sleep, waitFor } from '../helpers/wait.js';
import { startStoreWorld, type StoreWorld, type WorldEvent } from './support/store-world.js';

/** The full proof: WEBHOOK_STORM_DELIVERIES=10000 WEBHOOK_STORM_KILL_MS=10000. */
const DELIVERIES = Number(process.env.WEBHOOK_STORM_DELIVERIES ?? 500);
const KILL_EVERY_MS = Number(process.env.WEBHOOK_STORM_KILL_MS ?? 6000);
/** Changes a second: they go on while workers die. */
const PACE = Number(process.env.WEBHOOK_STORM_PACE ?? 200);
const FAILING = 0.3;
const TIMEOUT_MS = 120_000 + DELIVERIES * 120;
const ORDERS = 50;
const ENV = { AISLE_WEBHOOK_ALLOW_PRIVATE: '1' };

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const seeded = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};

/** Seats held and given back, at random, one in ten messages about an order; as many as were asked for. */
async function change(world: StoreWorld, event: WorldEvent, random: () => number): Promise<void> {
  const epoch = await world.epochOf(event.id);
  const held = new Map<number, string>();
  const versions = new Map<number, number>();
  const startedAt = performance.now();
  for (let made = 0; made < DELIVERIES; made++) {
    const early = startedAt + (made * 1000) / PACE - performance.now();
    if (early > 5) await sleep(early);
    if (made % 10 === 0) {
      const order = Math.floor(random() * ORDERS);
      const version = (versions.get(order) ?? 0) + 1;
      versions.set(order, version);
      const orderId = `ord_storm${String(order).padStart(4, '0')}`;
      await transaction(world.sql, (tx) =>
        addToOutbox(tx, [{ type: 'order.exchanged', eventId: event.id, orderId, data: { version } }]),
      );
      continue;
    }
    const seatNo = Math.floor(random() * event.chart.seatCount);
    const token = held.get(seatNo);
    if (token === undefined) {
      held.set(seatNo, (await world.hold(event, [seatNo], { subject: `b${seatNo}` })).token);
      continue;
    }
    const requestId = randomUUID();
    const by = { subject: `b${seatNo}`, actor: `b${seatNo}`, staff: false, chartVersion: 1 };
    const outcome = await world.store.release({
      ...{ eventId: event.id, epoch, token, requestId, fingerprint: requestId, seats: [], areas: [], ...by },
    });
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.refusal));
    held.delete(seatNo);
  }
}

/** kill -9 every so often, and a new one at once, until told to stop. */
async function killWorkers(aisle: TestAisle, first: TestProcess, until: () => boolean): Promise<number> {
  let kills = 0;
  let worker = first;
  while (!until()) {
    const killAt = performance.now() + KILL_EVERY_MS;
    while (performance.now() < killAt && !until()) await sleep(50);
    if (until()) break;
    await worker.kill('SIGKILL');
    kills += 1;
    worker = aisle.addWorker(ENV);
  }
  await worker.kill('SIGTERM');
  return kills;
}

/** What a request is about, and its place in the story of that. */
function storyOf({ body }: Received): [about: string, place: number] {
  const { orderId, version, seats, seq } = body.data;
  if (typeof orderId === 'string') return [orderId, Number(version)];
  return [`seat ${seats?.[0]?.seatNo}`, seq ?? 0];
}

describe('W3 W4 W8 a storm', () => {
  test(
    `W2 W3 W4 W8 ${DELIVERIES} deliveries, 30 % of them answered 500, the worker killed every ${KILL_EVERY_MS / 1000} s`,
    async () => {
      const aisle = await startAisle({ nodes: 0, workers: 0 });
      undo.push(() => aisle.stop());
      const world = await startStoreWorld({ server: aisle.redis, databaseUrl: aisle.databaseUrl });
      undo.push(() => world.stop());
      // It has reconciled the new Redis before the event is loaded: later ones find nothing to load again.
      const worker = aisle.addWorker(ENV);
      await waitFor(() => worker.logs().includes('worker started'), { timeoutMs: 30_000, what: 'the worker' });
      const failing = seeded(20_261_120);
      let secret = '';
      const acceptedAt: number[] = [];
      let unverified = 0;
      // Verified as they come: a minute later a signature may be too old.
      const receiver = await startReceiver((request) => {
        if (!verifies(request, secret)) unverified += 1;
        if (failing() < FAILING) return 500;
        acceptedAt.push(performance.now());
        return 204;
      });
      undo.push(() => receiver.close());
      const event = await world.newEvent({ chart: plainChart(20, 20), holdSeconds: 3600, maxHoldSeconds: 7200 });
      await world.rebuilder.loadEvent(event.id, 'publish');
      // The event's own making is not part of the count.
      await world.sql`UPDATE outbox SET taken_at = now()`;
      const filter = { types: ['*'], events: null, description: '', createdBy: 'test' };
      const endpoint = await createEndpoint(world.sql, { url: receiver.url, ...filter }, Date.now());
      secret = endpoint.secrets[0]?.secret ?? '';

      let done = false;
      const startedAt = performance.now();
      const killing = killWorkers(aisle, worker, () => done);
      const finished = async (): Promise<boolean> => {
        const [row] = await world.sql<{ made: number; open: number }[]>`
          SELECT count(*) AS made, count(*) FILTER (WHERE status IN ('pending', 'taken')) AS open FROM webhook_deliveries`;
        return row?.made === DELIVERIES && row.open === 0 && (await world.redis.xlen(keys.log(event.id))) === 0;
      };
      try {
        await change(world, event, seeded(4711));
        const changedMs = performance.now() - startedAt;
        await waitFor(finished, { timeoutMs: TIMEOUT_MS - 60_000, intervalMs: 250, what: 'every delivery' });
        const seconds = (performance.now() - startedAt) / 1000;
        done = true;
        const kills = await killing;
        const accepted = receiver.accepted();
        const by = (share: number): string =>
          (((acceptedAt[Math.floor((acceptedAt.length - 1) * share)] ?? 0) - startedAt) / 1000).toFixed(1);
        const twice = accepted.length - new Set(accepted.map(({ id }) => id)).size;
        process.stdout.write(
          `webhooks: ${DELIVERIES} deliveries in ${seconds.toFixed(1)} s (changes made in ${(changedMs / 1000).toFixed(1)} s; ` +
            `90 % there by ${by(0.9)} s, 99 % by ${by(0.99)} s), ` +
            `${receiver.all.length} requests, ${receiver.all.length - accepted.length} answered 500, ` +
            `${twice} accepted more than once, ${kills} kills\n`,
        );
        expect(kills).toBeGreaterThan(0);
      } finally {
        done = true;
        await killing;
      }

      // Each at least once: every change that Postgres has, and none besides.
      const changes = await world.sql<{ epoch: number; seq: number }[]>`
        SELECT DISTINCT epoch, seq FROM seat_log WHERE event_id = ${event.id}`;
      const arrived = new Set(receiver.accepted().map(({ id }) => id));
      expect(changes.filter(({ epoch, seq }) => !arrived.has(`msg_${event.id}_${epoch}_${seq}`))).toEqual([]);
      expect(arrived.size).toBe(DELIVERIES);
      expect(changes).toHaveLength(DELIVERIES - DELIVERIES / 10);

      // In order per seat and per order: an older change is never even tried after a newer one.
      const last = new Map<string, number>();
      const backwards = receiver.all.filter((request) => {
        const [about, place] = storyOf(request);
        const before = last.get(about) ?? 0;
        last.set(about, Math.max(before, place));
        return place < before;
      });
      expect(backwards.map(storyOf)).toEqual([]);
      expect(unverified).toBe(0);
    },
    TIMEOUT_MS,
  );
});
