import type { SeatEvent, SeatMap } from '@aisle/client';
import type { ChartGeometry } from '../../../client-sdk/src/picker/map/geometry.js';
import { LETTER_AVAILABLE } from '../../../client-sdk/src/picker/map/seat-look.js';
import { priceText } from '../shared/format.js';
import type { HoldBook } from './hold-book.js';

export type SeatStanding = 'free' | 'mine' | 'taking' | 'held' | 'reserved' | 'sold' | 'blocked';

const STANDING_WORDS: Readonly<Record<SeatStanding, string>> = {
  free: 'Available',
  mine: 'Yours',
  taking: 'Being held for you',
  held: 'Held by somebody',
  reserved: 'Reserved',
  sold: 'Taken',
  blocked: 'Not for sale',
};

/** What is true of a seat now, from the live map and the buyer's own holds. */
export class SeatFacts {
  constructor(
    private readonly geometry: ChartGeometry,
    private readonly map: SeatMap,
    private readonly book: HoldBook,
    private readonly event: SeatEvent,
  ) {}

  id(seatNo: number): string {
    return this.geometry.chart.seats[seatNo]?.id ?? '';
  }

  standing(seatNo: number): SeatStanding {
    const id = this.id(seatNo);
    if (this.book.taking.has(id)) return 'taking';
    if (this.book.holdOf(id) !== undefined) return 'mine';
    const letter = this.map.letters[seatNo];
    if (letter === LETTER_AVAILABLE) return 'free';
    switch (String.fromCharCode(letter ?? 0)) {
      case 'h':
        return 'held';
      case 'r':
        return 'reserved';
      case 'b':
        return 'blocked';
      default:
        return 'sold';
    }
  }

  standingText(seatNo: number): string {
    return STANDING_WORDS[this.standing(seatNo)];
  }

  category(seatNo: number): { label: string; price: string } {
    const category = this.geometry.chart.categories[this.geometry.categoryOf[seatNo] ?? 0];
    if (category === undefined) return { label: '', price: '' };
    return { label: category.label, price: priceText(this.event.prices[category.key], this.event.currency) };
  }
}
