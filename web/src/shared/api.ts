import type { WireError } from '@aisle/client/protocol';

/** A refusal as the server words it, or what went wrong on the way. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly remediation: string | undefined,
    readonly status: number,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

const TIMEOUT_MS = 15_000;

/** Reads JSON from the page's own server. Throws ApiError. */
export async function getJson<T>(path: string, init: RequestInit = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { signal: AbortSignal.timeout(TIMEOUT_MS), ...init });
  } catch {
    throw new ApiError('OFFLINE', 'The server did not answer.', 'Check your connection and try again.', 0);
  }
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok && body !== undefined) return body as T;
  const error = (body as { error?: Partial<WireError> } | undefined)?.error;
  throw new ApiError(
    error?.code ?? 'INTERNAL',
    error?.message ?? `The server answered with status ${response.status}.`,
    error?.remediation ?? 'Try again in a moment.',
    response.status,
  );
}
