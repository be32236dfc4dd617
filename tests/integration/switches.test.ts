import { randomUUID } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import type { SeatEvent, WireError } from '@aisle/client/protocol';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { adminCall, buyerToken, plainChart, sellEvent } from '../helpers/buyers.js';
import { useSystem } from '../helpers/system.js';
import { sleep, waitFor } from '../helpers/wait.js';

/*
 * The operator's live switches, thrown on one of two real nodes, felt on both, over HTTP and over sockets. G6 to G9.
 */
const system = useSystem({
  nodes: 2,
  workers: 1,
  readyTimeoutMs: 50_000,
  env: { AISLE_TRUST_PROXY: '1' },
});

let event: SeatEvent;
let other: SeatEvent;
beforeAll(async () => {
  event = await sellEvent(system.aisle, plainChart(10, 20), { maxSeatsPerSubject: 50 });
  other = await sellEvent(system.aisle, plainChart(2, 10), { maxSeatsPerSubject: 50 });
});

/** "Within a second or two", and what a busy machine adds. */
const FELT = { timeoutMs: 6000 };
const NODES = [0, 1] as const;
const thrown = new Set<string>();
const put = async (name: string, value: unknown, eventId?: string): Promise<unknown> => {
  thrown.add(`${name}${eventId === undefined ? '' : `?eventId=${eventId}`}`);
  const scope = eventId === undefined ? {} : { eventId };
  return adminCall(system.aisle, 'PUT', `/switches/${name}`, { value, reason: `for ${name}`, ...scope });
};
const undo = async (address: string): Promise<void> => {
  const { urls, adminKey } = system.aisle;
  const response = await fetch(`${urls[1] ?? ''}/v1/switches/${address}`, {
    ...{ method: 'DELETE', headers: { authorization: `Bearer ${adminKey}` } },
  });
  expect(response.status).toBe(204);
};
const opened: Socket[] = [];
afterEach(async () => {
  for (const socket of opened.splice(0)) socket.disconnect();
  for (const address of thrown) await undo(address);
  thrown.clear();
  await waitFor(async () => (await attempts('someone')).every(({ ok }) => ok), { ...FELT, what: 'everything undone' });
});

interface Outcome {
  readonly ok: boolean;
  readonly code?: string;
  readonly error?: WireError;
}
const token = (subject: string): Promise<string> => buyerToken(subject, system.aisle.authSecret);
const IP = '203.0.113.9';

async function rest(node: number, subject: string | null, path: string, body: object, ip = IP): Promise<Outcome> {
  const response = await fetch(`${system.aisle.urls[node] ?? ''}/v1${path}`, {
    method: 'POST',
    headers: {
      ...{ 'x-forwarded-for': ip, 'content-type': 'application/json' },
      ...(subject === null ? {} : { authorization: `Bearer ${await token(subject)}` }),
    },
    body: JSON.stringify(body),
  });
  const { error } = (await response.json()) as { error?: WireError };
  return error === undefined ? { ok: true } : { ok: false, code: error.code, error };
}
async function dial(node: number, subject: string, ip = IP): Promise<Socket | WireError> {
  const socket = io(system.aisle.urls[node] ?? '', {
    ...{ transports: ['websocket'], forceNew: true, reconnection: false },
    ...{ auth: { protocol: 1, token: await token(subject) }, extraHeaders: { 'x-forwarded-for': ip } },
  });
  opened.push(socket);
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(socket));
    socket.once('connect_error', (error: Error & { data?: WireError }) =>
      resolve(error.data ?? { code: error.message, message: '', retryable: false }),
    );
  });
}
async function connected(node: number, subject: string, ip = IP): Promise<Socket> {
  return waitFor(async () => {
    const socket = await dial(node, subject, ip);
    if ('code' in socket) throw new Error(socket.code);
    return socket;
  });
}
async function ask(socket: Socket, name: string, payload: object): Promise<Outcome> {
  const answer = (await socket.timeout(10_000).emitWithAck(name, payload)) as { ok: boolean; error?: WireError };
  return answer.error === undefined ? { ok: answer.ok } : { ok: false, code: answer.error.code, error: answer.error };
}
let seat = 0;
const aHold = (eventId = event.id): object => ({ eventId, seats: [`r${Math.floor(seat / 20)}-${seat++ % 20}`] });

