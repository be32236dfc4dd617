import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { backoffMs } from '../../client-sdk/src/connection/backoff.js';
import { renewInMs } from '../../client-sdk/src/connection/token.js';
import {
  createClient,
  PROTOCOL_VERSION,
  SDK_VERSION,
  type AisleClient,
  type ClientOptions,
} from '../../client-sdk/src/index.js';
import { wireError } from '../../client-sdk/src/protocol/errors.js';
import { SdkServer } from '../helpers/sdk-server.js';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js';

const TIMEOUTS = {
  connectMs: 500,
  ackMs: 400,
  silenceMs: 600,
  behindMs: 50,
  reloadSpreadMs: 100,
  backoffMinMs: 20,
  backoffMaxMs: 200,
};

let server: SdkServer;
let proxy: TcpProxy;
const clients: AisleClient[] = [];

function client(options: ClientOptions = {}): AisleClient {
  const url = `http://127.0.0.1:${proxy.port}`;
  const made = createClient({ url, ...options, timeouts: { ...TIMEOUTS, ...options.timeouts } });
  clients.push(made);
  return made;
}
const states = (aisle: AisleClient): string[] => {
  const seen: string[] = [];
  aisle.on('connection', ({ state }) => void (seen.at(-1) === state || seen.push(state)));
  return seen;
};
const text = (map: { letters: Readonly<Uint8Array> }): string => String.fromCharCode(...map.letters);

beforeEach(async () => {
  server = await SdkServer.start();
  server.world('evt');
  proxy = await startTcpProxy({ host: '127.0.0.1', port: server.port });
});
afterEach(async () => {
  for (const made of clients.splice(0)) made.close();
  await proxy.stop();
  await server.close();
});

