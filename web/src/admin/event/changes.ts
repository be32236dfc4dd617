import type { PatchEvent, Price, Prices, SeatEvent } from '@aisle/client/protocol';
import { eventTime, money } from '../../shared/format.js';
import { detailsOf, fieldsOf, type DetailsDraft } from './details.js';
import { draftOf, pricesOf, type PricesDraft } from './prices.js';

/** One thing that differs, in words. */
export interface Change {
  readonly field: keyof SeatEvent;
  /** The category, of a price. */
  readonly category?: string;
  readonly name: string;
}

const NAMES: Readonly<Partial<Record<keyof SeatEvent, string>>> = {
  ...{ name: 'name', venue: 'venue', description: 'description', externalId: 'your own number' },
  ...{ startsAt: 'start', endsAt: 'end', timezone: 'time zone', currency: 'currency' },
  ...{ saleStartsAt: 'sales open', saleEndsAt: 'sales close', publicStates: 'what buyers see' },
  ...{ holdSeconds: 'hold', maxHoldSeconds: 'longest hold', reserveSeconds: 'time to pay' },
  maxSeatsPerSubject: 'places a buyer',
};
/** null takes them away. */
const OPTIONAL: ReadonlySet<string> = new Set([
  'venue',
  'description',
  'externalId',
  'endsAt',
  'saleStartsAt',
  'saleEndsAt',
]);

/** What the form changes of the event as it was read: for PATCH, and in words. */
export function changesOf(
  base: SeatEvent,
  details: DetailsDraft,
  prices: PricesDraft,
): {
  readonly patch: Omit<PatchEvent, 'version' | 'chart'>;
  readonly changes: readonly Change[];
  readonly faults: Readonly<Record<string, string>>;
} {
  const { fields, faults } = fieldsOf(details);
  const before = fieldsOf(detailsOf(base)).fields;
  const names = (Object.keys(NAMES) as (keyof DetailsDraft)[]).filter((name) => fields[name] !== before[name]);
  const patch = Object.fromEntries(
    names.flatMap((name): [string, string | number | null][] => {
      const value = fields[name];
      if (value !== undefined) return [[name, value]];
      return OPTIONAL.has(name) ? [[name, null]] : [];
    }),
  );
  const priced = pricesOf(prices, details.currency);
  const old = pricesOf(draftOf(base.prices, Object.keys(prices), base.currency), base.currency).prices;
  const categories = Object.keys(prices).filter(
    (key) => JSON.stringify(priced.prices[key]) !== JSON.stringify(old[key]),
  );
  return {
    patch: { ...patch, ...(categories.length === 0 ? {} : { prices: priced.prices }) },
    changes: [
      ...names.map((field): Change => ({ field, name: NAMES[field] ?? field })),
      ...categories.map((category): Change => ({ field: 'prices', category, name: `price of ${category}` })),
    ],
    faults: { ...faults, ...priced.faults },
  };
}

/** What an event says of the thing that a change is about. */
export function valueWords(event: SeatEvent, { field, category }: Change): string {
  if (field === 'prices')
    return priceWords(
      Object.hasOwn(event.prices, category ?? '') ? event.prices[category ?? ''] : undefined,
      event.currency,
    );
  const value = event[field];
  if (value === undefined || typeof value === 'object') return 'none';
  if (field.endsWith('At')) return eventTime({ startsAt: String(value), timezone: event.timezone });
  return field.endsWith('Seconds') ? `${String(value)} s` : String(value);
}

function priceWords(price: Price | undefined, currency: string): string {
  if (price === undefined) return 'none';
  if (typeof price === 'number') return money(price, currency);
  return price.ticketTypes
    .map(({ label, minor, feeMinor = 0, taxMinor = 0 }) => `${label} ${money(minor + feeMinor + taxMinor, currency)}`)
    .join(', ');
}

/** Mine on top of the event as it was read, to be shown beside what others made of it. */
export const withPatch = (base: SeatEvent, patch: Readonly<Record<string, unknown>>): SeatEvent => {
  const { prices, ...fields } = patch;
  const set = Object.entries(fields).map(([name, value]) => [name, value ?? undefined]);
  return {
    ...base,
    ...(Object.fromEntries(set) as Partial<SeatEvent>),
    prices: { ...base.prices, ...((prices ?? {}) as Prices) },
  };
};
