import { UP, type UpName } from '@aisle/client/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANY_ROLES, may, type AnyRole, type Call } from '../../server/src/domain/rights.js';
import { adminCall, plainChart, sellEvent } from '../helpers/buyers.js';
import { ask, connectClient, type Client } from '../helpers/raw-client.js';
import { useSystem } from '../helpers/system.js';
import { CALLS, isCall, mayByTable } from './support/rights-table.js';

/** Made once for all cells: a token of each role, as a session and, where keys have that role, as a key. */
interface Caller {
  readonly name: string;
  readonly role: AnyRole;
  readonly token: string | null;
}
interface Operation {
  readonly method: string;
  readonly path: string;
  readonly right: unknown;
}

const system = useSystem({ nodes: 1, workers: 0 });
const KEY_ROLES: readonly AnyRole[] = ['kiosk', 'box_office', 'service', 'admin'];
const callers: Caller[] = [];
let operations: Operation[] = [];
let eventId = '';

/** Nothing is behind these, so that a call that is allowed finds nothing to change. */
const NOWHERE: Readonly<Record<string, string>> = { token: 'nothing.here', provider: 'nobody' };
/** What an allowed call may still refuse by its own content: a signature that is not there is the webhook's own UNAUTHENTICATED. */
const OWN_REFUSALS: Partial<Record<Call, readonly string[]>> = { 'payment.webhook': ['UNAUTHENTICATED', 'FORBIDDEN'] };

