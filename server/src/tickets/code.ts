import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { TicketRef } from '../domain/ports/tickets.js';

/**
 * A ticket's code (SPEC T1): `AT1.<kid>.<ticket>.<event>.<signature>`, in characters that need no escaping anywhere.
 * `ticket` is the ticket's id without `tkt_`, `event` the event's id, `signature` Ed25519 over all that stands before its
 * dot, base64url without padding. About 140 characters: a QR code of 49 × 49.
 */
const VERSION = 'AT1';
const TICKET_PREFIX = 'tkt_';
const CODE = /^AT1\.([A-Za-z0-9_-]{4,16})\.([A-Za-z0-9_-]{8,64})\.([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{86})$/;
const KID_CHARS = 8;

/** One Ed25519 key as it is stored: raw halves, base64url. `privateKey` null: it only verifies. */
export interface StoredTicketKey {
  readonly kid: string;
  readonly publicKey: string;
  readonly privateKey: string | null;
}
export interface TicketKey {
  readonly kid: string;
  readonly x: string;
  readonly verifies: KeyObject;
  readonly signs: KeyObject | null;
}

export function openKey({ kid, publicKey: x, privateKey: d }: StoredTicketKey): TicketKey {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x };
  return {
    kid,
    x,
    verifies: createPublicKey({ key: jwk, format: 'jwk' }),
    signs: d === null ? null : createPrivateKey({ key: { ...jwk, d }, format: 'jwk' }),
  };
}

export function generateKey(): StoredTicketKey & { readonly privateKey: string } {
  const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  if (x === undefined || d === undefined) throw new Error('an Ed25519 key has both halves');
  return { kid: thumbprint(x).slice(0, KID_CHARS), publicKey: x, privateKey: d };
}

/** RFC 7638, of the members that RFC 8037 names. */
const thumbprint = (x: string): string =>
  createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url');

export function writeCode(key: TicketKey & { readonly signs: KeyObject }, { ticketId, eventId }: TicketRef): string {
  const text = `${VERSION}.${key.kid}.${ticketId.slice(TICKET_PREFIX.length)}.${eventId}`;
  return `${text}.${sign(null, Buffer.from(text), key.signs).toString('base64url')}`;
}

/** Which key is said to have signed it; null: not a code at all. */
export const kidOf = (code: string): string | null => CODE.exec(code)?.[1] ?? null;

/** null: this key did not sign it. */
export function readCode(key: TicketKey, code: string): TicketRef | null {
  const [, kid, ticket = '', eventId = '', signature = ''] = CODE.exec(code) ?? [];
  if (kid !== key.kid) return null;
  const bytes = Buffer.from(signature, 'base64url');
  // The last character carries four bits that mean nothing: of the sixteen ways to write a signature one is a code.
  if (bytes.toString('base64url') !== signature) return null;
  const text = code.slice(0, -signature.length - 1);
  return verify(null, Buffer.from(text), key.verifies, bytes)
    ? { ticketId: `${TICKET_PREFIX}${ticket}`, eventId }
    : null;
}
