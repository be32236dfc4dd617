import type { Chart, Point } from '@aisle/client/protocol';
import type { SeatRun } from './model.js';
import { alongRow, gapsOf, type RowSeat } from './row-order.js';

/** A gap this many times the usual spacing is an aisle, a pillar or a missing seat: nobody sits side by side across it. */
const AISLE_FACTOR = 1.5;
/** A row may be spaced wider than its section (wheelchair places), but a lone pair twenty seats apart is no row. */
const ROW_TO_SECTION_FACTOR = 2;

interface Row {
  readonly section: string;
  readonly row: string;
  readonly seats: RowSeat[];
}

/** Rows put in order along themselves and cut at aisles, in the order of the file. */
export function runsOf(chart: Chart): SeatRun[] {
  const rows = rowsOf(chart);
  const sectionGaps = new Map<string, number[]>();
  const ordered = rows.map((row) => {
    const seats = alongRow(row.seats);
    const gaps = gapsOf(seats);
    const all = sectionGaps.get(row.section);
    if (all === undefined) sectionGaps.set(row.section, [...gaps]);
    else for (const gap of gaps) all.push(gap);
    return { ...row, seats, gaps };
  });
  const sectionUsual = new Map([...sectionGaps].map(([section, gaps]) => [section, usual(gaps)]));
  const focal = focalPoints(chart);
  return ordered.flatMap(({ section, row, seats, gaps }) => {
    const most = AISLE_FACTOR * Math.min(usual(gaps), ROW_TO_SECTION_FACTOR * (sectionUsual.get(section) ?? Infinity));
    return cut(seats, gaps, most).map((run) => measured(section, row, run, focal(section)));
  });
}

/** Seats without a row stand side by side where they are on one level of the drawing. */
function rowsOf(chart: Chart): Row[] {
  const rows = new Map<string, Row>();
  chart.seats.forEach((seat, seatNo) => {
    const section = seat.section ?? '';
    const row = seat.row ?? '';
    const key = `${section}\u0000${row}\u0000${row === '' ? seat.y.toFixed(1) : ''}`;
    let entry = rows.get(key);
    if (entry === undefined) rows.set(key, (entry = { section, row, seats: [] }));
    entry.seats.push({ seatNo, x: seat.x, y: seat.y, number: seat.number });
  });
  return [...rows.values()];
}

/** The lower median of the gaps that are any; Infinity where there is none. Lower: of two gaps the narrow one is usual. */
function usual(gaps: readonly number[]): number {
  const real = gaps.filter((gap) => gap > 0).sort((a, b) => a - b);
  return real[(real.length - 1) >> 1] ?? Infinity;
}

function cut(seats: readonly RowSeat[], gaps: readonly number[], most: number): RowSeat[][] {
  const runs: RowSeat[][] = [];
  seats.forEach((seat, index) => {
    const gap = gaps[index - 1];
    if (gap === undefined || gap > most) runs.push([]);
    runs[runs.length - 1]?.push(seat);
  });
  return runs;
}

function measured(section: string, row: string, seats: readonly RowSeat[], focal: Point): SeatRun {
  return {
    section,
    row,
    seats: Int32Array.from(seats, (seat) => seat.seatNo),
    distance: Float64Array.from(seats, (seat) => (seat.x - focal.x) ** 2 + (seat.y - focal.y) ** 2),
  };
}

/** The section's focal point, else the chart's, else the middle of the seats. */
function focalPoints(chart: Chart): (section: string) => Point {
  const general = chart.focalPoint ?? middleOf(chart.seats);
  const own = new Map(chart.sections.map((section) => [section.key, section.focalPoint]));
  return (section) => own.get(section) ?? general;
}
function middleOf(points: readonly Point[]): Point {
  const box = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  for (const { x, y } of points) {
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x);
    box.top = Math.min(box.top, y);
    box.bottom = Math.max(box.bottom, y);
  }
  return points.length === 0 ? { x: 0, y: 0 } : { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 };
}
