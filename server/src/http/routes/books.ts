import type { OpenAPIHono } from '@hono/zod-openapi';
import {
  AisleError,
  counterSchema,
  eraseAnswerSchema,
  eraseBuyerSchema,
  liveViewSchema,
  logPageSchema,
  logQuerySchema,
  orderIdSchema,
  orderLogSchema,
  statisticsQuerySchema,
  statisticsSchema,
  type LogItem,
  type LogQuery,
} from '@aisle/client/protocol';
import { z } from 'zod';
import { auditTrail, orderTrail, type AuditEntry, type AuditPosition, type OrderChange } from '../../db/log/audit.js';
import { ADMIN_KEY_SUBJECT } from '../../auth/claims.js';
import { eraseKnownBuyer, type Erased } from '../../db/people/erasure.js';
import { orderSummaries } from '../../db/orders/summaries.js';
import { categoryStatistics, moneyTotals, salesMinutes } from '../../db/log/statistics.js';
import { isForEvent } from '../../domain/actor.js';
import { readCursor, writeCursor } from '../../domain/cursor.js';
import type { LiveEvent } from '../../domain/event.js';
import { invalidRequest } from '../../domain/faults.js';
import { jsonBody } from '../body.js';
import { actorOf, allow, type AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import { LiveViews } from '../live-view.js';
import { once } from '../once.js';
import * as doc from '../openapi.js';
import { visibleEvent } from '../visible.js';

const MINUTE_MS = 60_000;
/** A seat is moved a few times by an order; an order of 10,000 places is told in full. */
const ORDER_LOG_ROWS = 50_000;
const common = { tags: ['Books'], ...doc.withToken };

const statistics = doc.route(
  {
    ...common,
    method: 'get',
    path: '/v1/events/{id}/statistics',
    summary: 'Sold, held, money, and sales by the minute; follows the log within moments',
    request: { params: doc.eventParams, query: statisticsQuerySchema },
    middleware: [allow('statistics.read')] as const,
    responses: { 200: doc.json(statisticsSchema.meta({ id: 'Statistics' }), 'Counts and money') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN', 'EVENT_NOT_FOUND'],
);
const liveView = doc.route(
  {
    ...common,
    method: 'get',
    path: '/v1/events/{id}/live',
    summary: 'The sale as it is now: viewers, holds, every section, who holds the most; a second old at most',
    description:
      'From the map that the node has and a few short reads, once a second however many ask. UNAVAILABLE while Redis is away; holdToSale is as it last was while Postgres is.',
    request: { params: doc.eventParams },
    middleware: [allow('statistics.read')] as const,
    responses: { 200: doc.json(liveViewSchema.meta({ id: 'LiveView' }), 'The sale now') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN', 'EVENT_NOT_FOUND'],
);
const eventLog = doc.route(
  {
    ...common,
    method: 'get',
    path: '/v1/events/{id}/log',
    summary: 'Who did what, to which place and why: every accepted change, oldest first',
    request: { params: doc.eventParams, query: logQuerySchema },
    middleware: [allow('audit.read')] as const,
    responses: { 200: doc.json(logPageSchema.meta({ id: 'LogPage' }), 'Changes; nextCursor where there are more') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN', 'EVENT_NOT_FOUND', 'UNKNOWN_SEAT'],
);
const orderLog = doc.route(
  {
    ...common,
    method: 'get',
    path: '/v1/orders/{id}/log',
    summary: 'The steps of an order, and what they did to its places',
    request: { params: z.object({ id: orderIdSchema }) },
    middleware: [allow('audit.read')] as const,
    responses: { 200: doc.json(orderLogSchema.meta({ id: 'OrderLog' }), 'Steps and places') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN', 'ORDER_NOT_FOUND'],
);
const erase = doc.route(
  {
    ...common,
    method: 'post',
    path: '/v1/buyers/erase',
    summary: 'Erase what is known of a person; orders, tickets and money stay, without a name',
    description:
      'Refused while an order of theirs is pending. Copies outside (the payment provider, webhook receivers, backups) are yours to erase.',
    request: { headers: doc.idempotencyHeaders, body: doc.jsonRequest(eraseBuyerSchema, true) },
    middleware: [allow('buyer.erase'), ...jsonBody()] as const,
    responses: { 200: doc.json(eraseAnswerSchema.meta({ id: 'EraseAnswer' }), 'How much was erased') },
  },
  [
    'UNAUTHENTICATED',
    'FORBIDDEN',
    'ORDER_NOT_FOUND',
    'ORDER_STATE_CONFLICT',
    'PAYLOAD_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
  ],
);

/** What the books say: statistics, the audit trail, erasure. */
export function bookRoutes(app: OpenAPIHono<AppEnv>, deps: HttpDeps): void {
  eventBooks(app, deps);
  peopleBooks(app, deps);
}

function eventBooks(app: OpenAPIHono<AppEnv>, deps: HttpDeps): void {
  const { sql } = deps;
  app.openapi(statistics, async (c) => {
    const { id } = c.req.valid('param');
    const live = await visibleEvent(c, deps, id);
    const since = new Date(Date.now() - c.req.valid('query').minutes * MINUTE_MS);
    const [counts, sales, money] = await Promise.all([
      categoryStatistics(sql, id),
      salesMinutes(sql, id, since),
      moneyTotals(sql, id),
    ]);
    const key = (catNo: number): string => live.chart.categoryKeys[catNo] ?? '';
    const byCatNo = new Map(counts.map((row) => [row.catNo, row]));
    return c.json(
      {
        eventId: id,
        currency: live.event.currency,
        ...money,
        categories: live.chart.categoryKeys.map((name, catNo) => {
          const row = byCatNo.get(catNo);
          return {
            key: name,
            held: row?.quantityHeld ?? 0,
            released: row?.quantityReleased ?? 0,
            expired: row?.quantityExpired ?? 0,
            blocked: row?.quantityBlocked ?? 0,
            unblocked: row?.quantityUnblocked ?? 0,
            sold: row?.quantitySold ?? 0,
          };
        }),
        sales: sales.map(({ minute, catNo, sold, returned }) => ({
          ...{ minute: minute.toISOString(), category: key(catNo), sold, returned },
        })),
      },
      200,
    );
  });

  const liveViews = new LiveViews(deps);
  app.openapi(liveView, async (c) => {
    const live = await visibleEvent(c, deps, c.req.valid('param').id);
    c.header('cache-control', 'private, no-store');
    return c.json(await liveViews.view(live), 200);
  });

  app.openapi(eventLog, async (c) => {
    const { id } = c.req.valid('param');
    const { limit, cursor, orderId, subject, requestId, ...place } = c.req.valid('query');
    const live = await visibleEvent(c, deps, id);
    const after = cursor === undefined ? undefined : positionOf(readCursor(cursorSchema, cursor));
    const rows = await auditTrail(sql, {
      ...{ eventId: id, orderId, subject, requestId, after, limit: limit + 1 },
      place: placeOf(live, place),
    });
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const more =
      rows.length > limit && last !== undefined
        ? { nextCursor: writeCursor([last.epoch, last.seq, last.placeKind, last.placeNo, last.part]) }
        : {};
    return c.json({ items: page.map((entry) => present(live, entry)), ...more }, 200);
  });
}

function peopleBooks(app: OpenAPIHono<AppEnv>, { sql, directory, caches }: HttpDeps): void {
  app.openapi(orderLog, async (c) => {
    const { id } = c.req.valid('param');
    const [order] = await orderSummaries(sql, [id]);
    if (order === undefined || !isForEvent(await actorOf(c), order.eventId)) {
      throw AisleError.of('ORDER_NOT_FOUND', { details: { orderId: id } });
    }
    const live = await directory.get(order.eventId);
    const [steps, places] = await Promise.all([
      orderTrail(sql, id),
      auditTrail(sql, { eventId: order.eventId, orderId: id, limit: ORDER_LOG_ROWS }),
    ]);
    return c.json(
      {
        orderId: id,
        steps: steps.map(({ changes, at, ...step }) => ({ ...step, at: at.toISOString(), changes: told(changes) })),
        places: places.map((entry) => present(live, entry)),
      },
      200,
    );
  });

  app.openapi(erase, async (c) => {
    const { subject } = await actorOf(c);
    const body = c.req.valid('json');
    if (body.subject === ADMIN_KEY_SUBJECT) {
      throw invalidRequest([{ path: 'subject', message: 'the admin key is nobody' }]);
    }
    let gone: Erased = { logRows: 0, orderIds: [], subjects: [] };
    const answer = await once(c, sql, ['erase', body], async (tx) => {
      gone = await eraseKnownBuyer(tx, { ...body, actor: subject ?? '' });
      return { orders: gone.orderIds.length, logRows: gone.logRows };
    });
    // Redis away: the copies end by themselves, within a day.
    await caches.forget(gone.orderIds, gone.subjects).catch(() => undefined);
    return c.json(answer, 200);
  });
}

/** How a step was told apart from another, and the token of a hold, are nobody's business (SPEC H6). */
const told = ({ fingerprint: _fingerprint, holdToken: _holdToken, ...changes }: OrderChange['changes']) => changes;

function placeOf(live: LiveEvent, { seat, area }: Pick<LogQuery, 'seat' | 'area'>) {
  if (seat !== undefined && area !== undefined) {
    throw invalidRequest([{ path: 'area', message: 'name a seat or an area, not both' }]);
  }
  const id = seat ?? area;
  if (id === undefined) return undefined;
  const no = seat === undefined ? live.chart.areaNo(id) : live.chart.seatNo(id);
  if (no === undefined) throw AisleError.of('UNKNOWN_SEAT', { details: { seats: [id] } });
  return { kind: seat === undefined ? ('area' as const) : ('seat' as const), no };
}

function present({ chart: { chart } }: LiveEvent, entry: AuditEntry): LogItem {
  const { at, epoch, seq, kind, placeKind, placeNo, from, to, quantity, subject, actor, requestId, cause } = entry;
  return {
    ...{ at: at.toISOString(), epoch, seq, kind, quantity, subject, actor, requestId, cause },
    ...(placeKind === 'seat' ? { seat: chart.seats[placeNo]?.id ?? '' } : {}),
    ...(placeKind === 'area' ? { area: chart.areas[placeNo]?.id ?? '' } : {}),
    ...(from === null ? {} : { from }),
    ...(to === null ? {} : { to }),
  };
}

const cursorSchema = z.tuple([counterSchema, counterSchema, z.enum(['seat', 'area', 'none']), z.int32(), z.int32()]);
const positionOf = ([epoch, seq, placeKind, placeNo, part]: z.output<typeof cursorSchema>): AuditPosition => ({
  ...{ epoch, seq, placeKind, placeNo, part },
});
