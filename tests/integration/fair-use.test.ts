import { createClient } from '@aisle/client';
import { io, type Socket } from 'socket.io-client';
import type { SeatEvent, WireError } from '@aisle/client/protocol';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buyerToken, plainChart, sellEvent } from '../helpers/buyers.js';
import { useSystem } from '../helpers/system.js';
import { sleep } from '../helpers/wait.js';

/*
 * Fair use, through two real server nodes behind one pretended proxy: who is counted, where, and what the SDK makes of it. G1, G2,
 * G10, G11. Seat hoarding is a row of the faults: tests/faults/row-26.
 */
const LIMIT = 20;
const PER_IP = 60;
const CONNECTIONS = 30;
const system = useSystem({
  nodes: 2,
  workers: 1,
  limits: 'on',
  readyTimeoutMs: 50_000,
  env: {
    AISLE_TRUST_PROXY: '1',
    AISLE_LIMITS_COMMANDS_PER_10S: String(LIMIT),
    AISLE_LIMITS_COMMANDS_PER_10S_PER_IP: String(PER_IP),
    AISLE_LIMITS_CONNECTIONS_PER_IP: String(CONNECTIONS),
    AISLE_LIMITS_HANDSHAKES_PER_MINUTE: '1200',
  },
});
const bound = (limit: number): number => limit + 2 * 2 * (limit / 10 + 1);

let event: SeatEvent;
beforeAll(async () => {
  event = await sellEvent(system.aisle, plainChart(10, 10));
});
const opened: Socket[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.disconnect();
});

/** Every test has addresses of its own. */
let network = 0;
const nextIp = (): string => `203.0.113.${++network}`;

interface From {
  readonly node?: number;
  readonly ip: string;
  readonly token?: string | null;
}
/** A socket as a proxy passes it on; the error where it is refused. */
async function dial({ node = 0, ip, token = null }: From): Promise<Socket | WireError> {
  const socket = io(system.aisle.urls[node] ?? '', {
    ...{ transports: ['websocket'], forceNew: true, reconnection: false },
    auth: { protocol: 1, ...(token === null ? {} : { token }) },
    extraHeaders: { 'x-forwarded-for': `198.51.100.99, ${ip}` },
  });
  opened.push(socket);
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(socket));
    socket.once('connect_error', (error: Error & { data?: WireError }) => resolve(error.data ?? { ...NO_REASON }));
  });
}
const NO_REASON: WireError = { code: 'none', message: '', retryable: false };
async function connected(from: From): Promise<Socket> {
  for (;;) {
    const socket = await dial(from);
    if (!('code' in socket)) return socket;
    // A busy machine; RATE_LIMITED would be the test's own mistake.
    if (socket.code !== 'UNAVAILABLE') throw new Error(socket.code);
    await sleep(socket.retryAfterMs ?? 200);
  }
}
interface Outcome {
  readonly ok: boolean;
  readonly error?: WireError;
}
const ask = async (socket: Socket, name: string, payload: object): Promise<Outcome> =>
  (await socket.timeout(10_000).emitWithAck(name, payload)) as Outcome;

