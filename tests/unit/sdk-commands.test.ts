import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient, remainingMs, type AisleClient, type ClientOptions } from '../../client-sdk/src/index.js';
import { AisleError, wireError } from '../../client-sdk/src/protocol/errors.js';
import { SdkServer, type Scripted } from '../helpers/sdk-server.js';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js';

/** Small enough for a quick test, far enough apart that their order is sure. */
const TIMEOUTS = { ackMs: 400, commandMs: 5_000, silenceMs: 1_000, backoffMinMs: 20, backoffMaxMs: 200 };

let server: SdkServer;
let proxy: TcpProxy;
const clients: AisleClient[] = [];

function client(options: ClientOptions = {}): AisleClient {
  const made = createClient({
    url: `http://127.0.0.1:${proxy.port}`,
    getToken: () => 'alice',
    ...options,
    timeouts: { ...TIMEOUTS, ...options.timeouts },
  });
  clients.push(made);
  return made;
}
/** Faults for the first emits of a name, in order; served after that. */
function faults(name: string, ...script: Scripted[]): void {
  server.script = (seen) => (seen.name === name ? (script.shift() ?? 'serve') : 'serve');
}
const failure = (promise: Promise<unknown>): Promise<AisleError> =>
  promise.then(
    () => Promise.reject(new Error('it was answered')),
    (error: unknown) =>
      error instanceof AisleError ? error : Promise.reject(error instanceof Error ? error : new Error(String(error))),
  );
const requestIds = (): Set<unknown> =>
  new Set(server.seen.filter(({ name }) => name === 'hold').map(({ payload }) => payload.requestId));

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

