import { AisleError, type WireError } from '@aisle/client/protocol';

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The error object of an answer; null: it was none of Aisle's. */
function readError(body: unknown): WireError | null {
  const error = isRecord(body) ? body.error : null;
  if (!isRecord(error) || typeof error.code !== 'string') return null;
  const { code, message, remediation, retryable, retryAfterMs, details } = error;
  return {
    code,
    message: typeof message === 'string' ? message : code,
    retryable: retryable === true,
    ...(typeof remediation === 'string' ? { remediation } : {}),
    ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
    ...(isRecord(details) ? { details } : {}),
  };
}

/** What an answer that is no success says; something in between (a proxy) may have said it. */
export function failureOf(response: Response, body: unknown, requestId: string | undefined): AisleError {
  const retryAfterMs = retryAfterOf(response.headers.get('retry-after'));
  const wire = readError(body);
  if (wire !== null) {
    return new AisleError({ ...(retryAfterMs === undefined ? {} : { retryAfterMs }), ...wire });
  }
  const { status } = response;
  return new AisleError({
    code: 'UNAVAILABLE',
    message: `The server answered ${status} and no error of Aisle's.`,
    retryable: status >= 500 || status === 429 || status === 408,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    details: { status, ...outcome(requestId) },
  });
}

/** No answer: the call may or may not have been carried out. */
export const noAnswer = (cause: unknown, requestId: string | undefined): AisleError =>
  new AisleError(
    {
      code: 'UNAVAILABLE',
      message: `The server did not answer: ${cause instanceof Error ? cause.message : String(cause)}.`,
      remediation: 'Make the same call again with the same idempotencyKey.',
      retryable: true,
      details: outcome(requestId),
    },
    { cause },
  );

const outcome = (requestId: string | undefined): Record<string, unknown> =>
  requestId === undefined ? {} : { outcome: 'unknown', idempotencyKey: requestId };

/** Seconds or a date. */
function retryAfterOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
