import type { SeatEvent } from '../../protocol/event.js';
import type { HoldItem } from '../../protocol/hold.js';
import { PriceList, samePrices, unitMinor } from './prices.js';

/** One category and ticket type whose price is no longer what was shown. */
export interface PriceChange {
  readonly category: string;
  readonly ticketType: string | undefined;
  readonly beforeMinor: number;
  readonly nowMinor: number;
}

/** The event's prices as shown; a hold that costs something else shows that they changed, and the event is read anew. */
export class PriceWatch {
  list: PriceList;
  #reading = false;
  readonly #told = new Map<string, number>();

  readonly #read: () => Promise<SeatEvent>;
  readonly #onList: () => void;
  readonly #onChange: (change: PriceChange) => void;

  constructor(
    public event: SeatEvent,
    read: () => Promise<SeatEvent>,
    onList: () => void,
    onChange: (change: PriceChange) => void,
  ) {
    this.#read = read;
    this.#onList = onList;
    this.#onChange = onChange;
    this.list = new PriceList(event.prices);
  }

  /** What is held, at today's prices: compared with what was shown. */
  compare(items: readonly HoldItem[]): void {
    let differs = false;
    for (const item of items) {
      const { category, ticketType } = item;
      const key = `${category} ${ticketType ?? ''}`;
      const before = this.#told.get(key) ?? this.list.unit(item);
      const now = unitMinor(item);
      if (before === undefined || before === now) continue;
      differs = true;
      this.#told.set(key, now);
      this.#onChange({ category, ticketType, beforeMinor: before, nowMinor: now });
    }
    if (differs) void this.refresh();
  }

  /** Never rejects: without an answer what is shown stays. */
  async refresh(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      const event = await this.#read();
      const same = samePrices(this.event, event);
      this.event = event;
      if (same) return;
      this.list = new PriceList(event.prices);
      this.#told.clear();
      this.#onList();
    } catch {
      // The next difference asks again.
    } finally {
      this.#reading = false;
    }
  }
}
