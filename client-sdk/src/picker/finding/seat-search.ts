import type { Chart } from '../../protocol/chart.js';

/** How well one typed word fits one of a seat's: the whole of it, its beginning, or not. */
const WHOLE = 4;
const BEGINNING = 1;

export interface Found {
  /** Best first. */
  readonly seatNos: readonly number[];
  readonly total: number;
}
const NOTHING: Found = { seatNos: [], total: 0 };

/**
 * Finds seats by what is printed on a ticket: "stalls c 12", "C12", or an id. Words are kept once for all seats that
 * share them (a section's, a row's), so that a search of 80,000 seats is a few lookups a seat.
 */
export class SeatSearch {
  readonly #words: string[] = [];
  /** By seatNo: positions in `words`. */
  readonly #seatWords: readonly (readonly number[])[];

  /** `fillers`: words people type that name nothing, "row". */
  readonly #chart: Chart;
  readonly #fillers: readonly string[];

  constructor(chart: Chart, fillers: readonly string[]) {
    this.#chart = chart;
    this.#fillers = fillers;
    const known = new Map<string, number>();
    const wordNo = (text: string): number => {
      const found = known.get(text);
      if (found !== undefined) return found;
      known.set(text, this.#words.length);
      return this.#words.push(lower(text)) - 1;
    };
    const sections = new Map(
      chart.sections.map(({ key, label }) => [key, [...split(label), key].map(wordNo)] as const),
    );
    this.#seatWords = chart.seats.map((seat) => {
      const { row = '', number = '' } = seat;
      const own = [row, number, row + number].filter((word) => word !== '').map(wordNo);
      return [...own, ...(sections.get(seat.section ?? '') ?? [])];
    });
  }

  /** Nothing typed finds nothing. */
  find(text: string, limit: number): Found {
    const typed = lower(text.trim());
    const whole = this.#seatNoOf(typed);
    const asked = split(typed).filter((word) => !this.#fillers.includes(word));
    if (asked.length === 0) return whole === undefined ? NOTHING : { seatNos: [whole], total: 1 };
    const scores = asked.map((word) => this.#scoresOf(word));
    const found: { seatNo: number; score: number }[] = [];
    this.#seatWords.forEach((words, seatNo) => {
      const score = seatNo === whole ? Infinity : fit(words, scores);
      if (score > 0) found.push({ seatNo, score });
    });
    found.sort((a, b) => (a.score === b.score ? a.seatNo - b.seatNo : b.score - a.score));
    return { seatNos: found.slice(0, limit).map(({ seatNo }) => seatNo), total: found.length };
  }

  #seatNoOf(typed: string): number | undefined {
    const seatNo = this.#chart.seats.findIndex(({ id }) => id.length === typed.length && lower(id) === typed);
    return seatNo === -1 ? undefined : seatNo;
  }

  /** By position in `words`. */
  #scoresOf(word: string): Uint8Array {
    return Uint8Array.from(this.#words, (own) => (own === word ? WHOLE : own.startsWith(word) ? BEGINNING : 0));
  }
}

/** 0 when a typed word fits none of the seat's. */
function fit(words: readonly number[], scores: readonly Uint8Array[]): number {
  let sum = 0;
  for (const score of scores) {
    let best = 0;
    for (const word of words) best = Math.max(best, score[word] ?? 0);
    if (best === 0) return 0;
    sum += best;
  }
  return sum;
}

const lower = (text: string): string => text.normalize('NFKC').toLowerCase();
const split = (text: string): string[] =>
  lower(text)
    .split(/[\s,./_-]+/)
    .filter((word) => word !== '');
