import type { OpenAPIHono } from '@hono/zod-openapi';
import { AisleError, eventIdSchema, listEventsSchema, timestampSchema } from '@aisle/client/protocol';
import { z } from 'zod';
import { findEvent, listEvents } from '../../db/events/events.js';
import { actorOf, type AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import { readCursor, writeCursor } from '../../domain/cursor.js';
import * as doc from '../openapi.js';
import { hideDraft } from '../visible.js';

const list = doc.route(
  {
    method: 'get',
    path: '/v1/events',
    ...doc.anybody('event.list'),
    tags: ['Events'],
    summary: 'List events by start; drafts for admins alone',
    request: { query: listEventsSchema },
    responses: { 200: doc.json(doc.eventListModel, 'Events; nextCursor where there are more') },
  },
  ['UNAUTHENTICATED'],
);
const get = doc.route(
  {
    method: 'get',
    path: '/v1/events/{id}',
    ...doc.anybody('event.get'),
    tags: ['Events'],
    summary: 'One event',
    request: { params: doc.eventParams },
    responses: { 200: doc.json(doc.eventModel, 'The event') },
  },
  ['EVENT_NOT_FOUND', 'UNAUTHENTICATED'],
);
export function eventReadRoutes(app: OpenAPIHono<AppEnv>, { sql, directory }: HttpDeps): void {
  app.openapi(list, async (c) => {
    const { cursor, ...query } = c.req.valid('query');
    const { role, events } = await actorOf(c);
    const drafts = role === 'admin' && (events ?? true);
    const after = cursor === undefined ? {} : { after: afterOf(cursor) };
    const records = await listEvents(sql, { ...query, drafts, ...after, limit: query.limit + 1 });
    const items = records.slice(0, query.limit).map(({ event }) => event);
    const last = items.at(-1);
    return c.json(
      {
        items,
        ...(records.length > query.limit && last !== undefined
          ? { nextCursor: writeCursor([last.startsAt, last.id]) }
          : {}),
      },
      200,
    );
  });

  app.openapi(get, async (c) => {
    const { id } = c.req.valid('param');
    // An admin wants what Postgres says now, to PATCH it; everybody else gets what this node knows, at most seconds old.
    // A token that is not valid makes nobody less than the public.
    const admin = await actorOf(c).then(
      ({ role }) => role === 'admin',
      () => false,
    );
    const cached = admin ? undefined : directory.peek(id)?.event;
    const event = cached ?? (await findEvent(sql, id))?.event;
    if (event === undefined) throw AisleError.of('EVENT_NOT_FOUND', { details: { eventId: id } });
    await hideDraft(c, id, event.status);
    return c.json(event, 200);
  });
}

const cursorSchema = z.tuple([timestampSchema, eventIdSchema]);
function afterOf(cursor: string): { startsAt: string; id: string } {
  const [startsAt, id] = readCursor(cursorSchema, cursor);
  return { startsAt, id };
}
