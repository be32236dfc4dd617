import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAddressPolicy } from '../../server/src/domain/webhooks/address.js';
import { refusal, startHttpWorld, type Answer, type CallOptions, type HttpWorld } from './support/http-world.js';

let world: HttpWorld;
let eventId: string;
beforeAll(async () => {
  world = await startHttpWorld();
  ({ id: eventId } = await world.onSale());
});
afterAll(() => world.stop());

interface View {
  id: string;
  url: string;
  secret?: string;
  status: string;
  types: string[];
  events?: string[];
  disabledReason?: string;
  secrets: { createdAt: string; expiresAt?: string }[];
}
interface DeliveryView {
  id: string;
  type: string;
  status: string;
}
const URL_OK = 'https://203.0.114.7/hook';
const post = (path: string, body?: unknown, options: CallOptions = {}): Promise<Answer> =>
  world.call('POST', `/v1/webhooks${path}`, { ...(body === undefined ? {} : { body }), ...options });
const make = async (body: Record<string, unknown> = {}): Promise<View> => {
  const answer = await post('', { url: URL_OK, ...body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body as View;
};
const get = async (id: string): Promise<View> => (await world.call('GET', `/v1/webhooks/${id}`)).body as View;
const deliveries = async (id: string, query = ''): Promise<{ items: DeliveryView[]; nextCursor?: string }> =>
  (await world.call('GET', `/v1/webhooks/${id}/deliveries${query}`)).body as {
    items: DeliveryView[];
    nextCursor?: string;
  };

describe('W1 W2 endpoints over REST', () => {
  test('W2 the secret is shown when it is made and never again', async () => {
    const made = await make({ description: 'the shop', types: ['order.*', 'seats.sold'], events: [eventId] });
    expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(made).toMatchObject({ status: 'enabled', types: ['order.*', 'seats.sold'], events: [eventId] });
    const list = await world.call('GET', '/v1/webhooks');
    const shown = JSON.stringify([await get(made.id), list.body]);
    expect(shown).toContain(made.id);
    expect(shown).not.toContain('whsec_');
    expect(shown).not.toContain('fingerprint');
  });

  test('W2 rotation: a new secret, the old one until its time; keepSeconds 0 ends it at once', async () => {
    const made = await make();
    const rotated = (await post(`/${made.id}/rotate-secret`, { keepSeconds: 60 })).body as View;
    expect(rotated.secret).not.toBe(made.secret);
    expect(rotated.secrets.map(({ expiresAt }) => expiresAt === undefined)).toEqual([true, false]);
    // Without a body: a day.
    expect(((await post(`/${made.id}/rotate-secret`)).body as View).secrets).toHaveLength(3);
    expect(((await post(`/${made.id}/rotate-secret`, { keepSeconds: 0 })).body as View).secrets).toHaveLength(1);
    for (let i = 0; i < 8; i++) await post(`/${made.id}/rotate-secret`);
    expect((await get(made.id)).secrets).toHaveLength(5);
  });

  test('W1 change, disable, enable, delete', async () => {
    const { id } = await make({ events: [eventId] });
    const change = async (body: object): Promise<View> =>
      (await world.call('PATCH', `/v1/webhooks/${id}`, { body })).body as View;
    expect(await change({ status: 'disabled' })).toMatchObject({ status: 'disabled', disabledReason: 'asked' });
    expect(await change({ types: ['hold.*'], events: null, url: 'https://203.0.114.8/' })).toMatchObject({
      ...{ status: 'disabled', types: ['hold.*'], url: 'https://203.0.114.8/' },
    });
    const enabled = await change({ status: 'enabled' });
    expect([enabled.status, enabled.events, enabled.disabledReason]).toEqual(['enabled', undefined, undefined]);
    expect((await world.call('DELETE', `/v1/webhooks/${id}`)).status).toBe(204);
    expect(refusal(await world.call('DELETE', `/v1/webhooks/${id}`))).toMatchObject({ status: 400, paths: ['id'] });
  });

  test('P5 an Idempotency-Key makes one webhook; with other content it is refused', async () => {
    const headers = { 'idempotency-key': 'make-one' };
    const [first, again] = [await post('', { url: URL_OK }, { headers }), await post('', { url: URL_OK }, { headers })];
    expect([first.status, again.status]).toEqual([201, 201]);
    expect((again.body as View).id).toBe((first.body as View).id);
    expect((again.body as View).secret).toBe((first.body as View).secret);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const other = await post('', { url: `${URL_OK}2` }, { headers });
    expect(refusal(other)).toMatchObject({ status: 409, code: 'IDEMPOTENCY_MISMATCH' });
  });

  test('P5 an Idempotency-Key rotates, tests and replays once', async () => {
    const { id } = await make();
    const headers = { 'idempotency-key': `once-${id}` };
    const twice = async (path: string, body?: unknown): Promise<unknown[]> => {
      const keyed = { headers: { 'idempotency-key': `${id}-${path.split('/').at(-1)}` } };
      return [(await post(path, body, keyed)).body, (await post(path, body, keyed)).body];
    };
    const [first, again] = (await twice(`/${id}/rotate-secret`)) as View[];
    expect(again?.secret).toBe(first?.secret);
    expect((await get(id)).secrets).toHaveLength(2);
    const [tested, testedAgain] = (await twice(`/${id}/test`)) as DeliveryView[];
    expect(testedAgain?.id).toBe(tested?.id);
    await world.store.sql`UPDATE webhook_deliveries SET status = 'dead' WHERE endpoint_id = ${id}`;
    const since = '2026-01-01T00:00:00Z';
    expect(await twice(`/${id}/replay-dead`, { since })).toEqual([{ replayed: 1 }, { replayed: 1 }]);
    await post(`/${id}/test`, {}, { headers });
    expect(refusal(await post(`/${id}/rotate-secret`, {}, { headers })).code).toBe('IDEMPOTENCY_MISMATCH');
  });

  test('P5 lists are paged', async () => {
    await make();
    await make();
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await world.call('GET', `/v1/webhooks?limit=2${cursor}`);
      const page = body as { items: View[]; nextCursor?: string };
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor === undefined ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    const all = (await world.call('GET', '/v1/webhooks')).body as { items: View[] };
    expect(seen).toEqual(all.items.map(({ id }) => id));
  });
});

describe('W6 deliveries over REST', () => {
  test('W6 test message, list by status, replay of one and of all dead', async () => {
    const { id } = await make({ types: ['event.paused'] });
    const tested = await post(`/${id}/test`);
    expect(tested.status).toBe(202);
    expect(tested.body).toMatchObject({ type: 'webhook.test', status: 'pending', attempts: 0 });
    await post(`/${id}/test`, {});
    expect((await deliveries(id)).items.map(({ type }) => type)).toEqual(['webhook.test', 'webhook.test']);
    const first = await deliveries(id, '?limit=1');
    expect(first.nextCursor).toBeDefined();
    expect((await deliveries(id, `?limit=1&cursor=${first.nextCursor}`)).items[0]?.id).not.toBe(first.items[0]?.id);
    const { sql } = world.store;
    await sql`UPDATE webhook_deliveries SET status = 'dead', attempts = 36, finished_at = now(), last_status = 500 WHERE endpoint_id = ${id}`;
    expect((await deliveries(id, '?status=pending')).items).toEqual([]);
    const dead = (await deliveries(id, '?status=dead')).items;
    expect(dead).toHaveLength(2);
    const one = await post(`/${id}/deliveries/${dead[0]?.id}/replay`);
    expect([one.status, one.body]).toMatchObject([202, { status: 'pending', attempts: 0 }]);
    const future = new Date(Date.now() + 60_000).toISOString();
    expect((await post(`/${id}/replay-dead`, { since: future })).body).toEqual({ replayed: 0 });
    const since = new Date(Date.now() - 60_000).toISOString();
    expect((await post(`/${id}/replay-dead`, { since })).body).toEqual({ replayed: 1 });
    expect((await deliveries(id, '?status=dead')).items).toEqual([]);
  });

  test('W6 a disabled webhook is not tested', async () => {
    const { id } = await make();
    await world.call('PATCH', `/v1/webhooks/${id}`, { body: { status: 'disabled' } });
    expect(refusal(await post(`/${id}/test`))).toMatchObject({ status: 400, paths: ['id'] });
  });

  test('W6 a delivery is found under its own webhook alone', async () => {
    const [one, other] = [await make(), await make()];
    const { id } = (await post(`/${one.id}/test`)).body as DeliveryView;
    expect(refusal(await post(`/${other.id}/deliveries/${id}/replay`))).toMatchObject({ paths: ['deliveryId'] });
  });
});

describe('W7 bad input', () => {
  test.each([
    ['nothing', {}, ['url']],
    ['no URL', { url: 'shop' }, ['url']],
    ['http', { url: 'http://shop.example/' }, ['url']],
    ['a name and password', { url: 'https://a:b@shop.example/' }, ['url']],
    ['metadata', { url: 'https://169.254.169.254/latest' }, ['url']],
    ['an unknown field', { url: URL_OK, secret: 'mine' }, ['secret']],
    ['no types', { url: URL_OK, types: [] }, ['types']],
    ['a type that is none', { url: URL_OK, types: ['order.*', 'orders.paid'] }, ['types.1']],
    ['an event that is none', { url: URL_OK, events: ['evt_nothere'] }, ['events.0']],
    ['a long description', { url: URL_OK, description: 'x'.repeat(501) }, ['description']],
    ['NUL', { url: URL_OK, description: 'a\u0000b' }, ['description']],
  ])('W7 %s', async (_what, body, paths) => {
    expect(refusal(await post('', body))).toEqual({ status: 400, code: 'INVALID_REQUEST', paths });
  });

  test('W7 private addresses are refused where they are not allowed, by name too, at a change too', async () => {
    const strict = world.with({ webhookPolicy: parseAddressPolicy('0') });
    for (const url of ['https://10.0.0.1/', 'https://[::1]/', 'https://localhost/', 'http://127.0.0.1:1/']) {
      const answer = await strict.call('POST', '/v1/webhooks', { body: { url } });
      expect(refusal(answer), url).toMatchObject({ status: 400, paths: ['url'] });
    }
    const { id } = await make();
    const changed = await strict.call('PATCH', `/v1/webhooks/${id}`, { body: { url: 'https://192.168.0.1/' } });
    expect(refusal(changed)).toMatchObject({ status: 400, paths: ['url'] });
    expect((await get(id)).url).toBe(URL_OK);
  });

  test.each([
    ['GET', '/whk_doesnotexist', undefined],
    ['PATCH', '/whk_doesnotexist', { description: 'x' }],
    ['POST', '/whk_doesnotexist/rotate-secret', {}],
    ['POST', '/whk_doesnotexist/test', {}],
    ['GET', '/whk_doesnotexist/deliveries', undefined],
    ['POST', '/whk_doesnotexist/deliveries/1/replay', {}],
    ['POST', '/whk_doesnotexist/replay-dead', { since: '2031-01-01T00:00:00Z' }],
    ['GET', '/nonsense', undefined],
  ])('W6 %s %s: there is none', async (method, path, body) => {
    const answer = await world.call(method, `/v1/webhooks${path}`, body === undefined ? {} : { body });
    expect(refusal(answer)).toMatchObject({ status: 400, code: 'INVALID_REQUEST', paths: ['id'] });
  });

  test('W6 queries and bodies that are wrong are told so', async () => {
    const { id } = await make();
    const list = async (query: string): Promise<unknown> =>
      refusal(await world.call('GET', `/v1/webhooks/${id}/deliveries?${query}`)).paths;
    expect(await list('status=lost')).toEqual(['status']);
    expect(await list('cursor=abc')).toEqual(['cursor']);
    expect(await list('limit=0')).toEqual(['limit']);
    expect(refusal(await post(`/${id}/replay-dead`, {})).paths).toEqual(['since']);
    expect(refusal(await post(`/${id}/rotate-secret`, { keepSeconds: -1 })).paths).toEqual(['keepSeconds']);
    expect(refusal(await post(`/${id}/deliveries/x/replay`)).paths).toEqual(['deliveryId']);
  });

  test('A8 nobody below service manages webhooks', async () => {
    const guest = await world.guest();
    for (const [token, status] of [
      [null, 401],
      [guest, 403],
    ] as const) {
      expect((await post('', { url: URL_OK }, { token })).status).toBe(status);
      expect((await world.call('GET', '/v1/webhooks', { token })).status).toBe(status);
    }
  });
});
