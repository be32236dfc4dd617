import type { OpenAPIHono } from '@hono/zod-openapi';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AisleError, type SeatsView } from '@aisle/client/protocol';
import { findChartDocument } from '../../db/events/charts.js';
import type { LiveEvent } from '../../domain/event.js';
import type { AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import { encodedBody, respond, type EncodedBody } from '../encoding.js';
import { BodyCache } from '../body-cache.js';
import * as doc from '../openapi.js';
import { visibleEvent } from '../visible.js';

const decompress = promisify(gunzip);
/** The chart of a published event never changes, but its version is in the ETag, not in the address. */
const CHART_CACHE = 'public, max-age=60';
const SEATS_CACHE = 'public, max-age=1';
const DRAFT_CACHE = 'private, no-store';
/** Charts ready to send, in all their encodings: a 200,000-seat chart is about 20 MB plain. */
const CHART_CACHE_BYTES = 128 * 1024 * 1024;
const SEATS_CACHE_BYTES = 64 * 1024 * 1024;

const conditional = { description: 'If-None-Match names the ETag: nothing changed' };
const chart = doc.route(
  {
    method: 'get',
    path: '/v1/events/{id}/chart',
    ...doc.anybody('event.chart'),
    tags: ['Seat map'],
    summary: 'Geometry: sections, seats, areas, shapes. ETag by chartVersion, compressed',
    request: { params: doc.eventParams },
    responses: { 200: doc.json(doc.chartModel, 'The chart'), 304: conditional },
  },
  ['EVENT_NOT_FOUND', 'UNAUTHENTICATED'],
);
const seats = doc.route(
  {
    method: 'get',
    path: '/v1/events/{id}/seats',
    ...doc.anybody('event.seats'),
    tags: ['Seat map'],
    summary: 'The state of every seat, the same for every caller. ETag epoch-seq, cacheable for 1 s, compressed',
    description:
      'At most a quarter of a second behind what was answered last. map is run-length text in seatNo order: a count, then a letter (a available, h held, r reserved, s sold, b blocked). areas: [[capacity, available], …] by areaNo. stale: the last map that was known, because it could not be checked for more than 2 s.',
    request: { params: doc.eventParams },
    responses: { 200: doc.json(doc.seatsModel, 'Map and position'), 304: conditional },
  },
  ['EVENT_NOT_FOUND', 'EVENT_STATE_CONFLICT', 'UNAUTHENTICATED'],
);
const inventory = doc.route(
  {
    method: 'get',
    path: '/v1/events/{id}/inventory',
    ...doc.anybody('event.inventory'),
    tags: ['Seat map'],
    summary: 'Places of each category: total, sold, pending, available',
    description:
      'total is what may be sold (blocked places are not in it), pending what is held or reserved. As old as seats.',
    request: { params: doc.eventParams },
    responses: { 200: doc.json(doc.inventoryModel, 'Counts by category') },
  },
  ['EVENT_NOT_FOUND', 'EVENT_STATE_CONFLICT', 'UNAUTHENTICATED'],
);

export function mapRoutes(app: OpenAPIHono<AppEnv>, deps: HttpDeps): void {
  const charts = new BodyCache(CHART_CACHE_BYTES);
  const maps = new BodyCache(SEATS_CACHE_BYTES);

  // Ready-made bytes: the one kind of answer that does not go through c.json, so these are plain handlers beside their routes.
  app.openAPIRegistry.registerPath(chart);
  app.get(chart.getRoutingPath(), async (c) => {
    const live = await visibleEvent(c, deps, eventIdOf(c.req.param('id')));
    const body = await charts.get(live.chart.hash, () => chartBody(deps, live));
    const draft = live.event.status === 'draft';
    return respond(c, { ...body, etag: `"${live.event.chartVersion}"` }, draft ? DRAFT_CACHE : CHART_CACHE);
  });

  app.openAPIRegistry.registerPath(seats);
  app.get(seats.getRoutingPath(), async (c) => {
    const live = await visibleEvent(c, deps, eventIdOf(c.req.param('id')));
    refuseDraft(live);
    const view = await deps.feed.view(live.event.id);
    const etag = seatsEtag(view, live);
    const body = await maps.get(
      live.event.id,
      () => Promise.resolve(encodedBody(etag, Buffer.from(JSON.stringify(view)))),
      etag,
    );
    return respond(c, body, SEATS_CACHE);
  });

  app.openapi(inventory, async (c) => {
    const live = await visibleEvent(c, deps, c.req.valid('param').id);
    refuseDraft(live);
    const counts = await deps.feed.inventory(live.event.id);
    const categories = counts.map(({ total, sold, pending, available, version }, catNo) => ({
      key: live.chart.categoryKeys[catNo] ?? '',
      ...{ total, sold, pending, available, version },
    }));
    c.header('cache-control', SEATS_CACHE);
    return c.json({ eventId: live.event.id, categories }, 200);
  });
}

const eventIdOf = (id: string): string => {
  const parsed = doc.eventParams.safeParse({ id });
  if (parsed.success) return id;
  throw AisleError.of('EVENT_NOT_FOUND', { details: { eventId: id } });
};

/** Not in Redis yet: there is no map to show. */
function refuseDraft({ event }: LiveEvent): void {
  if (event.status !== 'draft') return;
  throw AisleError.of('EVENT_STATE_CONFLICT', {
    message: 'A draft has no seat map yet; publish it.',
    details: { status: event.status },
  });
}

/**
 * "epoch-seq" while on sale with full states. Status and publicStates change what is said without a new seq, so every other
 * combination has its own tag: a poller must learn that the sale opened, and that the map cannot be checked.
 */
function seatsEtag({ epoch, seq, status, stale }: SeatsView, { event }: LiveEvent): string {
  const suffix = [
    status === 'on_sale' ? '' : `-${status}`,
    event.publicStates === 'full' ? '' : `-${event.publicStates}`,
    stale === true ? '-stale' : '',
  ].join('');
  return `"${epoch}-${seq}${suffix}"`;
}

async function chartBody({ sql }: HttpDeps, live: LiveEvent): Promise<EncodedBody> {
  const stored = await findChartDocument(sql, live.chart.hash);
  if (stored === null) throw new Error(`chart ${live.chart.hash} is not stored`);
  const gzip = Buffer.from(stored);
  return encodedBody('', Buffer.from(await decompress(stored)), { gzip });
}
