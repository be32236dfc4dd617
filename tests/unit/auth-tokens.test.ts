import { createHmac, randomBytes } from 'node:crypto';
import type { Role } from '@aisle/client/protocol';
import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { createSessions, VIEWER, type SessionSettings } from '../../server/src/auth/sessions.js';
import type { Actor } from '../../server/src/domain/actor.js';

const ADMIN_KEY = 'aisle_admin_0123456789abcdefghij';
const SECRET = 'the shop and Aisle share this one secret';
const NOW_MS = Date.UTC(2030, 0, 1);
const NOW_S = NOW_MS / 1000;

function sessions(changes: Partial<SessionSettings> = {}, nowMs = NOW_MS) {
  return createSessions({
    adminKey: ADMIN_KEY,
    secret: SECRET,
    roleClaim: 'role',
    maxRole: 'customer',
    clock: () => nowMs,
    ...changes,
  });
}
interface Claims {
  sub?: string;
  exp?: number;
  iss?: string;
  aud?: string;
  nbf?: number;
  [claim: string]: unknown;
}
const sign = (
  claims: Claims,
  secret = SECRET,
  header: { alg: string; typ?: string } = { alg: 'HS256' },
): Promise<string> =>
  new SignJWT({ sub: 'buyer-7', exp: NOW_S + 60, ...claims })
    .setProtectedHeader(header)
    .sign(new TextEncoder().encode(secret));
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const UNAUTHENTICATED = { code: 'UNAUTHENTICATED' };
const staff = (role: Role, changes: Partial<Actor> = {}): Actor => ({ ...VIEWER, subject: 'clerk', role, ...changes });

describe('A1 tokens', () => {
  test.each([undefined, null, ''])('A1 %j is a viewer', async (token) => {
    expect(await sessions().authenticate(token)).toEqual(VIEWER);
  });

  test('A1 the admin key is the admin; a longer, shorter or other one is nobody', async () => {
    expect(await sessions().authenticate(ADMIN_KEY)).toMatchObject({
      role: 'admin',
      subject: 'admin',
      expiresAtMs: null,
    });
    for (const wrong of [`${ADMIN_KEY}x`, ADMIN_KEY.slice(1), ADMIN_KEY.toUpperCase(), 'x'.repeat(9000)])
      await expect(sessions().authenticate(wrong)).rejects.toMatchObject(UNAUTHENTICATED);
    await expect(sessions({ adminKey: undefined }).authenticate(ADMIN_KEY)).rejects.toMatchObject(UNAUTHENTICATED);
  });

  test('A1 H6 an actor carries a hash of the token, never the token', async () => {
    const token = await sign({});
    const actor = await sessions().authenticate(token);
    expect(actor.tokenId).toMatch(/^[0-9a-f]{16}$/);
    expect(JSON.stringify(actor)).not.toContain(token.split('.')[2]);
  });
});

describe('A2 the JWTs of a shop', () => {
  test('A2 subject, role, end, events and cap are taken from the claims', async () => {
    const token = await sign({ role: 'customer', events: ['gala'], limits: { maxSeats: 4 } });
    expect(await sessions().authenticate(token)).toMatchObject({
      subject: 'buyer-7',
      role: 'customer',
      expiresAtMs: NOW_MS + 60_000,
      events: ['gala'],
      maxSeats: 4,
    });
    expect(await sessions().authenticate(await sign({}))).toMatchObject({ role: 'customer' });
    expect(
      await sessions({ roleClaim: 'aisle_role', maxRole: 'kiosk' }).authenticate(await sign({ aisle_role: 'kiosk' })),
    ).toMatchObject({ role: 'kiosk' });
  });

  test('A2 a role above the configured highest is refused, as is one that does not exist', async () => {
    for (const role of ['kiosk', 'box_office', 'service', 'admin', 'root', 7, null])
      await expect(sessions().authenticate(await sign({ role }))).rejects.toMatchObject(UNAUTHENTICATED);
    expect(await sessions({ maxRole: 'admin' }).authenticate(await sign({ role: 'admin' }))).toMatchObject({
      role: 'admin',
    });
  });

  test('A2 another secret, a changed claim, no signature: refused', async () => {
    const good = await sign({ role: 'guest' });
    const [header = '', , signature = ''] = good.split('.');
    const changed = `${header}.${part({ sub: 'somebody-else', exp: NOW_S + 60 })}.${signature}`;
    for (const token of [
      await sign({}, 'another secret of forty characters, yes'),
      changed,
      `${header}.${part({ sub: 'x' })}.`,
      good.slice(0, -2),
      'a.b.c',
      'nonsense',
    ])
      await expect(sessions().authenticate(token)).rejects.toMatchObject(UNAUTHENTICATED);
  });

  test('A2 the algorithm is pinned: none in any spelling, and other HMACs over the same secret, are refused', async () => {
    const claims = part({ sub: 'buyer-7', exp: NOW_S + 60 });
    for (const alg of ['none', 'None', 'NONE', 'nOnE'])
      await expect(sessions().authenticate(`${part({ alg })}.${claims}.`)).rejects.toMatchObject(UNAUTHENTICATED);
    for (const [alg, hash] of [
      ['HS384', 'sha384'],
      ['HS512', 'sha512'],
    ] as const) {
      const signed = `${part({ alg })}.${claims}`;
      const token = `${signed}.${createHmac(hash, SECRET).update(signed).digest('base64url')}`;
      await expect(sessions().authenticate(token)).rejects.toMatchObject(UNAUTHENTICATED);
    }
  });

  test('A2 issuer and audience, where configured, must be there and fit', async () => {
    const strict = sessions({ issuer: 'https://id.example', audience: 'aisle' });
    expect(await strict.authenticate(await sign({ iss: 'https://id.example', aud: 'aisle' }))).toMatchObject({
      subject: 'buyer-7',
    });
    for (const claims of [
      {},
      { iss: 'https://id.example' },
      { aud: 'aisle' },
      { iss: 'https://evil.example', aud: 'aisle' },
      { iss: 'https://id.example', aud: 'other' },
    ])
      await expect(strict.authenticate(await sign(claims))).rejects.toMatchObject(UNAUTHENTICATED);
  });

  test('A2 ended to the second, or not begun: refused', async () => {
    for (const claims of [{ exp: NOW_S }, { exp: NOW_S - 1 }, { nbf: NOW_S + 60 }])
      await expect(sessions().authenticate(await sign(claims))).rejects.toMatchObject(UNAUTHENTICATED);
    expect(await sessions().authenticate(await sign({ exp: NOW_S + 1 }))).toMatchObject({ subject: 'buyer-7' });
  });

  test('A2 a subject that could leave its key, or none, is refused', async () => {
    for (const sub of ['a:b', 'a}b', 'a b', '', undefined, 'x'.repeat(129)])
      await expect(sessions().authenticate(await sign({ sub }))).rejects.toMatchObject(UNAUTHENTICATED);
  });

  test('A2 without a secret or a key server no JWT of a shop is taken', async () => {
    await expect(sessions({ secret: undefined }).authenticate(await sign({}))).rejects.toMatchObject(UNAUTHENTICATED);
  });
});

