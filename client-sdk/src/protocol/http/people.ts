import { z } from 'zod';
import { eventIdSchema, subjectSchema, timestampSchema } from '../ids.js';
import { ROLES } from '../session.js';

/** What a key may be: people have sessions. */
export const keyRoleSchema = z.enum(ROLES).exclude(['guest', 'customer']);
export const keyIdSchema = z.string().regex(/^ak_[a-z0-9]{16}$/, 'not the id of a key');

export const createKeySchema = z.strictObject({
  name: z.string().trim().min(1).max(128),
  role: keyRoleSchema,
  /** Who it speaks as in holds, orders and the log; left out: its own id. */
  subject: subjectSchema.optional(),
  /** Events it is limited to; left out: all. */
  events: z.array(eventIdSchema).min(1).max(1000).optional(),
  /** Left out: it never ends by itself. */
  expiresAt: timestampSchema.optional(),
});
export const apiKeySchema = z.object({
  id: keyIdSchema,
  name: z.string(),
  role: keyRoleSchema,
  subject: subjectSchema,
  events: z.array(eventIdSchema).optional(),
  createdBy: z.string(),
  createdAt: timestampSchema,
  expiresAt: timestampSchema.optional(),
  /** To within a few minutes; absent: never yet. */
  lastUsedAt: timestampSchema.optional(),
  revokedAt: timestampSchema.optional(),
});
/** `key` is the bearer token, shown this once. */
export const createdKeySchema = apiKeySchema.extend({ key: z.string() });

/** All sessions of a subject up to `before` (left out: now), or one token by its id. */
export const revokeSessionsSchema = z
  .strictObject({
    subject: subjectSchema.optional(),
    before: timestampSchema.optional(),
    tokenId: z
      .string()
      .regex(/^[0-9a-f]{16}$/, 'the 16 hex digits that the log calls tokenId')
      .optional(),
  })
  .refine(({ subject, tokenId }) => (subject === undefined) !== (tokenId === undefined), {
    message: 'either subject or tokenId',
    path: ['subject'],
  })
  .refine(({ tokenId, before }) => tokenId === undefined || before === undefined, {
    message: 'goes with subject alone',
    path: ['before'],
  });
export const revokedSchema = z.object({
  subject: subjectSchema.optional(),
  tokenId: z.string().optional(),
  /** Tokens issued up to then are refused. */
  before: timestampSchema,
});

/** A guest signs in: the bearer is the customer's token, this the guest's. */
export const upgradeSessionSchema = z.strictObject({ guestToken: z.string().min(1).max(8192) });
/** Holds that went with a guest who signed in, and those that stayed with the guest because of a cap. */
export const carriedHoldsSchema = z.object({ moved: z.int().min(0), left: z.int().min(0) });

export type KeyRole = z.infer<typeof keyRoleSchema>;
export type CreateKey = z.infer<typeof createKeySchema>;
export type ApiKey = z.infer<typeof apiKeySchema>;
export type CreatedKey = z.infer<typeof createdKeySchema>;
export type RevokeSessions = z.infer<typeof revokeSessionsSchema>;
export type Revoked = z.infer<typeof revokedSchema>;
export type UpgradeSession = z.infer<typeof upgradeSessionSchema>;
export type CarriedHolds = z.infer<typeof carriedHoldsSchema>;
