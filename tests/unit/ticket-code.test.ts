import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { generateKey, kidOf, openKey, readCode, writeCode, type TicketKey } from '../../server/src/tickets/code.js';
import type { SigningKey } from '../../server/src/tickets/key-ring.js';

function newKey(): SigningKey {
  const key: TicketKey = openKey(generateKey());
  if (key.signs === null) throw new Error('a new key signs');
  return { ...key, signs: key.signs };
}
const REF = { ticketId: 'tkt_8xYk2Q-_fT0aBcDeFgHiJk', eventId: 'evt_a1B2c3D4e5F6' };
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

describe('T1 a ticket’s code', () => {
  const key = newKey();
  const code = writeCode(key, REF);

  test('T1 names its key, ticket and event, and is read back by the key that signed it', () => {
    expect(code).toMatch(/^AT1\.[\w-]{8}\.8xYk2Q-_fT0aBcDeFgHiJk\.evt_a1B2c3D4e5F6\.[\w-]{86}$/);
    expect(kidOf(code)).toBe(key.kid);
    expect(readCode(key, code)).toEqual(REF);
    expect(writeCode(key, REF)).toBe(code);
    expect(code.length).toBeLessThanOrEqual(145);
  });

  test('T1 any one character changed is no code: not its signature’s last, which carries unused bits, either', () => {
    const wrong: string[] = [];
    for (let at = 0; at < code.length; at += 1) {
      for (const character of `${BASE64URL}.`) {
        const changed = code.slice(0, at) + character + code.slice(at + 1);
        if (changed !== code && readCode(key, changed) !== null) wrong.push(changed);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('T1 another ticket or event under the signature of this one is refused', () => {
    const signature = code.split('.').at(-1) ?? '';
    expect(readCode(key, `AT1.${key.kid}.AnotherTicket000000.${REF.eventId}.${signature}`)).toBeNull();
    expect(readCode(key, `AT1.${key.kid}.8xYk2Q-_fT0aBcDeFgHiJk.evt_other.${signature}`)).toBeNull();
    // Moving the dot: the same characters in other fields.
    expect(readCode(key, code.replace('.evt_', '_evt.'))).toBeNull();
  });

  test('T1 a key of one’s own under the kid of a real one is refused', () => {
    const forger = { ...newKey(), kid: key.kid };
    expect(readCode(key, writeCode(forger, REF))).toBeNull();
  });

  test('T1 a kid that is another key’s is refused', () => {
    const other = newKey();
    expect(readCode(other, code)).toBeNull();
    expect(readCode(other, code.replace(key.kid, other.kid))).toBeNull();
  });

  test.each([
    '',
    'AT1',
    'AT1....',
    'AT2.k.t.e.s',
    `${code} `,
    `${code}=`,
    ` ${code}`,
    code.toLowerCase(),
    code.replace('AT1', 'AT2'),
    code.slice(0, -1),
    `${code}\n`,
    `${code}.${code}`,
    'x'.repeat(100_000),
    '💺'.repeat(100),
  ])('T1 nonsense is no code: %j', (text) => {
    expect(readCode(key, text)).toBeNull();
  });

  test('T1 the public half alone verifies, by the letter of docs/TICKETS.md', () => {
    const at = code.lastIndexOf('.');
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key.x }, format: 'jwk' });
    expect(verify(null, Buffer.from(code.slice(0, at)), publicKey, Buffer.from(code.slice(at + 1), 'base64url'))).toBe(
      true,
    );
  });
});
