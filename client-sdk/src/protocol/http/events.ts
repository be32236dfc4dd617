import { z } from 'zod';
import { chartSchema } from '../chart.js';
import { eventStatusSchema, pricesSchema } from '../event.js';
import { counterSchema, currencySchema, eventIdSchema, placeIdSchema, timestampSchema } from '../ids.js';
import { areaChoicesSchema } from '../hold.js';

const seconds = (max: number) => z.int().min(5).max(max);
const fields = {
  name: z.string().min(1).max(200),
  startsAt: timestampSchema,
  endsAt: timestampSchema.optional(),
  timezone: z.string().max(64).optional(),
  description: z.string().max(10_000).optional(),
  venue: z.string().max(200).optional(),
  currency: currencySchema,
  prices: pricesSchema,
  holdSeconds: seconds(86_400).optional(),
  maxHoldSeconds: seconds(86_400).optional(),
  reserveSeconds: seconds(86_400).optional(),
  maxSeatsPerSubject: z.int().min(1).max(1000).optional(),
  saleStartsAt: timestampSchema.optional(),
  saleEndsAt: timestampSchema.optional(),
  publicStates: z.enum(['full', 'binary']).optional(),
  externalId: z.string().min(1).max(128).optional(),
};
/** POST /v1/events */
export const createEventSchema = z.strictObject({ ...fields, chart: chartSchema });
/** PATCH /v1/events/{id}: any of these, and the version that was read. null takes an optional field away. */
export const patchEventSchema = z.strictObject({
  version: counterSchema,
  name: fields.name.optional(),
  startsAt: fields.startsAt.optional(),
  endsAt: timestampSchema.nullish(),
  timezone: fields.timezone,
  description: z.string().max(10_000).nullish(),
  venue: z.string().max(200).nullish(),
  currency: currencySchema.optional(),
  prices: pricesSchema.optional(),
  chart: chartSchema.optional(),
  holdSeconds: fields.holdSeconds,
  maxHoldSeconds: fields.maxHoldSeconds,
  reserveSeconds: fields.reserveSeconds,
  maxSeatsPerSubject: fields.maxSeatsPerSubject,
  saleStartsAt: timestampSchema.nullish(),
  saleEndsAt: timestampSchema.nullish(),
  publicStates: fields.publicStates,
  externalId: z.string().min(1).max(128).nullish(),
});
/** GET /v1/events */
export const listEventsSchema = z.strictObject({
  q: z.string().max(200).optional(),
  status: eventStatusSchema.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().max(512).optional(),
});
/** POST /v1/charts/preview: what a chart file would become. Nothing is kept. */
export const chartPreviewSchema = z.object({
  /** As POST /v1/events takes it; null where there are faults. */
  chart: chartSchema.nullable(),
  /** 100 at most. */
  faults: z.array(z.object({ code: z.string(), path: z.string(), message: z.string() })),
  faultsTotal: counterSchema,
  /** What was guessed, renamed or left out of a file in another format. */
  notes: z.array(z.string()),
  seats: counterSchema,
  areas: counterSchema,
  /** Seats, and what areas hold. */
  places: counterSchema,
  categories: counterSchema,
  sections: counterSchema,
});
/** GET /v1/events/{id}/seats */
export const seatsViewSchema = z.object({
  eventId: eventIdSchema,
  status: eventStatusSchema,
  epoch: counterSchema,
  seq: counterSchema,
  chartVersion: counterSchema,
  map: z.string(),
  areas: z.array(z.tuple([z.int(), z.int()])),
  /** The last map that was known: it could not be checked against the seat store lately. */
  stale: z.literal(true).optional(),
});
/** GET /v1/events/{id}/inventory */
export const inventoryViewSchema = z.object({
  eventId: eventIdSchema,
  categories: z.array(
    z.object({
      key: z.string(),
      total: z.int(),
      sold: z.int(),
      pending: z.int(),
      available: z.int(),
      version: z.int(),
    }),
  ),
});
/** POST /v1/events/{id}/block and /unblock */
export const blockSchema = z.strictObject({
  seats: z.array(placeIdSchema).max(10_000).optional(),
  areas: areaChoicesSchema.optional(),
  label: z.string().max(200).optional(),
  reason: z.string().max(1000).optional(),
});

export type CreateEvent = z.infer<typeof createEventSchema>;
export type PatchEvent = z.infer<typeof patchEventSchema>;
export type ChartPreview = z.infer<typeof chartPreviewSchema>;
export type ListEvents = z.infer<typeof listEventsSchema>;
export type SeatsView = z.infer<typeof seatsViewSchema>;
export type InventoryView = z.infer<typeof inventoryViewSchema>;
export type BlockRequest = z.infer<typeof blockSchema>;
