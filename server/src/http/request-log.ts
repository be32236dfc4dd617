import { randomUUID } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { AppContext, AppEnv } from './context.js';
import type { HttpDeps } from './deps.js';
import { addSecurityHeaders } from './security.js';

const REQUEST_ID = /^[\w.:-]{1,64}$/;
/** As long as an event id may be: what else is in the address is not worth the room. */
const MAX_ID_CHARS = 64;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']);
/** Asked every few seconds by machines: not worth a line each. */
const QUIET = new Set(['/healthz', '/readyz', '/metrics']);

/**
 * Around every request: its id, in from a proxy or made here, out in x-request-id; one log line; the metrics; the headers that
 * every answer has. The route's pattern is logged, never the address: that may hold a hold token (SPEC H6).
 */
export function requestLog({ logger, metrics, sessions, allowedOrigins }: HttpDeps): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const startedAt = performance.now();
    const given = c.req.header('x-request-id');
    const taken = given !== undefined && REQUEST_ID.test(given);
    const requestId = taken ? given : randomUUID();
    c.set('requestId', requestId);
    c.set('requestIdGiven', taken);
    c.set('sessions', sessions);
    await next();
    c.header('x-request-id', requestId);
    if (c.get('replayed')) c.header('idempotent-replayed', 'true');
    addSecurityHeaders(c, allowedOrigins);

    const ms = performance.now() - startedAt;
    const { status } = c.res;
    const method = METHODS.has(c.req.method) ? c.req.method : 'other';
    const route = routeOf(c);
    metrics.httpSeconds.observe({ method, route, status: String(status) }, ms / 1000);
    const line = {
      ...{ requestId, method, route, status, ms: Math.round(ms * 10) / 10, subject: c.get('subject') ?? null },
      ...{ command: c.get('command'), outcome: c.get('outcome'), eventId: eventIdOf(c), commandId: c.get('commandId') },
    };
    if (status >= 500) logger.warn(line, 'request');
    else if (QUIET.has(route)) logger.debug(line, 'request');
    else logger.info(line, 'request');
  };
}

/** Of the command, else of the address as it was written. */
const eventIdOf = (c: AppContext): string | undefined => c.get('eventId') ?? c.req.param('id')?.slice(0, MAX_ID_CHARS);

/** Handlers have a method; middleware is registered for all of them. */
function routeOf(c: AppContext): string {
  const handler = matchedRoutes(c).findLast(({ method }) => method !== 'ALL');
  return handler?.path ?? 'unmatched';
}
