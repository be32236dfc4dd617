import { AisleError } from '@aisle/client/protocol';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { AppContext, AppEnv } from './context.js';
import { invalidRequest } from '../domain/faults.js';

const MIB_BYTES = 1024 * 1024;
export const MAX_BODY_BYTES = MIB_BYTES;
/** A chart of 200,000 seats with extras. */
export const MAX_CHART_BODY_BYTES = 64 * MIB_BYTES;

const JSON_TYPE = /^application\/(?:json|[a-z0-9.-]+\+json)\s*(?:;|$)/i;

export const tooLarge = (maxBytes: number): never => {
  throw AisleError.of('PAYLOAD_TOO_LARGE', { details: { maxBytes } });
};

/**
 * Reads a JSON body of at most `maxBytes` for the validator that follows. Where the body is optional, none at all is {}.
 * Throws PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_REQUEST.
 */
export function jsonBody({ maxBytes = MAX_BODY_BYTES, optional = false } = {}): MiddlewareHandler<AppEnv>[] {
  return [
    bodyLimit({ maxSize: maxBytes, onError: () => tooLarge(maxBytes) }),
    (c, next) => readJson(c, optional).then(next),
  ];
}

async function readJson(c: AppContext, optional: boolean): Promise<void> {
  const text = await c.req.text();
  const type = c.req.header('content-type');
  if (text === '') {
    if (!optional) throw invalidRequest([{ path: '', message: 'a JSON body is needed' }]);
    // Clients that always say application/json say it of nothing too; without the header the validator takes nothing as {}.
    const headers = new Headers(c.req.raw.headers);
    headers.delete('content-type');
    c.req.raw = new Request(c.req.url, { method: c.req.method, headers });
    return;
  }
  if (type === undefined || !JSON_TYPE.test(type)) {
    throw AisleError.of('UNSUPPORTED_MEDIA_TYPE', { details: { contentType: type ?? null } });
  }
}
