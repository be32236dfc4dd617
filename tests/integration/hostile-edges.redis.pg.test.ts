import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { limitsOf, startHttpWorld, type CallOptions, type HttpWorld } from './support/http-world.js';

let world: HttpWorld;
beforeAll(async () => {
  world = await startHttpWorld();
  // What is revoked has been read.
  await vi.waitFor(async () =>
    expect((await world.call('GET', '/v1/session', { token: await world.guest() })).status).toBe(200),
  );
});
afterAll(async () => {
  await world.stop();
});

const cursor = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const NOT_A_KEY = `ak_0123456789abcdef_${'A'.repeat(43)}`;
const session = async (body: object): Promise<string> =>
  ((await world.call('POST', '/v1/sessions', { body })).body as { token: string }).token;

describe('A8 A9 tokens', () => {
  test('A8 keys of tickets sign for every event: not for an admin of some', async () => {
    const limited = await session({ subject: 'some-events', role: 'admin', events: ['evt_x'] });
    for (const path of ['/v1/tickets/keys', '/v1/tickets/keys/abcdefgh/retire'])
      expect((await world.call('POST', path, { token: limited })).status, path).toBe(403);
  });

  test('A9 a revoked token is revoked in every spelling that its signature has', async () => {
    const token = await world.guest();
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // 256 bits leave two of the last character's six unused.
    const twin = token.slice(0, -1) + (letters[letters.indexOf(token.at(-1) ?? '') ^ 1] ?? '');
    const tokenId = createHash('sha256').update(token).digest('hex').slice(0, 16);
    expect((await world.call('POST', '/v1/sessions/revoke', { body: { tokenId } })).status).toBe(200);
    for (const spelling of [token, twin, `${token}=`])
      expect((await world.call('GET', '/v1/session', { token: spelling })).status).toBe(401);
  });

  test('A5 to a token that is not valid a draft looks like nothing at all', async () => {
    const { id } = await world.draft();
    for (const path of ['', '/chart', '/seats', '/inventory'])
      expect((await world.call('GET', `/v1/events/${id}${path}`, { token: 'nonsense' })).status, path).toBe(404);
  });
});

describe('G1 G2 what is refused counts', () => {
  const statuses = async (path: string, options: CallOptions): Promise<number[]> => {
    const tight = world.with({ limits: limitsOf({ AISLE_LIMITS_COMMANDS_PER_10S_PER_IP: 3 }) });
    const found: number[] = [];
    for (let i = 0; i < 5; i++) found.push((await tight.call('POST', path, options)).status);
    return found;
  };

  test('G1 guesses at tokens are counted by address', async () => {
    expect(await statuses('/v1/inventory/holds', { token: NOT_A_KEY, body: {} })).toEqual([401, 401, 401, 429, 429]);
  });

  test('G2 a token that nobody asks for is no way round the limit', async () => {
    const path = '/v1/payments/sandbox/webhook';
    const found = await statuses(path, { token: NOT_A_KEY, body: {} });
    expect(found.slice(0, 3)).toEqual([400, 400, 400]);
    expect(found.slice(3).every((status) => status >= 400 && status !== 400)).toBe(true);
    expect(await statuses(path, { token: await world.guest(), body: {} })).toEqual([400, 400, 400, 429, 429]);
  });
});

describe('P2 what Postgres cannot hold is refused as the caller’s fault', () => {
  test('P2 cursors and times', async () => {
    const { id } = await world.onSale();
    const guest = await world.guest();
    const asked: [path: string, token: string | null | undefined][] = [
      [`/v1/events?cursor=${cursor(['2030-01-01T00:00:00Z', '\0'])}`, null],
      [`/v1/events?cursor=${cursor(['0000-01-01T00:00:00Z', 'x'])}`, null],
      [`/v1/orders?cursor=${cursor(['2030-01-01T00:00:00Z', '\0'])}`, guest],
      [`/v1/orders?cursor=${cursor(['0000-01-01T00:00:00Z', 'ord_12345678'])}`, guest],
      ['/v1/orders?updatedSince=0000-01-01T00:00:00Z', guest],
      [`/v1/events/${id}/log?cursor=${cursor([1, 1, 'seat', 2 ** 40, 1])}`, undefined],
      [`/v1/events/${id}/log?cursor=${cursor([1, 1, '\0', 1, 1])}`, undefined],
    ];
    for (const [path, token] of asked) {
      const { status, body } = await world.call('GET', path, token === undefined ? {} : { token });
      expect([path, status, (body as { error: { code: string } }).error.code]).toEqual([path, 400, 'INVALID_REQUEST']);
    }
    const body = { subject: 'x', before: '0000-01-01T00:00:00Z' };
    expect((await world.call('POST', '/v1/sessions/revoke', { body })).status).toBe(400);
  });
});

describe('G5 answers and files', () => {
  test('T5 what is somebody’s own is kept in no cache', async () => {
    const { id } = await world.onSale();
    for (const path of ['/v1/session', '/v1/orders', '/v1/tickets', '/v1/keys', `/v1/events/${id}/holds`])
      expect((await world.call('GET', path)).headers.get('cache-control'), path).toBe('no-store');
    expect((await world.call('GET', `/v1/events/${id}/seats`)).headers.get('cache-control')).toBe('public, max-age=1');
  });

  // As text: 8 MiB of each kept a server busy for minutes, and took gigabytes.
  test.each([
    ['empty lines', (bytes: number) => '\n'.repeat(bytes)],
    ['empty lines below a header', (bytes: number) => `externalId,seat\n${'\n'.repeat(bytes)}`],
    ['tiny lines', (bytes: number) => `externalId,seat\n${'a,b\n'.repeat(bytes / 4)}`],
    ['a quote that never ends', (bytes: number) => `externalId,seat\n"${'a'.repeat(bytes)}`],
    ['one column after another', (bytes: number) => 'x,seat,'.repeat(bytes / 7)],
  ])('O9 a file of %s is refused before it is read to its end', async (_name, file) => {
    const { id } = await world.onSale();
    const { status, body } = await world.call('POST', `/v1/events/${id}/bookings/import?dryRun=true`, {
      raw: file(8 * 1024 * 1024 - 100),
      headers: { 'content-type': 'text/csv' },
    });
    expect(status).toBe(400);
    const { faults, more } = (body as { error: { details: { faults: unknown[]; more: number } } }).error.details;
    expect(faults.length + more).toBeLessThan(10);
  });
});
