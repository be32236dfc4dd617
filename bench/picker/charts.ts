import type { Chart, ChartArea, ChartSeat, ChartShape, Point } from '@aisle/client/protocol';
import { evenly, point, rowOfSeats, wheelchairPair } from '../../server/src/domain/chart/demo/layout.js';
import { Oval } from '../../server/src/domain/chart/demo/oval.js';

/*
 * A concert in a stadium: tiers of sections around a field with a stage and two standing areas. The field grows with the
 * square root of the seats, so 1,200 of them look like a small hall and 80,000 like a stadium of three tiers. One seat is
 * 20 units wide, as in the demo charts. The same number of seats is always the same chart.
 */
const SEAT_PITCH = 21;
const ROW_PITCH = 25;
const AISLE_WIDTH = 44;
const OUTLINE_MARGIN = 13;
/** The field of 20,000 seats; others in proportion. */
const FIELD = { seats: 20_000, width: 2140, height: 860, corner: 340 };
const ROWS_A_TIER = 26;
const TIER_GAP = 120;
/** A section's rows have about so many seats. */
const SECTION_WIDTH = 26;
const MAX_PLACES = 200_000;

const CATEGORIES = [
  { key: 'front', label: 'Front rows', color: '#8e3b8a' },
  { key: 'side', label: 'Lower side', color: '#2f6fb0' },
  { key: 'curve', label: 'Lower curve', color: '#2b8a7e' },
  { key: 'club', label: 'Club', color: '#c27a1a' },
  { key: 'upper-side', label: 'Upper side', color: '#5b7f3a' },
  { key: 'upper-curve', label: 'Upper curve', color: '#7a6a55' },
  { key: 'standing', label: 'Standing', color: '#b5446e' },
] as const;

interface Wedge {
  readonly tier: number;
  readonly side: number;
  readonly part: number;
  readonly parts: number;
  /** Seats of each row, the innermost first. */
  readonly rows: number[];
}

/** A chart of exactly `seats` seats: sections with outlines, rows, categories, accessible places, areas, shapes. */
export function stadiumChart(seats: number): Chart {
  const scale = Math.sqrt(Math.max(seats, 200) / FIELD.seats);
  const field = { width: FIELD.width * scale, height: FIELD.height * scale, corner: FIELD.corner * scale };
  const oval = new Oval(field);
  const wedges = fill(oval, seats);
  return {
    format: 'aisle-chart/1',
    name: `Stadium of ${seats.toLocaleString('en-US')} seats`,
    categories: CATEGORIES.map((category) => ({ ...category })),
    sections: wedges.map((wedge) => ({
      key: keyOf(wedge),
      label: keyOf(wedge),
      entrance: `Gate ${String.fromCharCode(65 + wedge.side)}`,
      outline: outlineOf(oval, wedge),
    })),
    seats: wedges.flatMap((wedge) => seatsOf(oval, wedge)),
    areas: standing(field, seats),
    focalPoint: { x: 0, y: point(0, -field.height / 3).y },
    shapes: shapes(field),
  };
}

const offsetOf = (tier: number, row: number): number =>
  tier * ((ROWS_A_TIER - 1) * ROW_PITCH + TIER_GAP) + row * ROW_PITCH;

/** Row after row from the inside until all seats have a place; what is left over is spread along the last row. */
function fill(oval: Oval, seats: number): Wedge[] {
  const wedges: Wedge[] = [];
  let left = seats;
  for (let tier = 0; left > 0; tier++) {
    const ring = ringOf(oval, tier);
    for (let row = 0; row < ROWS_A_TIER && left > 0; row++) {
      const room = ring.map(({ side, parts }) => {
        const length = oval.lengthOf(side, offsetOf(tier, row)) / parts;
        return Math.max(Math.floor((length - AISLE_WIDTH) / SEAT_PITCH) + 1, 1);
      });
      const all = room.reduce((sum, count) => sum + count, 0);
      const taken = Math.min(all, left);
      let before = 0;
      ring.forEach(({ rows }, i) => {
        const until = before + (room[i] ?? 0);
        rows.push(Math.floor((until * taken) / all) - Math.floor((before * taken) / all));
        before = until;
      });
      left -= taken;
    }
    wedges.push(...ring.filter(({ rows }) => rows.some((count) => count > 0)));
  }
  return wedges;
}

