import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chartSchema, inventoryViewSchema, seatsViewSchema, type SeatEvent } from '@aisle/client/protocol';
import { createCommands } from '../../server/src/commands/index.js';
import { createBlockLedger } from '../../server/src/db/events/blocks.js';
import type { Commands } from '../../server/src/domain/ports/commands.js';
import { readinessOf } from '../../server/src/domain/ports/health.js';
import { keys } from '../../server/src/redis/keys.js';
import { startRedis, type TestRedis } from '../helpers/redis.js';
import { openCommandConnection } from '../../server/src/redis/connection.js';
import { createLogger } from '../../server/src/platform/logger.js';
import { plainChart } from '../helpers/buyers.js';
import { limitsOf, refusal, startHttpWorld, testChart, type HttpWorld } from './support/http-world.js';

let world: HttpWorld;
let event: SeatEvent;
beforeAll(async () => {
  world = await startHttpWorld();
  event = await world.onSale({ chart: plainChart(40, 50, [{ id: 'floor', capacity: 20 }]) });
});
afterAll(() => world.stop());

const get = (path: string, headers: Record<string, string> = {}) => world.fetch(path, { headers });
const holdSeat = async (seat: string) => {
  const body = { eventId: event.id, seats: [seat] };
  expect((await world.call('POST', '/v1/inventory/holds', { token: await world.guest(), body })).status).toBe(201);
};

describe('the seat map', () => {
  test('is the same for every caller, with its position as ETag, for one second', async () => {
    await holdSeat('r0-1');
    const url = `/v1/events/${event.id}/seats`;
    const response = await get(url);
    const view = seatsViewSchema.parse(await response.json());
    expect(view).toMatchObject({ eventId: event.id, status: 'on_sale', epoch: 1, chartVersion: 1, areas: [[20, 20]] });
    expect(view.map).toBe('1a1h1998a');
    expect(response.headers.get('etag')).toBe(`"${view.epoch}-${view.seq}"`);
    expect(response.headers.get('cache-control')).toBe('public, max-age=1');
    expect(response.headers.get('vary')).toContain('Accept-Encoding');
    const asAdmin = await get(url, { authorization: `Bearer ${world.adminKey}` });
    expect(await asAdmin.json()).toEqual(view);
    const rubbish = await get(url, { authorization: 'Bearer rubbish' });
    expect(rubbish.status).toBe(200);
  });

  test('304 while nothing changed, a new map when something did, also when only the status did', async () => {
    const url = `/v1/events/${event.id}/seats`;
    const etag = (await get(url)).headers.get('etag') ?? '';
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const same = await get(url, { 'if-none-match': tag });
      expect(same.status, tag).toBe(304);
      expect(await same.text()).toBe('');
    }
    await holdSeat('r0-2');
    await expect.poll(async () => (await get(url, { 'if-none-match': etag })).status).toBe(200);
    const open = (await get(url)).headers.get('etag') ?? '';
    await world.call('POST', `/v1/events/${event.id}/pause`);
    await expect.poll(async () => (await get(url, { 'if-none-match': open })).status).toBe(200);
    await world.call('POST', `/v1/events/${event.id}/open`);
  });

  test('comes compressed as the caller likes it', async () => {
    const big = await world.onSale({ chart: plainChart(40, 50, [{ id: 'floor', capacity: 20 }]) });
    const busy = await startBusy(big);
    const url = `/v1/events/${busy.id}/seats`;
    const plain = await (await get(url)).text();
    expect(plain.length).toBeGreaterThan(1024);
    const unpack = { br: brotliDecompressSync, gzip: gunzipSync };
    for (const [accept, encoding] of [
      ['br, gzip', 'br'],
      ['gzip', 'gzip'],
      ['gzip, br;q=0', 'gzip'],
      ['*', 'br'],
    ] as const) {
      const response = await get(url, { 'accept-encoding': accept });
      expect(response.headers.get('content-encoding'), accept).toBe(encoding);
      const bytes = Buffer.from(await response.arrayBuffer());
      expect(bytes.length).toBeLessThan(plain.length / 2);
      expect(unpack[encoding](bytes).toString()).toBe(plain);
    }
    expect((await get(url, { 'accept-encoding': 'deflate' })).headers.get('content-encoding')).toBeNull();
  });

  test('binary states show free or not', async () => {
    const { id } = await world.onSale({ publicStates: 'binary' });
    await world.call('POST', '/v1/inventory/holds', {
      token: await world.guest(),
      body: { eventId: id, seats: ['r0-0'] },
    });
    const response = await get(`/v1/events/${id}/seats`);
    expect(await response.json()).toMatchObject({ map: '1s9a' });
    expect(response.headers.get('etag')).toMatch(/^"\d+-\d+-binary"$/);
  });

  test('inventory by category', async () => {
    const { id } = await world.onSale();
    const { categories } = inventoryViewSchema.parse(await (await get(`/v1/events/${id}/inventory`)).json());
    expect(categories).toMatchObject([
      { key: 'A', total: 10, sold: 0, pending: 0, available: 10 },
      { key: 'GA', total: 20, sold: 0, pending: 0, available: 20 },
    ]);
  });
});