describe('connecting', () => {
  test('making a client opens nothing; the first watch does, with token, protocol and client in the handshake', async () => {
    const aisle = client({ getToken: () => Promise.resolve('alice'), clientName: 'shop/1.2' });
    expect(aisle.connection).toEqual({ state: 'idle' });
    const seen = states(aisle);
    await aisle.watch('evt').whenReady();
    expect(server.handshakes).toEqual([{ token: 'alice', protocol: PROTOCOL_VERSION, client: 'shop/1.2' }]);
    expect(seen).toEqual(['connecting', 'ready']);
    expect(aisle.connection).toMatchObject({ state: 'ready', hello: { subject: 'alice', tickMs: 50 } });
  });

  test('without getToken it is a read-only viewer', async () => {
    await client().watch('evt').whenReady();
    expect(server.handshakes).toEqual([{ token: null, protocol: 1, client: `@aisle/client/${SDK_VERSION}` }]);
  });

  test.each(['FORBIDDEN', 'PROTOCOL_UNSUPPORTED'] as const)('%s in the handshake ends it', async (code) => {
    server.admit = () => wireError(code);
    const aisle = client({ getToken: () => 'alice' });
    const map = aisle.watch('evt');
    await expect.poll(() => aisle.connection).toMatchObject({ state: 'closed', error: { code } });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([server.handshakes.length, map.stale]).toEqual([1, true]);
    await expect(aisle.holds({ eventId: 'evt' })).rejects.toMatchObject({ code });
  });

  test('UNAVAILABLE in the handshake is retried, not before retryAfterMs', async () => {
    let refusals = 2;
    server.admit = () => (refusals-- > 0 ? wireError('UNAVAILABLE', { retryAfterMs: 250 }) : null);
    const aisle = client();
    const started = performance.now();
    const seen = states(aisle);
    await aisle.watch('evt').whenReady();
    expect(performance.now() - started).toBeGreaterThan(500);
    expect(seen).toEqual(['connecting', 'waiting', 'connecting', 'waiting', 'connecting', 'ready']);
  });

  test('a server that is away at first: tried with backoff until it is there', async () => {
    proxy.refuse = true;
    const aisle = client();
    const ready = aisle.watch('evt').whenReady();
    await expect.poll(() => (aisle.connection.state === 'waiting' ? aisle.connection.attempt : 0)).toBeGreaterThan(2);
    proxy.refuse = false;
    await ready;
  });

  test('a server that accepts and says nothing is left after connectMs', async () => {
    server.helloDelayMs = null;
    const aisle = client();
    const ready = aisle.watch('evt').whenReady();
    await expect.poll(() => server.handshakes.length, { timeout: 5_000 }).toBe(2);
    server.helloDelayMs = 0;
    await ready;
  });

  test('no address under server-side rendering: nothing at createClient, a clear refusal on use', async () => {
    const aisle = createClient();
    expect(aisle.connection).toEqual({ state: 'idle' });
    await expect(aisle.holds({ eventId: 'evt' })).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: false });
    await expect(aisle.chart('evt')).rejects.toThrow('url');
    expect(() => createClient({ url: 'http://' })).toThrow(TypeError);
  });

  test('an address with a path in front is kept for sockets and HTTP', async () => {
    const urls: string[] = [];
    const aisle = client({
      url: 'https://shop.example/tickets/',
      fetch: (url) => {
        urls.push(url);
        return Promise.resolve({
          ok: true,
          status: 200,
          headers: { get: () => null },
          json: () => Promise.resolve({}),
        });
      },
    });
    await aisle.event('evt');
    expect(urls).toEqual(['https://shop.example/tickets/v1/events/evt']);
  });

  test('closing while it connects, and twice, leaves nothing behind', async () => {
    const aisle = client();
    const map = aisle.watch('evt');
    const ready = expect(map.whenReady()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    aisle.close();
    aisle.close();
    await ready;
    expect(aisle.connection).toEqual({ state: 'closed' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(server.io.sockets.sockets.size).toBe(0);
  });

  test('a listener that throws harms nothing, and its error is not swallowed', async () => {
    const thrown: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => thrown.push(error));
    const aisle = client();
    aisle.on('hello', () => {
      throw new Error('mine');
    });
    await aisle.watch('evt').whenReady();
    for (const listener of listeners) process.on('uncaughtException', listener);
    expect(thrown).toMatchObject([{ message: 'mine' }]);
  });

  test('a token is renewed on the same connection before it ends', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const advance = async (ms: number): Promise<void> => {
      vi.advanceTimersByTime(ms);
      for (let turn = 0; turn < 50; turn++) await setImmediate();
    };
    try {
      server.expiresAt = new Date(Date.now() + 38_000).toISOString();
      const reasons: string[] = [];
      const aisle = client({ getToken: (reason) => (reasons.push(reason), `token-${reasons.length}`) });
      aisle.connect();
      while (aisle.connection.state !== 'ready') await advance(1);
      await advance(26_000);
      expect(reasons).toEqual(['connect']);
      await advance(9_000);
      expect([reasons, server.count('authenticate'), server.handshakes.length]).toEqual([
        ['connect', 'expiring'],
        1,
        1,
      ]);
      expect(aisle.connection).toMatchObject({ state: 'ready', hello: { subject: 'token-2' } });
    } finally {
      vi.useRealTimers();
    }
  });

  test('a token is renewed at 75 to 90 % of what is left of it, never more often than each 30 s', () => {
    const inTenMinutes = new Date(Date.now() + 600_000).toISOString();
    expect(renewInMs(inTenMinutes, () => 0) / 1000).toBeCloseTo(450, 0);
    expect(renewInMs(inTenMinutes, () => 1) / 1000).toBeCloseTo(540, 0);
    // A device clock that is hours ahead must not ask all the time.
    expect(renewInMs(new Date(Date.now() - 7_200_000).toISOString())).toBe(30_000);
    expect(renewInMs('nonsense')).toBe(30_000);
  });

  test('backoff: never under the floor, spread up to a ceiling that doubles to the last', () => {
    const range = (attempt: number): number[] => [0, 1].map((edge) => backoffMs(attempt, 200, 5_000, () => edge));
    expect([0, 1, 2, 3, 4, 5, 1_000].map(range)).toEqual([
      [200, 500],
      [200, 1_000],
      [200, 2_000],
      [200, 4_000],
      [200, 5_000],
      [200, 5_000],
      [200, 5_000],
    ]);
  });
});

