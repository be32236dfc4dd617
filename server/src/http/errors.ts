import { AisleError, ERRORS, wireError, type ErrorCode, type WireError } from '@aisle/client/protocol';
import { HTTPException } from 'hono/http-exception';
import { invalidRequest } from '../domain/faults.js';
import type { Logger } from '../platform/logger.js';

const DEFAULT_RETRY_MS = 1000;

/** The answer to anything thrown. INTERNAL says nothing of its cause; that is in the log, under the request id. */
export function errorResponse(thrown: unknown, requestId: string, logger: Logger): Response {
  const error = toWire(thrown, requestId, logger);
  return errorBody(error, statusOf(error.code));
}

/** `status` may differ from the catalogue's for what has no code of its own: a path that does not exist. */
export function errorBody(error: WireError, status: number): Response {
  const headers: Record<string, string> = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  if (status === 429 || status === 503)
    headers['retry-after'] = String(Math.max(1, Math.ceil((error.retryAfterMs ?? DEFAULT_RETRY_MS) / 1000)));
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  return new Response(JSON.stringify({ error }), { status, headers });
}

const isCode = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code);
const statusOf = (code: string): number => (isCode(code) ? ERRORS[code].status : 500);

function toWire(thrown: unknown, requestId: string, logger: Logger): WireError {
  if (thrown instanceof AisleError) {
    if (thrown.code === 'INTERNAL') logger.error({ err: thrown, requestId }, 'request failed');
    // What was broken may be in the message; the public learns the request id alone.
    return thrown.code === 'INTERNAL' ? internal(requestId) : thrown.toWire();
  }
  if (thrown instanceof HTTPException) return fromFramework(thrown);
  if (wentAway(thrown)) return invalidRequest([{ path: '', message: 'the body did not come whole' }]).toWire();
  logger.error({ err: thrown, requestId }, 'request failed');
  return internal(requestId);
}

/**
 * The client left in the middle of its body, as uWS's body and as Node's http say it: no fault of ours, and whoever does it all day
 * shall not fill the log with errors.
 */
const wentAway = (thrown: unknown): boolean =>
  thrown instanceof Error &&
  (thrown.name === 'AbortError' || (thrown.message === 'aborted' && 'code' in thrown && thrown.code === 'ECONNRESET'));

const internal = (requestId: string): WireError => wireError('INTERNAL', { details: { requestId } });

function fromFramework(error: HTTPException): WireError {
  if (error.status === 415) return wireError('UNSUPPORTED_MEDIA_TYPE');
  const message = error.status === 400 ? 'the body is not JSON' : error.message;
  return invalidRequest([{ path: '', message }]).toWire();
}
