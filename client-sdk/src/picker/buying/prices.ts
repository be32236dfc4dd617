import type { Prices, SeatEvent } from '../../protocol/event.js';
import type { HoldItem } from '../../protocol/hold.js';
import type { TicketTypeView } from '../model.js';

const NONE: readonly TicketTypeView[] = [];

/** What each category's ticket types cost, fees and taxes in. Made once a state of the event's prices. */
export class PriceList {
  readonly #types = new Map<string, readonly TicketTypeView[]>();

  constructor(prices: Prices) {
    for (const [category, price] of Object.entries(prices)) {
      const types =
        typeof price === 'number'
          ? [{ key: '', label: '', totalMinor: price, feeMinor: 0, taxMinor: 0 }]
          : price.ticketTypes.map(({ key, label, minor, feeMinor = 0, taxMinor = 0 }) => {
              return { key, label, totalMinor: minor + feeMinor + taxMinor, feeMinor, taxMinor };
            });
      this.#types.set(category, types);
    }
  }

  /** Empty: the category has no price. */
  types(category: string): readonly TicketTypeView[] {
    return this.#types.get(category) ?? NONE;
  }

  /** null: no price. */
  cheapest(category: string): number | null {
    const types = this.types(category);
    return types.length === 0 ? null : Math.min(...types.map(({ totalMinor }) => totalMinor));
  }

  /** What one place of it costs by this list; undefined: not on it. */
  unit({ category, ticketType }: Pick<HoldItem, 'category' | 'ticketType'>): number | undefined {
    const types = this.types(category);
    return (types.find(({ key }) => key === ticketType) ?? types[0])?.totalMinor;
  }
}

export const unitMinor = (item: Pick<HoldItem, 'unitMinor' | 'feeMinor' | 'taxMinor'>): number =>
  item.unitMinor + item.feeMinor + item.taxMinor;

export const totalMinor = (
  items: readonly Pick<HoldItem, 'quantity' | 'unitMinor' | 'feeMinor' | 'taxMinor'>[],
): number => items.reduce((sum, item) => sum + item.quantity * unitMinor(item), 0);

/** Told apart by content: a PATCH that changed something else makes no difference. */
export const samePrices = (a: SeatEvent, b: SeatEvent): boolean =>
  a.currency === b.currency && JSON.stringify(a.prices) === JSON.stringify(b.prices);
