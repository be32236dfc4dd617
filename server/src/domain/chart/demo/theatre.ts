import type { Chart, ChartArea, ChartSeat, ChartShape, Point } from '@aisle/client/protocol';
import { evenly, point, rowLetters, rowOfSeats, rounded, wheelchairPair, type Block } from './layout.js';

/*
 * An old town theatre seen from above, the stage at the top. All rows are arcs around one centre far behind the stage, so
 * every seat faces it. Units: one seat is 20 wide.
 */
const SEAT_PITCH = 21;
const ROW_PITCH = 25;
/** Centre of all arcs; the front edge of the stage is at y = 0. */
const CENTRE: Point = { x: 0, y: -330 };
/** Where the audience looks: the middle of the stage's front. */
const FOCAL: Point = { x: 0, y: -20 };

const STALLS_RADIUS = 460;
const STALLS_ROWS = 18;
/** Rows behind this one (from 0) cost less. */
const PREMIUM_ROWS = 9;
/** Half the angle of an aisle at the first row would be too narrow far out: aisles keep this width instead. */
const AISLE_WIDTH = 44;
/** Borders of the three blocks of stalls, in radians right of the middle line. */
const STALLS_EDGES = [-0.72, -0.26, 0.26, 0.72];
const STANDING_CAPACITY = 120;
const BALCONY_GAP = 150;
const BALCONY_ROWS = 6;
const BALCONY_EDGES = [-0.76, -0.4, 0, 0.4, 0.76];
const BOXES_A_SIDE = 5;
const OUTLINE_MARGIN = 14;

type Look = (
  row: number,
  place: number,
  count: number,
) => Omit<ChartSeat, 'id' | 'section' | 'row' | 'number' | 'x' | 'y'>;

const onArc = (radius: number, angle: number): Point =>
  point(CENTRE.x + radius * Math.sin(angle), CENTRE.y + radius * Math.cos(angle));

/** A theatre of about 1,200 places: stalls in three blocks, standing room behind them, boxes, a balcony. Deterministic. */
export function demoTheatre(): Chart {
  const blocks = [...stalls(), ...balcony(), ...boxes()];
  return {
    format: 'aisle-chart/1',
    name: 'Old Town Theatre',
    categories: [
      { key: 'premium', label: 'Premium', color: '#b5446e' },
      { key: 'stalls', label: 'Stalls', color: '#3d7ea6' },
      { key: 'balcony', label: 'Balcony and boxes', color: '#e0a33e' },
      { key: 'standing', label: 'Standing', color: '#5c9e6e' },
    ],
    sections: blocks.map((block) => block.section),
    seats: blocks.flatMap((block) => block.seats),
    areas: [standing()],
    focalPoint: FOCAL,
    shapes: shapes(),
  };
}

interface Fan {
  readonly key: string;
  readonly label: string;
  readonly entrance: string;
  readonly radius: number;
  readonly rows: number;
  readonly from: number;
  readonly to: number;
  readonly firstRow: number;
  readonly look: Look;
}

/** A block of arcs between two angles, an aisle left free on both sides. */
function fan({ key, label, entrance, radius, rows, from, to, firstRow, look }: Fan): Block {
  const seats: ChartSeat[] = [];
  for (let row = 0; row < rows; row++) {
    const r = radius + row * ROW_PITCH;
    const room = r * (to - from) - AISLE_WIDTH;
    const count = Math.floor(room / SEAT_PITCH) + 1;
    const places = evenly(count, SEAT_PITCH / r, (from + to) / 2).map((angle) => onArc(r, angle));
    seats.push(...rowOfSeats(key, rowLetters(firstRow + row), places, (place) => look(row, place, count)));
  }
  const inner = radius - OUTLINE_MARGIN;
  const outer = radius + (rows - 1) * ROW_PITCH + OUTLINE_MARGIN;
  return {
    section: { key, label, entrance, outline: arcBand(inner, outer, from, to, AISLE_WIDTH / 2 - OUTLINE_MARGIN) },
    seats,
  };
}

/** The outline of a band between two radii and two angles, `inset` units in from the angles. */
function arcBand(inner: number, outer: number, from: number, to: number, inset: number): Point[] {
  const steps = 12;
  const arc = (radius: number, a: number, b: number): Point[] =>
    Array.from({ length: steps + 1 }, (_, i) => onArc(radius, a + ((b - a) * i) / steps));
  return [
    ...arc(inner, from + inset / inner, to - inset / inner),
    ...arc(outer, to - inset / outer, from + inset / outer),
  ];
}

