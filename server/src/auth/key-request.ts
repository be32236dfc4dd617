import type { CreateKey } from '@aisle/client/protocol';
import { invalidRequest } from '../domain/faults.js';
import { isReserved } from './claims.js';

/** What no schema says of a key that is asked for. Throws INVALID_REQUEST. */
export function checkKeyRequest({ subject, role, expiresAt }: CreateKey, nowMs: number): void {
  // The admin key's own name would give a lesser key its holds and notes.
  if (subject !== undefined && isReserved(subject, role))
    throw invalidRequest([{ path: 'subject', message: 'this is the admin key’s own' }]);
  if (expiresAt !== undefined && Date.parse(expiresAt) <= nowMs)
    throw invalidRequest([{ path: 'expiresAt', message: 'that is over already' }]);
}