function ringOf(oval: Oval, tier: number): Wedge[] {
  const middle = offsetOf(tier, ROWS_A_TIER / 2);
  return Array.from({ length: 8 }, (_, side) => {
    const parts = Math.max(Math.round(oval.lengthOf(side, middle) / (SECTION_WIDTH * SEAT_PITCH)), 1);
    return Array.from({ length: parts }, (__, part): Wedge => ({ tier, side, part, parts, rows: [] }));
  }).flat();
}

/** 1A1 is tier 1, side A, part 1. */
const keyOf = ({ tier, side, part }: Wedge): string => `${tier + 1}${String.fromCharCode(65 + side)}${part + 1}`;

function categoryOf({ tier, side }: Wedge, row: number): string {
  const straight = side % 2 === 0;
  if (tier === 0) return row < 4 ? 'front' : straight ? 'side' : 'curve';
  if (tier === 1 && straight) return 'club';
  return straight ? 'upper-side' : 'upper-curve';
}

function seatsOf(oval: Oval, wedge: Wedge): ChartSeat[] {
  const { tier, side, part, parts } = wedge;
  return wedge.rows.flatMap((count, row) => {
    const offset = offsetOf(tier, row);
    const middle = (oval.lengthOf(side, offset) * (part + 0.5)) / parts;
    const places = evenly(count, SEAT_PITCH, middle).map((along) => oval.at(side, along, offset));
    const category = categoryOf(wedge, row);
    return rowOfSeats(keyOf(wedge), String(row + 1), places, (place) => ({
      category,
      // In each section of the lowest tier two wheelchair places with a companion each, at the front.
      ...(tier === 0 && row === 0 && place < 4 ? wheelchairPair(place) : {}),
      ...(tier > 0 && row === 0 && place < 2 ? { restrictedView: true } : {}),
    }));
  });
}

function outlineOf(oval: Oval, { tier, side, part, parts, rows }: Wedge): Point[] {
  const inset = AISLE_WIDTH / 2 - OUTLINE_MARGIN;
  const steps = side % 2 === 0 ? 1 : 8;
  const edge = (offset: number): Point[] => {
    const length = oval.lengthOf(side, offset);
    const from = (length * part) / parts + inset;
    const to = (length * (part + 1)) / parts - inset;
    return Array.from({ length: steps + 1 }, (_, i) => oval.at(side, from + ((to - from) * i) / steps, offset));
  };
  const inner = offsetOf(tier, 0) - OUTLINE_MARGIN;
  const outer = offsetOf(tier, rows.length - 1) + OUTLINE_MARGIN;
  return [...edge(inner), ...edge(outer).reverse()];
}

interface Field {
  readonly width: number;
  readonly height: number;
  readonly corner: number;
}

/** Two standing areas before the stage; none where the chart is full to the last place. */
function standing({ width, height }: Field, seats: number): ChartArea[] {
  const capacity = Math.min(Math.ceil(seats / 40), Math.floor((MAX_PLACES - seats) / 2));
  if (capacity < 1) return [];
  return ['Left', 'Right'].map((name, i) => ({
    id: `standing-${name.toLowerCase()}`,
    label: `Standing ${name.toLowerCase()}`,
    category: 'standing',
    capacity,
    ...point(i === 0 ? -width / 2 : width * 0.02, -height * 0.1),
    width: Math.round(width * 0.48),
    height: Math.round(height * 0.7),
  }));
}

function shapes({ width, height, corner }: Field): ChartShape[] {
  const inset = Math.min(corner * 0.4, corner - 2);
  return [
    {
      type: 'rect',
      ...point(-width / 2 - inset, -height / 2 - inset),
      width: width + 2 * inset,
      height: height + 2 * inset,
      radius: inset,
      role: 'floor',
    },
    {
      type: 'rect',
      ...point(-width / 4, -height / 2),
      width: width / 2,
      height: height * 0.3,
      role: 'stage',
      label: 'Stage',
    },
  ];
}

/** mulberry32: small, good enough for a picture, and the same everywhere. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An hour into a sale: runs of sold seats, some held, few blocked, a good half free. Map letters by seatNo. */
export function saleLetters(seats: number, seed = 1): string {
  const random = randomFrom(seed);
  let letters = '';
  while (letters.length < seats) {
    const chance = random();
    const letter = chance < 0.52 ? 'a' : chance < 0.86 ? 's' : chance < 0.94 ? 'h' : chance < 0.97 ? 'r' : 'b';
    letters += letter.repeat(1 + Math.floor(random() * (letter === 'h' || letter === 'r' ? 4 : 8)));
  }
  return letters.slice(0, seats);
}
