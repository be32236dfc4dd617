import { OpenAPIHono } from '@hono/zod-openapi';
import { AisleError } from '@aisle/client/protocol';
import { createHash } from 'node:crypto';
import { cors } from 'hono/cors';
import type { AppEnv } from './context.js';
import type { HttpDeps } from './deps.js';
import { openApiDocument } from './document.js';
import { encodedBody, respond } from './encoding.js';
import { faultsOf, invalidRequest } from '../domain/faults.js';
import { errorResponse } from './errors.js';
import { fairUse } from './fair-use.js';
import { bodyFaults } from './nul.js';
import { notFound, pageRoutes } from './pages.js';
import { requestLog } from './request-log.js';
import { bookRoutes } from './routes/books.js';
import { chartRoutes } from './routes/charts.js';
import { eventReadRoutes } from './routes/event-reads.js';
import { eventWriteRoutes } from './routes/event-writes.js';
import { holdRoutes } from './routes/holds.js';
import { keyRoutes } from './routes/keys.js';
import { lifecycleRoutes } from './routes/lifecycle.js';
import { mapRoutes } from './routes/map.js';
import { mineRoutes } from './routes/mine.js';
import { orderChangeRoutes } from './routes/order-changes.js';
import { orderRoutes } from './routes/orders.js';
import { paymentRoutes } from './routes/payments.js';
import { queueRoutes } from './routes/queues.js';
import { sessionRoutes } from './routes/sessions.js';
import { staffRoutes } from './routes/staff.js';
import { switchRoutes } from './routes/switches.js';
import { systemRoutes } from './routes/system.js';
import { ticketRoutes } from './routes/tickets.js';
import { webhookDeliveryRoutes } from './routes/webhook-deliveries.js';
import { webhookRoutes } from './routes/webhooks.js';

const PREFLIGHT_MAX_AGE_S = 600;

export interface HttpApp {
  /** Answers any request; never rejects. `ip`: the caller's address, a trusted proxy's word applied. */
  fetch(request: Request, info: { readonly ip: string }): Promise<Response>;
}

/** The REST surface, the pages and the operator's endpoints, on web-standard requests: either engine serves it. */
export function createHttpApp(deps: HttpDeps): HttpApp {
  const app = new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(faultsOf(result.error));
      const faults = bodyFaults(result.data);
      if (faults.length > 0) throw invalidRequest(faults);
    },
  });
  app.use('*', requestLog(deps));
  app.use('/v1/*', crossOrigin(deps.allowedOrigins));
  app.use('/openapi.json', crossOrigin(deps.allowedOrigins));
  app.use('/v1/*', fairUse(deps));
  app.onError((error, c) => {
    c.set('outcome', error instanceof AisleError ? error.code : (c.get('outcome') ?? 'INTERNAL'));
    return errorResponse(error, c.get('requestId'), deps.logger);
  });
  app.notFound(notFound);

  sessionRoutes(app, deps);
  keyRoutes(app, deps);
  bookRoutes(app, deps);
  mineRoutes(app, deps);
  eventReadRoutes(app, deps);
  eventWriteRoutes(app, deps);
  chartRoutes(app);
  lifecycleRoutes(app, deps);
  mapRoutes(app, deps);
  staffRoutes(app, deps);
  holdRoutes(app, deps);
  orderRoutes(app, deps);
  orderChangeRoutes(app, deps);
  paymentRoutes(app, deps);
  ticketRoutes(app, deps);
  switchRoutes(app, deps);
  queueRoutes(app, deps);
  webhookRoutes(app, deps);
  webhookDeliveryRoutes(app, deps);
  systemRoutes(app, deps);
  pageRoutes(app, deps.webRoot);

  const document = Buffer.from(JSON.stringify(openApiDocument(app, deps.version)));
  const body = encodedBody(`"${createHash('sha256').update(document).digest('base64url').slice(0, 16)}"`, document);
  app.get('/openapi.json', (c) => respond(c, body, 'no-cache'));

  return { fetch: async (request, info) => app.fetch(request, { ip: info.ip }) };
}

/** Tokens travel in a header, never in a cookie, so an allowed origin is all that a browser needs to be told. */
function crossOrigin(allowedOrigins: readonly string[] | undefined) {
  const allowed = new Set(allowedOrigins);
  return cors({
    origin: (origin) => (allowed.has('*') ? '*' : allowed.has(origin) ? origin : null),
    allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-none-match', 'x-request-id'],
    exposeHeaders: ['etag', 'retry-after', 'x-request-id', 'idempotent-replayed', 'location'],
    maxAge: PREFLIGHT_MAX_AGE_S,
  });
}
