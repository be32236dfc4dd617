import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deleteEndpoint, findEndpoint, type WebhookEndpoint } from '../../server/src/db/webhooks/endpoints.js';
import { leaseEndpoints, takePending } from '../../server/src/db/webhooks/leases.js';
import { purgeDeliveries, replayDead, replayDelivery } from '../../server/src/db/webhooks/deliveries.js';
import type { Dispatcher } from '../../worker/src/webhooks/dispatcher.js';
import { startReceiver, type Answerer, type Received, type WebhookReceiver } from '../helpers/webhook-receiver.js';
import { sleep, waitFor } from '../helpers/wait.js';
import { arrived, entry, startWebhookWorld, type WebhookWorld } from './support/webhook-world.js';

let world: WebhookWorld;
let eventId: string;
let seq = 0;
const receivers: WebhookReceiver[] = [];
const endpoints: WebhookEndpoint[] = [];
const dispatchers: Dispatcher[] = [];
beforeAll(async () => {
  world = await startWebhookWorld();
  eventId = await world.event();
});
afterAll(() => world.stop());
beforeEach(async () => {
  // What the event's own making wrote is nobody's here.
  await world.sql`UPDATE outbox SET taken_at = now() WHERE taken_at IS NULL`;
});
afterEach(async () => {
  await Promise.all(dispatchers.splice(0).map((dispatcher) => dispatcher.stop()));
  for (const { id } of endpoints.splice(0)) await deleteEndpoint(world.sql, id);
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
});

async function receive(answer?: Answerer): Promise<{ receiver: WebhookReceiver; endpoint: WebhookEndpoint }> {
  const receiver = await startReceiver(answer);
  receivers.push(receiver);
  const endpoint = await world.endpoint(receiver.url);
  endpoints.push(endpoint);
  return { receiver, endpoint };
}
const dispatch: WebhookWorld['dispatcher'] = (changes) => {
  const dispatcher = world.dispatcher(changes);
  dispatchers.push(dispatcher);
  return dispatcher;
};
/** One change a seat number, in this order. */
const change = (...seats: number[]) =>
  world.persist(
    eventId,
    seats.map((seat) => entry(++seq, [seat])),
  );
const seatOf = ({ body }: Received): number => body.data.seats?.[0]?.seatNo ?? -1;
const seqsOf = (requests: readonly Received[], seat: number): number[] =>
  requests.filter((one) => seatOf(one) === seat).map(({ body }) => body.data.seq ?? 0);
const increasing = (numbers: readonly number[]): boolean =>
  numbers.every((value, i) => i === 0 || value > (numbers[i - 1] ?? 0));
const HOUR_MS = 3_600_000;
/** Turns the clock on while it waits. */
const turning = (check: () => boolean | Promise<boolean>, stepMs: number, what: string): Promise<true> =>
  waitFor(
    async () => {
      if (await check()) return true;
      world.clock.advance(stepMs);
      return false;
    },
    { timeoutMs: 20_000, intervalMs: 50, what },
  );
/** Numbers in [0, 1), the same every time. */
const seeded = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};

describe('W4 order', () => {
  test('W4 what failed holds back later changes of its seat, and of no other', async () => {
    let refuse = true;
    const { receiver } = await receive((one) => (refuse && seatOf(one) === 1 ? 500 : 204));
    dispatch();
    await change(1, 1, 2, 1, 3, 1);
    await arrived(() => receiver.accepted().length, 2);
    await sleep(1500);
    expect(receiver.accepted().map(seatOf).sort()).toEqual([2, 3]);
    expect(new Set(seqsOf(receiver.all, 1)).size).toBe(1);
    refuse = false;
    await arrived(() => receiver.accepted().length, 6);
    expect(increasing(seqsOf(receiver.accepted(), 1))).toBe(true);
  });

  test('W4 a change of several seats waits for each of them and holds back each', async () => {
    const answered: number[] = [];
    const { receiver } = await receive((one, response) => {
      setTimeout(() => {
        answered.push(one.body.data.seq ?? 0);
        one.status = 204;
        response.writeHead(204).end();
      }, 100);
      return null;
    });
    dispatch();
    const first = seq;
    await world.persist(eventId, [
      entry(++seq, [4]),
      entry(++seq, [5]),
      entry(++seq, [4, 5]),
      entry(++seq, [5]),
      entry(++seq, [6]),
    ]);
    await arrived(() => answered.length, 5);
    const order = (n: number): number => answered.indexOf(first + n);
    expect(order(3)).toBeGreaterThan(Math.max(order(1), order(2)));
    expect(order(4)).toBeGreaterThan(order(3));
    expect(order(5)).toBeLessThan(order(3));
    expect(receiver.all).toHaveLength(5);
  });

  test('W4 W8 random failures, several dispatchers, leases that change hands: at least once, in order per seat', async () => {
    const random = seeded(7);
    const { receiver, endpoint } = await receive(() => (random() < 0.3 ? 500 : 204));
    const seats = Array.from({ length: 10 }, (_, i) => i);
    let running = dispatch();
    for (let round = 0; round < 6; round++) {
      await change(...seats, ...seats);
      if (round === 2 || round === 4) {
        const next = dispatch();
        await running.stop();
        running = next;
      }
    }
    await turning(async () => (await world.deliveries(endpoint.id, 'delivered')).length === 120, 250, '120 deliveries');
    for (const seat of seats) {
      const first = [...new Set(seqsOf(receiver.accepted(), seat))];
      expect(first).toHaveLength(12);
      expect(increasing(first)).toBe(true);
    }
  }, 40_000);
});