describe('N3 asked by a server that stops to connect anew', () => {
  const ask = (): void => void server.io.emit('notice', { code: 'RECONNECT', message: 'about to stop' });

  test('it does so at once, takes the map along by its changes alone, and tells nobody', async () => {
    const world = server.world();
    const aisle = client();
    const notices: unknown[] = [];
    aisle.on('notice', (notice) => notices.push(notice));
    const map = aisle.watch('evt');
    await map.whenReady();
    const seen = states(aisle);
    const before = server.seen.length;
    ask();
    server.change(world, [[7, 's']]);
    await expect.poll(() => server.handshakes.length).toBe(2);
    await expect.poll(() => [map.state(7), map.stale]).toEqual(['s', false]);
    expect(seen).toEqual(['ready', 'waiting', 'connecting', 'ready'].slice(seen[0] === 'ready' ? 0 : 1));
    expect(server.seen.slice(before).map(({ name, payload }) => [name, payload.epoch])).toEqual([['subscribe', 1]]);
    expect(notices).toEqual([]);
  });

  test('I6 the answer that is awaited comes first, and is not asked for again', async () => {
    server.world();
    const aisle = client({ getToken: () => 'alice' });
    await aisle.watch('evt').whenReady();
    let answer: () => void = () => undefined;
    server.answersAfter = new Promise((resolve) => (answer = resolve));
    const holding = aisle.hold({ eventId: 'evt', seats: ['S1'] });
    await expect.poll(() => server.count('hold')).toBe(1);
    ask();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(server.handshakes.length).toBe(1);
    answer();
    await holding;
    await expect.poll(() => server.handshakes.length).toBe(2);
    expect(server.count('hold')).toBe(1);
  });

  test('I6 an answer that does not come is asked for on the next connection, with the same request id', async () => {
    server.world();
    const aisle = client({ getToken: () => 'alice' });
    await aisle.watch('evt').whenReady();
    server.script = ({ name }) => (name === 'hold' && server.count('hold') === 1 ? 'lose-answer' : 'serve');
    const holding = aisle.hold({ eventId: 'evt', seats: ['S1'] });
    await expect.poll(() => server.count('hold')).toBe(1);
    ask();
    await holding;
    expect([server.handshakes.length, server.count('hold'), [...server.carriedOut.values()]]).toEqual([2, 2, [1]]);
  });

  test('sent round in circles it waits longer each time', async () => {
    server.world();
    const aisle = client();
    await aisle.watch('evt').whenReady();
    server.io.on('connection', ask);
    const seen: number[] = [];
    aisle.on('connection', (state) => void (state.state === 'waiting' && seen.push(state.retryInMs)));
    ask();
    await expect.poll(() => seen.length, { timeout: 5000 }).toBeGreaterThanOrEqual(4);
    expect(seen[0]).toBe(0);
    expect(Math.min(...seen.slice(1))).toBeGreaterThan(0);
  });
});

