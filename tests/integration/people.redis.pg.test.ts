import { createHash } from 'node:crypto';
import { createClient, type Session } from '@aisle/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainChart, sellEvent } from '../helpers/buyers.js';
import { ask, connectClient, next, refusal, type Client } from '../helpers/raw-client.js';
import { useSystem } from '../helpers/system.js';
import { waitFor } from '../helpers/wait.js';

const system = useSystem({ nodes: 1, workers: 0, engine: 'uws', env: { AISLE_AUTH_MAX_ROLE: 'service' } });
let eventId = '';
let otherEventId = '';
const sockets: Client[] = [];

interface Answer {
  readonly status: number;
  readonly code: string | null;
  readonly body: Record<string, unknown>;
}
/** `node`: 0 runs on uWebSockets.js, 1 on Node's http and ws. */
async function call(node: number, method: string, path: string, token: string | null, body?: unknown): Promise<Answer> {
  const response = await fetch(`${system.aisle.urls[node] ?? ''}${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const parsed = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
  const code = response.ok ? null : (parsed.error as { code: string }).code;
  return { status: response.status, code, body: parsed };
}
const admin = (node: number, method: string, path: string, body?: unknown): Promise<Answer> =>
  call(node, method, path, system.aisle.adminKey, body);
const join = async (node: number, token: string): Promise<Client> => {
  const { socket } = await connectClient(system.aisle.urls[node] ?? '', { token });
  sockets.push(socket);
  return socket;
};
const makeKey = async (fields: object): Promise<{ id: string; key: string }> => {
  const { status, body } = await admin(0, 'POST', '/v1/keys', { name: 'a key', ...fields });
  expect(status).toBe(201);
  return body as { id: string; key: string };
};
const guest = async (): Promise<Session> => (await call(0, 'POST', '/v1/sessions', null, {})).body as Session;
const customer = async (subject: string, more: object = {}): Promise<Session> =>
  (await admin(0, 'POST', '/v1/sessions', { subject, ...more })).body as Session;
/** What ends the socket, and what it was told before. */
const farewell = async (socket: Client): Promise<[unknown, unknown]> => {
  const [[notice], [reason]] = (await Promise.all([next(socket, 'notice'), next(socket, 'disconnect')])) as [
    [{ code: string }],
    [string],
  ];
  return [notice.code, reason];
};
const ENDED = ['UNAUTHENTICATED', 'io server disconnect'];

beforeAll(async () => {
  await system.aisle.addNode({ AISLE_ENGINE: 'node' });
  eventId = (await sellEvent(system.aisle, plainChart(1, 60), { maxSeatsPerSubject: 4 })).id;
  otherEventId = (await sellEvent(system.aisle, plainChart(1, 10))).id;
});
afterAll(() => {
  for (const socket of sockets) socket.close();
});

describe('A1 keys', () => {
  test('the secret is shown once and kept nowhere; the key has its role and subject on every node', async () => {
    const made = await admin(0, 'POST', '/v1/keys', { name: 'Gate 3', role: 'kiosk', subject: 'gate-3' });
    expect(made.body).toMatchObject({ name: 'Gate 3', role: 'kiosk', subject: 'gate-3', createdBy: 'admin' });
    const { id, key } = made.body as { id: string; key: string };
    expect(key).toMatch(/^ak_[a-z0-9]{16}_[A-Za-z0-9_-]{43}$/);
    const secret = key.slice(id.length + 1);
    const listed = await admin(1, 'GET', '/v1/keys?limit=1000');
    expect(JSON.stringify(listed.body)).toContain(id);
    expect(JSON.stringify(listed.body)).not.toContain(secret);
    const rows = await system.sql`SELECT api_keys::text AS row FROM api_keys WHERE id = ${id}`;
    expect(JSON.stringify(rows)).not.toContain(secret);
    for (const node of [0, 1]) {
      expect((await call(node, 'GET', '/v1/keys', key)).code).toBe('FORBIDDEN');
      const { socket, hello } = await connectClient(system.aisle.urls[node] ?? '', { token: key });
      expect(hello).toMatchObject({ subject: 'gate-3', role: 'kiosk', expiresAt: null });
      socket.close();
    }
    await waitFor(async () => {
      const { body } = await admin(0, 'GET', '/v1/keys?limit=1000');
      return (
        (body.items as { id: string; lastUsedAt?: string }[]).find((item) => item.id === id)?.lastUsedAt !== undefined
      );
    });
  });

  test('nothing near a key is one', async () => {
    const { id, key } = await makeKey({ role: 'service' });
    const swapped = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    for (const token of [
      swapped,
      key.slice(0, -1),
      `${key}A`,
      id,
      `${id}_`,
      `ak_${'0'.repeat(16)}_${'A'.repeat(43)}`,
      'ak_',
    ])
      for (const node of [0, 1]) {
        expect([token, (await call(node, 'GET', '/v1/events', token)).code]).toEqual([token, 'UNAUTHENTICATED']);
        expect(await refusal(system.aisle.urls[node] ?? '', { token })).toMatchObject({ code: 'UNAUTHENTICATED' });
      }
  });

  test('revoked: refused on every node at once, its sockets are disconnected, its sisters are not', async () => {
    const [gone, stays] = [await makeKey({ role: 'box_office' }), await makeKey({ role: 'box_office' })];
    const [first, second, sister] = [await join(0, gone.key), await join(1, gone.key), await join(1, stays.key)];
    const ends = Promise.all([first, second].map(farewell));
    expect((await admin(0, 'DELETE', `/v1/keys/${gone.id}`)).status).toBe(204);
    expect(await ends).toEqual([ENDED, ENDED]);
    for (const node of [0, 1]) {
      expect((await call(node, 'GET', `/v1/events/${eventId}/holds`, gone.key)).code).toBe('UNAUTHENTICATED');
      expect((await call(node, 'GET', `/v1/events/${eventId}/holds`, stays.key)).code).toBeNull();
    }
    expect(sister.connected).toBe(true);
    expect((await admin(1, 'DELETE', `/v1/keys/${gone.id}`)).status).toBe(204);
    expect(await admin(1, 'DELETE', `/v1/keys/ak_${'z'.repeat(16)}`)).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  test('an end of its own ends its sockets too; limited to events it is', async () => {
    const endsAt = new Date(Date.now() + 1500).toISOString();
    const { key } = await makeKey({ role: 'service', events: [eventId], expiresAt: endsAt });
    const socket = await join(1, key);
    const end = farewell(socket);
    expect((await call(0, 'GET', `/v1/events/${eventId}/holds`, key)).code).toBeNull();
    expect((await call(0, 'GET', `/v1/events/${otherEventId}/holds`, key)).code).toBe('FORBIDDEN');
    expect(await end).toEqual(ENDED);
    expect((await call(0, 'GET', `/v1/events/${eventId}/holds`, key)).code).toBe('UNAUTHENTICATED');
  });

  test('S7 the same request id: one key, with a new secret as long as nobody has used it', async () => {
    const send = async (name: string): Promise<Answer & { replayed: boolean }> => {
      const response = await fetch(`${system.aisle.urls[0] ?? ''}/v1/keys`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${system.aisle.adminKey}`,
          'content-type': 'application/json',
          'idempotency-key': 'make-one',
        },
        body: JSON.stringify({ name, role: 'kiosk' }),
      });
      const body = (await response.json()) as Record<string, unknown>;
      const code = response.ok ? null : (body.error as { code: string }).code;
      return { status: response.status, code, body, replayed: response.headers.get('idempotent-replayed') === 'true' };
    };
    const [first, second] = [await send('till'), await send('till')];
    expect([first.status, second.status, first.replayed, second.replayed]).toEqual([201, 201, false, true]);
    expect(second.body.id).toBe(first.body.id);
    expect((await call(0, 'GET', '/v1/keys', String(first.body.key))).code).toBe('UNAUTHENTICATED');
    expect((await call(0, 'GET', '/v1/keys', String(second.body.key))).code).toBe('FORBIDDEN');
    expect((await send('another')).code).toBe('IDEMPOTENCY_MISMATCH');
    const used = async (): Promise<boolean> => {
      const rows = await system.sql<{ lastUsedAt: Date | null }[]>`
        SELECT last_used_at AS "lastUsedAt" FROM api_keys WHERE id = ${String(first.body.id)}`;
      return rows[0]?.lastUsedAt instanceof Date;
    };
    await waitFor(used);
    expect((await send('till')).code).toBe('IDEMPOTENCY_MISMATCH');
    expect((await call(0, 'GET', '/v1/keys', String(second.body.key))).code).toBe('FORBIDDEN');
  });

  test('bad wishes are named and make nothing', async () => {
    const count = async (): Promise<unknown> => (await system.sql`SELECT count(*) FROM api_keys`)[0]?.count;
    const before = await count();
    const bad: [object, string][] = [
      [{}, 'name'],
      [{ name: '  ', role: 'kiosk' }, 'name'],
      [{ name: 'x', role: 'customer' }, 'role'],
      [{ name: 'x', role: 'kiosk', subject: 'admin' }, 'subject'],
      [{ name: 'x', role: 'kiosk', subject: 'a b' }, 'subject'],
      [{ name: 'x', role: 'kiosk', events: [] }, 'events'],
      [{ name: 'x', role: 'kiosk', expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
      [{ name: 'x', role: 'kiosk', key: 'mine' }, 'key'],
    ];
    for (const [body, path] of bad) {
      const answer = await admin(0, 'POST', '/v1/keys', body);
      expect([body, answer.code]).toEqual([body, 'INVALID_REQUEST']);
      expect(JSON.stringify(answer.body)).toContain(path);
    }
    expect(await count()).toBe(before);
  });
});