/** One hold over each transport of each node, given back at once. */
async function attempts(subject: string, eventId = event.id): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const node of NODES) {
    outcomes.push(
      await rest(node, subject, '/inventory/best-available', { eventId, quantity: 1, adjacent: 'preferred' }),
    );
    const socket = await dial(node, subject);
    if ('code' in socket) outcomes.push({ ok: false, code: socket.code, error: socket });
    else outcomes.push(await ask(socket, 'hold-best', { eventId, quantity: 1 }));
    await adminCall(system.aisle, 'POST', `/subjects/${subject}/drop-holds`, { eventId, reason: 'tidy' });
  }
  return outcomes;
}
/** Waits until every node and transport answers so; answers the errors. */
async function felt(subject: string, code: string, eventId = event.id): Promise<WireError[]> {
  return waitFor(async () => {
    const outcomes = await attempts(subject, eventId);
    if (!outcomes.every((outcome) => outcome.code === code)) throw new Error(JSON.stringify(outcomes));
    return outcomes.flatMap(({ error }) => (error === undefined ? [] : [error]));
  }, FELT);
}

describe('G6 switches for everybody', () => {
  test('G6 pause all: no new hold anywhere; release and extend go on; a replay is answered as before', async () => {
    const buyer = await connected(1, 'patient');
    const requestId = randomUUID();
    const asked = { ...aHold(), requestId };
    const before = (await buyer.timeout(10_000).emitWithAck('hold', asked)) as { ok: boolean; hold: { token: string } };
    expect(before.ok).toBe(true);
    await put('pause', true);
    for (const error of await felt('eager', 'EVENT_NOT_ON_SALE'))
      expect(error).toMatchObject({ details: { switch: 'pause', reason: 'for pause' } });
    await felt('eager', 'EVENT_NOT_ON_SALE', other.id);
    await expect(adminCall(system.aisle, 'POST', '/bookings', { eventId: event.id, seats: ['r9-19'] })).rejects.toThrow(
      'EVENT_NOT_ON_SALE',
    );
    const { token: holdToken } = before.hold;
    expect(await ask(buyer, 'extend', { eventId: event.id, holdToken })).toMatchObject({ ok: true });
    expect(await buyer.timeout(10_000).emitWithAck('hold', asked)).toMatchObject({
      ok: true,
      hold: { token: holdToken },
    });
    expect(await ask(buyer, 'release', { eventId: event.id, holdToken })).toMatchObject({ ok: true });
    const { status } = await adminCall<SeatEvent>(system.aisle, 'GET', `/events/${event.id}`);
    expect(status).toBe('on_sale');
  });

  test('G6 pause one event: the other goes on', async () => {
    await put('pause', true, event.id);
    await felt('eager', 'EVENT_NOT_ON_SALE');
    expect((await attempts('eager', other.id)).map(({ ok }) => ok)).toEqual([true, true, true, true]);
  });

  test('G6 no_hold_best: seats are chosen by hand, staff may go on', async () => {
    await put('no_hold_best', true, event.id);
    for (const error of await felt('lazy', 'FORBIDDEN'))
      expect(error).toMatchObject({ details: { switch: 'no_hold_best' } });
    expect(await rest(0, 'lazy', '/inventory/holds', aHold())).toEqual({ ok: true });
    await adminCall(system.aisle, 'POST', '/inventory/best-available', { eventId: event.id, quantity: 1 });
  });

  test('G6 no_new_sessions: nobody new, those who are in go on, kiosks are let in', async () => {
    await put('no_new_sessions', true);
    await waitFor(async () => {
      const outcomes = await Promise.all(NODES.map((node) => rest(node, null, '/sessions', {})));
      return outcomes.every(
        ({ code, error }) =>
          code === 'RATE_LIMITED' && error?.details?.switch === 'no_new_sessions' && error.retryAfterMs,
      );
    }, FELT);
    expect((await attempts('here-already')).map(({ ok }) => ok)).toEqual([true, true, true, true]);
    expect(await adminCall(system.aisle, 'POST', '/sessions', { subject: 'kiosk-1', role: 'kiosk' })).toMatchObject({
      role: 'kiosk',
    });
    await expect(adminCall(system.aisle, 'POST', '/sessions', { subject: 'new-buyer' })).rejects.toThrow(
      'RATE_LIMITED',
    );
  });

  test('G7 holds_per_second: over both nodes no more than that in a second; the others may come again', async () => {
    const RATE = 5;
    await put('holds_per_second', RATE, event.id);
    const sockets = await Promise.all(NODES.map((node) => connected(node, `rusher-${node}`)));
    const rush = (): Promise<Outcome[]> =>
      Promise.all(sockets.flatMap((socket) => Array.from({ length: 15 }, () => ask(socket, 'hold', aHold()))));
    await waitFor(async () => (await rush()).filter(({ code }) => code === 'RATE_LIMITED').length >= 20, FELT);
    await sleep(1100);
    const started = performance.now();
    const outcomes = await rush();
    const seconds = Math.ceil((performance.now() - started) / 1000) + 1;
    const granted = outcomes.filter(({ ok }) => ok).length;
    expect(granted).toBeGreaterThanOrEqual(1);
    expect(granted).toBeLessThanOrEqual(RATE * seconds);
    for (const { error, ok } of outcomes)
      if (!ok) {
        expect(error).toMatchObject({ code: 'RATE_LIMITED', retryable: true, details: { switch: 'holds_per_second' } });
        expect(error?.retryAfterMs).toBeGreaterThan(0);
        expect(error?.retryAfterMs).toBeLessThanOrEqual(1000);
      }
    expect((await attempts('elsewhere', other.id)).every(({ ok }) => ok)).toBe(true);
  });
});