/** Every second seat blocked: a map that is long as text. */
async function startBusy(big: SeatEvent): Promise<SeatEvent> {
  const seats = plainChart(40, 50)
    .seats.filter((_seat, i) => i % 2 === 0 && i < 1600)
    .map(({ id }) => id);
  const blocked = await world.call('POST', `/v1/events/${big.id}/block`, { body: { seats } });
  expect(blocked.status).toBe(200);
  return big;
}

describe('the chart', () => {
  test('comes as it was given, ETag by version, compressed', async () => {
    const url = `/v1/events/${event.id}/chart`;
    const response = await get(url);
    expect(response.headers.get('etag')).toBe('"1"');
    expect(response.headers.get('cache-control')).toBe('public, max-age=60');
    const plain = await response.text();
    expect(chartSchema.parse(JSON.parse(plain))).toMatchObject({ name: 'plain 40×50' });
    expect((await get(url, { 'if-none-match': '"1"' })).status).toBe(304);
    const gzip = await get(url, { 'accept-encoding': 'gzip' });
    expect(gunzipSync(Buffer.from(await gzip.arrayBuffer())).toString()).toBe(plain);
    const br = await get(url, { 'accept-encoding': 'br' });
    expect(brotliDecompressSync(Buffer.from(await br.arrayBuffer())).toString()).toBe(plain);
  });

  test('of a draft is kept by nobody, and its version counts', async () => {
    const draft = await world.draft();
    const url = `/v1/events/${draft.id}/chart`;
    const admin = { authorization: `Bearer ${world.adminKey}` };
    const first = await get(url, admin);
    expect(first.headers.get('cache-control')).toBe('private, no-store');
    const chart = { ...testChart(), name: 'second' };
    await world.call('PATCH', `/v1/events/${draft.id}`, { body: { version: 1, chart } });
    const second = await get(url, { ...admin, 'if-none-match': '"1"' });
    expect(second.status).toBe(200);
    expect(second.headers.get('etag')).toBe('"2"');
    expect(await second.json()).toMatchObject({ name: 'second' });
  });
});

describe('sessions', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  test('A3 G2 are limited per address, an IPv6 network being one; staff are not counted', async () => {
    const connection = openCommandConnection(redis.url);
    await expect.poll(() => connection.status).toBe('ready');
    const counters = { redis: connection, keyPrefix: keys.rateLimitPrefix };
    const limited = world.with({ limits: limitsOf({ AISLE_LIMITS_SESSIONS_PER_MINUTE: 3 }, counters) });
    const ask = (ip: string, token: string | null = null) =>
      limited.call('POST', '/v1/sessions', { token, ip, body: {} });
    for (const ip of ['2001:db8::1', '2001:db8::2', '2001:db8:0:0:ffff::3']) expect((await ask(ip)).status).toBe(201);
    const refused = await ask('2001:db8::4');
    expect(refusal(refused)).toEqual({ status: 429, code: 'RATE_LIMITED' });
    const retry = Number(refused.headers.get('retry-after'));
    expect(retry).toBeGreaterThan(50);
    expect(retry).toBeLessThanOrEqual(60);
    expect((await ask('2001:db8:0:1::1')).status).toBe(201);
    expect((await ask('2001:db8::5', world.adminKey)).status).toBe(201);
    expect(await connection.keys('rate_limit:*')).toEqual(
      expect.arrayContaining(['rate_limit:sessions:2001:db8:0:0::/64']),
    );
    connection.disconnect();
  });

  test('G2 commands are counted by subject', async () => {
    const limited = world.with({ limits: limitsOf({ AISLE_LIMITS_COMMANDS_PER_10S: 2 }) });
    const token = await world.guest();
    const codes: string[] = [];
    for (let i = 0; i < 3; i++) {
      codes.push(
        refusal(
          await limited.call('POST', '/v1/inventory/holds', { token, body: { eventId: event.id, seats: ['nowhere'] } }),
        ).code,
      );
    }
    expect(codes).toEqual(['UNKNOWN_SEAT', 'UNKNOWN_SEAT', 'RATE_LIMITED']);
  });

  test('A3 an empty body, none, and {} are all a guest', async () => {
    for (const options of [{ body: {} }, {}, { headers: { 'content-type': 'application/json' } }]) {
      const { status, body } = await world.call('POST', '/v1/sessions', { token: null, ...options });
      expect(status).toBe(201);
      expect(body).toMatchObject({ role: 'guest', subject: expect.stringMatching(/^gst_/) as string });
    }
  });
});