describe('W5 retries', () => {
  test('W5 three days of failures by a virtual clock: pauses that grow, then dead, and what waited goes on', async () => {
    let down = true;
    const { receiver, endpoint } = await receive((one) => (down && seatOf(one) === 1 ? 503 : 204));
    dispatch();
    await change(1, 1, 2);
    const startedMs = world.clock.now();
    const at: number[] = [];
    while ((await world.deliveries(endpoint.id, 'dead')).length === 0) {
      const before = receiver.all.length;
      if (seqsOf(receiver.all, 1).length > at.length) at.push(world.clock.now() - startedMs);
      const [waiting] = await world.sql<{ due: Date | null; attempts: number }[]>`
        SELECT next_attempt_at AS due, attempts FROM webhook_deliveries
        WHERE endpoint_id = ${endpoint.id} AND status = 'taken' AND attempts = ${at.length} AND attempts > 0`;
      if (waiting?.due == null) {
        await sleep(5);
        continue;
      }
      world.clock.advance(Math.max(0, waiting.due.getTime() - world.clock.now()));
      await waitFor(() => receiver.all.length > before, { intervalMs: 5, what: `attempt ${at.length + 1}` });
    }
    const [dead] = await world.deliveries(endpoint.id, 'dead');
    expect(dead).toMatchObject({ lastStatus: 503 });
    // Whether the loop saw the last attempt arrive before it was the last is a matter of moments.
    expect([at.length, at.length + 1]).toContain(dead?.attempts);
    const pauses = at.slice(1).map((ms, i) => ms - (at[i] ?? 0));
    expect(pauses[0]).toBeLessThan(1500);
    expect(Math.max(...pauses)).toBeLessThan(3.7 * HOUR_MS);
    expect(pauses[11]).toBeGreaterThan(1000 * 2 ** 11 * 0.8);
    expect(world.clock.now() - startedMs).toBeGreaterThanOrEqual(72 * HOUR_MS);
    expect(world.clock.now() - startedMs).toBeLessThan(72 * HOUR_MS + 60_000);
    expect(at.length).toBeGreaterThan(25);
    // The one behind it had to wait, and waits no longer.
    const first = Math.min(...seqsOf(receiver.all, 1));
    await waitFor(() => seqsOf(receiver.all, 1).some((value) => value > first), { what: 'the next of the seat' });
    down = false;
    world.clock.advance(60_000);
    await waitFor(async () => (await world.deliveries(endpoint.id, 'delivered')).length === 2);
    // W6: replayed, it arrives under the same id.
    expect(await replayDead(world.sql, endpoint.id, new Date(Date.now() - HOUR_MS))).toBe(1);
    await waitFor(async () => (await world.deliveries(endpoint.id, 'delivered')).length === 3);
    expect(receiver.accepted().at(-1)?.id).toBe(dead?.messageId);
    expect(await replayDead(world.sql, endpoint.id, new Date(Date.now() - HOUR_MS))).toBe(0);
  }, 60_000);

  test('W5 410 disables the endpoint; enabled again it goes on where it was', async () => {
    let gone = true;
    const { receiver, endpoint } = await receive(() => (gone ? 410 : 204));
    dispatch();
    await change(1);
    await waitFor(async () => (await findEndpoint(world.sql, endpoint.id))?.status === 'disabled');
    expect((await findEndpoint(world.sql, endpoint.id))?.disabledReason).toBe('gone');
    await sleep(1500);
    expect(receiver.all).toHaveLength(1);
    gone = false;
    await world.sql`UPDATE webhook_endpoints SET status = 'enabled' WHERE id = ${endpoint.id}`;
    await arrived(() => receiver.accepted().length, 1);
  });

  test('W5 Retry-After is kept to, for the message and with 429 and 503 for all of the endpoint', async () => {
    let busy = true;
    const { receiver } = await receive(() => (busy ? { status: 503, headers: { 'retry-after': '120' } } : 204));
    dispatch();
    await change(1);
    await arrived(() => receiver.all.length, 1);
    await change(2);
    busy = false;
    await sleep(600);
    world.clock.advance(60_000);
    await sleep(600);
    expect(receiver.all).toHaveLength(1);
    world.clock.advance(61_000);
    await arrived(() => receiver.accepted().length, 2);
  });

  test('W5 any 2xx counts; a redirect is a failure and is not followed; a huge answer is not read', async () => {
    const other = await startReceiver();
    receivers.push(other);
    const { receiver, endpoint } = await receive((one, response) => {
      if (seatOf(one) === 1) return { status: 307, headers: { location: `${other.url}/elsewhere` } };
      if (seatOf(one) === 2) return 202;
      response.writeHead(200);
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536))) if (response.destroyed) return;
        response.once('drain', more);
      };
      more();
      return null;
    });
    dispatch();
    await change(1, 2, 3);
    await waitFor(async () => (await world.deliveries(endpoint.id, 'delivered')).length === 2);
    await waitFor(async () =>
      (await world.deliveries(endpoint.id, 'pending')).some(({ lastStatus }) => lastStatus === 307),
    );
    expect(other.all).toEqual([]);
    expect(receiver.all.length).toBeGreaterThanOrEqual(3);
  });

  test('W5 no answer within the time is a failure that says so', async () => {
    const { endpoint } = await receive(() => null);
    dispatch({ timeoutMs: 200 });
    await change(1);
    const [waiting] = await waitFor(async () => {
      const found = await world.deliveries(endpoint.id, 'pending');
      return found.some(({ attempts }) => attempts > 0) ? found : null;
    });
    expect(waiting?.lastError).toBe('no answer within 200 ms');
    expect(waiting?.lastStatus).toBeNull();
  });
});

