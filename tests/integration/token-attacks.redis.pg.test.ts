import { createHmac, createPublicKey, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectClient, refusal } from '../helpers/raw-client.js';
import { freePort } from '../../launcher/src/port.js';
import { useSystem } from '../helpers/system.js';

/** Both ways to check a shop's tokens at once: the harder case, for a token may try to pick the wrong one. */
const jwksPort = await freePort();
const ISSUER = 'https://shop.example';
const PREVIOUS = 'the secret of last month, 40 characters!';
const system = useSystem({
  ...{ nodes: 1, workers: 0, engine: 'uws' as const },
  env: {
    AISLE_AUTH_JWKS_URL: `http://127.0.0.1:${jwksPort}/jwks.json`,
    AISLE_AUTH_SECRET_PREVIOUS: PREVIOUS,
    AISLE_AUTH_ISSUER: ISSUER,
    AISLE_AUTH_AUDIENCE: 'aisle',
    AISLE_AUTH_MAX_ROLE: 'box_office',
    AISLE_AUTH_ROLE_MAP: 'seller=box_office,member=customer,boss=admin',
  },
});
let server: Server;
let pair: Awaited<ReturnType<typeof generateKeyPair>>;
let pem = '';

const nowS = (): number => Math.floor(Date.now() / 1000);
const good = (): JWTPayload => ({
  sub: 'mallory',
  iss: ISSUER,
  aud: 'aisle',
  iat: nowS(),
  exp: nowS() + 600,
  role: 'member',
});
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const bySecret = (claims: JWTPayload, secret = system.aisle.authSecret, header: object = {}): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256', ...header }).sign(new TextEncoder().encode(secret));
const byKey = (claims: JWTPayload, header: object = {}, key = pair.privateKey): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'shop-1', ...header }).sign(key);
/** HS256 by hand: jose itself would not sign with what is no secret. */
function hmac(header: object, claims: JWTPayload, secret: string | KeyObject): string {
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
const tampered = (token: string, change: JWTPayload): string => {
  const [header = '', claims = '', signature = ''] = token.split('.');
  return [
    header,
    part({ ...(JSON.parse(Buffer.from(claims, 'base64url').toString()) as object), ...change }),
    signature,
  ].join('.');
};

beforeAll(async () => {
  pair = await generateKeyPair('RS256', { extractable: true });
  pem = await exportSPKI(pair.publicKey);
  const jwk = await exportJWK(pair.publicKey);
  server = createServer((_request, response) =>
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ keys: [{ ...jwk, kid: 'shop-1', alg: 'RS256' }] })),
  ).listen(jwksPort, '127.0.0.1');
  await once(server, 'listening');
  expect((server.address() as AddressInfo).port).toBe(jwksPort);
  await system.aisle.addNode({ AISLE_ENGINE: 'node' });
});
afterAll(() => void server.close());

const http = async (node: number, token: string): Promise<string> => {
  const response = await fetch(`${system.aisle.urls[node] ?? ''}/v1/inventory/best-available`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{}',
  });
  return ((await response.json()) as { error: { code: string } }).error.code;
};

