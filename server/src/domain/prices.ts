import type { Price, Prices } from '@aisle/client/protocol';

/** What one place costs: the price, and fee and tax on top of it. Minor units. */
export interface UnitPrice {
  readonly unitMinor: number;
  readonly feeMinor: number;
  readonly taxMinor: number;
}

const FREE: UnitPrice = { unitMinor: 0, feeMinor: 0, taxMinor: 0 };

/** Without a ticket type the first of the category's; nothing where no price is set. A plain price has neither fee nor tax. */
export function unitPrice(prices: Prices, category: string, ticketType: string | null | undefined): UnitPrice {
  const price: Price | undefined = prices[category];
  if (price === undefined) return FREE;
  if (typeof price === 'number') return { ...FREE, unitMinor: price };
  const type = price.ticketTypes.find(({ key }) => key === ticketType) ?? price.ticketTypes[0];
  if (type === undefined) return FREE;
  return { unitMinor: type.minor, feeMinor: type.feeMinor ?? 0, taxMinor: type.taxMinor ?? 0 };
}

export const placeMinor = ({ unitMinor, feeMinor, taxMinor }: UnitPrice): number => unitMinor + feeMinor + taxMinor;

/** Σ quantity × (unit + fee + tax). */
export const totalMinor = (items: readonly (UnitPrice & { readonly quantity: number })[]): number =>
  items.reduce((sum, item) => sum + item.quantity * placeMinor(item), 0);

/** A ticket type that was chosen and is no longer sold: its place would silently cost something else. */
export const isRemovedType = (prices: Prices, category: string, ticketType: string): boolean =>
  !ticketTypesOf(prices, category).includes(ticketType);

/** Keys of the ticket types that a category has; none where its price is plain. */
export function ticketTypesOf(prices: Prices, category: string): string[] {
  const price: Price | undefined = prices[category];
  return typeof price === 'object' ? price.ticketTypes.map(({ key }) => key) : [];
}