interface Refusable {
  readonly status: number;
  /** null: not refused. */
  readonly code: string | null;
}
async function call(
  method: string,
  path: string,
  token: string | null,
  body?: unknown,
): Promise<Refusable & { body: unknown }> {
  const response = await fetch(`${system.aisle.urls[0] ?? ''}${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.startsWith('application/json') === true;
  const answer: unknown = json && text !== '' ? JSON.parse(text) : text;
  const code = response.ok || response.status < 400 ? null : codeOf(answer);
  return { status: response.status, code, body: answer };
}
const codeOf = (body: unknown): string =>
  typeof body === 'object' && body !== null && 'error' in body ? (body.error as { code: string }).code : 'none';

const session = async (role: AnyRole, subject: string, more: object = {}): Promise<string> =>
  (await adminCall<{ token: string }>(system.aisle, 'POST', '/sessions', { subject, role, ...more })).token;
const key = async (role: AnyRole): Promise<string> =>
  (await adminCall<{ key: string }>(system.aisle, 'POST', '/keys', { name: `matrix ${role}`, role })).key;
const tokenOf = (role: AnyRole): string => callers.find((caller) => caller.role === role)?.token ?? '';

/** null: let through. Else what has to be answered. */
const expected = (role: AnyRole, right: Call): string | null =>
  mayByTable(role, right) ? null : role === 'viewer' ? 'UNAUTHENTICATED' : 'FORBIDDEN';
/** Of an answer, what is about rights. */
const aboutRights = (code: string | null, right: Call): string | null =>
  code !== null && ['UNAUTHENTICATED', 'FORBIDDEN'].includes(code) && !OWN_REFUSALS[right]?.includes(code)
    ? code
    : null;

beforeAll(async () => {
  const event = await sellEvent(system.aisle, plainChart(1, 60));
  eventId = event.id;
  for (const role of ANY_ROLES) {
    const token = role === 'viewer' ? null : await session(role, `matrix-${role}`);
    callers.push({ name: `${role} by session`, role, token });
  }
  for (const role of KEY_ROLES) callers.push({ name: `${role} by key`, role, token: await key(role) });
  const { body } = await call('GET', '/openapi.json', null);
  const { paths } = body as { paths: Record<string, Record<string, { 'x-right'?: unknown }>> };
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    path.startsWith('/v1/')
      ? Object.entries(methods).map(([method, operation]) => ({
          ...{ method: method.toUpperCase(), path, right: operation['x-right'] },
        }))
      : [],
  );
});

describe('A8 role × call', () => {
  test('the table of the code is the table written here, cell by cell', () => {
    const differing = CALLS.flatMap((right) =>
      ANY_ROLES.filter((role) => may(role, right) !== mayByTable(role, right)).map((role) => `${role} ${right}`),
    );
    expect(differing).toEqual([]);
  });

  test('every route and every socket event is a call of the table, and every call is one of them', () => {
    expect(operations.length).toBeGreaterThan(20);
    expect(operations.filter(({ right }) => !isCall(right)).map(({ method, path }) => `${method} ${path}`)).toEqual([]);
    expect(Object.keys(UP).filter((name) => !isCall(name))).toEqual([]);
    const met = new Set<unknown>([...operations.map(({ right }) => right), ...Object.keys(UP)]);
    // Not a route of its own: what POST /v1/sessions may be asked for; tested below.
    met.add('session.mint');
    expect(CALLS.filter((right) => !met.has(right))).toEqual([]);
  });

  test('over HTTP every cell is refused with exactly its code, or let through', async () => {
    const wrong: string[] = [];
    let cells = 0;
    for (const { method, path, right } of operations) {
      if (!isCall(right)) continue;
      const address = path.replace(/\{(\w+)\}/g, (_, name: string) => NOWHERE[name] ?? 'nothing_here');
      for (const { name, role, token } of callers) {
        const { code } = await call(method, address, token, method === 'GET' ? undefined : {});
        cells += 1;
        if (aboutRights(code, right) !== expected(role, right))
          wrong.push(`${name}: ${method} ${path} → ${code ?? 'ok'}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(cells).toBe(operations.length * callers.length);
  }, 120_000);

  test('over sockets every cell is refused with exactly its code, or let through', async () => {
    const payloads: { [N in UpName]: (caller: Caller) => object } = {
      subscribe: () => ({ eventId }),
      unsubscribe: () => ({ eventId }),
      hold: () => ({ eventId, seats: ['r0-59'] }),
      'hold-best': () => ({ eventId, quantity: 1 }),
      extend: () => ({ eventId, holdToken: `${eventId}.none` }),
      release: () => ({ eventId, holdToken: `${eventId}.none` }),
      reserve: () => ({ eventId, holdToken: `${eventId}.none` }),
      holds: () => ({ eventId }),
      authenticate: ({ token }) => ({ token: token ?? system.aisle.adminKey }),
    };
    const wrong: string[] = [];
    for (const caller of callers) {
      const { socket } = await connectClient(
        system.aisle.urls[0] ?? '',
        caller.token === null ? {} : { token: caller.token },
      );
      for (const name of Object.keys(UP) as UpName[]) {
        const answer = await ask(socket, name, payloads[name](caller));
        const code = aboutRights(answer.error?.code ?? null, name);
        if (code !== expected(caller.role, name)) wrong.push(`${caller.name}: ${name} → ${answer.error?.code ?? 'ok'}`);
      }
      socket.close();
    }
    expect(wrong).toEqual([]);
  }, 60_000);

  test('the same rights before the payload is read: nonsense tells a caller without the right nothing', async () => {
    const { socket } = await connectClient(system.aisle.urls[0] ?? '');
    expect(await ask(socket, 'hold', { nonsense: true })).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
    socket.close();
    expect(await call('POST', '/v1/events', tokenOf('service'), { nonsense: true })).toMatchObject({
      code: 'FORBIDDEN',
    });
    expect(await call('POST', '/v1/events', null, { nonsense: true })).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('session.mint: who may name a subject, and never a role above their own', async () => {
    for (const { name, role, token } of callers) {
      const { code } = await call('POST', '/v1/sessions', token, { subject: 'somebody' });
      expect([name, code]).toEqual([name, mayByTable(role, 'session.mint') ? null : 'FORBIDDEN']);
      const admin = await call('POST', '/v1/sessions', token, { subject: 'somebody', role: 'admin' });
      expect([name, admin.code]).toEqual([name, role === 'admin' ? null : 'FORBIDDEN']);
    }
  });
});

