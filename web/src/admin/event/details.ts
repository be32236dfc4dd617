import type { SeatEvent } from '@aisle/client/protocol';
import { homeTimeZone, isTimeZone, toIso, toLocal } from '../kit/zoned-time.js';

/** What an event is besides chart and prices, as it stands in the form. Times are the event's own wall clock. */
export interface DetailsDraft {
  readonly name: string;
  readonly venue: string;
  readonly description: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly timezone: string;
  readonly currency: string;
  readonly saleStartsAt: string;
  readonly saleEndsAt: string;
  readonly holdSeconds: string;
  readonly maxHoldSeconds: string;
  readonly reserveSeconds: string;
  readonly maxSeatsPerSubject: string;
  readonly publicStates: 'full' | 'binary';
  readonly externalId: string;
}

/** The server's own defaults, so that what counts is seen. */
export const newDetails = (): DetailsDraft => ({
  ...{ name: '', venue: '', description: '', startsAt: '', endsAt: '', saleStartsAt: '', saleEndsAt: '' },
  ...{ timezone: homeTimeZone(), currency: 'EUR', publicStates: 'full', externalId: '' },
  ...{ holdSeconds: '300', maxHoldSeconds: '900', reserveSeconds: '900', maxSeatsPerSubject: '10' },
});

export function detailsOf(event: SeatEvent): DetailsDraft {
  const local = (iso: string | undefined): string => (iso === undefined ? '' : toLocal(iso, event.timezone));
  return {
    ...{ name: event.name, venue: event.venue ?? '', description: event.description ?? '' },
    ...{ startsAt: local(event.startsAt), endsAt: local(event.endsAt) },
    ...{ saleStartsAt: local(event.saleStartsAt), saleEndsAt: local(event.saleEndsAt) },
    ...{ timezone: event.timezone, currency: event.currency, publicStates: event.publicStates },
    ...{ holdSeconds: String(event.holdSeconds), maxHoldSeconds: String(event.maxHoldSeconds) },
    ...{ reserveSeconds: String(event.reserveSeconds), maxSeatsPerSubject: String(event.maxSeatsPerSubject) },
    externalId: event.externalId ?? '',
  };
}

export type DetailFields = Partial<Record<keyof DetailsDraft, string | number>>;

const TIMES = ['startsAt', 'endsAt', 'saleStartsAt', 'saleEndsAt'] as const;
const NUMBERS = ['holdSeconds', 'maxHoldSeconds', 'reserveSeconds', 'maxSeatsPerSubject'] as const;
const TEXTS = ['name', 'venue', 'description', 'externalId'] as const;

/** As the server takes it: fields that are empty are left out. `faults` by the server's names. */
export function fieldsOf(draft: DetailsDraft): {
  readonly fields: DetailFields;
  readonly faults: Readonly<Record<string, string>>;
} {
  const faults: Record<string, string> = {};
  const fields: DetailFields = {
    timezone: draft.timezone.trim(),
    currency: draft.currency,
    publicStates: draft.publicStates,
  };
  for (const name of TEXTS) if (draft[name].trim() !== '') fields[name] = draft[name].trim();
  const timezone = draft.timezone.trim();
  if (isTimeZone(timezone)) timesOf(draft, timezone, fields, faults);
  else faults.timezone = 'This is no time zone. Choose one from the list, such as Europe/Vienna.';
  for (const name of NUMBERS) {
    const text = draft[name].trim();
    if (/^\d{1,6}$/.test(text)) fields[name] = Number(text);
    else faults[name] = 'A whole number is needed.';
  }
  if (fields.name === undefined) faults.name = 'Give the event a name.';
  if (draft.startsAt === '') faults.startsAt = 'Say when it starts.';
  if (!/^[A-Z]{3}$/.test(draft.currency)) faults.currency = 'Three capital letters, such as EUR.';
  if (draft.endsAt !== '' && draft.endsAt < draft.startsAt) faults.endsAt = 'It cannot end before it starts.';
  if (draft.saleStartsAt !== '' && draft.saleEndsAt !== '' && draft.saleEndsAt <= draft.saleStartsAt)
    faults.saleEndsAt = 'Sales cannot end before they begin.';
  return { fields, faults };
}

function timesOf(draft: DetailsDraft, timezone: string, fields: DetailFields, faults: Record<string, string>): void {
  for (const name of TIMES) {
    if (draft[name] === '') continue;
    const iso = toIso(draft[name], timezone);
    if (iso === undefined) faults[name] = 'There is no such time there: the clocks go forward. Choose an hour later.';
    else fields[name] = iso;
  }
}
