import type { WireError } from '@aisle/client/protocol';

/** A refusal as the server words it, or what went wrong on the way. */
export class ApiError extends Error {
  constructor(
    /** A code of docs/ERRORS.md, or OFFLINE: nothing answered. */
    readonly code: string,
    message: string,
    readonly remediation: string | undefined,
    readonly status: number,
    /** The whole error as it came: fields, places, limits. */
    readonly details: Partial<WireError> = {},
  ) {
    super(message);
    this.name = 'ApiError';
  }

  /** Nobody knows whether it was carried out; the same call with the same key may be sent again. */
  get retryable(): boolean {
    return this.code === 'OFFLINE' || this.details.retryable === true;
  }
}

const TIMEOUT_MS = 15_000;

export interface CallOptions {
  readonly token?: string | undefined;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** Sent as Idempotency-Key: one a purpose, kept by the caller over its tries. */
  readonly key?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Default 15 s; a chart of 200,000 seats takes longer to send over a slow line. */
  readonly timeoutMs?: number | undefined;
  /** Goes out even while the page is being left; its answer is not waited for then. */
  readonly keepalive?: boolean;
}

/** Calls the page's own server and reads the JSON it answers. Throws ApiError. */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const { signal, timeoutMs = TIMEOUT_MS } = options;
  const ended = AbortSignal.timeout(timeoutMs);
  let response: Response;
  try {
    response = await fetch(path + searchOf(options), {
      ...initOf(method, options),
      signal: signal === undefined ? ended : AbortSignal.any([ended, signal]),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiError('OFFLINE', 'The server did not answer.', 'Check your connection and try again.', 0);
  }
  if (response.status === 204) return undefined as T;
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && answer !== undefined) return answer as T;
  // No word of the server's own: its answer broke off, or what stands before it speaks (a 502). It may have been carried out.
  const unknown = response.ok || response.status >= 500;
  const error = (answer as { error?: Partial<WireError> } | undefined)?.error ?? { retryable: unknown };
  throw new ApiError(
    error.code ?? 'INTERNAL',
    error.message ?? `The server answered with status ${response.status}.`,
    error.remediation ?? 'Try again in a moment.',
    response.status,
    error,
  );
}

function searchOf({ query = {} }: CallOptions): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  const search = new URLSearchParams(given).toString();
  return search === '' ? '' : `?${search}`;
}

function initOf(method: string, { token, body, key, keepalive }: CallOptions): RequestInit {
  return {
    method,
    headers: {
      accept: 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(keepalive === true ? { keepalive } : {}),
  };
}

export const getJson = <T>(path: string, options: CallOptions = {}): Promise<T> => call<T>('GET', path, options);