describe('H6 A4 one’s own and others’', () => {
  const STAFF: readonly AnyRole[] = ['box_office', 'service', 'admin'];
  const owner = { token: '', hold: '' };
  const sockets: Client[] = [];
  beforeAll(async () => {
    owner.token = await session('customer', 'owner');
    const held = await call('POST', '/v1/inventory/holds', owner.token, { eventId, seats: ['r0-0', 'r0-1'] });
    owner.hold = (held.body as { token: string }).token;
  });
  afterAll(() => {
    for (const socket of sockets) socket.close();
  });

  test('a hold: read and extended by its holder and by staff, not there for anybody else', async () => {
    const address = `/v1/inventory/holds/${owner.hold}`;
    for (const { name, role, token } of callers) {
      if (role === 'viewer') continue;
      const code = STAFF.includes(role) ? null : 'HOLD_NOT_FOUND';
      expect([name, (await call('GET', address, token)).code]).toEqual([name, code]);
      expect([name, (await call('POST', `${address}/extend`, token, {})).code]).toEqual([name, code]);
      const { socket } = await connectClient(system.aisle.urls[0] ?? '', { token });
      sockets.push(socket);
      const answer = await ask(socket, 'extend', { eventId, holdToken: owner.hold });
      expect([name, answer.error?.code ?? null]).toEqual([name, code]);
      if (code !== null) {
        const release = await ask(socket, 'release', { eventId, holdToken: owner.hold });
        expect([name, release.error?.code]).toEqual([name, code]);
      }
    }
    expect((await call('GET', address, owner.token)).code).toBeNull();
  });

  test('onBehalfOf: box office, service and admin alone, over HTTP and sockets', async () => {
    for (const { name, role, token } of callers) {
      if (role === 'viewer') continue;
      const code = STAFF.includes(role) ? null : 'FORBIDDEN';
      const payload = { eventId, onBehalfOf: 'owner' };
      const { socket } = await connectClient(system.aisle.urls[0] ?? '', { token });
      sockets.push(socket);
      expect([name, (await ask(socket, 'holds', payload)).error?.code ?? null]).toEqual([name, code]);
      const best = await call('POST', '/v1/inventory/best-available', token, { ...payload, quantity: 1 });
      expect([name, best.code]).toEqual([name, code]);
      if (best.code === null)
        await call('DELETE', `/v1/inventory/holds/${(best.body as { token: string }).token}`, token);
    }
  });

  test('an order: there for its buyer and for staff, for nobody else', async () => {
    for (const { name, role, token } of callers) {
      if (role === 'viewer' || STAFF.includes(role)) continue;
      const order = await call('POST', '/v1/orders', token, { eventId, holdToken: owner.hold });
      expect([name, order.code]).toEqual([name, 'HOLD_NOT_FOUND']);
      const { socket } = await connectClient(system.aisle.urls[0] ?? '', { token });
      sockets.push(socket);
      const reserve = await ask(socket, 'reserve', { eventId, holdToken: owner.hold });
      expect([name, reserve.error?.code]).toEqual([name, 'HOLD_NOT_FOUND']);
    }
    const placed = await call('POST', '/v1/orders', owner.token, { eventId, holdToken: owner.hold });
    expect(placed.code).toBeNull();
    const { id } = placed.body as { id: string };
    for (const { name, role, token } of callers) {
      if (role === 'viewer') continue;
      const code = STAFF.includes(role) ? null : 'ORDER_NOT_FOUND';
      expect([name, (await call('GET', `/v1/orders/${id}`, token)).code]).toEqual([name, code]);
      const list = await call('GET', `/v1/orders?eventId=${eventId}`, token);
      const ids = (list.body as { items: { id: string }[] }).items.map((order) => order.id);
      expect([name, ids.includes(id)]).toEqual([name, code === null]);
      if (code !== null)
        expect([name, (await call('POST', `/v1/orders/${id}/cancel`, token, {})).code]).toEqual([name, code]);
    }
    const other = await session('customer', 'somebody-else');
    for (const [path, body] of [
      ['pay', { paymentToken: 'tok_ok' }],
      ['cancel', {}],
      ['tickets/link', {}],
    ] as const)
      expect([path, (await call('POST', `/v1/orders/${id}/${path}`, other, body)).code]).toEqual([
        path,
        'ORDER_NOT_FOUND',
      ]);
    const elsewhere = await session('admin', 'elsewhere', { events: ['evt_of_others'] });
    const payment = { reference: 'r', amountMinor: 2000, currency: 'EUR' };
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['GET', '/log', undefined],
      ['POST', '/confirm', { payment }],
      ['POST', '/cancel', {}],
      ['POST', '/refund', {}],
      ['POST', '/exchange', { ticketIds: ['tkt_notThere1'], seats: ['r0-0'] }],
      ['POST', '/tickets/link', {}],
      ['GET', '/tickets', undefined],
      ['POST', '/pay', { paymentToken: 'tok_ok' }],
    ] as const)
      expect([path, (await call(method, `/v1/orders/${id}${path}`, elsewhere, body)).code]).toEqual([
        path,
        'ORDER_NOT_FOUND',
      ]);
    expect(((await call('GET', '/v1/orders', elsewhere)).body as { items: unknown[] }).items).toEqual([]);
    expect((await call('GET', `/v1/orders/${id}`, other)).code).toBe('ORDER_NOT_FOUND');
    expect((await call('GET', `/v1/orders/${id}`, owner.token)).code).toBeNull();
    expect((await call('POST', `/v1/orders/${id}/cancel`, owner.token, {})).code).toBeNull();
  });
});

