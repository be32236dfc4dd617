import { createHmac, timingSafeEqual } from 'node:crypto';
import { AisleError } from '@aisle/client/protocol';

/** A message older or newer than this is somebody playing back what they have caught. */
export const WEBHOOK_TOLERANCE_S = 300;

export const forged = (message = 'The signature is not the provider’s.'): AisleError =>
  AisleError.of('FORBIDDEN', { message });
export const unreadable = (message: string): AisleError => AisleError.of('INVALID_REQUEST', { message });

/**
 * Standard Webhooks: `webhook-signature` holds one or more `v1,<base64 HMAC-SHA256 of id.timestamp.body>`, separated by spaces.
 * Throws FORBIDDEN for a signature that is missing or wrong, then INVALID_REQUEST for a genuine one that is stale: an age is
 * not told to whoever cannot sign.
 */
export function verifySignature(
  secret: string,
  raw: Uint8Array,
  headers: Readonly<Record<string, string>>,
  nowMs: number,
): { readonly id: string } {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (id === undefined || timestamp === undefined || signatures === undefined || !/^\d{1,12}$/.test(timestamp)) {
    throw forged('The message is not signed.');
  }
  const expected = createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(raw).digest();
  const genuine = signatures.split(' ').some((signature) => {
    const [version, value = ''] = signature.split(',');
    const given = Buffer.from(value, 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!genuine) throw forged();
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > WEBHOOK_TOLERANCE_S) throw unreadable('The message is too old.');
  return { id };
}
