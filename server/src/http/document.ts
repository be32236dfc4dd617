import type { OpenAPIHono } from '@hono/zod-openapi';
import type { AppEnv } from './context.js';
import { chartModel } from './openapi.js';

type Document = ReturnType<OpenAPIHono<AppEnv>['getOpenAPI31Document']>;

const DESCRIPTION = `Real-time seat maps: events, charts, seats, holds.

Times are ISO 8601 UTC, money is integer minor units of the event's currency. Every error is \`{error: {code, message,
remediation, retryable, retryAfterMs?, details?}}\`; details.faults names each fault of a request by its path. Send an
\`Idempotency-Key\` with a POST and it is safe to send again. Live changes come over Socket.IO at /socket.io/.`;

/** /openapi.json, from the routes themselves. */
export function openApiDocument(app: OpenAPIHono<AppEnv>, version: string): Document {
  app.openAPIRegistry.register('Chart', chartModel);
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'The admin key, a session token from POST /v1/sessions, or a JWT of your shop.',
  });
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Aisle', version, description: DESCRIPTION, license: { name: 'MIT' } },
    servers: [{ url: '/' }],
  });
  const { CreateEvent: create, PatchEvent: patch } = document.components?.schemas ?? {};
  if (create === undefined || patch === undefined || '$ref' in create || '$ref' in patch)
    throw new Error('the models of events are missing');
  const chart = { $ref: '#/components/schemas/Chart' };
  Object.assign(create, {
    properties: { ...create.properties, chart },
    required: [...(create.required ?? []), 'chart'],
  });
  Object.assign(patch, { properties: { ...patch.properties, chart } });
  return document;
}
