import { z } from 'zod';
import { eventIdSchema, timestampSchema } from '@aisle/client/protocol';
import { isKnownPattern, WEBHOOK_TYPES } from '../domain/webhooks/types.js';

/** The shapes of /v1/webhooks; what receivers get is in docs/WEBHOOKS.md. */
export const webhookIdSchema = z.string().regex(/^whk_[A-Za-z0-9_-]{8,64}$/, 'not a webhook id');

const MAX_FILTERS = 100;
const types = z
  .array(
    z
      .string()
      .max(64)
      .refine(isKnownPattern, { message: 'no message is of this type; see docs/WEBHOOKS.md' })
      .meta({ description: `\`*\`, \`order.*\` and the like, or one of ${WEBHOOK_TYPES.join(', ')}` }),
  )
  .min(1)
  .max(MAX_FILTERS);
const events = z.array(eventIdSchema).min(1).max(MAX_FILTERS);
// Addresses are judged by domain/webhooks/address.ts, whose faults say more.
const url = z.string().min(1).max(2048).meta({ format: 'uri', description: 'https, a public address' });
const description = z.string().max(500);

export const createWebhookModel = z
  .strictObject({
    url,
    description: description.optional(),
    types: types.optional().meta({ description: 'Left out: all' }),
    events: events.optional().meta({ description: 'Ids; left out: all, those to come too' }),
  })
  .meta({ id: 'CreateWebhook' });
export type CreateWebhook = z.infer<typeof createWebhookModel>;

export const patchWebhookModel = z
  .strictObject({
    url: url.optional(),
    description: description.optional(),
    types: types.optional(),
    events: events.nullable().optional().meta({ description: 'null: all' }),
    status: z.enum(['enabled', 'disabled']).optional(),
  })
  .meta({ id: 'PatchWebhook' });
export type PatchWebhook = z.infer<typeof patchWebhookModel>;

export const webhookModel = z
  .object({
    id: webhookIdSchema,
    url: z.string(),
    description: z.string(),
    types: z.array(z.string()),
    events: z.array(z.string()).optional(),
    status: z.enum(['enabled', 'disabled']),
    disabledReason: z.string().optional().meta({ description: '`asked`, or `gone` where the receiver answered 410' }),
    secrets: z
      .array(z.object({ createdAt: z.string(), expiresAt: z.string().optional() }))
      .meta({ description: 'Those that sign now, the newest first; never what they are' }),
    createdBy: z.string(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Webhook' });
export type WebhookView = z.infer<typeof webhookModel>;
export const createdWebhookModel = webhookModel
  .extend({ secret: z.string().meta({ description: 'whsec_…, shown here and never again' }) })
  .meta({ id: 'CreatedWebhook' });
export const webhookListModel = z
  .object({ items: z.array(webhookModel), nextCursor: z.string().optional() })
  .meta({ id: 'WebhookList' });

const DAY_S = 86_400;
export const rotateModel = z
  .strictObject({
    keepSeconds: z
      .int()
      .min(0)
      .max(7 * DAY_S)
      .default(DAY_S)
      .meta({ description: 'For how long the secrets before it go on signing beside it' }),
  })
  .meta({ id: 'RotateWebhookSecret' });

export const deliveryModel = z
  .object({
    id: z.string(),
    messageId: z.string().meta({ description: 'The webhook-id header' }),
    type: z.string(),
    eventId: z.string().optional(),
    status: z.enum(['pending', 'delivered', 'dead']),
    attempts: z.int(),
    lastStatus: z.int().optional().meta({ description: 'HTTP status of the last answer' }),
    lastError: z.string().optional().meta({ description: 'Why there was none' }),
    nextAttemptAt: z.string().optional(),
    createdAt: z.string(),
    finishedAt: z.string().optional(),
  })
  .meta({ id: 'WebhookDelivery' });
export type DeliveryView = z.infer<typeof deliveryModel>;
export const deliveryListModel = z
  .object({ items: z.array(deliveryModel), nextCursor: z.string().optional() })
  .meta({ id: 'WebhookDeliveryList' });
export const deliveryIdSchema = z.string().regex(/^\d{1,15}$/, 'not the id of a delivery');
export const replayDeadModel = z.strictObject({ since: timestampSchema }).meta({ id: 'ReplayDeadWebhooks' });
