import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient, type AisleClient } from '../../client-sdk/src/index.js';
import { Pace, type Turn } from '../../client-sdk/src/connection/pace.js';
import { AisleError, wireError } from '../../client-sdk/src/protocol/errors.js';
import { SdkServer } from '../helpers/sdk-server.js';
import { sleep } from '../helpers/wait.js';

const limited = (retryAfterMs: number): AisleError => AisleError.of('RATE_LIMITED', { retryAfterMs });
const soon = (): number => performance.now() + 5000;

describe('G11 the queue behind a refusal', () => {
  test('G11 nothing refused: nobody waits', async () => {
    const pace = new Pace();
    expect(await pace.enter(1, soon())).toEqual({ alone: false });
    expect(await pace.enter(2, soon())).toEqual({ alone: false });
  });

  test('G11 after a refusal one goes alone, the next when it is answered, first come first', async () => {
    const pace = new Pace();
    pace.settle({ alone: false }, limited(60));
    const order: number[] = [];
    const started = performance.now();
    const turns = [3, 1, 2].map(async (n) => {
      const turn = await pace.enter(n, soon());
      order.push(n);
      return turn;
    });
    await sleep(40);
    expect(order).toEqual([]);
    const first = (await turns[1]) ?? null;
    expect(performance.now() - started).toBeGreaterThanOrEqual(59);
    expect(first).toEqual({ alone: true });
    await sleep(30);
    expect(order).toEqual([1]);
    pace.settle(first as Turn, null);
    pace.settle((await turns[2]) as Turn, null);
    pace.settle((await turns[0]) as Turn, null);
    expect(order).toEqual([1, 2, 3]);
    expect(pace.refusal).toBeNull();
    expect(await pace.enter(4, soon())).toEqual({ alone: false });
  });

  test('G11 refused again: all wait once more', async () => {
    const pace = new Pace();
    pace.settle({ alone: false }, limited(20));
    const first = (await pace.enter(1, soon())) as Turn;
    const second = pace.enter(2, soon());
    pace.settle(first, limited(80));
    const started = performance.now();
    expect(await second).toEqual({ alone: true });
    expect(performance.now() - started).toBeGreaterThanOrEqual(78);
  });

  test('G11 who cannot be sent in time is told at once, who waited too long when it is', async () => {
    const pace = new Pace();
    pace.settle({ alone: false }, limited(60_000));
    const started = performance.now();
    expect(await pace.enter(1, soon())).toBeNull();
    expect(performance.now() - started).toBeLessThan(1000);
    const busy = new Pace();
    busy.settle({ alone: false }, limited(1));
    expect(await busy.enter(1, soon())).toEqual({ alone: true });
    expect(await busy.enter(2, performance.now() + 100)).toBeNull();
  });
});

describe('G11 commands on a server that refuses', () => {
  let server: SdkServer;
  const clients: AisleClient[] = [];
  beforeEach(async () => {
    server = await SdkServer.start();
    server.world('evt');
  });
  afterEach(async () => {
    for (const made of clients.splice(0)) made.close();
    await server.close();
  });
  const client = (): AisleClient => {
    const made = createClient({ url: `http://127.0.0.1:${server.port}`, getToken: () => 'alice' });
    clients.push(made);
    return made;
  };

  test('G11 a server that takes five and then refuses for 300 ms: one retry a refusal, everything answered once', async () => {
    const aisle = client();
    await aisle.holds({ eventId: 'evt' });
    let left = 5;
    let refusedAt = 0;
    const retries: number[] = [];
    server.script = ({ name }) => {
      if (name !== 'hold') return 'serve';
      const now = performance.now();
      if (left-- > 0) return 'serve';
      if (refusedAt > 0 && now - refusedAt > 200) retries.push(now - refusedAt);
      if (refusedAt > 0 && now - refusedAt >= 300) {
        left = 5;
        refusedAt = 0;
        return 'serve';
      }
      if (refusedAt === 0) refusedAt = now;
      return { error: wireError('RATE_LIMITED', { retryAfterMs: Math.ceil(refusedAt + 300 - now) }) };
    };
    const holds = await Promise.all(
      Array.from({ length: 20 }, (_, i) => aisle.hold({ eventId: 'evt', seats: [`S${i}`] })),
    );
    expect(new Set(holds.map(({ hold }) => hold.token)).size).toBe(20);
    expect(new Set(server.carriedOut.values())).toEqual(new Set([1]));
    // 20 in the first burst, each of the 15 refused once more, and a second time where it was the one to find out.
    expect(server.count('hold')).toBeLessThanOrEqual(20 + 15 + retries.length + 3);
  });

  test('G11 a switch that slows holds down does not hold up a release', async () => {
    const aisle = client();
    const { hold } = await aisle.hold({ eventId: 'evt', seats: ['S1'] });
    server.script = ({ name }) =>
      name === 'hold'
        ? { error: wireError('RATE_LIMITED', { retryAfterMs: 2000, details: { switch: 'holds_per_second' } }) }
        : 'serve';
    const slow = aisle.hold({ eventId: 'evt', seats: ['S2'] }).catch((error: unknown) => error);
    await expect.poll(() => server.count('hold')).toBe(2);
    const started = performance.now();
    await aisle.release({ eventId: 'evt', holdToken: hold.token });
    expect(performance.now() - started).toBeLessThan(1500);
    clients.splice(0).forEach((made) => made.close());
    expect(await slow).toBeInstanceOf(AisleError);
  });
});
