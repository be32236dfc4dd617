import type { z } from 'zod';
import { invalidRequest } from './faults.js';

/** Where a page of a list ended, as its next one asks for it: opaque to callers. */
export const writeCursor = (position: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(position)).toString('base64url');

/** Throws AisleError INVALID_REQUEST for anything that is not of this list. */
export function readCursor<T>(schema: z.ZodType<T>, cursor: string): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw invalidRequest([{ path: 'cursor', message: 'not a cursor of this list' }]);
  }
}
