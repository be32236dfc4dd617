import { AisleError, wireError, type WireError } from './protocol/errors.js';

/** The client's own word for "could not reach an answer": an UNAVAILABLE that never came from a server. */
export function unavailable(
  message: string,
  extras: { remediation?: string; retryable?: boolean; details?: Readonly<Record<string, unknown>> } = {},
  cause?: unknown,
): AisleError {
  const { retryable, ...rest } = extras;
  const wire = wireError('UNAVAILABLE', { message, ...rest });
  return new AisleError(
    retryable === undefined ? wire : { ...wire, retryable },
    cause === undefined ? undefined : { cause },
  );
}

export const clientClosed = (): AisleError =>
  unavailable('This client was closed.', { retryable: false, remediation: 'Create a new client.' });

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** Reads an error object from the wire; a code this build doesn't know stays as it is and counts by `retryable` (SPEC E1). */
export function readWireError(value: unknown): WireError | null {
  if (!isRecord(value) || typeof value.code !== 'string') return null;
  const { code, message, remediation, retryable, retryAfterMs, details } = value;
  return {
    code,
    message: typeof message === 'string' ? message : code,
    retryable: retryable === true,
    ...(typeof remediation === 'string' ? { remediation } : {}),
    ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
    ...(isRecord(details) ? { details } : {}),
  };
}