describe('W6 replay', () => {
  test('W6 a delivered one is sent again under the same id, one under way is left alone', async () => {
    const { receiver, endpoint } = await receive();
    dispatch();
    await change(1);
    await waitFor(async () => (await world.deliveries(endpoint.id, 'delivered')).length === 1);
    const [made] = await world.deliveries(endpoint.id);
    expect(await replayDelivery(world.sql, endpoint.id, made!.id)).toMatchObject({ status: 'pending', attempts: 0 });
    await arrived(() => receiver.all.length, 2);
    expect(receiver.all[1]?.id).toBe(receiver.all[0]?.id);
    expect(receiver.all[1]?.raw).toBe(receiver.all[0]?.raw);
    expect(await replayDelivery(world.sql, 'whk_another000', made!.id)).toBeNull();
  });
});

describe('W6 what is kept', () => {
  test('W6 delivered ones for 7 days, dead ones for 30, messages as long as anything needs them', async () => {
    const { endpoint } = await receive();
    await change(1, 2, 3, 4);
    const [a, b, c] = (await world.deliveries(endpoint.id)).map(({ id }) => id);
    const age = (id: number | undefined, status: string, days: number) => world.sql`
      UPDATE webhook_deliveries SET status = ${status}, finished_at = now() - ${days}::integer * interval '1 day' WHERE id = ${id ?? 0}`;
    await age(a, 'delivered', 8);
    await age(b, 'delivered', 6);
    await age(c, 'dead', 8);
    await world.sql`UPDATE webhook_messages SET created_at = now() - interval '40 days'`;
    const before = (days: number) => new Date(Date.now() - days * 24 * HOUR_MS);
    await purgeDeliveries(world.sql, { delivered: before(7), dead: before(30) });
    expect((await world.deliveries(endpoint.id)).map(({ status }) => status).sort()).toEqual([
      ...['dead', 'delivered', 'pending'],
    ]);
    await age(c, 'dead', 31);
    await purgeDeliveries(world.sql, { delivered: before(7), dead: before(30) });
    expect(await world.deliveries(endpoint.id)).toHaveLength(2);
    const kept = await world.sql`
      SELECT 1 FROM webhook_messages m WHERE EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.message_id = m.id)`;
    expect(await world.sql`SELECT 1 FROM webhook_messages`).toHaveLength(kept.length);
  });

  test('W8 what goes on is counted', async () => {
    const { receiver } = await receive((one) => (seatOf(one) === 1 ? 500 : 204));
    world.metrics.registry.resetMetrics();
    dispatch();
    await change(1, 2, 3);
    await arrived(() => receiver.accepted().length, 2);
    await waitFor(async () => {
      const text = await world.metrics.registry.metrics();
      return /webhook_attempts_total\{outcome="delivered",role="test"\} 2\b/.test(text) &&
        /webhook_attempts_total\{outcome="failed",role="test"\} [1-9]/.test(text) &&
        /webhook_lag_seconds_count\{role="test"\} 2\b/.test(text)
        ? true
        : null;
    });
    await waitFor(async () => (await world.metrics.webhookPending.get()).values[0]?.value === 1, { timeoutMs: 8000 });
  });
});