async function rest(
  { node = 0, ip, token = null }: From,
  path: string,
  body?: object,
): Promise<Outcome & { retryAfter: string | null }> {
  const response = await fetch(`${system.aisle.urls[node] ?? ''}/v1${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      'x-forwarded-for': ip,
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as { error?: WireError };
  const error = answer.error === undefined ? {} : { error: answer.error };
  return { ok: response.ok, ...error, retryAfter: response.headers.get('retry-after') };
}
const token = (subject: string): Promise<string> => buyerToken(subject, system.aisle.authSecret);
const limitedBy = ({ error }: Outcome): unknown => (error?.code === 'RATE_LIMITED' ? error.details?.limit : null);

describe('G2 limits over nodes and transports', () => {
  test('G2 a subject over two nodes, sockets and HTTP: within the bound of one limit', async () => {
    const ip = nextIp();
    const ann = await token('ann');
    const sockets = await Promise.all([0, 1].map((node) => connected({ node, ip, token: ann })));
    const outcomes: Outcome[] = [];
    for (let i = 0; i < 20; i++)
      outcomes.push(
        ...(await Promise.all([
          ...sockets.map((socket) => ask(socket, 'holds', { eventId: event.id })),
          ...[0, 1].map((node) =>
            rest({ node, ip: nextIp(), token: ann }, '/inventory/holds', { eventId: event.id, seats: ['nowhere'] }),
          ),
        ])),
      );
    const through = outcomes.filter((outcome) => limitedBy(outcome) === null).length;
    expect(through).toBeGreaterThanOrEqual(LIMIT);
    expect(through).toBeLessThanOrEqual(bound(LIMIT));
    const refused = outcomes.find((outcome) => limitedBy(outcome) === 'subject');
    expect(refused?.error?.retryAfterMs).toBeGreaterThan(0);
    const overHttp = await rest({ ip, token: ann }, '/inventory/holds', { eventId: event.id, seats: ['nowhere'] });
    expect(Number(overHttp.retryAfter)).toBeGreaterThanOrEqual(1);
    expect(await ask(await connected({ ip, token: await token('bob') }), 'holds', { eventId: event.id })).toMatchObject(
      { ok: true },
    );
  });

  test('G2 G10 an address behind the proxy, whatever subjects it has; what the caller writes into the header changes nothing', async () => {
    const ip = nextIp();
    const outcomes: Outcome[] = [];
    for (let i = 0; i < 8; i++) {
      const socket = await connected({ node: i % 2, ip, token: await token(`crowd-${i}`) });
      outcomes.push(
        ...(await Promise.all(Array.from({ length: 18 }, () => ask(socket, 'holds', { eventId: event.id })))),
      );
    }
    const through = outcomes.filter((outcome) => limitedBy(outcome) === null).length;
    expect(through).toBeGreaterThanOrEqual(PER_IP);
    expect(through).toBeLessThanOrEqual(bound(PER_IP));
    expect(outcomes.map(limitedBy)).toContain('address');
    const elsewhere = await connected({ ip: nextIp(), token: await token('crowd-0') });
    expect(await ask(elsewhere, 'holds', { eventId: event.id })).toMatchObject({ ok: true });
  });

  test('G2 a socket without a subject; G1 what it may not do is said before that it is too much', async () => {
    const socket = await connected({ ip: nextIp() });
    const outcomes: Outcome[] = [];
    for (let i = 0; i < LIMIT + 3; i++) outcomes.push(await ask(socket, 'unsubscribe', { eventId: event.id }));
    expect(outcomes.map(limitedBy)).toEqual([...Array<null>(LIMIT).fill(null), 'socket', 'socket', 'socket']);
    expect(await ask(socket, 'hold', { eventId: event.id, seats: ['r0-0'] })).toMatchObject({
      error: { code: 'UNAUTHENTICATED' },
    });
    expect(await ask(socket, 'subscribe', { event: 1 })).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
  });

  test('G2 connections of one address at once; a service is let in beyond, and others are', async () => {
    const ip = nextIp();
    const dialled = await Promise.all(Array.from({ length: CONNECTIONS + 5 }, () => dial({ ip })));
    const refused = dialled.filter((one) => 'code' in one);
    expect(refused.length).toBeGreaterThanOrEqual(5);
    expect(refused[0]).toMatchObject({ code: 'RATE_LIMITED', retryable: true, details: { limit: 'connections' } });
    expect(await dial({ ip, token: system.aisle.adminKey })).not.toHaveProperty('code');
    expect(await dial({ ip: nextIp() })).not.toHaveProperty('code');
    expect(await dial({ node: 1, ip })).not.toHaveProperty('code');
    for (const socket of opened.splice(0)) socket.disconnect();
    await expect.poll(async () => 'code' in (await dial({ ip }))).toBe(false);
  });

  test('G2 staff and services are not counted', async () => {
    const socket = await connected({ ip: nextIp(), token: system.aisle.adminKey });
    const outcomes = await Promise.all(
      Array.from({ length: LIMIT * 5 }, () => ask(socket, 'holds', { eventId: event.id })),
    );
    expect(outcomes.filter(({ ok }) => !ok)).toEqual([]);
  });
});

describe('G11 the SDK on a server that refuses', () => {
  test('G11 forty commands at once where twenty are allowed: all are answered, and no flood is sent', async () => {
    const subject = await token('sdk-buyer');
    const client = createClient({
      url: system.aisle.urls[0] ?? '',
      getToken: () => subject,
      timeouts: { commandMs: 60_000 },
    });
    const before = await limitedCalls();
    const started = performance.now();
    await Promise.all(Array.from({ length: 40 }, () => client.holds({ eventId: event.id })));
    expect(performance.now() - started).toBeGreaterThan(5000);
    client.close();
    // The first burst: 20 too many. Then one a window finds out.
    expect((await limitedCalls()) - before).toBeLessThanOrEqual(24);
  }, 60_000);

  async function limitedCalls(): Promise<number> {
    const text = await (await fetch(`${system.aisle.urls[0] ?? ''}/metrics`)).text();
    return Number(/aisle_limited_total\{limit="subject"[^}]*\} (\d+)/.exec(text)?.[1] ?? 0);
  }
});