function stalls(): Block[] {
  const names = ['Stalls left', 'Stalls centre', 'Stalls right'];
  return names.map((label, i) => {
    const middle = i === 1;
    const outermost = (place: number, count: number): boolean =>
      i === 0 ? place === 0 : i === 2 && place === count - 1;
    return fan({
      key: label.toLowerCase().replace(' ', '-'),
      label,
      entrance: i === 2 ? 'Foyer right' : 'Foyer left',
      radius: STALLS_RADIUS,
      rows: STALLS_ROWS,
      from: STALLS_EDGES[i] ?? 0,
      to: STALLS_EDGES[i + 1] ?? 0,
      firstRow: 0,
      look: (row, place, count) => ({
        category: row < PREMIUM_ROWS && middle ? 'premium' : 'stalls',
        // Level access is from the foyer at the back, beside the side aisles.
        ...(row === STALLS_ROWS - 1 && !middle && nearAisle(i, place, count) ? wheelchairPair(place) : {}),
        // The proscenium hides a part of the stage from the outermost seats of the first rows.
        ...(row < 4 && outermost(place, count) ? { restrictedView: true } : {}),
      }),
    });
  });
}
/** The four seats beside the aisle to the middle block. */
const nearAisle = (block: number, place: number, count: number): boolean =>
  block === 0 ? place >= count - 4 : place < 4;

function balcony(): Block[] {
  const radius = STALLS_RADIUS + STALLS_ROWS * ROW_PITCH + BALCONY_GAP;
  const names = ['Balcony far left', 'Balcony left', 'Balcony right', 'Balcony far right'];
  return names.map((label, i) => {
    const side = i === 0 || i === names.length - 1;
    return fan({
      key: label.toLowerCase().replaceAll(' ', '-'),
      label,
      entrance: i < 2 ? 'Stairs left' : 'Stairs right',
      radius,
      rows: BALCONY_ROWS,
      from: BALCONY_EDGES[i] ?? 0,
      to: BALCONY_EDGES[i + 1] ?? 0,
      firstRow: 0,
      look: (row, place, count) => ({
        category: 'balcony',
        ...(row === 0 && !side && (i === 1 ? place < 4 : place >= count - 4) ? wheelchairPair(place) : {}),
        ...(side && (i === 0 ? place < 3 : place >= count - 3) ? { restrictedView: true } : {}),
      }),
    });
  });
}

/** Boxes of four chairs along both walls, two behind two. */
function boxes(): Block[] {
  return [-1, 1].flatMap((side) =>
    Array.from({ length: BOXES_A_SIDE }, (_, i): Block => {
      const name = `Box ${i + 1} ${side < 0 ? 'left' : 'right'}`;
      const key = name.toLowerCase().replaceAll(' ', '-');
      const middle = point(side * (470 + i * 48), 45 + i * 66);
      const seats = [0, 1].flatMap((row) => {
        const places = [-1, 1].map((across) => point(middle.x + side * (row - 0.5) * 24, middle.y + across * 11));
        return rowOfSeats(key, rowLetters(row), places, () => ({
          category: 'balcony',
          ...(row === 1 ? { restrictedView: true } : {}),
        }));
      });
      const [w, h] = [27, 26];
      const outline = [
        point(middle.x - w, middle.y - h),
        point(middle.x + w, middle.y - h),
        point(middle.x + w, middle.y + h),
        point(middle.x - w, middle.y + h),
      ];
      return { section: { key, label: name, entrance: side < 0 ? 'Stairs left' : 'Stairs right', outline }, seats };
    }),
  );
}

function standing(): ChartArea {
  const inner = STALLS_RADIUS + STALLS_ROWS * ROW_PITCH + 14;
  const outline = arcBand(inner, inner + 70, -0.5, 0.5, 0);
  const xs = outline.map((corner) => corner.x);
  const ys = outline.map((corner) => corner.y);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return {
    id: 'standing',
    label: 'Standing',
    category: 'standing',
    capacity: STANDING_CAPACITY,
    x: left,
    y: top,
    width: rounded(Math.max(...xs) - left),
    height: rounded(Math.max(...ys) - top),
    outline,
    entrance: 'Foyer left',
  };
}

function shapes(): ChartShape[] {
  const apron = Array.from({ length: 13 }, (_, i) => onArc(350, -0.82 + (1.64 * i) / 12));
  return [
    {
      type: 'polygon',
      points: [point(-300, -190), point(300, -190), ...[...apron].reverse()],
      closed: true,
      role: 'stage',
      fill: '#2f3542',
    },
    { type: 'text', x: 0, y: -85, text: 'STAGE', size: 44, fill: '#ffffff', role: 'stage' },
  ];
}
