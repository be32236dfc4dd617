import {
  buyerSchema,
  externalIdSchema,
  externalPaymentSchema,
  minorSchema,
  timestampSchema,
  type OrderBuyer,
} from '@aisle/client/protocol';
import type { z } from 'zod';
import type { LiveEvent } from '../event.js';
import { ticketTypesOf, unitPrice } from '../prices.js';
import { LineFaults, readBookingRows, type BookingColumn, type BookingRow } from './table.js';

/** Places one file may name: tickets are written one by one, in one transaction. */
export const MAX_IMPORT_PLACES = 50_000;
const MAX_QUANTITY = 10_000;

export interface ImportedItem {
  readonly line: number;
  readonly kind: 'seat' | 'area';
  readonly placeNo: number;
  readonly placeId: string;
  readonly catNo: number;
  readonly category: string;
  readonly ticketType: string | null;
  readonly quantity: number;
  /** Per place. */
  readonly unitMinor: number;
  readonly feeMinor: number;
  readonly taxMinor: number;
}
/** All lines of one externalId. */
export interface ImportedOrder {
  /** The first of its lines. */
  readonly line: number;
  readonly externalId: string;
  readonly buyer: OrderBuyer | null;
  readonly reference: string;
  /** null: now. */
  readonly createdAt: string | null;
  readonly items: readonly ImportedItem[];
  readonly totalMinor: number;
}
export interface Bookings {
  readonly orders: readonly ImportedOrder[];
  readonly places: number;
  readonly faults: LineFaults;
}

/**
 * A file of existing bookings against the event's chart and prices. `orders` is complete only where there are no faults.
 * Columns: externalId, name, email, phone, seat or area and quantity, ticketType, amountMinor (of the whole line; without it
 * the event's price), currency, reference, createdAt. Never throws.
 */
export function readBookings(text: string, live: LiveEvent): Bookings {
  const faults = new LineFaults();
  const reader = new BookingReader(live, faults);
  for (const row of readBookingRows(text, faults)) reader.read(row);
  return { orders: reader.orders(), places: reader.places, faults };
}

const SHARED = ['name', 'email', 'phone', 'reference', 'createdAt'] as const;
type Shared = (typeof SHARED)[number];
const CHECKS: Readonly<Record<Shared | 'externalId', z.ZodType>> = {
  name: buyerSchema.shape.name,
  email: buyerSchema.shape.email,
  phone: buyerSchema.shape.phone,
  externalId: externalIdSchema,
  reference: externalPaymentSchema.shape.reference,
  createdAt: timestampSchema,
};

interface Draft {
  readonly line: number;
  readonly externalId: string;
  readonly shared: Partial<Record<Shared, { value: string; line: number }>>;
  readonly items: ImportedItem[];
}

class BookingReader {
  places = 0;
  readonly #live: LiveEvent;
  readonly #faults: LineFaults;
  readonly #drafts = new Map<string, Draft>();
  readonly #lineOfSeat = new Map<number, number>();

  constructor(live: LiveEvent, faults: LineFaults) {
    this.#live = live;
    this.#faults = faults;
  }

  read(row: BookingRow): void {
    const externalId = this.#checked(row, 'externalId');
    if (row.cells.externalId === undefined) this.#faults.add(row.line, 'externalId', 'missing');
    const { currency } = row.cells;
    const expected = this.#live.event.currency;
    if (currency !== undefined && currency !== expected)
      this.#faults.add(row.line, 'currency', `the event is sold in ${expected}, not ${currency}`);
    const shared = SHARED.map((column) => [column, this.#checked(row, column)] as const);
    const items = this.#items(row);
    if (externalId === undefined) return;
    let draft = this.#drafts.get(externalId);
    if (draft === undefined) {
      draft = { line: row.line, externalId, shared: {}, items: [] };
      this.#drafts.set(externalId, draft);
    }
    draft.items.push(...items);
    for (const [column, value] of shared) if (value !== undefined) this.#share(draft, row.line, column, value);
  }

  orders(): ImportedOrder[] {
    return [...this.#drafts.values()].map(({ line, externalId, shared, items }) => {
      const { name, email, phone } = shared;
      const buyer: OrderBuyer = {
        ...(name === undefined ? {} : { name: name.value }),
        ...(email === undefined ? {} : { email: email.value }),
        ...(phone === undefined ? {} : { phone: phone.value }),
      };
      return {
        line,
        externalId,
        buyer: Object.keys(buyer).length === 0 ? null : buyer,
        reference: shared.reference?.value ?? externalId,
        createdAt: shared.createdAt?.value ?? null,
        items,
        totalMinor: items.reduce(
          (sum, item) => sum + item.quantity * (item.unitMinor + item.feeMinor + item.taxMinor),
          0,
        ),
      };
    });
  }

  /** What all lines of an order say alike; a line may leave it out. */
  #share(draft: Draft, line: number, column: Shared, value: string): void {
    const before = draft.shared[column];
    if (before === undefined) draft.shared[column] = { value, line };
    else if (before.value !== value)
      this.#faults.add(line, column, `differs from line ${before.line} of the same order`);
  }

