import type { Price, SeatEvent } from '../../protocol/event.js';
import type { Catalogue } from './catalogue.js';

const RIGHT_TO_LEFT = /^(ar|arc|ckb|dv|fa|he|ks|ku-arab|ps|sd|syr|ug|ur|yi)\b/i;

/** One language, ready to be used: its words, and numbers, money and times as it writes them. */
export class Language {
  /** What Intl is asked with; a tag it does not know falls back to the browser's own. */
  readonly locale: string | undefined;
  readonly direction: 'ltr' | 'rtl';
  readonly #counts: Intl.NumberFormat;
  readonly #moneys = new Map<string, { format: Intl.NumberFormat; minorUnits: number }>();

  constructor(
    readonly tag: string,
    readonly messages: Catalogue,
  ) {
    this.locale = canonical(tag);
    this.direction = RIGHT_TO_LEFT.test(tag) ? 'rtl' : 'ltr';
    this.#counts = new Intl.NumberFormat(this.locale);
  }

  count(value: number): string {
    return this.#counts.format(value);
  }

  /** Minor units as the currency writes them: 4500 GBP → "£45.00", 4500 JPY → "¥4,500". */
  money(minor: number, currency: string): string {
    let known = this.#moneys.get(currency);
    if (known === undefined) {
      const format = new Intl.NumberFormat(this.locale, { style: 'currency', currency });
      known = { format, minorUnits: 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2) };
      this.#moneys.set(currency, known);
    }
    return known.format.format(minor / known.minorUnits);
  }

  /** What a category costs with fees and taxes: one price, or the cheapest of its ticket types. */
  price(price: Price | undefined, currency: string): string {
    if (price === undefined) return this.messages.places.noPrice;
    if (typeof price === 'number') return this.money(price, currency);
    const totals = price.ticketTypes.map(({ minor, feeMinor = 0, taxMinor = 0 }) => minor + feeMinor + taxMinor);
    const cheapest = this.money(Math.min(...totals), currency);
    return new Set(totals).size > 1 ? this.messages.places.from(cheapest) : cheapest;
  }

  /** When it begins, in the event's own timezone: the doors open there, not here. */
  startOf(event: Pick<SeatEvent, 'startsAt' | 'timezone'>): string {
    const write = (timeZone: string): string =>
      new Intl.DateTimeFormat(this.locale, { dateStyle: 'full', timeStyle: 'short', timeZone }).format(
        new Date(event.startsAt),
      );
    try {
      return write(event.timezone);
    } catch {
      return write('UTC');
    }
  }
}

function canonical(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}
