import { AisleError } from './protocol/errors.js';
import { backoffMs } from './connection/backoff.js';
import { isRecord, readWireError, unavailable } from './errors.js';
import type { FetchLike, FetchResponse } from './options.js';
import { monotonicMs, sleep } from './time.js';

/** One request; a chart of 200,000 places on a slow phone takes this long at most. */
const REQUEST_TIMEOUT_MS = 30_000;
const RETRY_MIN_MS = 200;
const RETRY_MAX_MS = 2_000;

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly token?: string | null;
  readonly body?: object;
}

/** One attempt. Rejects with AisleError: the server's own, or UNAVAILABLE where none could be had. */
async function once(fetcher: FetchLike, request: HttpRequest): Promise<unknown> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (request.token) headers.authorization = `Bearer ${request.token}`;
  if (request.body !== undefined) headers['content-type'] = 'application/json';
  let response: FetchResponse;
  let body: unknown;
  try {
    response = await fetcher(request.url, {
      method: request.method,
      headers,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    body = await response.json();
  } catch (error) {
    throw unavailable('The server could not be reached or sent no JSON.', { details: { url: request.url } }, error);
  }
  if (response.ok) return body;
  const wire = isRecord(body) ? readWireError(body.error) : null;
  throw wire === null
    ? unavailable(`The server answered ${response.status}.`, { retryable: response.status >= 500 })
    : new AisleError(wire);
}

/** Sends until answered, for `timeoutMs` at most; only what may be sent twice goes through here. */
export async function fetchJson(
  fetcher: FetchLike | undefined,
  request: HttpRequest,
  timeoutMs: number,
): Promise<unknown> {
  const deadline = monotonicMs() + timeoutMs;
  // Looked up on use: a page may put its polyfill in after this module was loaded.
  const call: FetchLike = fetcher ?? ((url, init) => fetch(url, init));
  for (let attempt = 0; ; attempt++) {
    try {
      return await once(call, request);
    } catch (error) {
      if (!(error instanceof AisleError) || !error.retryable) throw error;
      // On top of it: many are told the same time.
      const waitMs = backoffMs(attempt, RETRY_MIN_MS, RETRY_MAX_MS) + (error.retryAfterMs ?? 0);
      if (monotonicMs() + waitMs >= deadline) throw error;
      await sleep(waitMs);
    }
  }
}