describe('G8 switches against somebody', () => {
  test('G8 deny_subject: refused over both transports of both nodes, cut off at once; nobody holds for it', async () => {
    const live = await Promise.all(NODES.map((node) => connected(node, 'villain')));
    const notices: unknown[] = [];
    const gone = live.map(
      (socket) =>
        new Promise<string>((resolve) => {
          socket.on('notice', (notice) => notices.push(notice));
          socket.once('disconnect', resolve);
        }),
    );
    const bystander = await connected(1, 'bystander');
    await put('deny_subject', ['villain', 'another']);
    expect(await Promise.all(gone)).toEqual(['io server disconnect', 'io server disconnect']);
    expect(notices).toEqual([
      expect.objectContaining({ code: 'FORBIDDEN' }),
      expect.objectContaining({ code: 'FORBIDDEN' }),
    ]);
    await felt('villain', 'FORBIDDEN');
    expect(bystander.connected).toBe(true);
    await expect(
      adminCall(system.aisle, 'POST', '/inventory/holds', { ...aHold(), onBehalfOf: 'villain' }),
    ).rejects.toThrow('FORBIDDEN');
  });

  test('G8 deny_address: a range, over both transports of both nodes; an admin comes through', async () => {
    const near = '198.51.100.77';
    const live = await connected(1, 'neighbour', near);
    const gone = new Promise((resolve) => live.once('disconnect', resolve));
    await put('deny_address', ['198.51.100.0/24', '2001:db8:bad::/48']);
    await gone;
    for (const node of NODES)
      for (const ip of [near, '2001:db8:bad:1::5']) {
        await waitFor(
          async () => (await rest(node, 'neighbour', '/inventory/holds', aHold(), ip)).code === 'FORBIDDEN',
          FELT,
        );
        expect(await rest(node, null, '/sessions', {}, ip)).toMatchObject({ code: 'FORBIDDEN' });
        expect(await dial(node, 'neighbour', ip)).toMatchObject({
          code: 'FORBIDDEN',
          details: { switch: 'deny_address' },
        });
        const read = await fetch(`${system.aisle.urls[node] ?? ''}/v1/events`, { headers: { 'x-forwarded-for': ip } });
        expect(read.status).toBe(403);
        const admin = await fetch(`${system.aisle.urls[node] ?? ''}/v1/switches`, {
          headers: { 'x-forwarded-for': ip, authorization: `Bearer ${system.aisle.adminKey}` },
        });
        expect(admin.status).toBe(200);
      }
    expect(await rest(0, 'neighbour', '/inventory/holds', aHold(), '198.51.101.1')).toEqual({ ok: true });
  });

  test('G9 drop-holds: in one event or all; what is held by others stays; recorded', async () => {
    const sockets = await Promise.all(NODES.map((node) => connected(node, 'hoarder')));
    for (const [i, socket] of sockets.entries())
      for (const one of [event, other])
        expect((await ask(socket, 'hold-best', { eventId: one.id, quantity: 2 })).ok, String(i)).toBe(true);
    const saint = await connected(0, 'saint');
    expect((await ask(saint, 'hold-best', { eventId: event.id, quantity: 1 })).ok).toBe(true);
    const drop = (body: object): Promise<unknown> =>
      adminCall(system.aisle, 'POST', '/subjects/hoarder/drop-holds', { reason: 'hoarding', ...body });
    expect(await drop({ eventId: other.id })).toEqual({
      ...{ dropped: 2, reserved: 0, events: [{ eventId: other.id, dropped: 2, reserved: 0 }] },
    });
    expect(await drop({})).toMatchObject({ dropped: 2, reserved: 0, events: [{ eventId: event.id }] });
    expect(await drop({})).toEqual({ dropped: 0, reserved: 0, events: [] });
    expect(await system.redis.hlen(`user_holds:{${event.id}}:hoarder`)).toBe(0);
    expect(await system.redis.hlen(`user_holds:{${event.id}}:saint`)).toBe(1);
    const [last] = await system.sql`SELECT * FROM switch_changes ORDER BY id DESC LIMIT 1 OFFSET 1`;
    expect(last).toMatchObject({ kind: 'drop_holds', reason: 'hoarding', value: { subject: 'hoarder', dropped: 2 } });
  });
});