describe('A9 revocation', () => {
  test('of a subject: what was issued before is refused on every node, live sockets go at once; what comes after is good', async () => {
    const [old, other] = [await customer('revoked-1'), await customer('revoked-2')];
    const [first, second, bystander] = [await join(0, old.token), await join(1, old.token), await join(1, other.token)];
    const ends = Promise.all([first, second].map(farewell));
    const answer = await admin(0, 'POST', '/v1/sessions/revoke', { subject: 'revoked-1' });
    expect(answer.body).toMatchObject({ subject: 'revoked-1', before: expect.stringMatching(/^20/) as string });
    // Made in the same second as the revocation, right after it.
    const fresh = await customer('revoked-1');
    expect(await ends).toEqual([ENDED, ENDED]);
    for (const node of [0, 1]) {
      const url = system.aisle.urls[node] ?? '';
      expect((await call(node, 'POST', '/v1/inventory/best-available', old.token, {})).code).toBe('UNAUTHENTICATED');
      expect(await refusal(url, { token: old.token })).toMatchObject({ code: 'UNAUTHENTICATED' });
      expect(
        (await connectClient(url, { token: fresh.token }).then(({ socket, hello }) => (socket.close(), hello))).subject,
      ).toBe('revoked-1');
    }
    expect(bystander.connected).toBe(true);
  });

  test('up to a time given, and of one token by its id', async () => {
    const early = await customer('revoked-3');
    const between = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const late = await customer('revoked-3');
    expect((await admin(1, 'POST', '/v1/sessions/revoke', { subject: 'revoked-3', before: between })).code).toBeNull();
    expect(await refusal(system.aisle.urls[1] ?? '', { token: early.token })).toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    await join(1, late.token);
    const tokenId = createHash('sha256').update(late.token).digest('hex').slice(0, 16);
    expect((await admin(1, 'POST', '/v1/sessions/revoke', { tokenId })).body).toMatchObject({ tokenId });
    expect(await refusal(system.aisle.urls[1] ?? '', { token: late.token })).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('a node that starts later knows what was revoked before', async () => {
    const { token } = await customer('revoked-4');
    await admin(0, 'POST', '/v1/sessions/revoke', { subject: 'revoked-4' });
    const node = await system.aisle.addNode();
    expect(await refusal(node.url, { token })).toMatchObject({ code: 'UNAUTHENTICATED' });
    await node.kill('SIGTERM');
  });

  test('the admin key is nobody’s to revoke, and the admin’s sessions an admin’s', async () => {
    const { key } = await makeKey({ role: 'service' });
    expect((await call(0, 'POST', '/v1/sessions/revoke', key, { subject: 'admin' })).code).toBe('FORBIDDEN');
    expect((await admin(0, 'POST', '/v1/sessions/revoke', { subject: 'admin' })).code).toBeNull();
    expect((await admin(0, 'GET', '/v1/keys')).code).toBeNull();
    const bad = [
      {},
      { subject: 'x', tokenId: '0123456789abcdef' },
      { subject: 'x', before: '2099-01-01T00:00:00Z' },
      { tokenId: 'x' },
    ];
    for (const body of bad)
      expect([body, (await admin(0, 'POST', '/v1/sessions/revoke', body)).code]).toEqual([body, 'INVALID_REQUEST']);
  });
});

describe('A11 a guest signs in', () => {
  const hold = async (
    node: number,
    token: string,
    event: string,
    seats: string[],
  ): Promise<{ token: string; expiresAt: string }> => {
    const { status, body } = await call(node, 'POST', '/v1/inventory/holds', token, { eventId: event, seats });
    expect(status).toBe(201);
    return body as { token: string; expiresAt: string };
  };
  const holdOf = (node: number, token: string, hold: string): Promise<Answer> =>
    call(node, 'GET', `/v1/inventory/holds/${hold}`, token);

  test('its holds go along, from whatever event and node, with their tokens and deadlines', async () => {
    const who = await guest();
    const socket = await join(0, who.token);
    const bySocket = await ask(socket, 'hold', { eventId, seats: ['r0-0', 'r0-1'] });
    const byHttp = await hold(1, who.token, otherEventId, ['r0-0']);
    const buyer = await customer('signed-in');
    const answer = await ask(socket, 'authenticate', { token: buyer.token });
    expect(answer).toMatchObject({ ok: true, subject: 'signed-in', role: 'customer', holds: { moved: 2, left: 0 } });
    const token = (bySocket.hold as { token: string }).token;
    expect((await holdOf(1, buyer.token, token)).body).toMatchObject({
      ...{
        subject: 'signed-in',
        seats: ['r0-0', 'r0-1'],
        expiresAt: (bySocket.hold as { expiresAt: string }).expiresAt,
      },
    });
    expect((await holdOf(1, buyer.token, byHttp.token)).body).toMatchObject({ expiresAt: byHttp.expiresAt });
    expect((await holdOf(1, who.token, token)).code).toBe('HOLD_NOT_FOUND');
    expect(await ask(socket, 'holds', { eventId })).toMatchObject({ holds: [{ token }] });
    // Of what becomes of it the customer is told.
    const note = next(socket, 'hold');
    await call(1, 'DELETE', `/v1/inventory/holds/${token}`, buyer.token);
    expect((await note)[0]).toMatchObject({ kind: 'released', token });
    await call(1, 'DELETE', `/v1/inventory/holds/${byHttp.token}`, buyer.token);
  });

  test('an open order goes with its hold, and the customer can see, cancel and pay it; the guest no longer', async () => {
    const [who, buyer] = [await guest(), await customer('with-an-order')];
    const socket = await join(1, who.token);
    const { token } = await hold(0, who.token, eventId, ['r0-40', 'r0-41']);
    const placed = await call(0, 'POST', '/v1/orders', who.token, { eventId, holdToken: token });
    expect(placed.status).toBe(201);
    const { id } = placed.body as { id: string };
    expect(await ask(socket, 'authenticate', { token: buyer.token })).toMatchObject({ holds: { moved: 1, left: 0 } });
    expect((await call(0, 'GET', `/v1/orders/${id}`, buyer.token)).body).toMatchObject({ subject: 'with-an-order' });
    expect((await call(0, 'GET', `/v1/orders/${id}`, who.token)).code).toBe('ORDER_NOT_FOUND');
    const changes =
      await system.sql`SELECT kind, actor FROM order_changes WHERE order_id = ${id} ORDER BY version DESC`;
    expect(changes[0]).toMatchObject({ kind: 'signed_in', actor: 'with-an-order' });
    expect((await call(0, 'POST', `/v1/orders/${id}/cancel`, buyer.token, {})).body).toMatchObject({
      status: 'cancelled',
    });
    expect((await hold(1, buyer.token, eventId, ['r0-40'])).token).toBeTruthy();
  });

  test('the customer’s caps stand: what is over them stays with the guest', async () => {
    const [who, buyer] = [await guest(), await customer('nearly-full')];
    await hold(0, buyer.token, eventId, ['r0-10', 'r0-11', 'r0-12']);
    const one = await hold(0, who.token, eventId, ['r0-13', 'r0-14']);
    const answer = await call(1, 'POST', '/v1/sessions/upgrade', buyer.token, { guestToken: who.token });
    expect(answer.body).toEqual({ moved: 0, left: 1 });
    expect((await holdOf(0, who.token, one.token)).code).toBeNull();
    const capped = await customer('capped-by-token', { limits: { maxSeats: 1 } });
    expect((await call(1, 'POST', '/v1/sessions/upgrade', capped.token, { guestToken: who.token })).body).toEqual({
      moved: 0,
      left: 1,
    });
    const elsewhere = await customer('for-another-event', { events: [otherEventId] });
    expect((await call(1, 'POST', '/v1/sessions/upgrade', elsewhere.token, { guestToken: who.token })).body).toEqual({
      moved: 0,
      left: 1,
    });
    const free = await customer('with-room');
    expect((await call(1, 'POST', '/v1/sessions/upgrade', free.token, { guestToken: who.token })).body).toEqual({
      moved: 1,
      left: 0,
    });
    expect((await call(1, 'POST', '/v1/sessions/upgrade', free.token, { guestToken: who.token })).body).toEqual({
      moved: 0,
      left: 0,
    });
  });

  test('only a guest’s holds, and only with both tokens', async () => {
    const [one, two] = [await customer('customer-one'), await customer('customer-two')];
    const held = await hold(0, one.token, eventId, ['r0-20']);
    const socket = await join(0, one.token);
    const answer = await ask(socket, 'authenticate', { token: two.token });
    expect(answer).toMatchObject({ ok: true, subject: 'customer-two' });
    expect(answer).not.toHaveProperty('holds');
    expect((await holdOf(0, one.token, held.token)).code).toBeNull();
    for (const guestToken of [one.token, 'nonsense', system.aisle.adminKey, two.token])
      expect((await call(0, 'POST', '/v1/sessions/upgrade', two.token, { guestToken })).code).toBe('INVALID_REQUEST');
    const who = await guest();
    expect((await call(0, 'POST', '/v1/sessions/upgrade', who.token, { guestToken: who.token })).code).toBe(
      'FORBIDDEN',
    );
    expect((await call(0, 'POST', '/v1/sessions/upgrade', null, { guestToken: who.token })).code).toBe(
      'UNAUTHENTICATED',
    );
  });

  test('a guest who was revoked takes nothing along', async () => {
    const [who, buyer] = [await guest(), await customer('after-revoked')];
    const held = await hold(0, who.token, eventId, ['r0-25']);
    await admin(0, 'POST', '/v1/sessions/revoke', { subject: who.subject });
    expect((await call(0, 'POST', '/v1/sessions/upgrade', buyer.token, { guestToken: who.token })).code).toBe(
      'INVALID_REQUEST',
    );
    expect((await holdOf(0, buyer.token, held.token)).code).toBe('HOLD_NOT_FOUND');
  });

  test('the SDK’s authenticate() keeps the holds', async () => {
    const who = await guest();
    const client = createClient({ url: system.aisle.urls[1] ?? '', getToken: () => who.token });
    try {
      const { hold: held } = await client.hold({ eventId, seats: ['r0-30', 'r0-31'] });
      const buyer = await customer('by-sdk');
      expect(await client.authenticate(buyer.token)).toMatchObject({ subject: 'by-sdk', holds: { moved: 1, left: 0 } });
      expect((await client.holds({ eventId })).holds.map(({ token }) => token)).toEqual([held.token]);
    } finally {
      client.close();
    }
  });
});
