import { z } from 'zod';

/** Every id is an opaque string. Bounds keep keys, logs and rows small. */
export const eventIdSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9_-]+$/, 'not an event id');
export const holdTokenSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/, 'not a hold token');
export const subjectSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^\s{}:]+$/, 'a subject has no space, brace or colon')
  // Not in the pattern: a JSON schema has no place for the flag that it would need.
  .refine((subject) => !/[\p{Cc}\p{Cs}]/u.test(subject), 'a subject has no control character');
/** The client's choice, scoped to the subject: same id, same answer, one effect (SPEC S7). */
export const requestIdSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[\x21-\x7e]+$/, 'printable ASCII without spaces');
/** A seat's or area's id as the chart gives it. */
export const placeIdSchema = z.string().min(1).max(128);
export const categoryKeySchema = z.string().min(1).max(64);
export const sectionKeySchema = z.string().min(1).max(128);
export const currencySchema = z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code, three capitals');
export const timestampSchema = z.iso
  .datetime({ offset: true })
  // ISO 8601 has a year 0, Postgres has none.
  .refine((time) => !time.startsWith('0000'), 'there was no year 0');
/** epoch, seq, versions: integers below 2^53. */
export const counterSchema = z.int().min(0);

/** The event a hold token belongs to: tokens are "<eventId>.<128 random bits>" (SPEC H6). */
export function eventIdOfToken(token: string): string {
  return token.slice(0, Math.max(0, token.lastIndexOf('.')));
}
