import type { OpenAPIHono } from '@hono/zod-openapi';
import { AisleError, type Chart, type Fault, type PatchEvent, type SeatEvent } from '@aisle/client/protocol';
import { changeEvent, createEvent, type ChangeEventInput } from '../../db/events/write-event.js';
import { canonicalHash } from '../../domain/chart/canonical.js';
import { compileChart } from '../../domain/chart/compile.js';
import type { CompiledChart } from '../../domain/chart/model.js';
import { validateChart } from '../../domain/chart/validate.js';
import type { LiveEvent } from '../../domain/event.js';
import { jsonBody, MAX_CHART_BODY_BYTES } from '../body.js';
import { actorOf, allow, type AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import { invalidRequest } from '../../domain/faults.js';
import { changedFields, faultsOfFields, fieldsOfCreate, fieldsOfPatch } from '../event-input.js';
import * as doc from '../openapi.js';

const create = doc.route(
  {
    method: 'post',
    path: '/v1/events',
    tags: ['Events'],
    summary: 'Create an event: a draft, version 1',
    description:
      'Where left out: timezone UTC, holdSeconds 300, maxHoldSeconds 900, reserveSeconds 900, maxSeatsPerSubject 10, publicStates full (binary shows only a, free, and s, not free). prices has every category of the chart. A seats.io or pretix chart or a CSV becomes a chart by npm run import-chart.',
    ...doc.withToken,
    request: { headers: doc.idempotencyHeaders, body: doc.jsonRequest(doc.createEventModel, true) },
    middleware: [allow('event.create'), ...jsonBody({ maxBytes: MAX_CHART_BODY_BYTES })] as const,
    responses: { 201: doc.json(doc.eventModel, 'The draft') },
  },
  [
    'CHART_INVALID',
    'UNAUTHENTICATED',
    'FORBIDDEN',
    'PAYLOAD_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
    'IDEMPOTENCY_MISMATCH',
  ],
);
const patch = doc.route(
  {
    method: 'patch',
    path: '/v1/events/{id}',
    tags: ['Events'],
    summary: 'Change an event; `version` is the one that was read',
    description:
      'Chart and currency change in a draft alone; everything else at any time. null takes an optional field away.',
    ...doc.withToken,
    request: { params: doc.eventParams, body: doc.jsonRequest(doc.patchEventModel, true) },
    middleware: [allow('event.change'), ...jsonBody({ maxBytes: MAX_CHART_BODY_BYTES })] as const,
    responses: { 200: doc.json(doc.eventModel, 'The event, one version on') },
  },
  [
    ...(['CHART_INVALID', 'UNAUTHENTICATED', 'FORBIDDEN', 'EVENT_NOT_FOUND', 'VERSION_CONFLICT'] as const),
    ...(['EVENT_STATE_CONFLICT', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const),
  ],
);

export function eventWriteRoutes(app: OpenAPIHono<AppEnv>, deps: HttpDeps): void {
  const { sql, directory } = deps;

  app.openapi(create, async (c) => {
    const { chart: chartInput, ...body } = c.req.valid('json');
    const chart = compileChart(validChart(chartInput));
    const fields = fieldsOfCreate(body);
    refuseFaults(faultsOfFields(fields, chart.categoryKeys));
    const { subject } = await actorOf(c);
    const key = c.req.valid('header')['idempotency-key'];
    const request =
      key === undefined ? undefined : { id: key, fingerprint: canonicalHash(['create-event', fields, chart.hash]) };
    const result = await createEvent(sql, {
      fields,
      chart,
      actor: subject ?? '',
      ...(request === undefined ? {} : { request }),
    });
    if (result.kind === 'mismatch') throw AisleError.of('IDEMPOTENCY_MISMATCH');
    if (result.kind === 'external_id_taken') throw externalIdTaken();
    if (result.kind === 'replay') c.set('replayed', true);
    c.header('location', `/v1/events/${result.event.id}`);
    return c.json(result.event, 201);
  });

  app.openapi(patch, async (c) => {
    const { id } = c.req.valid('param');
    const { chart: chartInput, ...body } = c.req.valid('json');
    const chart = chartInput === undefined ? undefined : compileChart(validChart(chartInput));
    // Drafts too: prices must name the categories of the chart the event has now.
    const live = await directory.refresh(id);
    const { subject } = await actorOf(c);
    const result = await changeEvent(sql, {
      eventId: id,
      actor: subject ?? '',
      chart,
      decide: decidePatch(live, body, chart),
    });
    if (result.kind === 'not_found') throw AisleError.of('EVENT_NOT_FOUND', { details: { eventId: id } });
    if (result.kind === 'external_id_taken') throw externalIdTaken();
    await tellOthers(deps, id);
    return c.json(result.record.event, 200);
  });
}

/** The rules of PATCH, applied to the locked row: version first, then what only a draft may change, then the fields. */
function decidePatch(
  live: LiveEvent,
  { version, ...body }: Omit<PatchEvent, 'chart'>,
  chart: CompiledChart | undefined,
): ChangeEventInput['decide'] {
  return ({ event, chartHash }) => {
    if (event.version !== version || live.event.version !== version) {
      throw AisleError.of('VERSION_CONFLICT', { details: { version: event.version } });
    }
    const fields = fieldsOfPatch(event, body);
    const newChart = chart !== undefined && chart.hash !== chartHash;
    if (newChart) refuseUnlessDraft(event, 'chart');
    if (fields.currency !== event.currency) refuseUnlessDraft(event, 'currency');
    refuseFaults(faultsOfFields(fields, (chart ?? live.chart).categoryKeys));
    return { fields, changed: [...changedFields(fieldsOfPatch(event, {}), fields), ...(newChart ? ['chart'] : [])] };
  };
}

/** The change is in Postgres; whoever was not reached reads it there within seconds (SPEC R4), so the answer stands. */
async function tellOthers({ directory, hooks, logger }: HttpDeps, eventId: string): Promise<void> {
  try {
    await hooks.onEventChanged(await directory.refresh(eventId));
  } catch (error) {
    logger.warn({ err: error, eventId }, 'event changed; Redis and other nodes will learn of it late');
  }
}

const externalIdTaken = (): AisleError => invalidRequest([{ path: 'externalId', message: 'another event has it' }]);

function refuseFaults(faults: readonly Fault[]): void {
  if (faults.length > 0) throw invalidRequest(faults);
}

function refuseUnlessDraft({ status }: SeatEvent, field: string): void {
  if (status === 'draft') return;
  throw AisleError.of('EVENT_STATE_CONFLICT', {
    message: `The ${field} changes only in a draft; the event is ${status}.`,
    details: { status, field },
  });
}

function validChart(input: unknown): Chart {
  const result = validateChart(input);
  if (result.ok) return result.chart;
  const { faults, total } = result;
  throw AisleError.of('CHART_INVALID', {
    message: `The chart has ${total} ${total === 1 ? 'fault' : 'faults'}.`,
    details: { faults, total },
  });
}