describe('watching', () => {
  test('the map follows the changes, each told as it is', async () => {
    const world = server.world();
    const map = client().watch('evt');
    const order: string[] = [];
    map.on('change', (change) =>
      order.push(change.all ? 'all' : `${change.from}..${change.to} ${change.seats.join(';')}`),
    );
    map.on('ready', () => order.push('ready'));
    await map.whenReady();
    expect([map.status, map.stale, map.letters.length, map.available(0), map.chartVersion]).toEqual([
      'on_sale',
      false,
      20,
      100,
      1,
    ]);
    server.change(world, [
      [3, 'h'],
      [4, 'h'],
    ]);
    await expect.poll(() => map.seq).toBe(1);
    expect([map.state(3), map.state(5), map.epoch]).toEqual(['h', 'a', 1]);
    expect(order).toEqual(['all', 'ready', '0..1 3,h;4,h']);
    expect(() => map.state(20)).toThrow(RangeError);
    expect(() => map.available(1)).toThrow(RangeError);
  });

  test('two views of one event share one subscription, which ends with the last of them', async () => {
    const aisle = client();
    const [first, second] = [aisle.watch('evt'), aisle.watch('evt')];
    await Promise.all([first.whenReady(), second.whenReady()]);
    expect(server.count('subscribe')).toBe(1);
    const third = aisle.watch('evt');
    let told = false;
    third.on('ready', () => (told = true));
    await third.whenReady();
    await expect.poll(() => told).toBe(true);
    first.close();
    second.close();
    server.change(server.world(), [[0, 's']]);
    await expect.poll(() => third.state(0)).toBe('s');
    third.close();
    await expect.poll(() => server.count('unsubscribe')).toBe(1);
    // Closed and watched again at once, as a page framework may: it works on.
    await aisle.watch('evt').whenReady();
  });

  test('F8 cut for 50 changes: stale meanwhile, resumed by changes alone', async () => {
    const world = server.world();
    const map = client().watch('evt');
    await map.whenReady();
    const seen: unknown[] = [];
    map.on('stale', (stale) => seen.push(stale));
    map.on('change', (change) => seen.push(change.all));
    proxy.refuse = true;
    proxy.cut();
    await expect.poll(() => map.stale).toBe(true);
    for (let i = 0; i < 50; i++) server.change(world, [[i % 20, 's']]);
    proxy.refuse = false;
    await expect.poll(() => map.stale, { timeout: 5_000 }).toBe(false);
    expect([text(map), seen]).toEqual([world.text, [true, false, false]]);
    expect(server.seen.at(-1)?.payload).toEqual({ eventId: 'evt', epoch: 1, seq: 0 });
  });

  test('F8 cut for longer than the server remembers, or over a new epoch: a whole map', async () => {
    const world = server.world();
    const map = client().watch('evt');
    await map.whenReady();
    for (const newEpoch of [false, true]) {
      proxy.refuse = true;
      proxy.cut();
      await expect.poll(() => map.stale).toBe(true);
      if (newEpoch) world.newEpoch();
      for (let i = 0; i < 150; i++) server.change(world, [[i % 20, i % 3 === 0 ? 's' : 'b']]);
      proxy.refuse = false;
      await expect.poll(() => map.stale, { timeout: 5_000 }).toBe(false);
      expect([text(map), map.epoch, map.seq]).toEqual([world.text, world.epoch, world.seq]);
    }
  });

  test('F8 the last message before silence is lost: the beacon shows it', async () => {
    const world = server.world();
    const map = client().watch('evt');
    await map.whenReady();
    server.deliver = () => false;
    server.change(world, [[7, 's']]);
    await expect.poll(() => map.state(7)).toBe('s');
    expect(server.count('subscribe')).toBe(2);
  });

  test('a line that died without a word is noticed by the silence and left', async () => {
    const world = server.world();
    const map = client().watch('evt');
    await map.whenReady();
    proxy.frozen = true;
    server.change(world, [[7, 's']]);
    setTimeout(() => (proxy.frozen = false), 1_200);
    await expect.poll(() => map.stale, { timeout: 5_000 }).toBe(true);
    await expect.poll(() => text(map), { timeout: 5_000 }).toBe(world.text);
    expect(server.handshakes.length).toBeGreaterThan(1);
  });

  test('F5 reload takes a fresh map, keeps the chart of the same version and drops that of another', async () => {
    const world = server.world();
    const aisle = client();
    const map = aisle.watch('evt');
    await map.whenReady();
    const chart = await aisle.chart('evt');
    for (const chartVersion of [1, 2]) {
      world.newEpoch();
      world.chartVersion = chartVersion;
      world.letters.reverse();
      server.io.to('evt').emit('reload', { eventId: 'evt', epoch: world.epoch, chartVersion });
      await expect.poll(() => map.epoch).toBe(world.epoch);
      expect([text(map), (await aisle.chart('evt')) === chart]).toEqual([world.text, chartVersion === 1]);
    }
  });

  test('a chart that changed while this client was cut is told as a reload', async () => {
    const aisle = client();
    const map = aisle.watch('evt');
    await map.whenReady();
    const versions: number[] = [];
    map.on('reload', ({ chartVersion }) => versions.push(chartVersion));
    proxy.refuse = true;
    proxy.cut();
    await expect.poll(() => map.stale).toBe(true);
    server.world().chartVersion = 2;
    server.world().newEpoch();
    proxy.refuse = false;
    await expect.poll(() => map.epoch, { timeout: 5_000 }).toBe(2);
    expect([versions, map.chartVersion]).toEqual([[2], 2]);
  });

  test('an event that is refused: error, whenReady rejects; watched again once it is there', async () => {
    const aisle = client();
    const map = aisle.watch('nowhere');
    const errors: string[] = [];
    map.on('error', ({ code }) => errors.push(code));
    await expect(map.whenReady()).rejects.toMatchObject({ code: 'EVENT_NOT_FOUND' });
    expect([errors, map.error?.code]).toEqual([['EVENT_NOT_FOUND'], 'EVENT_NOT_FOUND']);
    server.world('nowhere');
    await aisle.watch('nowhere').whenReady();
    expect([map.error, map.status]).toEqual([null, 'on_sale']);
  });

  test('status, inventory, hold notes and notices arrive; nonsense and unknown messages do no harm', async () => {
    const aisle = client();
    const map = aisle.watch('evt');
    await map.whenReady();
    const seen: unknown[] = [];
    map.on('status', (status) => seen.push(status));
    map.on('inventory', ({ A }) => seen.push(A?.available));
    aisle.on('hold', ({ kind }) => seen.push(kind));
    aisle.on('notice', ({ code }) => seen.push(code));
    for (const name of ['seats', 'beacon', 'inventory', 'event', 'reload', 'hold', 'notice', 'offer', '__proto__']) {
      for (const junk of [
        null,
        7,
        [],
        {},
        { eventId: 'evt' },
        { eventId: '__proto__', epoch: 1, from: 0, to: 1, changes: [] },
      ]) {
        server.io.emit(name, junk);
      }
    }
    server.io.emit('event', { eventId: 'evt', status: 'paused', version: 2 });
    server.io.emit('inventory', { eventId: 'evt', epoch: 1, seq: 1, categories: { A: [20, 1, 0, 19] } });
    server.io.emit('hold', { kind: 'expired', token: 'evt.1', eventId: 'evt' });
    server.io.emit('notice', { code: 'HELLO', message: 'hi' });
    await expect.poll(() => seen.length).toBe(4);
    expect([seen, aisle.connection.state]).toEqual([['paused', 19, 'expired', 'HELLO'], 'ready']);
  });

  test('I5 500 changes with frames lost, every connection cut and the line reset at random: exact after quiet', async () => {
    const world = server.world();
    const maps = Array.from({ length: 5 }, () => client().watch('evt'));
    await Promise.all(maps.map((map) => map.whenReady()));
    server.deliver = () => Math.random() > 0.2;
    for (let i = 0; i < 500; i++) {
      server.change(world, [[i % 20, (['a', 'h', 's', 'b'] as const)[(i * 7) % 4] ?? 'a']]);
      if (i % 90 === 89) server.cutAll();
      if (i % 70 === 69) proxy.cut();
      if (i % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 4));
    }
    const exact = (): boolean => maps.every((map) => text(map) === world.text && map.seq === 500 && !map.stale);
    await expect.poll(exact, { timeout: 5_000 }).toBe(true);
  });
});

