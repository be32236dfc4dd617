import { NO_SECTION, type ChartGeometry } from '../map/geometry.js';

const natural = new Intl.Collator('en', { numeric: true });
const LETTERS = /^\p{L}+$/u;

/** A, B, … Z, AA, AB: after Z comes AA, not after A. Everything else by the numbers in it. */
function byRow(a: string, b: string): number {
  if (LETTERS.test(a) && LETTERS.test(b) && a.length !== b.length) return a.length - b.length;
  return natural.compare(a, b);
}

/** The seats of each section by row and number, as people read them; made when first asked for. */
export class ReadingOrder {
  readonly #known = new Map<number, readonly number[]>();

  constructor(private readonly geometry: ChartGeometry) {}

  /** NO_SECTION: those that are in none. */
  seatsOf(section: number): readonly number[] {
    const known = this.#known.get(section);
    if (known !== undefined) return known;
    const { chart, sectionOf } = this.geometry;
    const found: number[] = [];
    for (let seatNo = 0; seatNo < sectionOf.length; seatNo++) {
      if ((sectionOf[seatNo] ?? NO_SECTION) === section) found.push(seatNo);
    }
    found.sort((a, b) => {
      const one = chart.seats[a];
      const other = chart.seats[b];
      return (
        byRow(one?.row ?? '', other?.row ?? '') || natural.compare(one?.number ?? '', other?.number ?? '') || a - b
      );
    });
    this.#known.set(section, found);
    return found;
  }
}