describe('W8 workers', () => {
  test('W8 an endpoint that hangs delays no other, not even on the same host', async () => {
    const { receiver } = await receive((one) => (one.path === '/hangs' ? null : 204));
    const hanging = await world.endpoint(`${receiver.url}/hangs`);
    endpoints.push(hanging);
    dispatch({ timeoutMs: 8000 });
    for (let i = 0; i < 20; i++) await change(...Array.from({ length: 10 }, (_, seat) => seat));
    await arrived(() => receiver.accepted().length, 200, 6000);
    expect(receiver.all.filter(({ path }) => path === '/hangs')).toHaveLength(10);
    expect(await world.deliveries(hanging.id, 'delivered')).toEqual([]);
  });

  test('W8 what a dead worker had in hand is taken over within seconds, before anything newer', async () => {
    const { receiver, endpoint } = await receive();
    await change(1, 2, 1);
    // A worker that took them and died: its lease runs out by itself.
    await leaseEndpoints(world.sql, 'the dead', 4000);
    const lost = await takePending(world.sql, 'the dead', [{ endpointId: endpoint.id, quota: 100 }]);
    expect(lost).toHaveLength(3);
    dispatch();
    await change(1, 2);
    await sleep(500);
    expect(receiver.all).toEqual([]);
    await arrived(() => receiver.accepted().length, 5);
    expect(increasing(seqsOf(receiver.accepted(), 1))).toBe(true);
    expect(increasing(seqsOf(receiver.accepted(), 2))).toBe(true);
    expect(receiver.all).toHaveLength(5);
  });

  test('W8 without its lease a worker takes nothing', async () => {
    const { endpoint } = await receive();
    await change(1);
    const wanted = [{ endpointId: endpoint.id, quota: 100 }];
    expect(await takePending(world.sql, 'nobody', wanted)).toEqual([]);
    await leaseEndpoints(world.sql, 'one', 200);
    expect(await leaseEndpoints(world.sql, 'two', 200)).toEqual([]);
    await sleep(250);
    expect((await leaseEndpoints(world.sql, 'two', 60_000)).map(({ id }) => id)).toEqual([endpoint.id]);
    expect(await takePending(world.sql, 'one', wanted)).toEqual([]);
    expect(await takePending(world.sql, 'two', wanted)).toHaveLength(1);
    await world.sql`DELETE FROM webhook_leases`;
  });

  test('W8 two workers at once: each message to each endpoint once', async () => {
    const { receiver, endpoint } = await receive();
    dispatch();
    dispatch();
    for (let i = 0; i < 10; i++) await change(1, 2, 3, 4, 5);
    await waitFor(async () => (await world.deliveries(endpoint.id, 'delivered')).length === 50);
    expect(receiver.all).toHaveLength(50);
  });

  test('W8 a stop waits for what is under way; nothing of it is sent again', async () => {
    const { receiver, endpoint } = await receive((one, response) => {
      setTimeout(() => {
        one.status = 204;
        response.writeHead(204).end();
      }, 300);
      return null;
    });
    const dispatcher = dispatch();
    await change(1, 2, 3);
    await arrived(() => receiver.all.length, 3);
    await dispatcher.stop();
    expect(await world.deliveries(endpoint.id, 'delivered')).toHaveLength(3);
  });

  test('W8 an endpoint that is down is asked by one request at a time, and once it is back nothing waits for its pause', async () => {
    let down = true;
    let [now, most] = [0, 0];
    const { receiver } = await receive((one, response) => {
      now += 1;
      if (receiver.all.length > 60) most = Math.max(most, now);
      setTimeout(() => {
        now -= 1;
        one.status = down ? 500 : 204;
        response.writeHead(one.status).end();
      }, 20);
      return null;
    });
    dispatch();
    for (let i = 0; i < 10; i++) await change(...Array.from({ length: 10 }, (_, seat) => seat));
    await turning(() => receiver.all.length >= 80, 1000, '80 attempts');
    expect(most).toBe(1);
    down = false;
    await turning(() => receiver.accepted().length > 0, 1000, 'the first success');
    // The others had minutes to go; now the clock stands.
    await arrived(() => receiver.accepted().length, 100);
  }, 60_000);
});
