import type { AisleError } from '@aisle/client';
import { plural } from '../shared/format.js';
import type { Attempt } from './hold-book.js';
import type { PlaceNames } from './place-names.js';

export interface Message {
  readonly text: string;
  readonly more: string | undefined;
}

const detail = (error: AisleError, name: string): unknown => error.details?.[name];
const numberIn = (error: AisleError, name: string): number | undefined => {
  const value = detail(error, name);
  return typeof value === 'number' ? value : undefined;
};

/** A refusal in a buyer's words, naming the place it is about. A code this build does not know is told as the server tells it. */
export function refusalMessage(error: AisleError, attempt: Attempt, names: PlaceNames): Message {
  switch (error.code) {
    case 'SEAT_UNAVAILABLE': {
      const seats = detail(error, 'seats');
      const ids = Array.isArray(seats) ? seats.filter((id) => typeof id === 'string') : [];
      const named = ids.length > 0 ? ids : attempt.kind === 'take-seat' ? [attempt.seat] : [];
      const what = named.map((id) => names.place(id).spoken).join('; ');
      return {
        text: what === '' ? 'Somebody else was quicker.' : `Somebody else was quicker: ${what} is taken.`,
        more: 'Please choose another seat.',
      };
    }
    case 'AREA_FULL': {
      const left = numberIn(error, 'available') ?? 0;
      const where = attempt.kind === 'take-area' ? names.place(attempt.area).spoken : 'The area';
      return left > 0
        ? { text: `${where} has only ${plural(left, 'place')} left.`, more: `Ask for ${left} or fewer.` }
        : { text: `${where} is full.`, more: 'Places come back when others let go of theirs.' };
    }
    case 'NOT_ENOUGH_SEATS':
      return {
        text:
          attempt.kind === 'best' && attempt.quantity > 1
            ? `There are no ${attempt.quantity} such places left.`
            : 'There is no such place left.',
        more: 'Try fewer places or another category.',
      };
    case 'LIMIT_EXCEEDED': {
      const limit = numberIn(error, 'limit');
      return {
        text: limit === undefined ? error.message : `You can hold ${plural(limit, 'place')} at most.`,
        more: 'Release some to choose others.',
      };
    }
    case 'EVENT_NOT_ON_SALE':
      return {
        text: 'Places cannot be held at the moment: the event is not on sale.',
        more: 'The page tells you when that changes.',
      };
    case 'HOLD_EXPIRED':
    case 'HOLD_NOT_FOUND':
      return {
        text: 'Your time was up: those places are on sale again.',
        more: 'Hold them anew if they are still free.',
      };
    case 'HOLD_RESERVED':
      return { text: 'These places belong to an order already begun.', more: 'Pay or cancel that order first.' };
    case 'RATE_LIMITED':
      return { text: 'That was a lot in a short time.', more: 'Wait a moment, then try again.' };
    default:
      return { text: error.message, more: error.remediation };
  }
}
