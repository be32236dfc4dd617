import type { AisleError } from '../../protocol/errors.js';
import type { Language } from '../messages/language.js';
import type { PlaceName, PlaceNames } from '../messages/place-names.js';
import type { Attempt } from './hold-book.js';

export interface Words {
  readonly text: string;
  readonly more?: string;
}

/** Of the teller: what sentences are made of. */
interface Wording {
  readonly language: Language;
  readonly names: PlaceNames;
  readonly words: Language['messages']['buying'];
  places(count: number): string;
  list(names: readonly PlaceName[]): string;
}

const numberIn = (error: AisleError, name: string): number | undefined => {
  const value = error.details?.[name];
  return typeof value === 'number' ? value : undefined;
};

type Write = (teller: Wording, error: AisleError, attempt: Attempt) => Words;

const holdGone: Write = ({ words }) => ({ text: words.holdGone, more: words.holdGoneMore });
const noAnswer: Write = ({ words }, { details }) =>
  details?.outcome === 'not_sent'
    ? { text: words.noConnection, more: words.noConnectionMore }
    : { text: words.unknown, more: words.unknownMore };

const WRITERS = new Map<string, Write>([
  ['SEAT_UNAVAILABLE', quicker],
  ['AREA_FULL', areaFull],
  [
    'NOT_ENOUGH_SEATS',
    ({ words }, _, attempt) => ({
      text: words.noneSuch(attempt.kind === 'best' ? attempt.quantity : 1),
      more: words.noneSuchMore,
    }),
  ],
  ['LIMIT_EXCEEDED', limited],
  // A switch that the operator threw leaves the event itself on sale.
  [
    'EVENT_NOT_ON_SALE',
    ({ words }, { details = {} }) => ({
      text: 'switch' in details ? words.paused : words.notOnSale,
      more: words.notOnSaleMore,
    }),
  ],
  ['HOLD_EXPIRED', holdGone],
  ['HOLD_NOT_FOUND', holdGone],
  ['HOLD_RESERVED', ({ words }) => ({ text: words.ordered, more: words.orderedMore })],
  ['RATE_LIMITED', ({ words }) => ({ text: words.tooFast, more: words.tooFastMore })],
  ['UNAUTHENTICATED', ({ words }) => ({ text: words.signedOut, more: words.signedOutMore })],
  ['UNAVAILABLE', noAnswer],
  ['INTERNAL', noAnswer],
]);
const RETYPE_REFUSED = ['INVALID_REQUEST', 'LIMIT_EXCEEDED', 'AREA_FULL'];

/** A refusal in a buyer's words, naming the place it is about. A code this build does not know is told as the server tells it. */
export function refusalWords(error: AisleError, attempt: Attempt, teller: Wording): Words {
  const { words } = teller;
  if (attempt.kind === 'retype' && RETYPE_REFUSED.includes(error.code))
    return { text: words.retypeRefused, more: words.retypeRefusedMore };
  const write = WRITERS.get(error.code);
  if (write !== undefined) return write(teller, error, attempt);
  return { text: error.message, ...(error.remediation === undefined ? {} : { more: error.remediation }) };
}

function limited(teller: Wording, error: AisleError): Words {
  const limit = numberIn(error, 'limit');
  const { words } = teller;
  return { text: limit === undefined ? error.message : words.limit(teller.places(limit)), more: words.limitMore };
}

function quicker(teller: Wording, error: AisleError, attempt: Attempt): Words {
  const seats = error.details?.seats;
  const ids = Array.isArray(seats) ? seats.filter((id) => typeof id === 'string') : [];
  const named = ids.length > 0 ? ids : attempt.kind === 'take-seat' ? [attempt.seat] : [];
  const { words, names } = teller;
  const what = named.map((id) => names.place(id));
  return { text: words.quicker(teller.list(what), what.length), more: words.quickerMore };
}

function areaFull(teller: Wording, error: AisleError, attempt: Attempt): Words {
  const left = numberIn(error, 'available') ?? 0;
  const area = error.details?.area;
  const id = typeof area === 'string' ? area : attempt.kind === 'take-area' ? attempt.area : '';
  const { words, names, language } = teller;
  const { spoken } = names.place(id);
  return left > 0
    ? { text: words.areaLeft(spoken, teller.places(left)), more: words.areaLeftMore(language.count(left)) }
    : { text: words.areaFull(spoken), more: words.areaFullMore };
}
