import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AisleError, type CreateSession, type Role } from '@aisle/client/protocol';
import { createSessions, VIEWER, type SessionSettings } from '../../server/src/auth/sessions.js';
import { SESSION_TOKEN_TYPE } from '../../server/src/auth/session-tokens.js';
import type { Actor } from '../../server/src/domain/actor.js';

const ADMIN_KEY = 'an-admin-key-of-30-characters!';
const SECRET = 'the secret that shop and Aisle share, long';
const NOW_MS = Date.UTC(2031, 0, 1);
const NOW_S = NOW_MS / 1000;
let nowMs = NOW_MS;

const settings: SessionSettings = {
  ...{
    adminKey: ADMIN_KEY,
    secret: SECRET,
    issuer: 'https://shop.example',
    audience: 'aisle',
    roleClaim: 'role',
    maxRole: 'box_office',
  },
  clock: () => nowMs,
};
const sessions = createSessions(settings);

const GOOD = { sub: 'customer-7', iss: 'https://shop.example', aud: 'aisle', exp: NOW_S + 60 };
const sign = (claims: JWTPayload, key = SECRET, header: { alg?: string; typ?: string } = {}) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256', ...header }).sign(new TextEncoder().encode(key));
const refusalOf = async (work: Promise<unknown>): Promise<{ code: string; message: string }> => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AisleError)) throw new Error(`not refused: ${String(error)}`);
  return { code: error.code, message: error.message };
};
const refused = async (token: string, by = sessions) => refusalOf(by.authenticate(token));

