import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { wireError } from '@aisle/client/protocol';
import { AisleError, createAisle, verifyWebhook, type Aisle } from '@aisle/server';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly atMs: number;
}
type Answerer = (request: Seen, response: ServerResponse, attempt: number) => void;

let server: Server;
let seen: Seen[];
let answer: Answerer;
let aisle: Aisle;

beforeEach(async () => {
  seen = [];
  answer = (_request, response) => json(response, 200, {});
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body: Buffer.concat(parts).toString(), atMs: performance.now() };
      seen.push(one);
      answer(one, response, seen.length);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  aisle = createAisle({ url: url(), key: 'secret-key', timeoutMs: 1000 });
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const json = (response: ServerResponse, status: number, body: unknown, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};
const fail = (response: ServerResponse, code: Parameters<typeof wireError>[0], extras = {}, headers = {}): void => {
  const error = wireError(code, extras);
  json(response, code === 'RATE_LIMITED' ? 429 : code === 'UNAVAILABLE' ? 503 : 409, { error }, headers);
};
const caught = async (call: Promise<unknown>): Promise<AisleError> => {
  const error: unknown = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AisleError)) throw new Error(`no AisleError: ${String(error)}`);
  return error;
};
const keysSeen = (): (string | string[] | undefined)[] => seen.map(({ headers }) => headers['idempotency-key']);

describe('@aisle/server', () => {
  test('sends what the call says, with key, and answers what came', async () => {
    answer = (_request, response) => json(response, 201, { id: 'ord_12345678' });
    const order = await aisle.orders.create({ eventId: 'evt', holdToken: 'evt.token', onBehalfOf: 'b' });
    expect(order).toEqual({ id: 'ord_12345678' });
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/v1/orders' });
    expect(seen[0]?.headers.authorization).toBe('Bearer secret-key');
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ eventId: 'evt', holdToken: 'evt.token', onBehalfOf: 'b' });
  });

  test('S7 each write has an idempotency key of its own and keeps it over its retries', async () => {
    answer = (_request, response, attempt) =>
      attempt % 3 === 0 ? json(response, 200, {}) : fail(response, 'UNAVAILABLE');
    await aisle.orders.confirm('ord_1', { payment: { reference: 'r', amountMinor: 1, currency: 'EUR' } });
    await aisle.orders.cancel('ord_1');
    const keys = keysSeen();
    expect(keys).toHaveLength(6);
    expect(new Set(keys.slice(0, 3)).size).toBe(1);
    expect(new Set(keys.slice(3)).size).toBe(1);
    expect(keys[0]).not.toBe(keys[3]);
    await aisle.orders.cancel('ord_1', {}, { idempotencyKey: 'mine' }).catch(() => undefined);
    expect(keysSeen().at(-1)).toBe('mine');
  });

  test('Retry-After is obeyed, by header and by retryAfterMs', async () => {
    answer = (_request, response, attempt) => {
      if (attempt === 1) fail(response, 'RATE_LIMITED', { retryAfterMs: 700 });
      else if (attempt === 2) response.writeHead(503, { 'retry-after': '1' }).end('upstream is away');
      else json(response, 200, {});
    };
    await aisle.tickets.scan({ code: 'AT1' });
    const [first = 0, second = 0, third = 0] = seen.map(({ atMs }) => atMs);
    expect(second - first).toBeGreaterThanOrEqual(690);
    expect(third - second).toBeGreaterThanOrEqual(990);
  });

  test('told to wait for more than a minute it rejects at once, and says how long', async () => {
    answer = (_request, response) => fail(response, 'RATE_LIMITED', { retryAfterMs: 61_000 });
    expect(await caught(aisle.orders.get('ord_1'))).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 61_000 });
    expect(seen).toHaveLength(1);
  });

  test('an error that is not retryable rejects at once, with code, details and remediation', async () => {
    answer = (_request, response) => fail(response, 'SEAT_UNAVAILABLE', { details: { seats: ['A-1'] } });
    const error = await caught(aisle.holds.hold({ eventId: 'evt', seats: ['A-1'] }));
    expect(error).toMatchObject({ code: 'SEAT_UNAVAILABLE', retryable: false, details: { seats: ['A-1'] } });
    expect(error.remediation).toMatch(/details\.seats/);
    expect(seen).toHaveLength(1);
  });

  test('a lost connection and an answer that stays away are tried again; at last the outcome is unknown', async () => {
    const hasty = createAisle({ url: url(), key: 'k', timeoutMs: 150, retries: 2 });
    answer = (_request, response, attempt) => {
      if (attempt === 1) response.destroy();
      else if (attempt === 3) json(response, 200, { id: 'ord_1' });
    };
    expect(await hasty.orders.refund('ord_1')).toEqual({ id: 'ord_1' });
    expect(new Set(keysSeen()).size).toBe(1);

    answer = (_request, response) => response.destroy();
    const error = await caught(hasty.orders.refund('ord_1', {}, { idempotencyKey: 'refund-9' }));
    expect(error).toMatchObject({
      code: 'UNAVAILABLE',
      retryable: true,
      details: { outcome: 'unknown', idempotencyKey: 'refund-9' },
    });
    expect(seen).toHaveLength(6);
  });

  test('a proxy’s page is UNAVAILABLE with its status: 502 is tried again, 404 is not', async () => {
    answer = (_request, response, attempt) =>
      response.writeHead(attempt === 1 ? 502 : 404).end('<h1>nothing here</h1>');
    const error = await caught(aisle.events.get('evt'));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: false, details: { status: 404 } });
    expect(seen).toHaveLength(2);
  });

  test('a change of an event is sent once, whatever happens', async () => {
    answer = (_request, response) => fail(response, 'UNAVAILABLE');
    await caught(aisle.events.change('evt', { version: 3, name: 'New' }));
    expect(seen.map(({ method }) => method)).toEqual(['PATCH']);
  });

  test('a signal ends the call and the waiting, with its reason', async () => {
    answer = (_request, response) => fail(response, 'UNAVAILABLE', { retryAfterMs: 30_000 });
    const ended = new AbortController();
    const call = aisle.orders.get('ord_1', { signal: ended.signal });
    setTimeout(() => ended.abort(new Error('the buyer left')), 100);
    await expect(call).rejects.toThrow('the buyer left');
    await expect(aisle.orders.get('ord_1', { signal: ended.signal })).rejects.toThrow('the buyer left');
    expect(seen).toHaveLength(1);
  });

  test('lists are read page by page, as they are asked for', async () => {
    answer = ({ url: path }, response) => {
      const cursor = new URL(path, 'http://x').searchParams.get('cursor');
      json(response, 200, cursor === 'b' ? { items: [{ id: 3 }] } : { items: [{ id: 1 }, { id: 2 }], nextCursor: 'b' });
    };
    const ids: unknown[] = [];
    for await (const { id } of aisle.orders.list({ eventId: 'evt', limit: 2 })) ids.push(id);
    expect(ids).toEqual([1, 2, 3]);
    expect(seen.map(({ url: path }) => path)).toEqual([
      '/v1/orders?eventId=evt&limit=2',
      '/v1/orders?eventId=evt&limit=2&cursor=b',
    ]);
    for await (const { id } of aisle.orders.list()) {
      expect(id).toBe(1);
      break;
    }
    expect(seen).toHaveLength(3);
  });

  test('holds in a buyer’s name carry it; what is left of a released hold is null where nothing is', async () => {
    answer = (_request, response, attempt) => (attempt === 1 ? json(response, 200, {}) : response.writeHead(204).end());
    const holds = aisle.holds.onBehalfOf('buyer-1');
    await holds.extend('evt.token');
    expect(await holds.release('evt.token', { seats: ['A-1'] })).toBeNull();
    expect(seen.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { onBehalfOf: 'buyer-1' },
      { seats: ['A-1'], onBehalfOf: 'buyer-1' },
    ]);
    expect(seen[1]?.url).toBe('/v1/inventory/holds/evt.token/release');
  });

  test('a path in front of the API is kept; ids in addresses are escaped', async () => {
    const behind = createAisle({ url: `${url()}/seats`, key: 'k' });
    answer = (_request, response) => json(response, 201, { url: '/v1/orders/ord_1/tickets?access=x', expiresAt: 'y' });
    expect((await behind.orders.ticketsLink('ord_1')).url).toBe(`${url()}/seats/v1/orders/ord_1/tickets?access=x`);
    await behind.orders.get('../events');
    expect(seen.map(({ url: path }) => path)).toEqual([
      '/seats/v1/orders/ord_1/tickets/link',
      '/seats/v1/orders/..%2Fevents',
    ]);
  });
});

