import { createRoute, type RouteConfig, z } from '@hono/zod-openapi';
import {
  chartPreviewSchema,
  chartSchema,
  createEventSchema,
  ERRORS,
  eventIdSchema,
  eventSchema,
  holdSchema,
  inventoryViewSchema,
  orderSchema,
  patchEventSchema,
  placeIdSchema,
  requestIdSchema,
  seatsViewSchema,
  sessionSchema,
  type ErrorCode,
} from '@aisle/client/protocol';
import { may, type Call } from '../domain/rights.js';

/** The protocol's own schemas under the names they have in /openapi.json. */
export const chartModel = chartSchema.meta({ id: 'Chart' });
export const eventModel = eventSchema.meta({ id: 'Event' });
export const eventListModel = z
  .object({ items: z.array(eventModel), nextCursor: z.string().optional() })
  .meta({ id: 'EventList' });
export const holdModel = holdSchema.meta({ id: 'Hold' });
export const holdListModel = z
  .object({ items: z.array(holdModel), nextCursor: z.string().optional() })
  .meta({ id: 'HoldList' });
export const orderModel = orderSchema.meta({ id: 'Order' });
export const orderListModel = z
  .object({ items: z.array(orderModel), nextCursor: z.string().optional() })
  .meta({ id: 'OrderList' });
export const sessionModel = sessionSchema.meta({ id: 'Session' });
export const seatsModel = seatsViewSchema.meta({ id: 'SeatsView' });
export const inventoryModel = inventoryViewSchema.meta({ id: 'Inventory' });
export const blockAnswerModel = z
  .object({ seats: z.array(placeIdSchema), areas: z.array(z.object({ id: placeIdSchema, quantity: z.int() })) })
  .meta({ id: 'BlockAnswer' });
// The chart inside is checked by validateChart, whose faults say more than a schema's; document.ts puts the Chart back in.
export const createEventModel = createEventSchema.extend({ chart: z.unknown() }).meta({ id: 'CreateEvent' });
export const chartPreviewModel = chartPreviewSchema
  .extend({ chart: chartModel.nullable() })
  .meta({ id: 'ChartPreview' });
export const patchEventModel = patchEventSchema.extend({ chart: z.unknown().optional() }).meta({ id: 'PatchEvent' });

export const errorModel = z
  .object({
    error: z
      .object({
        code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
        message: z.string(),
        remediation: z.string().optional(),
        retryable: z.boolean(),
        retryAfterMs: z.int().optional(),
        details: z.record(z.string(), z.unknown()).optional(),
      })
      .meta({ id: 'Error' }),
  })
  .meta({ id: 'ErrorEnvelope' });

export const eventParams = z.object({ id: eventIdSchema });
export const idempotencyHeaders = z.object({
  'idempotency-key': requestIdSchema
    .optional()
    .meta({ description: 'Makes the call safe to send again: same key, same answer, one effect (SPEC S7).' }),
});
/** The token that a call needs. */
export const withToken = { security: [{ bearer: [] }] };
/** A token, or something in the address that stands for one. */
export const tokenOrLink: { security: Record<string, string[]>[] } = { security: [{ bearer: [] }, {}] };
/** A call open to everybody (SPEC A8), a token or none; a token may show or allow more. */
export function anybody(call: Call): { security: Record<string, string[]>[]; 'x-right': Call } {
  if (!may('viewer', call)) throw new Error(`${call} is not open to everybody: guard its route with allow`);
  return { security: [{}, { bearer: [] }], 'x-right': call };
}

export const json = <S extends z.ZodType>(schema: S, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});
export const jsonRequest = <S extends z.ZodType, R extends boolean>(schema: S, required: R) => ({
  required,
  content: { 'application/json': { schema } },
});

/** Every call may meet these. */
const ALWAYS: readonly ErrorCode[] = ['INVALID_REQUEST', 'UNAVAILABLE', 'INTERNAL'];
/** And every call of the API these: too many of them, or the caller denied. */
const FAIR_USE: readonly ErrorCode[] = ['RATE_LIMITED', 'FORBIDDEN'];

/** A route and, by status, the errors it may answer with. The handler is held to `config` by its types; errors are thrown. */
export function route<P extends string, R extends Omit<RouteConfig, 'path'> & { path: P }>(
  config: R,
  codes: readonly ErrorCode[],
) {
  const created = createRoute(config);
  const right = rightOf(config.middleware);
  if (right !== undefined) Object.assign(created, { 'x-right': right });
  Object.assign(
    created.responses,
    errorResponses([...codes, ...ALWAYS, ...(config.path.startsWith('/v1/') ? FAIR_USE : [])]),
    created.responses,
  );
  return created;
}

/** Of the guard among a route's middleware (context.ts, allow). */
function rightOf(middleware: unknown): unknown {
  const parts: readonly unknown[] = Array.isArray(middleware) ? middleware : [middleware];
  for (const part of parts) if (typeof part === 'function' && 'right' in part) return part.right;
  return undefined;
}

function errorResponses(codes: readonly ErrorCode[]): Record<string, ReturnType<typeof json>> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set(codes)) {
    const { status } = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, names]) => [String(status), json(errorModel, names.join(', '))]),
  );
}

/** A call that needs no body takes none, or {}. */
export const emptyBodyModel = z.strictObject({});