describe('A1 who is calling', () => {
  test('no token: a viewer, who may look', async () => {
    for (const token of [null, undefined, '']) expect(await sessions.authenticate(token)).toEqual(VIEWER);
  });

  test('the admin key, and nothing near it', async () => {
    expect(await sessions.authenticate(ADMIN_KEY)).toMatchObject({
      role: 'admin',
      subject: 'admin',
      expiresAtMs: null,
    });
    for (const near of [ADMIN_KEY.slice(0, -1), `${ADMIN_KEY} `, ADMIN_KEY.toUpperCase(), 'x']) {
      expect(await refused(near)).toMatchObject({ code: 'UNAUTHENTICATED' });
    }
  });

  test('without an admin key nobody is admin', async () => {
    const keyless = createSessions({ ...settings, adminKey: undefined });
    expect(await refused(ADMIN_KEY, keyless)).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('a JWT of the shop, with its restrictions', async () => {
    const actor = await sessions.authenticate(
      await sign({ ...GOOD, role: 'kiosk', events: ['evt_1'], limits: { maxSeats: 3 } }),
    );
    expect(actor).toEqual({
      ...{ subject: 'customer-7', role: 'kiosk', expiresAtMs: GOOD.exp * 1000, events: ['evt_1'], maxSeats: 3 },
      tokenId: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      issuedAtMs: 0,
    });
    expect(await sessions.authenticate(await sign(GOOD))).toMatchObject({
      role: 'customer',
      events: null,
      maxSeats: null,
    });
  });

  test('the claim that gives the role is configuration', async () => {
    const other = createSessions({ ...settings, roleClaim: 'https://shop.example/aisle-role' });
    const token = await sign({ ...GOOD, role: 'box_office', 'https://shop.example/aisle-role': 'kiosk' });
    expect(await other.authenticate(token)).toMatchObject({ role: 'kiosk' });
  });
});

describe('A2 refused as UNAUTHENTICATED, saying why', () => {
  const cases: [name: string, token: () => string | Promise<string>, says: RegExp][] = [
    ['alg none', () => new UnsecuredJWT(GOOD).encode(), /not signed/],
    [
      'alg NONE, spelled to slip through',
      async () => (await sign(GOOD)).replace(/^[^.]+/, Buffer.from('{"alg":"nOnE"}').toString('base64url')),
      /not signed/,
    ],
    [
      'alg none that says it is ours',
      () =>
        `${Buffer.from(JSON.stringify({ alg: 'none', typ: SESSION_TOKEN_TYPE })).toString('base64url')}.${Buffer.from(JSON.stringify({ ...GOOD, iss: 'aisle', role: 'admin' })).toString('base64url')}.`,
      /not signed/,
    ],
    ['another key', () => sign(GOOD, 'somebody else’s secret, just as long as it'), /another key/],
    ['the admin key as signing key', () => sign({ ...GOOD, role: 'admin' }, ADMIN_KEY), /another key/],
    ['a signature cut off', async () => (await sign(GOOD)).replace(/[^.]+$/, ''), /key|readable/],
    [
      'claims changed after signing',
      async () =>
        (await sign(GOOD)).replace(
          /\.[^.]+\./,
          `.${Buffer.from(JSON.stringify({ ...GOOD, sub: 'other' })).toString('base64url')}.`,
        ),
      /another key/,
    ],
    ['another algorithm of the same key', () => sign(GOOD, SECRET.repeat(2), { alg: 'HS512' }), /algorithm/],
    ['expired', () => sign({ ...GOOD, exp: NOW_S - 1 }), /expired/],
    ['expired this very second', () => sign({ ...GOOD, exp: NOW_S }), /expired/],
    ['no end', () => sign({ ...GOOD, exp: undefined }), /exp/],
    ['an end in a year', () => sign({ ...GOOD, exp: NOW_S + 365 * 86_400 }), /longer than 30 days/],
    [
      'a life of a year',
      () => sign({ ...GOOD, iat: NOW_S - 364 * 86_400, exp: NOW_S + 86_400 }),
      /longer than 30 days/,
    ],
    ['issued in the future', () => sign({ ...GOOD, iat: NOW_S + 6 }), /in the future/],
    ['not valid yet', () => sign({ ...GOOD, nbf: NOW_S + 60 }), /not valid yet/],
    ['not valid yet, just past the skew', () => sign({ ...GOOD, nbf: NOW_S + 6 }), /not valid yet/],
    ['another audience', () => sign({ ...GOOD, aud: 'billing' }), /audience/],
    ['no audience', () => sign({ ...GOOD, aud: undefined }), /aud/],
    ['another issuer', () => sign({ ...GOOD, iss: 'https://evil.example' }), /issuer/],
    ['no subject', () => sign({ ...GOOD, sub: undefined }), /sub/],
    ['a subject that would break keys', () => sign({ ...GOOD, sub: 'a{b}:c d' }), /sub/],
    ['a subject with a NUL', () => sign({ ...GOOD, sub: 'a\u0000b' }), /control character/],
    ['a subject with an escape', () => sign({ ...GOOD, sub: 'a\u001b[2Jb' }), /control character/],
    ['a subject with half a character', () => sign({ ...GOOD, sub: 'a\ud800' }), /control character/],
    ['a subject that is no text', () => sign({ ...GOOD, ...(JSON.parse('{"sub":7}') as JWTPayload) }), /sub/],
    ['the name of the admin key', () => sign({ ...GOOD, sub: 'admin' }), /admin key's own/],
    ['a role above the cap', () => sign({ ...GOOD, role: 'service' }), /above "box_office"/],
    ['the role admin', () => sign({ ...GOOD, role: 'admin' }), /above "box_office"/],
    ['a role that does not exist', () => sign({ ...GOOD, role: 'root' }), /no role/],
    ['events that are no list', () => sign({ ...GOOD, events: 'all' }), /events/],
    [
      'a shop token that says it is ours',
      () => sign({ ...GOOD, iss: 'aisle', role: 'admin' }, SECRET, { typ: SESSION_TOKEN_TYPE }),
      /another key/,
    ],
    ['no JWT at all', () => 'hello', /neither/],
    ['three dots of nothing', () => '...', /neither/],
    ['a megabyte', () => 'x'.repeat(1024 * 1024), /too long/],
  ];
  for (const [name, token, says] of cases) {
    test(name, async () => {
      const refusal = await refused(await token());
      expect(refusal.code).toBe('UNAUTHENTICATED');
      expect(refusal.message).toMatch(says);
      expect(refusal.message).not.toContain(SECRET);
    });
  }

  test('a shop’s token where no shop is configured', async () => {
    const closed = createSessions({ ...settings, secret: undefined });
    expect((await refused(await sign(GOOD), closed)).message).toMatch(/no tokens of a shop/);
  });
});

describe('A2 the role that a shop’s token gives', () => {
  const roleMap = { seller: 'box_office', member: 'customer', owner: 'admin' } as const;
  const mapped = createSessions({ ...settings, roleMap });
  const roleFor = async (role: unknown, by = mapped): Promise<string> =>
    (await by.authenticate(await sign({ ...GOOD, role }))).role;

  test('by the shop’s own names, where a map is given', async () => {
    expect(await roleFor('seller')).toBe('box_office');
    expect(await roleFor('member')).toBe('customer');
    expect(await roleFor(undefined)).toBe('customer');
  });

  test('with a map Aisle’s names mean nothing: a shop may have its own "admin"', async () => {
    for (const role of ['box_office', 'admin', 'constructor', '__proto__'])
      expect((await refused(await sign({ ...GOOD, role }), mapped)).message).toMatch(/no role/);
  });

  test('of a list the highest that is known', async () => {
    expect(await roleFor(['premium', 'member', 'seller'])).toBe('box_office');
    expect(await roleFor(['kiosk', 'customer'], sessions)).toBe('kiosk');
    for (const role of [[], ['premium'], [7], {}, null, 7])
      expect((await refused(await sign({ ...GOOD, role }), mapped)).message).toMatch(/no role/);
  });

  test('the cap stands above the map', async () => {
    expect((await refused(await sign({ ...GOOD, role: 'owner' }), mapped)).message).toMatch(/above "box_office"/);
    expect((await refused(await sign({ ...GOOD, role: ['member', 'owner'] }), mapped)).message).toMatch(/above/);
  });
});

describe('A10 one secret is replaced by another', () => {
  const NEXT = 'the secret that comes after it, long enough';
  const rotating = createSessions({ ...settings, secret: NEXT, previousSecret: SECRET });
  const after = createSessions({ ...settings, secret: NEXT });

  test('while both are alive both are taken; the old one no longer once it is gone', async () => {
    const [old, fresh] = [await sign(GOOD), await sign(GOOD, NEXT)];
    for (const token of [old, fresh])
      expect(await rotating.authenticate(token)).toMatchObject({ subject: 'customer-7' });
    expect(await after.authenticate(fresh)).toMatchObject({ subject: 'customer-7' });
    expect((await refused(old, after)).message).toMatch(/another key/);
    expect((await refused(fresh)).message).toMatch(/another key/);
  });

  test('a token of the old secret is held to every other rule', async () => {
    expect((await refused(await sign({ ...GOOD, aud: 'billing' }), rotating)).message).toMatch(/audience/);
    expect((await refused(await sign({ ...GOOD, exp: NOW_S - 1 }), rotating)).message).toMatch(/expired/);
    expect((await refused(await sign(GOOD, 'a third secret that nobody has given us'), rotating)).message).toMatch(
      /key/,
    );
  });

  test('our own sessions live through it, and the newest secret signs', async () => {
    const [before, during] = [await sessions.create(VIEWER, {}), await rotating.create(VIEWER, {})];
    for (const { token, subject } of [before, during])
      expect(await rotating.authenticate(token)).toMatchObject({ subject });
    expect(await after.authenticate(during.token)).toMatchObject({ subject: during.subject });
    expect((await refused(before.token, after)).message).toMatch(/another key/);
    expect((await refused(during.token)).message).toMatch(/another key/);
  });
});

describe('A3 sessions', () => {
  const guest = () => sessions.create(VIEWER, {});
  const staff = (role: Role, changes: Partial<Actor> = {}): Actor => ({ ...VIEWER, subject: 's', role, ...changes });

  test('anybody gets a guest for a day, each another', async () => {
    const [one, two] = [await guest(), await guest()];
    expect(one).toMatchObject({ role: 'guest', expiresAt: new Date(NOW_MS + 86_400_000).toISOString() });
    expect(one.subject).toMatch(/^gst_[\w-]{16}$/);
    expect(two.subject).not.toBe(one.subject);
    expect(await sessions.authenticate(one.token)).toMatchObject({
      subject: one.subject,
      role: 'guest',
      expiresAtMs: Date.parse(one.expiresAt),
    });
  });

  test('a guest’s token ends when it says', async () => {
    const { token } = await guest();
    nowMs = NOW_MS + 86_400_000;
    try {
      expect((await refused(token)).message).toMatch(/expired/);
    } finally {
      nowMs = NOW_MS;
    }
  });

  test('nobody but staff says who they are', async () => {
    const requests: CreateSession[] = [
      { subject: 'other' },
      { role: 'customer' },
      { ttlSeconds: 60 },
      { events: ['evt_1'] },
      { limits: {} },
    ];
    for (const actor of [VIEWER, staff('guest'), staff('customer'), staff('kiosk')]) {
      for (const request of requests) expect((await refusalOf(sessions.create(actor, request))).code).toBe('FORBIDDEN');
    }
  });

  test('a service makes sessions for its buyers, up to customer', async () => {
    const made = await sessions.create(staff('service'), {
      subject: 'buyer-1',
      events: ['evt_1'],
      limits: { maxSeats: 4 },
      ttlSeconds: 600,
    });
    expect(made).toMatchObject({
      subject: 'buyer-1',
      role: 'customer',
      expiresAt: new Date(NOW_MS + 600_000).toISOString(),
    });
    expect(await sessions.authenticate(made.token)).toMatchObject({
      subject: 'buyer-1',
      role: 'customer',
      events: ['evt_1'],
      maxSeats: 4,
    });
    for (const role of ['kiosk', 'box_office', 'service', 'admin'] as const) {
      expect((await refusalOf(sessions.create(staff('service'), { subject: 'x', role }))).code).toBe('FORBIDDEN');
    }
    expect(await sessions.create(staff('admin'), { subject: 'till-3', role: 'box_office' })).toMatchObject({
      role: 'box_office',
    });
  });

  test('never more than the caller may do itself', async () => {
    const narrow = staff('service', { events: ['evt_1'], maxSeats: 4 });
    const inherited = await sessions.create(narrow, { subject: 'x' });
    expect(await sessions.authenticate(inherited.token)).toMatchObject({ events: ['evt_1'], maxSeats: 4 });
    expect((await refusalOf(sessions.create(narrow, { subject: 'x', events: ['evt_2'] }))).code).toBe('FORBIDDEN');
    expect((await refusalOf(sessions.create(narrow, { subject: 'x', limits: { maxSeats: 5 } }))).code).toBe(
      'FORBIDDEN',
    );
  });

  test('nobody less than an admin is given the name of the admin key, and with it its holds and notes', async () => {
    for (const by of [staff('box_office'), staff('admin')])
      expect((await refusalOf(sessions.create(by, { subject: 'admin' }))).code).toBe('FORBIDDEN');
    expect(await sessions.create(staff('admin'), { subject: 'admin', role: 'admin' })).toMatchObject({ role: 'admin' });
  });

  test('another installation’s tokens are worth nothing here', async () => {
    const strangers = [
      { ...settings, adminKey: 'another-admin-key-of-33-characters' },
      { ...settings, secret: 'another secret, as long as the real one is' },
      // Who holds the shop's secret alone cannot make our tokens, and so not step over the cap on roles.
      { ...settings, adminKey: undefined },
      { ...settings, secret: undefined },
    ];
    for (const stranger of strangers) {
      const { token } = await createSessions(stranger).create(VIEWER, {});
      expect((await refused(token)).message).toMatch(/another key/);
    }
  });
});

describe('A2 a key server (JWKS)', () => {
  let server: Server;
  let jwksUrl: string;
  let privateKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
  let publicBytes: Uint8Array;
  beforeAll(async () => {
    const pair = await generateKeyPair('ES256', { extractable: true });
    ({ privateKey } = pair);
    const jwk = await exportJWK(pair.publicKey);
    publicBytes = new TextEncoder().encode(JSON.stringify(jwk));
    server = createServer((_request, response) => {
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ keys: [{ ...jwk, kid: 'k1', alg: 'ES256' }] }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  });
  afterAll(() => void server.close());

  test('signatures by its keys are taken; the public key as a shared secret is not', async () => {
    const keyed = createSessions({ ...settings, secret: undefined, jwksUrl });
    const token = await new SignJWT({ ...GOOD, role: 'kiosk' })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .sign(privateKey);
    expect(await keyed.authenticate(token)).toMatchObject({ subject: 'customer-7', role: 'kiosk' });
    const forged = await new SignJWT(GOOD).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(publicBytes);
    expect(await refused(forged, keyed)).toMatchObject({ code: 'UNAUTHENTICATED' });
    const stranger = await generateKeyPair('ES256');
    const unknown = await new SignJWT(GOOD).setProtectedHeader({ alg: 'ES256', kid: 'k9' }).sign(stranger.privateKey);
    expect(await refused(unknown, keyed)).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('A10 its keys change: the new one is found by its kid, the old one refused when it is gone', async () => {
    const pairs = await Promise.all(['r1', 'r2'].map(() => generateKeyPair('ES256', { extractable: true })));
    const jwks = await Promise.all(
      pairs.map(async ({ publicKey }, i) => ({ ...(await exportJWK(publicKey)), kid: `r${i + 1}`, alg: 'ES256' })),
    );
    const [first, second] = await Promise.all(
      pairs.map((pair, i) =>
        new SignJWT(GOOD).setProtectedHeader({ alg: 'ES256', kid: `r${i + 1}` }).sign(pair.privateKey),
      ),
    );
    let served = jwks.slice(0, 1);
    let asked = 0;
    const rotating = createServer((_request, response) => {
      asked += 1;
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: served }));
    }).listen(0, '127.0.0.1');
    await once(rotating, 'listening');
    const url = `http://127.0.0.1:${(rotating.address() as AddressInfo).port}/keys`;
    const keyed = createSessions({ ...settings, secret: undefined, jwksUrl: url, keyServerCooldownMs: 1 });
    try {
      expect(await keyed.authenticate(first)).toMatchObject({ subject: 'customer-7' });
      expect(await refused(second ?? '', keyed)).toMatchObject({ code: 'UNAUTHENTICATED' });
      served = jwks;
      for (const token of [first, second]) expect(await keyed.authenticate(token)).toMatchObject({ role: 'customer' });
      served = jwks.slice(1);
      // Both are cached; a server that starts now knows the second alone.
      const later = createSessions({ ...settings, secret: undefined, jwksUrl: url, keyServerCooldownMs: 1 });
      expect(await later.authenticate(second)).toMatchObject({ role: 'customer' });
      expect(await refused(first ?? '', later)).toMatchObject({ code: 'UNAUTHENTICATED' });
      expect(asked).toBeGreaterThanOrEqual(3);
    } finally {
      rotating.close();
    }
  });

  test('away: UNAVAILABLE, not a wrong token', async () => {
    const keyed = createSessions({ ...settings, secret: undefined, jwksUrl: 'http://127.0.0.1:9/keys' });
    const token = await new SignJWT(GOOD).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(privateKey);
    expect(await refused(token, keyed)).toMatchObject({ code: 'UNAVAILABLE' });
  });
});
