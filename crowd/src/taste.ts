import type { Chart, SeatMap } from '@aisle/client';
import type { Chance } from './chance.js';

const FREE = 'a'.charCodeAt(0);
/** Two by two, mostly. */
const PARTY = [
  { size: 1, weight: 2 },
  { size: 2, weight: 6 },
  { size: 3, weight: 2 },
  { size: 4, weight: 3 },
] as const;
/** How many rows somebody looks at before taking what there is. */
const LOOKS = 12;

export const partyOf = (chance: Chance): number => chance.pick(PARTY, ({ weight }) => weight)?.size ?? 2;

/** Seats of a chart in rows, by number, each row with how much people like it: near the focal point most. */
export class Taste {
  private readonly rows: readonly { readonly seatNos: readonly number[]; readonly liking: number }[];

  constructor(private readonly chart: Chart) {
    const rows = new Map<string, number[]>();
    chart.seats.forEach((seat, seatNo) => {
      // Wheelchair and companion places are left to those who need them.
      if (seat.accessible === true || seat.companion === true) return;
      const name = `${seat.section ?? ''}\0${seat.row ?? Math.round(seat.y)}`;
      const row = rows.get(name);
      if (row === undefined) rows.set(name, [seatNo]);
      else row.push(seatNo);
    });
    const focus = chart.focalPoint ?? middleOf(chart);
    const far = Math.max(...[...rows.values()].map((row) => distance(chart, row, focus)), 1);
    this.rows = [...rows.values()].map((seatNos) => ({
      seatNos,
      liking: 0.15 + (1 - distance(chart, seatNos, focus) / far) ** 2,
    }));
  }

  /** An area with so much room left, or undefined. */
  standing(map: SeatMap, size: number, chance: Chance): string | undefined {
    const roomy = this.chart.areas.filter((_area, areaNo) => (map.areas[areaNo]?.available ?? 0) >= size);
    return chance.pick(roomy)?.id;
  }

  /** Ids of free seats beside each other, or, where there are none so soon, undefined. */
  choose(map: SeatMap, size: number, chance: Chance): string[] | undefined {
    const { letters } = map;
    for (let look = 0; look < LOOKS; look++) {
      const row = chance.pick(this.rows, ({ liking }) => liking)?.seatNos ?? [];
      const start = Math.floor(chance.next() * Math.max(row.length - size + 1, 0));
      const seats = row.slice(start, start + size);
      if (seats.length === size && seats.every((seatNo) => letters[seatNo] === FREE))
        return seats.map((seatNo) => this.chart.seats[seatNo]?.id ?? '');
    }
    return undefined;
  }
}

const middleOf = ({ seats }: Chart): { x: number; y: number } => ({
  x: seats.reduce((sum, { x }) => sum + x, 0) / Math.max(seats.length, 1),
  y: seats.reduce((least, { y }) => Math.min(least, y), Infinity),
});

function distance(chart: Chart, seatNos: readonly number[], focus: { x: number; y: number }): number {
  const seat = chart.seats[seatNos[Math.floor(seatNos.length / 2)] ?? 0];
  return seat === undefined ? 0 : Math.hypot(seat.x - focus.x, seat.y - focus.y);
}