describe('HTTP', () => {
  test('public reads carry no token, so that shared caches may answer; what is hidden is asked again with it', async () => {
    server.world('draft1');
    const aisle = client({ getToken: () => 'admin' });
    const [chart, again] = await Promise.all([aisle.chart('evt'), aisle.chart('evt')]);
    expect([chart.seats.length, again === chart]).toEqual([20, true]);
    expect(await aisle.event('draft1')).toMatchObject({ id: 'draft1' });
    expect(server.rest.map(({ path, authorization }) => [path, authorization])).toEqual([
      ['/v1/events/evt/chart', undefined],
      ['/v1/events/draft1', undefined],
      ['/v1/events/draft1', 'Bearer admin'],
    ]);
  });

  test('events are listed with what was asked for', async () => {
    expect((await client().events({ q: 'rock & roll', status: undefined, limit: 5 })).items).toMatchObject([
      { id: 'evt' },
    ]);
    expect(server.rest.map(({ path }) => path)).toEqual(['/v1/events?q=rock+%26+roll&limit=5']);
  });

  test('errors are typed; a chart that failed is asked for again', async () => {
    const aisle = client();
    await expect(aisle.chart('later')).rejects.toMatchObject({ code: 'EVENT_NOT_FOUND', retryable: false });
    server.world('later');
    expect((await aisle.chart('later')).seats).toHaveLength(20);
  });

  test('a guest session', async () => {
    expect(await client().session()).toMatchObject({ role: 'guest', subject: 'guest-1' });
  });
});
