import type { Chart } from '@aisle/client/protocol';

/** How well one typed word fits one of a seat's: the whole of it, its beginning, or not. */
const WHOLE = 4;
const BEGINNING = 1;

/** Finds seats by what is printed on a ticket: "stalls c 12", "C12", or an id. Pure; made once a chart. */
export class SeatSearch {
  private readonly words: readonly (readonly string[])[];
  private readonly ids: readonly string[];

  constructor(chart: Chart) {
    const sections = new Map(chart.sections.map(({ key, label }) => [key, split(label)]));
    this.ids = chart.seats.map(({ id }) => id.toLowerCase());
    this.words = chart.seats.map((seat) => {
      const row = (seat.row ?? '').toLowerCase();
      const number = (seat.number ?? '').toLowerCase();
      const section = sections.get(seat.section ?? '') ?? [];
      return [row, number, row + number, ...section, (seat.section ?? '').toLowerCase()].filter((word) => word !== '');
    });
  }

  /** seatNos, best first, and how many there are in all. Nothing typed finds nothing. */
  find(text: string, limit: number): { seatNos: number[]; total: number } {
    const typed = text.trim().toLowerCase();
    const asked = split(typed).filter((word) => word !== 'row' && word !== 'seat' && word !== 'section');
    if (typed === '' || (asked.length === 0 && !this.ids.includes(typed))) return { seatNos: [], total: 0 };
    const found: { seatNo: number; score: number }[] = [];
    for (let seatNo = 0; seatNo < this.ids.length; seatNo++) {
      const score = this.ids[seatNo] === typed ? Infinity : this.score(seatNo, asked);
      if (score > 0) found.push({ seatNo, score });
    }
    found.sort((a, b) => (a.score === b.score ? a.seatNo - b.seatNo : b.score - a.score));
    return { seatNos: found.slice(0, limit).map(({ seatNo }) => seatNo), total: found.length };
  }

  /** 0 when a typed word fits none of the seat's. */
  private score(seatNo: number, asked: readonly string[]): number {
    let score = 0;
    for (const word of asked) {
      let best = 0;
      for (const own of this.words[seatNo] ?? []) {
        if (own === word) best = WHOLE;
        else if (best === 0 && own.startsWith(word)) best = BEGINNING;
      }
      if (best === 0) return 0;
      score += best;
    }
    return score;
  }
}

const split = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[\s,./_-]+/)
    .filter((word) => word !== '');