const ATTACKS: [name: string, token: () => string | Promise<string>][] = [
  ['alg none', () => new UnsecuredJWT(good()).encode()],
  ['alg None, spelled to slip through', () => `${part({ alg: 'NoNe' })}.${part(good())}.`],
  [
    'alg none with a signature that was good',
    async () => `${part({ alg: 'none' })}.${(await bySecret(good())).split('.').slice(1).join('.')}`,
  ],
  ['no alg at all', () => `${part({ typ: 'JWT' })}.${part(good())}.x`],
  ['the public key as a shared secret (RS → HS)', () => hmac({ alg: 'HS256', kid: 'shop-1' }, good(), pem)],
  [
    'the public key’s bytes as a shared secret',
    () =>
      hmac(
        { alg: 'HS256', kid: 'shop-1' },
        good(),
        createPublicKey(pem).export({ type: 'spki', format: 'der' }).toString('latin1'),
      ),
  ],
  [
    'the shared secret under the name of RS256',
    () => hmac({ alg: 'RS256', kid: 'shop-1' }, good(), system.aisle.authSecret),
  ],
  ['a wrong secret', () => bySecret(good(), 'a secret that nobody has ever told Aisle')],
  ['an empty secret', () => hmac({ alg: 'HS256' }, good(), '')],
  ['a key of somebody else under our kid', async () => byKey(good(), {}, (await generateKeyPair('RS256')).privateKey)],
  ['an unknown kid', () => byKey(good(), { kid: 'shop-9' })],
  [
    'a key brought along (jwk)',
    async () => {
      const own = await generateKeyPair('RS256', { extractable: true });
      return byKey(good(), { kid: undefined, jwk: await exportJWK(own.publicKey) }, own.privateKey);
    },
  ],
  ['a key to be fetched elsewhere (jku)', () => byKey(good(), { kid: 'evil', jku: 'http://127.0.0.1:9/jwks.json' })],
  [
    'a critical header nobody knows',
    () => hmac({ alg: 'HS256', crit: ['exp2'], exp2: 1 }, good(), system.aisle.authSecret),
  ],
  ['expired', () => bySecret({ ...good(), exp: nowS() - 1 })],
  ['without end', () => bySecret({ ...good(), exp: undefined })],
  [
    'with an end that is no number',
    () =>
      hmac(
        { alg: 'HS256' },
        JSON.parse(JSON.stringify({ ...good(), exp: '9999999999' })) as JWTPayload,
        system.aisle.authSecret,
      ),
  ],
  ['living for a year', () => byKey({ ...good(), exp: nowS() + 365 * 86_400 })],
  ['not valid yet', () => bySecret({ ...good(), nbf: nowS() + 60 })],
  ['issued in the future', () => bySecret({ ...good(), iat: nowS() + 60 })],
  ['for another audience', () => bySecret({ ...good(), aud: 'billing' })],
  ['for no audience', () => bySecret({ ...good(), aud: undefined })],
  ['from another issuer', () => byKey({ ...good(), iss: 'https://evil.example' })],
  ['too high a role', () => bySecret({ ...good(), role: 'boss' })],
  ['Aisle’s own role name, where the shop has names of its own', () => bySecret({ ...good(), role: 'admin' })],
  ['a role raised after signing', async () => tampered(await bySecret(good()), { role: 'seller' })],
  ['a subject changed after signing', async () => tampered(await byKey(good()), { sub: 'victim' })],
  ['the subject of the admin key', () => bySecret({ ...good(), sub: 'admin' })],
  ['a subject with control characters', () => bySecret({ ...good(), sub: 'a\u0007b' })],
  [
    'says it is Aisle’s own session',
    () => bySecret({ ...good(), iss: 'aisle', role: 'admin' }, undefined, { typ: 'aisle-session+jwt' }),
  ],
  [
    'an Aisle session, alg none',
    () => `${part({ alg: 'none', typ: 'aisle-session+jwt' })}.${part({ ...good(), iss: 'aisle', role: 'admin' })}.`,
  ],
  ['the secret before with a role too high', () => bySecret({ ...good(), role: 'boss' }, PREVIOUS)],
  ['half a token', async () => (await bySecret(good())).split('.').slice(0, 2).join('.')],
  ['five parts, as if encrypted', async () => `${await bySecret(good())}.a.b`],
  [
    'no JSON inside',
    () => hmac({ alg: 'HS256' }, good(), system.aisle.authSecret).replace(/\.[^.]+\./, '.bm90IGpzb24.'),
  ],
];

describe('A2 tokens made to get in, over HTTP and by handshake, on both engines', () => {
  for (const [name, make] of ATTACKS) {
    test(name, async () => {
      const token = await make();
      for (const node of [0, 1]) {
        expect([node, await http(node, token)]).toEqual([node, 'UNAUTHENTICATED']);
        const error = await refusal(system.aisle.urls[node] ?? '', { token });
        expect([node, error.code]).toEqual([node, 'UNAUTHENTICATED']);
        expect(JSON.stringify(error)).not.toContain(system.aisle.authSecret);
      }
    });
  }

  test('one too long: refused, by the handshake’s schema or as no token', async () => {
    const long = await bySecret({ ...good(), padding: 'x'.repeat(9000) });
    for (const node of [0, 1]) {
      expect(['UNAUTHENTICATED', 'none']).toContain(await http(node, long).catch(() => 'none'));
      expect(await refusal(system.aisle.urls[node] ?? '', { token: long })).toMatchObject({ code: 'INVALID_REQUEST' });
    }
  });

  test('and what they were made from gets in: the attacks failed for what is wrong with them', async () => {
    const tokens = [
      ...[await bySecret(good()), await byKey(good()), await bySecret(good(), PREVIOUS)],
      await bySecret({ ...good(), role: ['x', 'seller'] }),
    ];
    for (const token of tokens)
      for (const node of [0, 1]) {
        expect(await http(node, token)).toBe('INVALID_REQUEST');
        const { socket, hello } = await connectClient(system.aisle.urls[node] ?? '', { token });
        expect(hello).toMatchObject({ subject: 'mallory' });
        socket.close();
      }
  });
});