test('G9 O1 drop-holds leaves a reserved hold to its order, and says so', async () => {
  const subject = 'payer';
  const buyer = await connected(0, subject);
  const held = (await buyer.timeout(10_000).emitWithAck('hold-best', { eventId: event.id, quantity: 2 })) as {
    hold: { token: string };
  };
  const order = { eventId: event.id, holdToken: held.hold.token, buyer: { name: 'Pat', email: 'pat@shop.example' } };
  expect(await rest(0, subject, '/orders', order)).toEqual({ ok: true });
  expect((await ask(buyer, 'hold-best', { eventId: event.id, quantity: 1 })).ok).toBe(true);
  const answer = await adminCall(system.aisle, 'POST', `/subjects/${subject}/drop-holds`, { reason: 'hoarding' });
  expect(answer).toEqual({ dropped: 1, reserved: 1, events: [{ eventId: event.id, dropped: 1, reserved: 1 }] });
  expect(await ask(buyer, 'holds', { eventId: event.id })).toMatchObject({ ok: true });
});

describe('G9 the record', () => {
  test('G9 who, what, why; immutable; told by REST, newest first', async () => {
    await put('pause', true, event.id);
    await undo(`pause?eventId=${event.id}&reason=over`);
    await undo(`pause?eventId=${event.id}`);
    const { items } = await adminCall<{ items: Record<string, unknown>[] }>(
      system.aisle,
      'GET',
      '/switches/changes?limit=2',
    );
    expect(items).toMatchObject([
      { kind: 'cleared', name: 'pause', eventId: event.id, value: null, reason: 'over' },
      {
        kind: 'set',
        name: 'pause',
        eventId: event.id,
        value: true,
        reason: 'for pause',
        actor: expect.any(String) as string,
      },
    ]);
    await expect(system.sql`UPDATE switch_changes SET reason = 'nothing happened'`).rejects.toThrow('immutable');
    await expect(system.sql`DELETE FROM switch_changes`).rejects.toThrow('immutable');
  });

  test('G6 a switch thrown past the nodes is found by them, and so is one whose notice was lost', async () => {
    await system.sql.begin(async (tx) => {
      await tx`INSERT INTO switches (scope, name, value, set_by, reason) VALUES (${event.id}, 'pause', 'true', 'operator', 'by hand')`;
      await tx`INSERT INTO switch_changes (scope, kind, name, value, actor, reason) VALUES (${event.id}, 'set', 'pause', 'true', 'operator', 'by hand')`;
    });
    thrown.add(`pause?eventId=${event.id}`);
    for (const error of await felt('eager', 'EVENT_NOT_ON_SALE'))
      expect(error).toMatchObject({ details: { reason: 'by hand' } });
  });
});