describe('webhooks.verify', () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
  const body = JSON.stringify({
    type: 'order.completed',
    timestamp: '2031-05-01T00:00:00Z',
    data: { orderId: 'ord_1' },
  });
  const headers = (at = new Date(), signedWith = secret, text = body): Record<string, string> => ({
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(signedWith).sign('msg_1', at, text),
  });
  const message = {
    id: 'msg_1',
    type: 'order.completed',
    timestamp: '2031-05-01T00:00:00Z',
    data: { orderId: 'ord_1' },
  };
  const refused = (...args: Parameters<typeof verifyWebhook>): void => {
    expect(() => verifyWebhook(...args)).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }) as Error);
  };

  test('W2 takes what was signed, as text or bytes, with headers of fetch or of node', () => {
    expect(verifyWebhook(body, headers(), secret)).toEqual(message);
    expect(verifyWebhook(Buffer.from(body), new Headers(headers()), secret)).toEqual(message);
    const upper = Object.fromEntries(Object.entries(headers()).map(([name, value]) => [name.toUpperCase(), [value]]));
    expect(verifyWebhook(body, upper, secret)).toEqual(message);
  });

  test('W2 while secrets are rotated either is enough', () => {
    expect(verifyWebhook(body, headers(), [other, secret])).toEqual(message);
    const both = { ...headers() };
    both['webhook-signature'] =
      `${headers(new Date(), other)['webhook-signature'] ?? ''} ${both['webhook-signature'] ?? ''}`;
    expect(verifyWebhook(body, both, secret)).toEqual(message);
  });

  test('W2 refuses another body, secret, id or time, an old one, one from the future, none at all', () => {
    refused(body.replace('ord_1', 'ord_2'), headers(), secret);
    refused(`${body} `, headers(), secret);
    refused(body, headers(), other);
    refused(body, { ...headers(), 'webhook-id': 'msg_2' }, secret);
    refused(body, headers(new Date(Date.now() - 301_000)), secret);
    refused(body, headers(new Date(Date.now() + 301_000)), secret);
    refused(body, {}, secret);
    refused(body, headers(), []);
    refused('{}', headers(new Date(), secret, '{}'), secret);
  });
});
