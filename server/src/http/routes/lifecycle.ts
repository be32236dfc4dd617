import type { OpenAPIHono } from '@hono/zod-openapi';
import { AisleError, type SeatEvent } from '@aisle/client/protocol';
import { transition } from '../../db/events/events.js';
import { stepsFrom, type LifecycleStep } from '../../domain/event.js';
import { jsonBody } from '../body.js';
import { actorOf, allow, type AppEnv } from '../context.js';
import type { HttpDeps } from '../deps.js';
import * as doc from '../openapi.js';
import { emptyBodyModel } from '../openapi.js';

const STEPS: Readonly<Record<LifecycleStep, string>> = {
  publish: 'Publish a draft: it can be seen, its chart and currency stand',
  open: 'Put on sale, for the first time or after a pause',
  pause: 'Pause the sale: no new holds; release, extend, reserve and pay go on',
  close: 'Close the sale for good (pause is the one to undo): no new holds, no extending; pending orders may pay',
  cancel: 'Cancel the event, from any status and for good: its holds are dropped',
};

const stepRoute = (step: LifecycleStep) =>
  doc.route(
    {
      method: 'post',
      path: `/v1/events/{id}/${step}`,
      tags: ['Events'],
      summary: STEPS[step],
      description: 'Repeating a step answers 200 with the event as it is; an illegal one 409 EVENT_STATE_CONFLICT.',
      ...doc.withToken,
      request: {
        params: doc.eventParams,
        headers: doc.idempotencyHeaders,
        body: doc.jsonRequest(emptyBodyModel, false),
      },
      middleware: [allow('event.step'), ...jsonBody({ optional: true })] as const,
      responses: { 200: doc.json(doc.eventModel, 'The event') },
    },
    [
      'UNAUTHENTICATED',
      'FORBIDDEN',
      'EVENT_NOT_FOUND',
      'EVENT_STATE_CONFLICT',
      'PAYLOAD_TOO_LARGE',
      'UNSUPPORTED_MEDIA_TYPE',
    ],
  );

export function lifecycleRoutes(app: OpenAPIHono<AppEnv>, deps: HttpDeps): void {
  for (const step of Object.keys(STEPS) as LifecycleStep[]) {
    app.openapi(stepRoute(step), async (c) => {
      const { subject } = await actorOf(c);
      return c.json(await take(deps, c.req.valid('param').id, step, subject ?? ''), 200);
    });
  }
}

const remediationOf = (steps: readonly LifecycleStep[]): string =>
  steps.length === 0 ? 'It stays so; create a new event.' : `Possible now: ${steps.join(', ')}.`;

/**
 * Postgres first, then Redis and the other nodes. Where those are not reached the answer is UNAVAILABLE, not a promise that
 * does not hold yet: repeating the step tells them again, and the reconciler does so by itself (SPEC R4).
 */
async function take(deps: HttpDeps, eventId: string, step: LifecycleStep, actor: string): Promise<SeatEvent> {
  const { sql, directory, hooks } = deps;
  const result = await transition(sql, eventId, step, { actor });
  if (result.kind === 'not_found') throw AisleError.of('EVENT_NOT_FOUND', { details: { eventId } });
  const { status } = result.record.event;
  if (result.kind === 'conflict') {
    throw AisleError.of('EVENT_STATE_CONFLICT', {
      message: `The step "${step}" is not possible while the event is ${status}.`,
      remediation: remediationOf(stepsFrom(status)),
      details: { status, step, possible: stepsFrom(status) },
    });
  }
  if (step === 'publish' && result.record.epoch === 0) await hooks.onPublished(eventId);
  await hooks.onEventChanged(await directory.refresh(eventId));
  if (step === 'cancel') await hooks.onCancelled(eventId);
  return result.record.event;
}