describe('around every answer', () => {
  test('a request id: the caller’s where it is one, else our own', async () => {
    expect((await get('/healthz', { 'x-request-id': 'trace-17' })).headers.get('x-request-id')).toBe('trace-17');
    const made = (await get('/healthz', { 'x-request-id': 'a\tb{}' })).headers.get('x-request-id');
    expect(made).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('H6 a log line with route and outcome, never an address or a token', async () => {
    const lines: string[] = [];
    const logger = createLogger('info', 'test');
    logger.info = (line: object) => void lines.push(JSON.stringify(line));
    const logged = world.with({ logger });
    const token = await world.guest();
    const holdToken = `${event.id}.AAAAAAAAAAAAAAAAAAAAAA`;
    await logged.call('GET', `/v1/inventory/holds/${holdToken}`, { token, headers: { 'x-request-id': 'log-1' } });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      requestId: 'log-1',
      method: 'GET',
      route: '/v1/inventory/holds/:token',
      status: 404,
    });
    expect(lines[0]).not.toContain('AAAAAAAA');
    expect(lines[0]).not.toContain(token);
  });

  test('S7 one id leads from the answer to the log line and to seat_log; the line names command, event and outcome', async () => {
    const lines: Record<string, unknown>[] = [];
    const logger = createLogger('info', 'test');
    logger.info = (line: object) => void lines.push({ ...line });
    const ids: (string | undefined)[] = [];
    const { commands } = world.deps;
    const logged = world.with({
      logger,
      commands: {
        ...commands,
        hold: (actor, payload) => {
          ids.push(payload.requestId);
          return commands.hold(actor, payload);
        },
      },
    });
    const token = await world.guest();
    const ask = async (headers: Record<string, string>): Promise<Headers> =>
      (await logged.call('POST', '/v1/inventory/holds', { token, headers, body: { eventId: event.id, seats: ['no'] } }))
        .headers;
    const own = (await ask({})).get('x-request-id');
    await ask({ 'x-request-id': 'proxy-1' });
    await ask({ 'x-request-id': 'proxy-1', 'idempotency-key': 'key-1' });
    expect(lines.map(({ requestId }) => requestId)).toEqual([own, 'proxy-1', 'proxy-1']);
    expect(lines.map(({ commandId }) => commandId)).toEqual(ids);
    // A proxy may give many requests one id: never that of a command by itself.
    expect(ids).toEqual([own, expect.stringMatching(/^[0-9a-f-]{36}$/), 'key-1']);
    for (const line of lines)
      expect(line).toMatchObject({ command: 'hold', eventId: event.id, outcome: 'UNKNOWN_SEAT', status: 404 });
    await logged.call('GET', `/v1/events/evt_none`);
    expect(lines.at(-1)).toMatchObject({ eventId: 'evt_none', outcome: 'EVENT_NOT_FOUND' });
  });

  test('an INTERNAL of a command is in the log with what was thrown', async () => {
    const errors: { err?: Error }[] = [];
    const logger = createLogger('info', 'test');
    logger.error = (line: object) => void errors.push(line);
    const thrown = new Error('a script answered nothing');
    const logged = world.with({ logger, commands: brokenCommands(thrown) });
    const token = await world.guest();
    const body = { eventId: event.id, seats: ['r1-1'] };
    expect((await logged.call('POST', '/v1/inventory/holds', { token, body })).status).toBe(500);
    expect(errors.map(({ err }) => err?.cause)).toEqual([thrown]);
  });

  test('CORS for allowed origins alone', async () => {
    const preflight = await world.fetch('/v1/inventory/holds', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://shop.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,idempotency-key',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('idempotency-key');
    const allowed = await get('/v1/events', { origin: 'https://shop.example' });
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(allowed.headers.get('access-control-expose-headers')).toContain('retry-after');
    const refused = await get('/v1/nothing', { origin: 'https://shop.example' });
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    const other = await get('/v1/events', { origin: 'https://evil.example' });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('headers that keep browsers in check', async () => {
    const data = await get('/v1/events');
    expect(data.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(data.headers.get('x-content-type-options')).toBe('nosniff');
    expect(data.headers.get('referrer-policy')).toBe('no-referrer');
    const page = await get('/');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'self' https://shop.example");
    for (const path of ['/admin', '/admin/events', '/box-office']) {
      const staff = await get(path);
      expect(staff.headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'$/);
    }
  });
});

/** Commands over a directory that fails as no code expects. */
function brokenCommands(thrown: Error): Commands {
  const { directory, sql } = world.deps;
  const feed = { letters: () => Promise.reject(thrown) };
  return createCommands({
    ...{ store: world.store.store, feed, blocks: createBlockLedger(sql), random: Math.random },
    directory: { ...directory, get: () => Promise.reject(thrown) },
  });
}

describe('pages', () => {
  test('the list, the picker, the assets', async () => {
    const list = await get('/');
    expect(list.status).toBe(200);
    expect(list.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect((await get(`/e/${event.id}`)).status).toBe(200);
    const style = await get('/assets/base.css', { 'accept-encoding': 'br' });
    expect(style.headers.get('content-type')).toBe('text/css; charset=utf-8');
    expect(style.headers.get('content-encoding')).toBe('br');
    expect(style.headers.get('cache-control')).toBe('no-cache');
    const known = await get('/assets/base.css', { 'if-none-match': style.headers.get('etag') ?? '' });
    // A browser puts the headers of a 304 over those it keeps: data's policy there would lame a page on its second visit.
    expect([known.status, known.headers.get('content-security-policy')]).toEqual([304, null]);
  });

  test('nothing outside of the folder', async () => {
    for (const path of [
      '/assets/../../package.json',
      '/assets/%2e%2e%2f%2e%2e%2fpackage.json',
      '/assets/..%5c..%5cpackage.json',
      '/assets/%00',
      '/assets/%',
      '/assets/',
      '/assets/.hidden.js',
      '/assets//etc/hosts.txt',
      '/e/..%2f..%2fpackage.json',
      '/docs/package.json',
      '/docs/..%2fpackage.json',
    ]) {
      expect((await get(path)).status, path).toBe(404);
    }
  });

  test('hidden files and the neighbours of the folder are not there, hashed names are kept for good', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'aisle-web-'));
    const file = (name: string) => {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), 'let x;');
    };
    [
      'web/assets/app-4F7QXW2K.js',
      'web/assets/.secret.js',
      'web/assets/.git/x.js',
      'web2/x.js',
      'x.js',
      'web/assets/x.unknown',
    ].forEach(file);
    const pages = world.with({ webRoot: path.join(folder, 'web') });
    const found = await pages.call('GET', '/assets/app-4F7QXW2K.js');
    expect(found).toMatchObject({ status: 200, body: 'let x;' });
    expect(found.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    for (const name of [
      '.secret.js',
      '.git/x.js',
      '..%2f..%2fx.js',
      '..%2f..%2fweb2%2fx.js',
      '%2e%2e/%2e%2e/web2/x.js',
      'x.unknown',
      '.',
      '..',
    ]) {
      expect((await pages.call('GET', `/assets/${name}`)).status, name).toBe(404);
    }
    rmSync(folder, { recursive: true });
  });

  test('the documentation needs nothing from elsewhere', async () => {
    const page = await (await get('/docs')).text();
    const parts = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(parts.length).toBeGreaterThan(3);
    for (const part of parts) {
      expect(part.startsWith('/')).toBe(true);
      expect((await get(part)).status, part).toBe(200);
    }
  });

  test('a person who is lost gets a page, a program an error', async () => {
    const person = await get('/nowhere', { accept: 'text/html,*/*' });
    expect(person.status).toBe(404);
    expect(await person.text()).toContain('See all events');
    const program = await get('/nowhere');
    expect(program.status).toBe(404);
    expect(await program.json()).toMatchObject({ error: { retryable: false } });
  });
});

describe('operation', () => {
  test('N1 /healthz says alive, /readyz why not, or what is missing', async () => {
    expect(await (await get('/healthz')).json()).toEqual({ status: 'ok' });
    expect((await get('/readyz')).status).toBe(200);
    const sick = world.with({
      health: { readiness: () => readinessOf(['Redis does not answer'], []) },
    });
    const answer = await sick.call('GET', '/readyz');
    expect(answer).toMatchObject({ status: 503, body: { status: 'unavailable', reasons: ['Redis does not answer'] } });
    expect((await sick.call('GET', '/healthz')).status).toBe(200);
    const limping = world.with({ health: { readiness: () => readinessOf([], ['Postgres does not answer']) } });
    expect(await limping.call('GET', '/readyz')).toMatchObject({
      status: 200,
      body: { status: 'degraded', reasons: ['Postgres does not answer'] },
    });
  });

  test('/metrics counts requests by route and commands by outcome', async () => {
    const token = await world.guest();
    await world.call('POST', '/v1/inventory/holds', { token, body: { eventId: event.id, seats: ['nowhere'] } });
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toContain('text/plain');
    const text = await response.text();
    expect(text).toMatch(
      /aisle_commands_total\{[^}]*command="hold",outcome="UNKNOWN_SEAT",transport="http"[^}]*\} [1-9]/,
    );
    expect(text).toMatch(
      /aisle_http_request_duration_seconds_count\{[^}]*method="POST",route="\/v1\/inventory\/holds",status="404"[^}]*\} [1-9]/,
    );
    expect(text).not.toContain(event.id);
  });
});
