import { setImmediate as soon } from 'node:timers/promises';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Chart, ChartPreview } from '@aisle/client/protocol';
import type { MiddlewareHandler } from 'hono';
import { z } from 'zod';
import { importJson, type ImportResult } from '../../domain/chart/importers/index.js';
import { jsonBody, MAX_CHART_BODY_BYTES } from '../body.js';
import { allow, type AppEnv } from '../context.js';
import * as doc from '../openapi.js';

/**
 * Behind the body, before it is parsed: several large charts at once would be one long time in which nobody else has a turn.
 */
function oneAtATime(): MiddlewareHandler<AppEnv> {
  let last: Promise<void> = Promise.resolve();
  return (_c, next) => {
    const run = last.then(next);
    last = run.then(turn, turn);
    return run;
  };
}

const preview = doc.route(
  {
    method: 'post',
    path: '/v1/charts/preview',
    tags: ['Events'],
    summary: 'Look at a chart file before making an event of it; nothing is kept',
    description:
      'The body is the file’s JSON: aisle-chart/1, a seats.io chart or a pretix seating plan. With faults the answer is 200 too: chart is null, and each fault says where it is in the file. A CSV becomes a chart by npm run import-chart.',
    ...doc.withToken,
    request: { body: doc.jsonRequest(z.unknown(), true) },
    middleware: [allow('event.create'), ...jsonBody({ maxBytes: MAX_CHART_BODY_BYTES }), oneAtATime()] as const,
    responses: { 200: doc.json(doc.chartPreviewModel, 'The chart as POST /v1/events takes it, or its faults') },
  },
  ['UNAUTHENTICATED', 'FORBIDDEN', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
);

export function chartRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(preview, async (c) => {
    const file: unknown = c.req.valid('json');
    // 200,000 seats are half a second each to parse, to check and to write out: others get their turn in between.
    await turn();
    const answer = previewOf(importJson(file));
    await turn();
    return c.json(answer, 200);
  });
}

/** A whole round of the event loop: one `soon` may be the end of the round that is on already, and lets nobody in. */
async function turn(): Promise<void> {
  await soon();
  await soon();
}

const NONE = { seats: 0, areas: 0, places: 0, categories: 0, sections: 0 };

function previewOf(result: ImportResult): ChartPreview {
  if (result.ok) {
    const { chart, notes } = result;
    return { chart, faults: [], faultsTotal: 0, notes, ...countsOf(chart) };
  }
  const faults = result.faults.flatMap(({ code = 'WRONG_VALUE', path, message }) =>
    // How many more there are says faultsTotal.
    code === 'MORE_FAULTS' ? [] : [{ code, path, message }],
  );
  return { chart: null, faults, faultsTotal: result.total, notes: [], ...NONE };
}

const countsOf = ({ seats, areas, categories, sections }: Chart): typeof NONE => ({
  seats: seats.length,
  areas: areas.length,
  places: areas.reduce((sum, { capacity }) => sum + capacity, seats.length),
  categories: categories.length,
  sections: sections.length,
});
