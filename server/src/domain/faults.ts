import { AisleError, type Fault } from '@aisle/client/protocol';
import type { z } from 'zod';

/** Enough to mend a request by; a body of 10,000 wrong seats is not answered with 10,000 lines. */
const MAX_FAULTS = 100;

/** What a schema found, field by field; unknown fields each by name. */
export function faultsOf(error: { readonly issues: readonly z.core.$ZodIssue[] }): Fault[] {
  return error.issues
    .slice(0, MAX_FAULTS)
    .flatMap((issue): Fault[] =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({ path: [...issue.path, key].map(String).join('.'), message: 'unknown field' }))
        : [{ path: issue.path.map(String).join('.'), message: told(issue) }],
    );
}

/** The library's words are about types; these are about the request. */
function told(issue: z.core.$ZodIssue): string {
  if (issue.message.endsWith('received undefined')) return 'missing';
  if (issue.message === 'Invalid ISO datetime') return 'not a time such as 2031-05-01T19:30:00Z';
  if (issue.code !== 'invalid_union') return issue.message;
  const kinds = issue.errors.flatMap(([first]) => (first === undefined ? [] : [first.message]));
  return kinds.length === 0 ? issue.message : [...new Set(kinds)].join('; or ');
}

/** INVALID_REQUEST with the path of each fault; the first is in the message too, for whoever reads only that. */
export function invalidRequest(faults: readonly Fault[]): AisleError {
  const [first] = faults;
  const message = 'The request is not well formed';
  return AisleError.of('INVALID_REQUEST', {
    message: first === undefined ? `${message}.` : `${message}: ${describe(first)}`,
    details: { faults: faults.slice(0, MAX_FAULTS) },
  });
}

const describe = ({ path, message }: Fault): string => (path === '' ? message : `${path}: ${message}`);

/** The same to the letter whether there is no such event or a draft that the caller may not see. */
export const eventNotFound = (eventId: string): AisleError =>
  AisleError.of('EVENT_NOT_FOUND', { details: { eventId } });
