import { ApiError } from '../shared/api.js';
import type { Names } from './names.js';

/** A refusal with the places by their names, in words for a person who has another person waiting. */
export function kindly(error: unknown, names: Names): unknown {
  if (!(error instanceof ApiError)) return error;
  const { seats, available } = error.details.details ?? {};
  switch (error.code) {
    case 'SEAT_UNAVAILABLE': {
      const taken = Array.isArray(seats) ? names.spans(seats.map(String)) : [];
      if (taken.length === 0) return error;
      return reworded(error, `Just taken by somebody else: ${taken.join('; ')}.`, 'Nothing was sold. Choose others.');
    }
    case 'AREA_FULL':
      if (typeof available !== 'number') return error;
      return reworded(error, `Only ${String(available)} places are left there.`, 'Ask for fewer, or another area.');
    case 'NOT_ENOUGH_SEATS':
      return reworded(
        error,
        'There are not that many seats left like that.',
        'Try fewer, another category, or without “Side by side only”.',
      );
    default:
      return error;
  }
}

const reworded = (error: ApiError, message: string, remediation: string): ApiError =>
  new ApiError(error.code, message, remediation, error.status, error.details);
