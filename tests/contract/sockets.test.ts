import { holdSchema, type SeatsFrame, type SubscribeAck } from '@aisle/client/protocol';
import { createLogger } from '../../server/src/platform/logger.js';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { MapViewer } from '../helpers/map-viewer.js';
import { memoryEvent } from '../helpers/memory-event.js';
import { startMemoryNode, type MemoryNode, type MemoryNodeOptions } from '../helpers/memory-node.js';
import { ask, connectClient, next, openClient, rawClient, refusal, type Client } from '../helpers/raw-client.js';
import { ENGINES } from './engines.js';

const EVENT = 'ev1';
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.each(ENGINES)('G4 sockets on the %s engine', (engine) => {
  let node: MemoryNode;
  let clients: Client[] = [];

  async function start(options: Partial<MemoryNodeOptions> = {}): Promise<void> {
    node = await startMemoryNode({
      engine,
      events: [memoryEvent({ seats: 20, areas: [50] }), memoryEvent({ id: 'draft1', seats: 2, status: 'draft' })],
      ...options,
    });
    expect(node.engine.name).toBe(engine);
  }
  async function join(auth: Record<string, unknown> = {}): Promise<Client> {
    const { socket } = await connectClient(node.url, auth);
    clients.push(socket);
    return socket;
  }
  const buyer = (subject: string): Promise<Client> => join({ token: node.sessions.issue(subject) });
  const metric = async (name: 'disconnectsTotal' | 'commands', labels: Record<string, string>): Promise<number> => {
    const { values } = await node.metrics[name].get();
    const matching = values.filter((value) =>
      Object.entries(labels).every(([key, text]) => value.labels[key as keyof typeof value.labels] === text),
    );
    return matching.reduce((sum, { value }) => sum + value, 0);
  };

  afterEach(async () => {
    for (const client of clients) client.close();
    clients = [];
    await node.close();
  });

  describe('handshake', () => {
    it('A1 greets a viewer without a token, and a buyer by name', async () => {
      await start();
      const viewer = await connectClient(node.url);
      clients.push(viewer.socket);
      expect(viewer.hello).toEqual({
        protocol: 1,
        server: 'aisle/0.0.0-test',
        subject: null,
        role: 'viewer',
        expiresAt: null,
        limits: { placesPerCall: 50, subscriptions: 20 },
        tickMs: 20,
      });
      const token = node.sessions.issue('ann', 'guest', Date.parse('2040-01-01T00:00:00Z'));
      const { socket, hello } = await connectClient(node.url, { token, protocol: 1, client: 'test/1' });
      clients.push(socket);
      expect(hello).toMatchObject({ subject: 'ann', role: 'guest', expiresAt: '2040-01-01T00:00:00.000Z' });
    });

    it('A1 A2 refuses with the error object: unknown token, expired token, other protocol, nonsense', async () => {
      await start();
      expect(await refusal(node.url, { token: 'nobody' })).toMatchObject({ code: 'UNAUTHENTICATED', retryable: false });
      const expired = node.sessions.issue('late', 'guest', Date.now() - 1);
      expect(await refusal(node.url, { token: expired })).toMatchObject({ code: 'UNAUTHENTICATED' });
      expect(await refusal(node.url, { protocol: 2 })).toMatchObject({
        code: 'PROTOCOL_UNSUPPORTED',
        details: { supported: [1] },
      });
      expect(await refusal(node.url, { token: 7 })).toMatchObject({
        code: 'INVALID_REQUEST',
        details: { faults: [{ path: 'token' }] },
      });
      expect(await refusal(node.url, { token: 'x'.repeat(9000) })).toMatchObject({ code: 'INVALID_REQUEST' });
      await join();
    });

    it('refuses sockets from origins that are not allowed, and polling', async () => {
      await start({ engineDeps: { allowedOrigins: ['https://shop.example'] } });
      const upgrade = (origin: string): Promise<number> =>
        fetch(`${node.url}/socket.io/?EIO=4&transport=polling`, { headers: { origin } }).then(({ status }) => status);
      expect(await upgrade('https://shop.example')).toBe(400);
      const evil = openClient(node.url, {}, { origin: 'https://evil.example' });
      await next(evil, 'connect_error');
      evil.close();
      for (const origin of ['https://shop.example', node.url]) {
        const good = openClient(node.url, {}, { origin });
        clients.push(good);
        await next(good, 'connect');
      }
    });

    it('without a list, sockets come from its own pages and from what is no page', async () => {
      await start();
      const foreign = openClient(node.url, {}, { origin: 'https://shop.example' });
      await next(foreign, 'connect_error');
      foreign.close();
      const own = openClient(node.url, {}, { origin: node.url });
      clients.push(own);
      await next(own, 'connect');
      await join({});
    });

    it('A6 a token that expires disconnects with UNAUTHENTICATED, and renewing it in time does not', async () => {
      await start();
      const endsAt = Date.now() + 1500;
      const [socket, renewed] = await Promise.all(
        ['ann', 'bob'].map((subject) => join({ token: node.sessions.issue(subject, 'guest', endsAt) })),
      );
      if (socket === undefined || renewed === undefined) throw new Error('not connected in time');
      const [notice, gone] = [next(socket, 'notice'), next(socket, 'disconnect')];
      const answer = await ask(renewed, 'authenticate', { token: node.sessions.issue('bob', 'customer') });
      expect(answer).toMatchObject({ ok: true, subject: 'bob', role: 'customer' });
      expect((await notice)[0]).toMatchObject({ code: 'UNAUTHENTICATED' });
      expect((await gone)[0]).toBe('io server disconnect');
      await sleep(200);
      expect(renewed.connected).toBe(true);
      expect(await metric('disconnectsTotal', { reason: 'expired' })).toBe(1);
    });
  });

  describe('identity', () => {
    it('notes go to every socket of the subject and follow a change of identity', async () => {
      await start();
      const [ann, annToo, bob] = await Promise.all([buyer('ann'), buyer('ann'), buyer('bob')]);
      const heard: string[] = [];
      for (const [name, socket] of [
        ['ann', ann],
        ['annToo', annToo],
        ['bob', bob],
      ] as const) {
        socket.on('hold', (note: { kind: string }) => heard.push(`${name} ${note.kind}`));
      }
      await ask(ann, 'subscribe', { eventId: EVENT });
      const hold = holdSchema.parse((await ask(ann, 'hold', { eventId: EVENT, seats: ['s0'] })).hold);
      await ask(ann, 'release', { eventId: EVENT, holdToken: hold.token });
      await sleep(50);
      expect(heard.sort()).toEqual(['ann released', 'annToo released']);
      expect(await ask(bob, 'authenticate', { token: node.sessions.issue('cleo', 'customer') })).toMatchObject({
        ok: true,
        subject: 'cleo',
      });
      node.store.change(EVENT, {
        notes: [
          { subject: 'bob', kind: 'changed', token: 't' },
          { subject: 'cleo', kind: 'sold', token: 't' },
        ],
      });
      await sleep(50);
      expect(heard.slice(2)).toEqual(['bob sold']);
      expect(await ask(bob, 'authenticate', { token: 'wrong' })).toMatchObject({
        ok: false,
        error: { code: 'UNAUTHENTICATED' },
      });
      await ask(bob, 'hold', { eventId: EVENT, seats: ['s1'] });
      expect(node.commands.calls.at(-1)?.actor.subject).toBe('cleo');
    });

    it('A1 a viewer may look but not act', async () => {
      await start();
      const viewer = await join();
      expect(await ask(viewer, 'subscribe', { eventId: EVENT })).toMatchObject({ ok: true });
      for (const [name, payload] of [
        ['hold', { eventId: EVENT, seats: ['s0'] }],
        ['hold-best', { eventId: EVENT, quantity: 1 }],
        ['extend', { eventId: EVENT, holdToken: 'ev1.x' }],
        ['release', { eventId: EVENT, holdToken: 'ev1.x' }],
        ['holds', { eventId: EVENT }],
      ] as const) {
        expect(await ask(viewer, name, payload)).toMatchObject({ ok: false, error: { code: 'UNAUTHENTICATED' } });
      }
      expect(node.commands.calls).toEqual([]);
    });
  });

  describe('subscribing', () => {
    it('answers with the map, then frames in order; unsubscribe ends them', async () => {
      await start();
      const [watcher, ann] = await Promise.all([join(), buyer('ann')]);
      const ack = await ask(watcher, 'subscribe', { eventId: EVENT });
      expect(ack).toEqual({
        ok: true,
        eventId: EVENT,
        status: 'on_sale',
        epoch: 1,
        seq: 0,
        chartVersion: 1,
        map: '20a',
        areas: [[50, 50]],
      });
      const frames: SeatsFrame[] = [];
      watcher.on('seats', (frame: SeatsFrame) => frames.push(frame));
      const held = await ask(ann, 'hold', { eventId: EVENT, seats: ['s3', { id: 's4' }] });
      expect(held).toMatchObject({ ok: true, epoch: 1, seq: 1, hold: { seats: ['s3', 's4'], subject: 'ann' } });
      await sleep(60);
      expect(frames).toEqual([{ eventId: EVENT, epoch: 1, from: 0, to: 1, changes: [3, 'h', 4, 'h'] }]);
      expect(await ask(ann, 'hold', { eventId: EVENT, seats: ['s4'] })).toMatchObject({
        error: { code: 'SEAT_UNAVAILABLE' },
      });
      expect(await ask(watcher, 'unsubscribe', { eventId: EVENT })).toEqual({ ok: true });
      expect(await ask(watcher, 'unsubscribe', { eventId: EVENT })).toEqual({ ok: true });
      await ask(ann, 'hold', { eventId: EVENT, seats: ['s5'] });
      await sleep(60);
      expect(frames).toHaveLength(1);
    });

    it('resumes by changes inside the ring and by a map beyond it', async () => {
      await start();
      const watcher = await join();
      await ask(watcher, 'subscribe', { eventId: EVENT });
      for (let i = 0; i < 100; i++) node.store.change(EVENT, { seats: [[i % 5, 'h']] });
      const later = await join();
      const caughtUp = await ask(later, 'subscribe', { eventId: EVENT, epoch: 1, seq: 0 });
      expect(caughtUp).toMatchObject({ ok: true, seq: 100, changes: [0, 'h', 1, 'h', 2, 'h', 3, 'h', 4, 'h'] });
      expect(caughtUp).not.toHaveProperty('map');
      for (let i = 0; i < 100_000; i++) node.store.change(EVENT, { seats: [[i % 5, 'a']] });
      expect(await ask(later, 'subscribe', { eventId: EVENT, epoch: 1, seq: 100 })).toMatchObject({
        seq: 100_100,
        map: '20a',
      });
    });

    it('A5 hides drafts from all but admins, and names events there are not', async () => {
      await start();
      const ann = await buyer('ann');
      expect(await ask(ann, 'subscribe', { eventId: 'draft1' })).toMatchObject({ error: { code: 'EVENT_NOT_FOUND' } });
      expect(await ask(ann, 'subscribe', { eventId: 'nowhere' })).toMatchObject({ error: { code: 'EVENT_NOT_FOUND' } });
      // Nothing of the answer may tell a draft from what is not there.
      const { error } = await ask(ann, 'subscribe', { eventId: 'draft1' });
      expect(error?.details).toEqual({ eventId: 'draft1' });
      const admin = await join({ token: node.sessions.issue('root', 'admin') });
      expect(await ask(admin, 'subscribe', { eventId: 'draft1' })).toMatchObject({ ok: true, status: 'draft' });
    });

    it('G3 caps how many events one socket watches; watching the same again is no more', async () => {
      await start({ subscriptions: 1, events: [memoryEvent({ seats: 2 }), memoryEvent({ id: 'ev2', seats: 2 })] });
      const watcher = await join();
      expect(await ask(watcher, 'subscribe', { eventId: EVENT })).toMatchObject({ ok: true });
      expect(await ask(watcher, 'subscribe', { eventId: EVENT })).toMatchObject({ ok: true });
      expect(await ask(watcher, 'subscribe', { eventId: 'ev2' })).toMatchObject({
        error: { code: 'LIMIT_EXCEEDED', details: { limit: 1 } },
      });
      await ask(watcher, 'unsubscribe', { eventId: EVENT });
      expect(await ask(watcher, 'subscribe', { eventId: 'ev2' })).toMatchObject({ ok: true });
      expect((await node.metrics.subscriptions.get()).values[0]?.value).toBe(1);
    });

    it('a socket that goes away is no viewer any more', async () => {
      await start();
      const sockets = await Promise.all(Array.from({ length: 5 }, () => join()));
      await Promise.all(sockets.map((socket) => ask(socket, 'subscribe', { eventId: EVENT })));
      const count = async (): Promise<number | undefined> => (await node.metrics.subscriptions.get()).values[0]?.value;
      expect(await count()).toBe(5);
      for (const socket of sockets) socket.close();
      await expect.poll(count).toBe(0);
      await expect.poll(async () => (await node.metrics.connections.get()).values[0]?.value).toBe(0);
    });

    it('F3 no early frame and no gap while 50 clients join a stream of changes', async () => {
      await start({ events: [memoryEvent({ seats: 2000 })], tickMs: 1 });
      // A change in every turn of the event loop, a frame every millisecond: an ack one turn late would come after one.
      let flooding = true;
      const flood = (): void => {
        node.store.change(EVENT, { seats: [[Math.floor(Math.random() * 2000), Math.random() < 0.5 ? 'h' : 'a']] });
        if (flooding) setImmediate(flood);
      };
      flood();
      const viewers = await Promise.all(
        Array.from({ length: 50 }, async () => {
          const socket = await join();
          const map = new MapViewer(2000, (position) => {
            // In the ack itself: after a promise, frames that came in the same packet would be handled first.
            socket.emit('subscribe', { eventId: EVENT, ...position }, (ack: SubscribeAck) => map.onAck(ack));
          });
          socket.on('seats', (frame: SeatsFrame) => map.onSeats(frame));
          await sleep(Math.random() * 400);
          map.subscribe();
          return map;
        }),
      );
      await sleep(400);
      flooding = false;
      await expect.poll(() => viewers.every(({ seq }) => seq === node.store.position(EVENT).seq)).toBe(true);
      for (const map of viewers) {
        expect(map).toMatchObject({ early: 0, gaps: 0 });
        expect(map.text).toBe(node.store.letters(EVENT));
      }
    });
  });

  describe('bad input', () => {
    it('P2 P3 G1 names every fault, changes nothing, and lives on', async () => {
      await start();
      const ann = await buyer('ann');
      const faults = async (name: string, payload?: unknown): Promise<unknown> => {
        const answer = await ask(ann, name, payload);
        expect(answer).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST', retryable: false } });
        return answer.error?.details?.faults;
      };
      expect(await faults('hold', { eventId: 7, seats: 'x', areas: [{ id: 'area0', quantity: 0 }] })).toMatchObject([
        { path: 'eventId' },
        { path: 'seats' },
        { path: 'areas.0.quantity' },
      ]);
      expect(await faults('hold', { eventId: EVENT, seats: ['s0'], admin: true })).toEqual([
        { path: 'admin', message: 'unknown field' },
      ]);
      expect(await faults('hold', { eventId: EVENT, areas: [{ id: 'area0', quantity: -2 }] })).toMatchObject([
        { path: 'areas.0.quantity' },
      ]);
      expect(await faults('hold', { eventId: EVENT, seats: ['s0'], requestId: 'x'.repeat(65) })).toMatchObject([
        { path: 'requestId' },
      ]);
      for (const nothing of [null, 7, 'text', [], true, undefined]) await faults('hold', nothing);
      expect(await faults('subscribe', { eventId: EVENT, seq: 3 })).toMatchObject([{ path: 'epoch' }]);
      expect(await faults('subscribe', { eventId: EVENT, epoch: 1, seq: 2 ** 60 })).toMatchObject([{ path: 'seq' }]);
      expect(await faults('subscribe', { eventId: '{x}' })).toMatchObject([{ path: 'eventId' }]);
      expect(await faults('no-such-event', { eventId: EVENT })).toMatchObject([
        { message: expect.stringContaining('no-such-event') as string },
      ]);
      expect(await faults('constructor', {})).toBeDefined();
      expect(await ask(ann, 'hold', { eventId: EVENT, seats: ['s0'] }, { eventId: EVENT })).toMatchObject({
        error: { code: 'INVALID_REQUEST' },
      });
      expect(await ask(ann, 'hold')).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
      expect(node.commands.calls).toEqual([]);
      expect(await ask(ann, 'hold', { eventId: EVENT, seats: ['nowhere'] })).toMatchObject({
        error: { code: 'UNKNOWN_SEAT' },
      });
      expect(await ask(ann, 'hold', { eventId: EVENT, seats: ['s0'] })).toMatchObject({ ok: true });
    });

    it('__proto__ and its kin pollute nothing', async () => {
      await start();
      const client = await rawClient(node.url, { token: node.sessions.issue('ann') });
      const sent = [
        '420["hold",{"eventId":"ev1","seats":["s0"],"__proto__":{"polluted":1}}]',
        '421["__proto__",{"__proto__":{"polluted":1}}]',
        '422["hold",{"eventId":"ev1","constructor":{"prototype":{"polluted":1}}}]',
        '423["subscribe",{"eventId":"__proto__"}]',
        '424["toString",{}]',
      ];
      for (const text of sent) client.ws.send(text);
      await expect.poll(() => client.received.filter((text) => text.startsWith('43')).length).toBe(sent.length);
      const acks = client.received.filter((text) => text.startsWith('43'));
      for (const ack of acks) expect(ack).toMatch(/"ok":false.*"(INVALID_REQUEST|EVENT_NOT_FOUND)"/);
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      client.ws.close();
    });

    it('an event without an acknowledgement does nothing but say so', async () => {
      await start();
      const ann = await buyer('ann');
      const notice = next(ann, 'notice');
      ann.emit('hold', { eventId: EVENT, seats: ['s0'] });
      expect((await notice)[0]).toMatchObject({
        code: 'INVALID_REQUEST',
        message: expect.stringContaining('"hold"') as string,
      });
      expect(node.commands.calls).toEqual([]);
      expect(node.store.letter(EVENT, 0)).toBe('a');
    });

    it('G5 a message too large closes that socket with a reason; binary likewise; the others live on', async () => {
      await start();
      const other = await buyer('other');
      const bad = async (
        send: (client: Awaited<ReturnType<typeof rawClient>>) => void,
      ): Promise<{ code: number; reason: string }> => {
        const client = await rawClient(node.url);
        send(client);
        return client.closed;
      };
      const large = JSON.stringify(['hold', { eventId: EVENT, seats: Array(10_000).fill('seat-1') }]);
      expect(await bad(({ ws }) => ws.send(`421${large}`))).toEqual({
        code: 1009,
        reason: 'messages may have at most 65536 bytes',
      });
      expect((await bad(({ ws }) => ws.send('x'.repeat(5_000_000)))).code).toBeOneOf([1006, 1009]);
      const binary = { code: 1003, reason: 'binary frames are not accepted' };
      expect(await bad(({ ws }) => ws.send(Buffer.from('hello')))).toEqual(binary);
      expect(await bad(({ ws }) => ws.send('451-["hold",{"_placeholder":true,"num":0}]'))).toEqual(binary);
      expect(await bad(({ ws }) => ws.send('bAAAA'))).toEqual(binary);
      expect(await ask(other, 'hold', { eventId: EVENT, seats: ['s0'] })).toMatchObject({ ok: true });
      await expect.poll(() => metric('disconnectsTotal', { reason: 'oversize' })).toBe(2);
      await expect.poll(() => metric('disconnectsTotal', { reason: 'binary' })).toBe(3);
    });

    it('G5 frames that no client sends: nonsense, wrong state, other namespaces', async () => {
      await start();
      const other = await buyer('other');
      for (const text of [
        '',
        '9',
        '4',
        '42',
        '42{',
        '42["hold"',
        '420["connect",{}]',
        '40/admin,{}',
        '4{"a":1}',
        '41',
        '43',
        '43999[]',
        '6',
        '2',
        '42[["x"]]',
        '42[{}]',
        '4299999999999999999999["hold",{}]',
        '\u0000\u0001',
      ]) {
        const client = await rawClient(node.url);
        client.ws.send(text);
        await sleep(5);
        client.ws.terminate();
      }
      expect(await ask(other, 'hold', { eventId: EVENT, seats: ['s0'] })).toMatchObject({ ok: true });
    });

    it('a failure inside is INTERNAL with a request id, its cause in the log alone', async () => {
      const errors: object[] = [];
      const logger = createLogger('silent', 'test');
      logger.error = (line: object) => void errors.push(line);
      await start({ logger });
      const ann = await buyer('ann');
      for (const seat of ['throw', 'fail']) {
        const answer = await ask(ann, 'hold', { eventId: EVENT, seats: [seat], requestId: `r-${seat}` });
        expect(answer).toMatchObject({
          ok: false,
          error: { code: 'INTERNAL', retryable: true, details: { requestId: `r-${seat}` } },
        });
        expect(JSON.stringify(answer)).not.toContain('planted');
        const line = { command: 'hold', outcome: 'INTERNAL', eventId: EVENT, requestId: `r-${seat}` };
        expect(errors.at(-1)).toMatchObject({ ...line, err: { message: 'planted' } });
      }
      expect(errors).toHaveLength(2);
    });

    it('S7 a command without a request id gets one: the one of its log line', async () => {
      const lines: object[] = [];
      const logger = createLogger('debug', 'test');
      logger.debug = (line: object) => void lines.push(line);
      await start({ logger });
      const ann = await buyer('ann');
      await ask(ann, 'hold', { eventId: EVENT, seats: ['s0'] });
      const { requestId } = node.commands.calls.at(-1)?.payload as { requestId?: string };
      expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
      expect(lines).toContainEqual(
        expect.objectContaining({ command: 'hold', outcome: 'ok', eventId: EVENT, requestId }),
      );
    });
  });

  describe('limits', () => {
    it('G2 slows a subject down over all its sockets, tells when to come back, and lets others be', async () => {
      await start({ limits: 'on', commandsPer10s: 10 });
      const [ann, annToo, bob] = await Promise.all([buyer('ann'), buyer('ann'), buyer('bob')]);
      const answers = await Promise.all(
        Array.from({ length: 14 }, (_, i) => ask(i % 2 ? ann : annToo, 'holds', { eventId: EVENT })),
      );
      const refused = answers.filter(({ ok }) => !ok);
      expect(refused).toHaveLength(4);
      for (const { error } of refused) expect(error).toMatchObject({ code: 'RATE_LIMITED', retryable: true });
      expect(refused[0]?.error?.retryAfterMs).toBeGreaterThan(0);
      expect(await ask(bob, 'holds', { eventId: EVENT })).toMatchObject({ ok: true });
      expect(await metric('commands', { outcome: 'RATE_LIMITED' })).toBe(4);
    });

    it('cuts a socket that does not stop', async () => {
      await start({ limits: 'on', commandsPer10s: 10 });
      const ann = await buyer('ann');
      const gone = next(ann, 'disconnect');
      for (let i = 0; i < 1100; i++) ann.emit('holds', { eventId: EVENT }, () => undefined);
      await gone;
      await expect.poll(() => metric('disconnectsTotal', { reason: 'flood' })).toBe(1);
    });
  });

  describe('ways round the limits', () => {
    it('G2 events without an acknowledgement are counted like others, and a flood of them is cut', async () => {
      await start({ limits: 'on', commandsPer10s: 10 });
      const ann = await buyer('ann');
      const gone = next(ann, 'disconnect');
      for (let i = 0; i < 1100; i++) ann.emit('holds', { eventId: EVENT });
      await gone;
      await expect.poll(() => metric('disconnectsTotal', { reason: 'flood' })).toBe(1);
    });

    it('A1 a burst of CONNECTs while the first is being admitted does not make many sockets of one connection', async () => {
      await start();
      const authenticate = node.sessions.authenticate.bind(node.sessions);
      node.sessions.authenticate = async (token) => {
        await sleep(50);
        return authenticate(token);
      };
      const ws = new WebSocket(`${node.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
      const received: string[] = [];
      const closed = new Promise((resolve) => ws.on('close', resolve));
      ws.on('message', (data: Buffer) => {
        received.push(data.toString());
        if (received.length === 1) for (let i = 0; i < 20; i++) ws.send('40{}');
      });
      await Promise.race([closed, sleep(500)]);
      await sleep(100);
      expect(received.filter((text) => text.startsWith('42["hello"')).length).toBeLessThanOrEqual(1);
      expect(node.engine.io.sockets.sockets.size).toBeLessThanOrEqual(1);
      ws.close();
    });

    it('A1 one that was refused may try again on its connection, and one that left may come back', async () => {
      await start();
      const client = await rawClient(node.url);
      client.ws.send('41');
      await expect.poll(() => node.engine.io.sockets.sockets.size).toBe(0);
      client.ws.send('40{"token":"nobody"}');
      await expect.poll(() => client.received.filter((text) => text.startsWith('44')).length).toBe(1);
      client.ws.send('40{}');
      await expect.poll(() => client.received.filter((text) => text.startsWith('42["hello"')).length).toBe(2);
      client.ws.close();
    });
  });

  describe('going down', () => {
    it('drops sockets so that clients come back by themselves, and refuses new ones meanwhile', async () => {
      await start();
      const ann = await buyer('ann');
      const gone = next(ann, 'disconnect');
      await node.close();
      // "io server disconnect" would keep a Socket.IO client away for good.
      expect((await gone)[0]).toBe('transport close');
      const late = openClient(node.url);
      await next(late, 'connect_error');
      late.close();
      await start();
    });
  });
});
