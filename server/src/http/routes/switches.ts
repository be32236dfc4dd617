import type { OpenAPIHono } from '@hono/zod-openapi';
import { eventIdSchema, subjectSchema } from '@aisle/client/protocol';
import { z } from 'zod';
import { clearSwitch, readSwitches, recordDroppedHolds, setSwitch, switchChanges } from '../../db/switches/switches.js';
import { requireSwitchScope, switchReasonSchema, switchValueOf } from '../../db/switches/switch-values.js';
import { SWITCHES } from '../../domain/switches.js';
import { jsonBody } from '../body.js';
import { actorOf, allow, type AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import * as doc from '../openapi.js';

const params = z.object({ name: z.enum(SWITCHES) });
const switchModel = z
  .object({
    name: z.enum(SWITCHES),
    eventId: eventIdSchema.nullable().meta({ description: 'null: for all events' }),
    value: z.union([z.literal(true), z.number(), z.array(z.string())]),
    setBy: z.string(),
    reason: z.string(),
    setAt: z.string(),
  })
  .meta({ id: 'Switch' });
const listModel = z.object({ items: z.array(switchModel) }).meta({ id: 'SwitchList' });
const changeModel = z
  .object({
    id: z.string(),
    kind: z.enum(['set', 'cleared', 'drop_holds']),
    name: z.enum([...SWITCHES, 'drop_holds']),
    eventId: eventIdSchema.nullable(),
    value: z.unknown(),
    actor: z.string(),
    reason: z.string(),
    at: z.string(),
  })
  .meta({ id: 'SwitchChange' });
const changesModel = z
  .object({ items: z.array(changeModel), nextCursor: z.string().optional() })
  .meta({ id: 'SwitchChangeList' });
const putModel = z
  .strictObject({ eventId: eventIdSchema.optional(), value: z.unknown(), reason: switchReasonSchema })
  .meta({ id: 'SetSwitch' });
const deleteQuery = z.strictObject({ eventId: eventIdSchema.optional(), reason: switchReasonSchema.optional() });
const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'not a cursor of this list')
    .optional(),
});
const dropModel = z
  .strictObject({ eventId: eventIdSchema.optional(), reason: switchReasonSchema })
  .meta({ id: 'DropHolds' });
const droppedModel = z
  .object({
    dropped: z.int(),
    reserved: z.int().meta({ description: 'Left to their orders' }),
    events: z.array(z.object({ eventId: eventIdSchema, dropped: z.int(), reserved: z.int() })),
  })
  .meta({ id: 'DroppedHolds' });

const common = { tags: ['Live switches'], ...doc.withToken };
const guarded = allow('switch.manage');
const CODES = ['UNAUTHENTICATED', 'FORBIDDEN', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const;

const list = doc.route(
  {
    ...{ ...common, method: 'get', path: '/v1/switches', summary: 'What is switched now' },
    middleware: [guarded] as const,
    responses: { 200: doc.json(listModel, 'Switches that are on') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN'],
);
const changes = doc.route(
  {
    ...{ ...common, method: 'get', path: '/v1/switches/changes', summary: 'Who switched what and why, newest first' },
    request: { query: pageQuery },
    middleware: [guarded] as const,
    responses: { 200: doc.json(changesModel, 'Changes; nextCursor where there are more') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN'],
);
const put = doc.route(
  {
    ...{ ...common, method: 'put', path: '/v1/switches/{name}', summary: 'Throw a switch, for one event or for all' },
    description:
      'In force on every node within a second or two. value: true for pause, no_hold_best and no_new_sessions; a number for holds_per_second; a list for deny_subject and deny_address, which replaces the one before. eventId: for pause, holds_per_second and no_hold_best alone.',
    request: { params, body: doc.jsonRequest(putModel, true) },
    middleware: [guarded, ...jsonBody()] as const,
    responses: { 200: doc.json(switchModel, 'The switch') },
  },
  [...CODES, 'EVENT_NOT_FOUND'],
);
const remove = doc.route(
  {
    ...{ ...common, method: 'delete', path: '/v1/switches/{name}', summary: 'Undo a switch' },
    request: { params, query: deleteQuery },
    middleware: [guarded] as const,
    responses: { 204: { description: 'It is off, or was' } },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN', 'EVENT_NOT_FOUND'],
);
const drop = doc.route(
  {
    ...{ ...common, method: 'post', path: '/v1/subjects/{subject}/drop-holds' },
    summary: 'Free what a subject holds, in one event or in all',
    description:
      'Reserved holds are left to their orders and counted. The subject may hold again: deny it first where it should not.',
    request: { params: z.object({ subject: subjectSchema }), body: doc.jsonRequest(dropModel, true) },
    middleware: [guarded, ...jsonBody()] as const,
    responses: { 200: doc.json(droppedModel, 'How many holds, and where') },
  },
  [...CODES, 'EVENT_NOT_FOUND'],
);

export function switchRoutes(app: OpenAPIHono<AppEnv>, deps: HttpDeps): void {
  const { sql, directory, switchControl } = deps;
  const known = async (eventId: string | undefined): Promise<string | null> =>
    eventId === undefined ? null : (await directory.get(eventId)).event.id;

  app.openapi(list, async (c) => c.json({ items: copies((await readSwitches(sql)).switches) }, 200));

  app.openapi(changes, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const found = await switchChanges(sql, { limit: limit + 1, before: cursor === undefined ? null : Number(cursor) });
    const items = found.slice(0, limit);
    const last = items.at(-1);
    return c.json({ items, ...(found.length > limit && last !== undefined ? { nextCursor: last.id } : {}) }, 200);
  });

  app.openapi(put, async (c) => {
    const { name } = c.req.valid('param');
    const { eventId, value, reason } = c.req.valid('json');
    const parsed = switchValueOf(name, value);
    requireSwitchScope(name, eventId);
    const actor = (await actorOf(c)).subject ?? '';
    const state = await setSwitch(sql, { name, eventId: await known(eventId), value: parsed, actor, reason });
    await switchControl.changed();
    return c.json(copy(state), 200);
  });

  app.openapi(remove, async (c) => {
    const { name } = c.req.valid('param');
    const { eventId, reason } = c.req.valid('query');
    requireSwitchScope(name, eventId);
    const actor = (await actorOf(c)).subject ?? '';
    await clearSwitch(sql, { name, eventId: await known(eventId), actor, reason: reason ?? '' });
    await switchControl.changed();
    return c.body(null, 204);
  });

  app.openapi(drop, async (c) => {
    const { subject } = c.req.valid('param');
    const { eventId: named, reason } = c.req.valid('json');
    const eventId = await known(named);
    const actor = (await actorOf(c)).subject ?? '';
    const answer = await switchControl.dropHolds(subject, eventId, actor);
    const { dropped, reserved } = answer;
    await recordDroppedHolds(sql, { eventId, actor, reason, value: { subject, dropped, reserved } });
    return c.json({ dropped, reserved, events: answer.events.map((one) => ({ ...one })) }, 200);
  });
}

type Copied = z.infer<typeof switchModel>;
const copy = ({ value, ...rest }: Awaited<ReturnType<typeof setSwitch>>): Copied => ({
  ...rest,
  value: typeof value === 'object' ? [...value] : value,
});
const copies = (switches: readonly Parameters<typeof copy>[0][]): Copied[] => switches.map(copy);