describe('A8 tokens limited to events', () => {
  test('act in theirs alone, see no drafts but theirs, and nothing that reaches beyond', async () => {
    const chart = plainChart(1, 3);
    const draft = async (): Promise<string> =>
      (
        await adminCall<{ id: string }>(system.aisle, 'POST', '/events', {
          ...{ name: 'a draft', startsAt: '2031-05-01T18:00:00Z', currency: 'EUR', chart },
          prices: Object.fromEntries(chart.categories.map(({ key: category }) => [category, 1000])),
        })
      ).id;
    const [mine, other] = [await draft(), await draft()];
    const limited = await session('admin', 'limited', { events: [mine, eventId] });
    expect((await call('GET', `/v1/events/${mine}`, limited)).code).toBeNull();
    expect((await call('GET', `/v1/events/${other}`, limited)).code).toBe('EVENT_NOT_FOUND');
    expect((await call('GET', `/v1/events/${other}/chart`, limited)).code).toBe('EVENT_NOT_FOUND');
    const { items } = (await call('GET', '/v1/events?limit=1000', limited)).body as { items: { id: string }[] };
    expect([mine, other].map((id) => items.some((item) => item.id === id))).toEqual([true, false]);
    const { socket } = await connectClient(system.aisle.urls[0] ?? '', { token: limited });
    expect(await ask(socket, 'subscribe', { eventId: other })).toMatchObject({ error: { code: 'EVENT_NOT_FOUND' } });
    socket.close();
    expect((await call('POST', `/v1/events/${other}/publish`, limited, {})).code).toBe('FORBIDDEN');
    expect((await call('GET', '/v1/keys', limited)).code).toBe('FORBIDDEN');
    expect((await call('POST', '/v1/sessions/revoke', limited, { subject: 'x' })).code).toBe('FORBIDDEN');

    const buyer = await session('customer', 'limited-buyer', { events: [mine] });
    expect((await call('POST', '/v1/inventory/holds', buyer, { eventId, seats: ['r0-5'] })).code).toBe('FORBIDDEN');
    expect((await call('POST', '/v1/orders', buyer, { eventId, holdToken: `${eventId}.none` })).code).toBe('FORBIDDEN');
  });
});