describe('commands (SPEC S7, I6)', () => {
  test('a hold is answered, with a deadline on this device’s own clock', async () => {
    const { hold, epoch, seq } = await client().hold({ eventId: 'evt', seats: ['S1', 'S2'] });
    expect([hold.seats, epoch, seq]).toEqual([['S1', 'S2'], 1, 1]);
    expect(remainingMs(hold)).toBeGreaterThan(298_000);
    // Counted from when the request left: never more than the server granted.
    expect(remainingMs(hold)).toBeLessThan(300_000);
    expect(remainingMs({ deadline: performance.now() - 1 })).toBe(0);
  });

  test('S7 each command has its own request id; the caller’s own is used as it is', async () => {
    const aisle = client();
    await aisle.hold({ eventId: 'evt', seats: ['S1'] });
    await aisle.hold({ eventId: 'evt', seats: ['S2'] });
    await aisle.hold({ eventId: 'evt', seats: ['S3'], requestId: 'mine' });
    const ids = [...requestIds()];
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
    expect([new Set(ids).size, ids[2]]).toEqual([3, 'mine']);
  });

  test.each<[string, Scripted]>([
    ['the ack is lost', 'lose-answer'],
    ['the command is lost', 'ignore'],
    ['the connection goes before it is carried out', 'cut-before'],
    ['the connection goes after it is carried out', 'cut-after'],
  ])('S7 %s: sent again with the same request id, one effect', async (_, fault) => {
    faults('hold', fault, fault);
    const { hold } = await client().hold({ eventId: 'evt', seats: ['S1'] });
    expect(hold.seats).toEqual(['S1']);
    expect([server.count('hold'), requestIds().size, server.world().holds.size]).toEqual([3, 1, 1]);
    expect([...server.carriedOut.values()]).toEqual([1]);
  });

  test('S7 the answer swallowed on the way and the line reset, twenty times over: one effect each', async () => {
    const aisle = client();
    await aisle.holds({ eventId: 'evt' });
    for (let seat = 0; seat < 20; seat++) {
      let first = true;
      server.script = ({ name }) => {
        if (name !== 'hold' || !first) return 'serve';
        first = false;
        proxy.swallowReplies = true;
        setTimeout(() => {
          proxy.cut();
          proxy.swallowReplies = false;
        }, 10);
        return 'serve';
      };
      await aisle.hold({ eventId: 'evt', seats: [`S${seat}`] });
    }
    expect(server.count('hold')).toBe(40);
    expect(server.world().holds.size).toBe(20);
    expect(new Set(server.carriedOut.values())).toEqual(new Set([1]));
  });

  test('a line that died without a word is cut after one ack time-out, and the command goes on over the next', async () => {
    const aisle = client();
    await aisle.holds({ eventId: 'evt' });
    proxy.frozen = true;
    const held = aisle.hold({ eventId: 'evt', seats: ['S1'] });
    setTimeout(() => void (proxy.frozen = false), 600);
    await held;
    expect(server.handshakes.length).toBeGreaterThan(1);
    expect(server.world().holds.size).toBe(1);
  });

  test('a retryable error is tried again, not before retryAfterMs', async () => {
    faults('hold', { error: wireError('UNAVAILABLE') }, { error: wireError('RATE_LIMITED', { retryAfterMs: 500 }) });
    const started = performance.now();
    await client().hold({ eventId: 'evt', seats: ['S1'] });
    expect(performance.now() - started).toBeGreaterThan(500);
    expect([server.count('hold'), requestIds().size]).toEqual([3, 1]);
  });

  test('an error that is not retryable rejects at once, with its details', async () => {
    faults('hold', { error: wireError('SEAT_UNAVAILABLE', { details: { seats: ['S1'] } }) });
    const error = await failure(client().hold({ eventId: 'evt', seats: ['S1'] }));
    expect(error).toMatchObject({ code: 'SEAT_UNAVAILABLE', retryable: false, details: { seats: ['S1'] } });
    expect(server.count('hold')).toBe(1);
  });

  test('E1 a code this build does not know goes by `retryable`', async () => {
    const unknown = { code: 'MOON_PHASE', message: 'new moon', retryable: true };
    faults('hold', { error: unknown }, { error: { ...unknown, retryable: false } });
    const error = await failure(client().hold({ eventId: 'evt', seats: ['S1'] }));
    expect([error.code, server.count('hold')]).toEqual(['MOON_PHASE', 2]);
  });

  test('an unreadable answer is asked for again: the request id makes that safe', async () => {
    faults('hold', { error: null as never }, { error: { code: 7 } as never });
    await client().hold({ eventId: 'evt', seats: ['S1'] });
    expect(server.count('hold')).toBe(3);
  });

  test('it gives up at its deadline: the error says what is known, and the request id to ask again with', async () => {
    server.script = ({ name }) => (name === 'hold' ? 'lose-answer' : 'serve');
    const aisle = client();
    const error = await failure(aisle.hold({ eventId: 'evt', seats: ['S1'] }, { timeoutMs: 700 }));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: true, details: { outcome: 'unknown' } });
    server.script = () => 'serve';
    const requestId = String(error.details?.requestId);
    const { hold } = await aisle.hold({ eventId: 'evt', seats: ['S1'], requestId });
    expect([hold.seats, server.carriedOut.get(requestId)]).toEqual([['S1'], 1]);
  });

  test('a refusal that would outlast the deadline rejects at once rather than wait for nothing', async () => {
    faults('hold', { error: wireError('RATE_LIMITED', { retryAfterMs: 60_000 }) });
    const started = performance.now();
    const error = await failure(client().hold({ eventId: 'evt', seats: ['S1'] }));
    expect([error.code, error.retryAfterMs, error.details?.outcome]).toEqual(['RATE_LIMITED', 60_000, 'refused']);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test('no connection in time: UNAVAILABLE, and nothing was sent', async () => {
    proxy.refuse = true;
    const error = await failure(client().hold({ eventId: 'evt', seats: ['S1'] }, { timeoutMs: 300 }));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', details: { outcome: 'not_sent' } });
  });

  test('a time-out above half the server’s memory of request ids is refused', () => {
    expect(() => client({ timeouts: { commandMs: 600_000 } })).toThrow(RangeError);
    expect(() => client({ timeouts: { ackMs: Number.NaN } })).toThrow(RangeError);
  });

  test('close() rejects what is under way; afterwards everything is refused', async () => {
    faults('hold', 'ignore');
    const aisle = client();
    const pending = failure(aisle.hold({ eventId: 'evt', seats: ['S1'] }));
    await expect.poll(() => server.count('hold')).toBe(1);
    aisle.close();
    expect(await pending).toMatchObject({ code: 'UNAVAILABLE', retryable: false });
    expect(await failure(aisle.holds({ eventId: 'evt' }))).toMatchObject({ retryable: false });
    expect(() => aisle.watch('evt')).toThrow(AisleError);
  });

  test('release, extend and holds', async () => {
    const aisle = client();
    const { hold } = await aisle.hold({ eventId: 'evt', seats: ['S1', 'S2'] });
    expect((await aisle.extend({ eventId: 'evt', holdToken: hold.token })).hold.token).toBe(hold.token);
    const { holds } = await aisle.holds({ eventId: 'evt' });
    expect([holds.map(({ token }) => token), remainingMs(holds[0] ?? hold) > 0]).toEqual([[hold.token], true]);
    expect(await aisle.release({ eventId: 'evt', holdToken: hold.token })).toEqual({ epoch: 1, seq: 2 });
    expect(server.seen.find(({ name }) => name === 'holds')?.payload).toEqual({ eventId: 'evt' });
  });
});