  #checked(row: BookingRow, column: Shared | 'externalId'): string | undefined {
    const value = row.cells[column];
    if (value === undefined) return undefined;
    const result = CHECKS[column].safeParse(value);
    if (result.success) return value;
    const message =
      column === 'createdAt' ? 'not a time such as 2031-05-01T19:30:00Z' : result.error.issues[0]?.message;
    this.#faults.add(row.line, column, message ?? 'not valid');
    return undefined;
  }

  #items(row: BookingRow): ImportedItem[] {
    const { seat, area } = row.cells;
    if ((seat === undefined) === (area === undefined)) {
      this.#faults.add(row.line, 'seat', 'name a seat or an area, one of the two');
      return [];
    }
    const quantity = this.#quantity(row);
    const place = seat === undefined ? this.#area(row, area ?? '') : this.#seat(row, seat);
    if (place === undefined || quantity === undefined) return [];
    this.places += quantity;
    if (this.places > MAX_IMPORT_PLACES && this.places - quantity <= MAX_IMPORT_PLACES)
      this.#faults.add(row.line, 'quantity', `one file may name ${MAX_IMPORT_PLACES} places; send the rest in another`);
    const category = this.#live.chart.categoryKeys[place.catNo] ?? '';
    const ticketType = this.#ticketType(row, category);
    return this.#priced(row, { ...place, line: row.line, category, ticketType, quantity });
  }

  #seat(row: BookingRow, id: string) {
    const placeNo = this.#live.chart.seatNo(id);
    if (placeNo === undefined) {
      this.#faults.add(row.line, 'seat', `the chart has no seat ${JSON.stringify(id)}`);
      return undefined;
    }
    const before = this.#lineOfSeat.get(placeNo);
    if (before !== undefined) this.#faults.add(row.line, 'seat', `is on line ${before} already`);
    else this.#lineOfSeat.set(placeNo, row.line);
    return { kind: 'seat' as const, placeNo, placeId: id, catNo: this.#live.chart.seatCategory[placeNo] ?? 0 };
  }

  #area(row: BookingRow, id: string) {
    const placeNo = this.#live.chart.areaNo(id);
    if (placeNo === undefined) {
      this.#faults.add(row.line, 'area', `the chart has no area ${JSON.stringify(id)}`);
      return undefined;
    }
    return { kind: 'area' as const, placeNo, placeId: id, catNo: this.#live.chart.areaCategory[placeNo] ?? 0 };
  }

  #quantity(row: BookingRow): number | undefined {
    const quantity = this.#whole(row, 'quantity', 1);
    if (quantity === undefined) return undefined;
    const most = row.cells.seat === undefined ? MAX_QUANTITY : 1;
    if (quantity >= 1 && quantity <= most) return quantity;
    this.#faults.add(row.line, 'quantity', most === 1 ? 'a seat is one place' : `must be from 1 to ${MAX_QUANTITY}`);
    return undefined;
  }

  #ticketType(row: BookingRow, category: string): string | null {
    const { ticketType } = row.cells;
    if (ticketType === undefined) return null;
    const known = ticketTypesOf(this.#live.event.prices, category);
    if (!known.includes(ticketType))
      this.#faults.add(
        row.line,
        'ticketType',
        `no ticket type of this category; it has: ${known.join(', ') || 'none'}`,
      );
    return ticketType;
  }

  /** An amount that the places of the line do not share evenly makes two items, a minor unit apart: the sum is what was paid. */
  #priced(row: BookingRow, item: Omit<ImportedItem, 'unitMinor' | 'feeMinor' | 'taxMinor'>): ImportedItem[] {
    const { quantity, category, ticketType } = item;
    const usual = unitPrice(this.#live.event.prices, category, ticketType);
    if (row.cells.amountMinor === undefined) return [{ ...item, ...usual }];
    const amount = this.#whole(row, 'amountMinor', 0);
    if (amount === undefined) return [];
    if (!minorSchema.safeParse(amount).success) this.#faults.add(row.line, 'amountMinor', 'is too much');
    const each = Math.floor(amount / quantity);
    const rest = amount - each * quantity;
    const part = (count: number, unitMinor: number): ImportedItem[] =>
      count === 0 ? [] : [{ ...item, quantity: count, unitMinor, feeMinor: 0, taxMinor: 0 }];
    return [...part(quantity - rest, each), ...part(rest, each + 1)];
  }

  #whole(row: BookingRow, column: BookingColumn, otherwise: number): number | undefined {
    const cell = row.cells[column];
    if (cell === undefined) return otherwise;
    if (/^\d{1,15}$/.test(cell)) return Number(cell);
    this.#faults.add(row.line, column, `must be a whole number, but is ${JSON.stringify(cell)}`);
    return undefined;
  }
}
