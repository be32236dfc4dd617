import type { z } from 'zod';
import { wireError, type Fault, type WireError } from '@aisle/client/protocol';

const MAX_FAULTS = 20;

/** INVALID_REQUEST with the path of each fault, unknown fields each by name. */
export function invalidRequest(error: z.ZodError): WireError {
  const faults: Fault[] = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'unknown field' }))
      : [{ path: issue.path.join('.'), message: issue.message }],
  );
  return wireError('INVALID_REQUEST', { details: { faults: faults.slice(0, MAX_FAULTS) } });
}

export const invalid = (path: string, message: string): WireError =>
  wireError('INVALID_REQUEST', { details: { faults: [{ path, message }] } });