describe('tokens', () => {
  test('a command refused for want of a token asks getToken again and goes on, on the same connection', async () => {
    let token: string | null = null;
    const aisle = client({ getToken: () => token });
    expect(await failure(aisle.hold({ eventId: 'evt', seats: ['S1'] }))).toMatchObject({ code: 'UNAUTHENTICATED' });
    token = 'alice';
    const { hold } = await aisle.hold({ eventId: 'evt', seats: ['S1'] });
    expect([hold.subject, server.handshakes.length]).toEqual(['alice', 1]);
    expect(aisle.connection).toMatchObject({ state: 'ready', hello: { subject: 'alice' } });
  });

  test('S7 never sent again as somebody else: request ids are remembered per subject', async () => {
    const tokens = ['alice', 'bob'];
    faults('hold', 'cut-after');
    const error = await failure(
      client({ getToken: () => tokens.shift() ?? 'bob' }).hold({ eventId: 'evt', seats: ['S1'] }),
    );
    expect(error).toMatchObject({ code: 'UNAVAILABLE', details: { outcome: 'unknown' } });
    expect([server.count('hold'), server.handshakes.map(({ token }) => token)]).toEqual([1, ['alice', 'bob']]);
  });

  test('S7 nor when the token ran out after an answer was lost', async () => {
    const tokens = ['alice', 'bob'];
    faults('hold', 'lose-answer', { error: wireError('UNAUTHENTICATED') });
    const aisle = client({ getToken: () => tokens.shift() ?? 'bob' });
    // Beacons show that the line is alive: an answer that stays away is asked for on the same connection.
    await aisle.watch('evt').whenReady();
    const error = await failure(aisle.hold({ eventId: 'evt', seats: ['S1'] }));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', details: { outcome: 'unknown' } });
    expect([server.count('hold'), server.count('authenticate')]).toEqual([2, 1]);
  });

  test('a refused token is asked for again; the same once more ends it, connect() starts anew', async () => {
    server.admit = ({ token }) => (token === 'good' ? 'alice' : wireError('UNAUTHENTICATED'));
    const reasons: string[] = [];
    const aisle = client({ getToken: (reason) => (reasons.push(reason), reason === 'refused' ? 'good' : 'old') });
    await aisle.holds({ eventId: 'evt' });
    expect(reasons).toEqual(['connect', 'refused']);

    const stubborn = client({ getToken: () => 'old' });
    expect(await failure(stubborn.holds({ eventId: 'evt' }))).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(stubborn.connection).toMatchObject({ state: 'closed', error: { code: 'UNAUTHENTICATED' } });
    server.admit = () => 'alice';
    await stubborn.holds({ eventId: 'evt' });
    expect(stubborn.connection.state).toBe('ready');
  });

  test('a new token each time, each refused, is given up after five', async () => {
    server.admit = () => wireError('UNAUTHENTICATED');
    let asked = 0;
    const error = await failure(client({ getToken: () => `token-${asked++}` }).holds({ eventId: 'evt' }));
    expect([error.code, asked]).toEqual(['UNAUTHENTICATED', 5]);
  });

  test('getToken that fails is asked again with backoff', async () => {
    let asked = 0;
    const aisle = client({
      getToken: () => (asked++ < 2 ? Promise.reject(new Error('offline')) : Promise.resolve('alice')),
    });
    await aisle.holds({ eventId: 'evt' });
    expect(asked).toBe(3);
  });

  test('renewToken() uses what getToken gives now; the same token is no news', async () => {
    let token = 'alice';
    const aisle = client({ getToken: () => token });
    await aisle.holds({ eventId: 'evt' });
    expect(await aisle.renewToken()).toBe(false);
    token = 'carol';
    const hellos: (string | null)[] = [];
    aisle.on('hello', ({ subject }) => hellos.push(subject));
    expect(await aisle.renewToken()).toBe(true);
    expect([hellos, server.count('authenticate')]).toEqual([['carol'], 1]);
  });

  test('A11 authenticate() brings its own token, keeps it on the next connection, and tells what was carried over', async () => {
    const aisle = client({ getToken: () => 'guest' });
    await aisle.holds({ eventId: 'evt' });
    expect(await aisle.authenticate('carol')).toMatchObject({ subject: 'carol' });
    expect(aisle.connection).toMatchObject({ state: 'ready', hello: { subject: 'carol' } });
    faults('holds', 'cut-before');
    await aisle.holds({ eventId: 'evt' });
    expect(server.handshakes.map(({ token }) => token)).toEqual(['guest', 'carol']);
    faults('authenticate', { error: wireError('FORBIDDEN') });
    expect(await failure(aisle.authenticate('dave'))).toMatchObject({ code: 'FORBIDDEN' });
    faults('authenticate', 'cut-before');
    expect(await aisle.authenticate('dave')).toMatchObject({ subject: 'dave' });
  });

  test('A11 a token that was given and then refused gives way to getToken', async () => {
    const aisle = client({ getToken: () => 'guest' });
    await aisle.authenticate('carol');
    server.admit = ({ token }) => (token === 'guest' ? 'guest' : wireError('UNAUTHENTICATED'));
    faults('holds', 'cut-before');
    await aisle.holds({ eventId: 'evt' });
    expect(aisle.connection).toMatchObject({ state: 'ready', hello: { subject: 'guest' } });
  });

  test('a server that says UNAUTHENTICATED before it cuts: the next token is asked for as refused', async () => {
    const reasons: string[] = [];
    const aisle = client({ getToken: (reason) => (reasons.push(reason), `t${reasons.length}`) });
    await aisle.holds({ eventId: 'evt' });
    server.io.emit('notice', { code: 'UNAUTHENTICATED', message: 'expired' });
    server.io.disconnectSockets(true);
    await expect.poll(() => reasons).toEqual(['connect', 'refused']);
    await aisle.holds({ eventId: 'evt' });
  });
});