describe('A3 sessions', () => {
  test('A3 anybody gets a guest of a new name, which is then taken as such', async () => {
    const { create, authenticate } = sessions();
    const [one, two] = [await create(VIEWER, {}), await create(VIEWER, {})];
    expect(one).toMatchObject({ role: 'guest' });
    expect(one.subject).not.toBe(two.subject);
    expect(await authenticate(one.token)).toMatchObject({
      role: 'guest',
      subject: one.subject,
      expiresAtMs: Date.parse(one.expiresAt),
    });
  });

  test('A3 nobody but staff says whose session it is, or what it may do', async () => {
    for (const actor of [VIEWER, staff('guest'), staff('customer'), staff('kiosk')])
      for (const request of [
        { subject: 'buyer-8' },
        { role: 'customer' as const },
        { ttlSeconds: 3600 },
        { limits: { maxSeats: 100 } },
        { events: ['gala'] },
      ])
        await expect(sessions().create(actor, request)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('A3 a service makes buyers, not staff; an admin makes anybody', async () => {
    const made = await sessions().create(staff('service'), {
      subject: 'buyer-8',
      events: ['gala'],
      limits: { maxSeats: 2 },
      ttlSeconds: 60,
    });
    expect(made).toMatchObject({
      subject: 'buyer-8',
      role: 'customer',
      expiresAt: new Date(NOW_MS + 60_000).toISOString(),
    });
    expect(await sessions().authenticate(made.token)).toMatchObject({
      subject: 'buyer-8',
      events: ['gala'],
      maxSeats: 2,
    });
    for (const role of ['kiosk', 'box_office', 'service', 'admin'] as const) {
      await expect(sessions().create(staff('service'), { role })).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect(await sessions().create(staff('admin'), { role })).toMatchObject({ role });
    }
  });

  test('A3 never more than the maker may do itself', async () => {
    const bound = staff('service', { events: ['gala'], maxSeats: 4 });
    await expect(sessions().create(bound, { events: ['other'] })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(sessions().create(bound, { limits: { maxSeats: 5 } })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const { token } = await sessions().create(bound, { subject: 'buyer-8' });
    expect(await sessions().authenticate(token)).toMatchObject({ events: ['gala'], maxSeats: 4 });
  });

  test('A3 a session ends, is bound to both secrets, and cannot be signed with the one that the shop knows', async () => {
    const { token } = await sessions().create(VIEWER, {});
    await expect(sessions({}, NOW_MS + 25 * 3_600_000).authenticate(token)).rejects.toMatchObject(UNAUTHENTICATED);
    await expect(sessions({ adminKey: randomBytes(24).toString('hex') }).authenticate(token)).rejects.toMatchObject(
      UNAUTHENTICATED,
    );
    await expect(
      sessions({ secret: 'another secret of forty characters, yes' }).authenticate(token),
    ).rejects.toMatchObject(UNAUTHENTICATED);
    const forged = await sign({ iss: 'aisle', role: 'admin' }, SECRET, { alg: 'HS256', typ: 'aisle-session+jwt' });
    await expect(sessions({ maxRole: 'admin' }).authenticate(forged)).rejects.toMatchObject(UNAUTHENTICATED);
  });
});
