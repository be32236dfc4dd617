import type { Price, SeatEvent } from '@aisle/client/protocol';

/** The page speaks English; a reader's own English decides how dates and money are written. */
const LOCALE = navigator.languages.find((language) => language.toLowerCase().startsWith('en')) ?? 'en-GB';

const moneyFormats = new Map<string, { format: Intl.NumberFormat; minorUnits: number }>();

/** Minor units as the currency writes them: 4500 GBP → "£45.00", 4500 JPY → "¥4,500". */
export function money(minor: number, currency: string): string {
  let known = moneyFormats.get(currency);
  if (known === undefined) {
    const format = new Intl.NumberFormat(LOCALE, { style: 'currency', currency });
    known = { format, minorUnits: 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2) };
    moneyFormats.set(currency, known);
  }
  return known.format.format(minor / known.minorUnits);
}

export function priceText(price: Price | undefined, currency: string): string {
  if (price === undefined) return 'No price';
  if (typeof price === 'number') return money(price, currency);
  const cheapest = Math.min(...price.ticketTypes.map(({ minor }) => minor));
  return price.ticketTypes.length > 1 ? `from ${money(cheapest, currency)}` : money(cheapest, currency);
}

/** In the event's own timezone, named where it is not the reader's: the doors open there, not here. */
export function eventTime(event: Pick<SeatEvent, 'startsAt' | 'timezone'>, style: 'long' | 'short' = 'long'): string {
  const starts = new Date(event.startsAt);
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const write = (timeZone: string): string =>
    new Intl.DateTimeFormat(LOCALE, {
      weekday: style === 'long' ? 'long' : 'short',
      day: 'numeric',
      month: style === 'long' ? 'long' : 'short',
      year: 'numeric',
      hour: 'numeric',
      minute: '2-digit',
      timeZone,
      ...(timeZone === here ? {} : { timeZoneName: 'short' }),
    }).format(starts);
  try {
    return write(event.timezone);
  } catch {
    // A timezone this browser has not heard of.
    return write('UTC');
  }
}

export const count = (value: number): string => value.toLocaleString(LOCALE);
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;
