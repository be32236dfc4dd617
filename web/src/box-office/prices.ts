import type { HoldItem, Price } from '@aisle/client/protocol';

export interface TypeChoice {
  /** undefined: the category has one plain price. */
  readonly key: string | undefined;
  readonly label: string;
  /** Price, fee and tax of one place, minor units. */
  readonly totalMinor: number;
  readonly first: boolean;
}

/** What a place of the category can be sold as; the first is what the server takes when none is named. */
export function ticketTypes(price: Price | undefined): readonly TypeChoice[] {
  if (price === undefined) return [];
  if (typeof price === 'number') return [{ key: undefined, label: '', totalMinor: price, first: true }];
  return price.ticketTypes.map(({ key, label, minor, feeMinor = 0, taxMinor = 0 }, at) => ({
    key,
    label,
    totalMinor: minor + feeMinor + taxMinor,
    first: at === 0,
  }));
}

export const itemTotal = ({ quantity, unitMinor, feeMinor, taxMinor }: HoldItem): number =>
  quantity * (unitMinor + feeMinor + taxMinor);
export const itemsTotal = (items: readonly HoldItem[]): number => items.reduce((sum, item) => sum + itemTotal(item), 0);
export const placesIn = (items: readonly HoldItem[]): number => items.reduce((sum, { quantity }) => sum + quantity, 0);

/** Coins and notes that people hand over, in major units; what a currency lacks nobody misses. */
const NOTES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000];
const MOST = 3;

/**
 * Amounts above the total that a buyer is likely to hand over, in minor units: one note, or the next round sum of few of them.
 * 28500 → 29000, 30000, 50000; 8700 → 9000, 10000, 20000.
 */
export function quickAmounts(totalMinor: number, minorUnits: number): readonly number[] {
  if (totalMinor <= 0) return [];
  const amounts = NOTES.flatMap((note) => {
    const noteMinor = note * minorUnits;
    const notes = Math.ceil(totalMinor / noteMinor);
    const amount = notes * noteMinor;
    const likely = notes === 1 ? amount <= totalMinor * 5 : notes <= 40 && amount <= totalMinor * 1.3 && note % 5 === 0;
    return likely && amount > totalMinor ? [amount] : [];
  });
  return [...new Set(amounts)].sort((a, b) => a - b).slice(0, MOST);
}

/** Minor units in one of the currency: 100 for EUR, 1 for JPY. */
export function minorUnitsOf(currency: string): number {
  const { maximumFractionDigits } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
  return 10 ** (maximumFractionDigits ?? 2);
}

/** What somebody typed as an amount, in minor units; null: not an amount. */
export function readAmount(text: string, minorUnits: number): number | null {
  const plain = text.trim().replace(',', '.');
  if (!/^\d{1,9}(\.\d{0,3})?$/.test(plain)) return null;
  return Math.round(Number(plain) * minorUnits);
}
