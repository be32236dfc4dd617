import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AisleError } from '@aisle/client/protocol';
import pRetry from 'p-retry';
import { failureOf, noAnswer } from './failure.js';
import type { AisleOptions, CallOptions, WriteOptions } from './options.js';

const TIMEOUT_MS = 10_000;
const RETRIES = 4;
/** 0.2 to 0.4 s, then twice that, and so on; after what the server asks for. */
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 5_000;
/** Who is told to wait longer than this decides for himself. */
const LONGEST_WAIT_MS = 60_000;

export type Query = Readonly<Record<string, string | number | undefined>>;
/** A body that is not JSON. */
export interface RawBody {
  readonly type: string;
  readonly content: string | Uint8Array<ArrayBuffer>;
}

/** One HTTP call of the API, made until it is answered. Every method rejects with AisleError, or with a signal's reason. */
export interface Transport {
  readonly base: URL;
  readonly get: <T>(path: string, query?: Query, options?: CallOptions) => Promise<T>;
  /** With an Idempotency-Key, so that it is safe to send again. */
  readonly post: <T>(path: string, body: object, options?: WriteOptions) => Promise<T>;
  /** As `post`, with a body as it is. */
  readonly postRaw: <T>(path: string, body: RawBody, query?: Query, options?: WriteOptions) => Promise<T>;
  /** Sent once: its version says whether it happened. */
  readonly patch: <T>(path: string, body: object, options?: CallOptions) => Promise<T>;
}

interface Call {
  readonly method: string;
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly requestId?: string;
}

export function createTransport({
  url,
  key,
  timeoutMs = TIMEOUT_MS,
  retries = RETRIES,
  ...rest
}: AisleOptions): Transport {
  // A path in front of the API (a proxy's) is kept.
  const base = new URL(url.endsWith('/') ? url : `${url}/`);
  const send = rest.fetch ?? fetch;
  const common = { authorization: `Bearer ${key}`, accept: 'application/json' };

  const once = async (call: Call, options: CallOptions): Promise<unknown> => {
    const timeout = AbortSignal.timeout(options.timeoutMs ?? timeoutMs);
    const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
    let response: Response;
    let text: string;
    try {
      const { method, headers, body } = call;
      response = await send(call.url, { method, headers, signal, ...(body === undefined ? {} : { body }) });
      text = await response.text();
    } catch (error) {
      options.signal?.throwIfAborted();
      throw noAnswer(error, call.requestId);
    }
    const body = parse(text);
    if (!response.ok) throw failureOf(response, body, call.requestId);
    return body;
  };
  const run = async <T>(call: Call, options: CallOptions, tries = retries): Promise<T> => {
    const answer = await pRetry(() => once(call, options), {
      retries: tries,
      minTimeout: FIRST_RETRY_MS,
      maxTimeout: LAST_RETRY_MS,
      randomize: true,
      signal: options.signal,
      shouldRetry: ({ error }) => mayRetry(error, options.signal),
    });
    // What the server answers is by its own contract; nothing is gained by reading it twice.
    return answer as T;
  };
  const at = (path: string, query: Query = {}): URL => {
    const target = new URL(path.replace(/^\//, ''), base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) target.searchParams.set(name, String(value));
    }
    return target;
  };
  const write = (url: URL, type: string, body: Call['body'], options: WriteOptions): Call => {
    const requestId = options.idempotencyKey ?? randomUUID();
    const headers = { ...common, 'content-type': type, 'idempotency-key': requestId };
    return { method: 'POST', url, headers, requestId, ...(body === undefined ? {} : { body }) };
  };

  return {
    base,
    get: (path, query, options = {}) => run({ method: 'GET', url: at(path, query), headers: common }, options),
    post: (path, body, options = {}) =>
      run(write(at(path), 'application/json', JSON.stringify(body), options), options),
    postRaw: (path, { type, content }, query, options = {}) =>
      run(write(at(path, query), type, content, options), options),
    patch: (path, body, options = {}) => {
      const headers = { ...common, 'content-type': 'application/json' };
      return run({ method: 'PATCH', url: at(path), headers, body: JSON.stringify(body) }, options, 0);
    },
  };
}

/** Waits for as long as the server asks; the pause between attempts comes on top of it. */
async function mayRetry(error: Error, signal: AbortSignal | undefined): Promise<boolean> {
  if (!(error instanceof AisleError) || !error.retryable) return false;
  const waitMs = error.retryAfterMs ?? 0;
  if (waitMs > LONGEST_WAIT_MS) return false;
  await sleep(waitMs, undefined, { signal }).catch((thrown: unknown) => {
    signal?.throwIfAborted();
    throw thrown;
  });
  return true;
}

/** undefined: empty (204), or no JSON, as proxies answer. */
function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
