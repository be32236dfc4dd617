import type { Chart, ChartShape, Point } from '@aisle/client/protocol';
import { evenly, point, rowOfSeats, wheelchairPair, type Block } from './layout.js';
import { Oval } from './oval.js';

/*
 * A bowl of two tiers around a playing field. Each row runs along a rounded rectangle; rows further out keep the straight
 * sides and turn wider corners, so seats stay evenly spaced everywhere. Units: one seat is 20 wide.
 */
const SEATS = 20_000;
const SEAT_PITCH = 21;
const ROW_PITCH = 25;
const AISLE_WIDTH = 44;
const OUTLINE_MARGIN = 13;
const OVAL = new Oval({ width: 2140, height: 860, corner: 340 });

interface Tier {
  readonly name: string;
  /** Sections are numbered from here, clockwise from the top left. */
  readonly first: number;
  /** Distance of the first row from the innermost line. */
  readonly offset: number;
  readonly rows: number;
  /** Sections along each long side, short side and corner. */
  readonly long: number;
  readonly short: number;
  readonly corner: number;
}
const LOWER: Tier = { name: 'Lower', first: 101, offset: 0, rows: 18, long: 5, short: 2, corner: 3 };
const UPPER: Tier = { name: 'Upper', first: 201, offset: 590, rows: 21, long: 5, short: 2, corner: 4 };
/** Platforms for wheelchair users close the lower tier, behind every section of the straight sides. */
const PLATFORM_OFFSET = LOWER.rows * ROW_PITCH + 12;
const PLATFORM_PITCH = 32;
const PLATFORM_PLACES = 10;

/** One section: where it lies on the oval and how many seats each of its rows has. */
interface Wedge {
  readonly tier: Tier;
  readonly key: string;
  readonly side: number;
  readonly part: number;
  readonly parts: number;
  readonly rows: number[];
}

/** An arena of exactly 20,000 seats in 56 sections. Deterministic. */
export function demoArena(): Chart {
  const wedges = [...wedgesOf(LOWER), ...wedgesOf(UPPER)];
  shortenLastRows(wedges);
  const blocks = wedges.map(blockOf);
  return {
    format: 'aisle-chart/1',
    name: 'Harbour Arena',
    categories: [
      { key: 'platinum', label: 'Platinum', color: '#7b4fa3' },
      { key: 'gold', label: 'Gold', color: '#d99a2b' },
      { key: 'silver', label: 'Silver', color: '#4f8fba' },
      { key: 'bronze', label: 'Bronze', color: '#a8704c' },
    ],
    sections: blocks.map((block) => block.section),
    seats: blocks.flatMap((block) => block.seats),
    areas: [],
    focalPoint: { x: 0, y: 0 },
    shapes: field(),
  };
}

function wedgesOf(tier: Tier): Wedge[] {
  let number = tier.first;
  return [tier.long, tier.corner, tier.short, tier.corner, tier.long, tier.corner, tier.short, tier.corner].flatMap(
    (parts, side) =>
      Array.from({ length: parts }, (_, part) => {
        const rows = Array.from({ length: tier.rows }, (__, row) =>
          fitting(side, parts, tier.offset + row * ROW_PITCH, SEAT_PITCH),
        );
        return { tier, key: String(number++), side, part, parts, rows };
      }),
  );
}

/** What is above 20,000 is taken from the last row of the upper sections, evenly around the bowl. */
function shortenLastRows(wedges: readonly Wedge[]): void {
  const platforms = wedges.filter(hasPlatform).length * PLATFORM_PLACES;
  const surplus = platforms + wedges.reduce((sum, wedge) => sum + wedge.rows.reduce((a, b) => a + b, 0), 0) - SEATS;
  const upper = wedges.filter((wedge) => wedge.tier === UPPER);
  upper.forEach(({ rows }, i) => {
    const less = Math.floor(surplus / upper.length) + (i < surplus % upper.length ? 1 : 0);
    rows[rows.length - 1] = (rows[rows.length - 1] ?? 0) - less;
  });
}

/** Wheelchair platforms are on the straight sides of the lower tier. */
const hasPlatform = (wedge: Wedge): boolean => wedge.tier === LOWER && wedge.side % 2 === 0;

/** Seats that fit a row of one of `parts` sections of a side between its two aisles. */
const fitting = (side: number, parts: number, offset: number, pitch: number): number =>
  Math.floor((OVAL.lengthOf(side, offset) / parts - AISLE_WIDTH) / pitch) + 1;

const GATES = ['North', 'North-east', 'East', 'South-east', 'South', 'South-west', 'West', 'North-west'];

function blockOf(wedge: Wedge): Block {
  const { tier, key, side } = wedge;
  const category = categoryOf(wedge);
  const seats = wedge.rows.flatMap((count, row) =>
    rowOfSeats(key, String(row + 1), line(wedge, tier.offset + row * ROW_PITCH, count, SEAT_PITCH), () => ({
      category,
    })),
  );
  const platform = hasPlatform(wedge);
  if (platform) {
    const places = line(wedge, PLATFORM_OFFSET, PLATFORM_PLACES, PLATFORM_PITCH);
    seats.push(...rowOfSeats(key, 'W', places, (place) => ({ category, ...wheelchairPair(place) })));
  }
  const outer = platform ? PLATFORM_OFFSET : tier.offset + (tier.rows - 1) * ROW_PITCH;
  const outline = outlineOf(wedge, tier.offset - OUTLINE_MARGIN, outer + OUTLINE_MARGIN);
  return { section: { key, label: key, entrance: `Gate ${GATES[side] ?? ''}`, outline }, seats };
}

/** The middle three fifths of a long side are the best places of their tier; all that is not beside the field is cheap above. */
function categoryOf({ tier, side, part, parts }: Wedge): string {
  const long = side % 4 === 0;
  if (tier === UPPER) return long ? 'silver' : 'bronze';
  return long && part > 0 && part < parts - 1 ? 'platinum' : 'gold';
}

/** `count` places in the middle of the section's share of its side. */
function line({ side, part, parts }: Wedge, offset: number, count: number, pitch: number): Point[] {
  const middle = (OVAL.lengthOf(side, offset) * (part + 0.5)) / parts;
  return evenly(count, pitch, middle).map((along) => OVAL.at(side, along, offset));
}

function outlineOf({ side, part, parts }: Wedge, inner: number, outer: number): Point[] {
  const inset = AISLE_WIDTH / 2 - OUTLINE_MARGIN;
  const steps = side % 2 === 0 ? 1 : 8;
  const edge = (offset: number): Point[] => {
    const length = OVAL.lengthOf(side, offset);
    const from = (length * part) / parts + inset;
    const to = (length * (part + 1)) / parts - inset;
    return Array.from({ length: steps + 1 }, (_, i) => OVAL.at(side, from + ((to - from) * i) / steps, offset));
  };
  return [...edge(inner), ...edge(outer).reverse()];
}

function field(): ChartShape[] {
  const [w, h] = [2500, 1220];
  const line = { stroke: '#ffffff', fill: 'none', role: 'decoration' } as const;
  return [
    { type: 'rect', x: -w / 2, y: -h / 2, width: w, height: h, radius: 60, fill: '#6a9f6d', role: 'stage' },
    { type: 'rect', x: -w / 2 + 60, y: -h / 2 + 60, width: w - 120, height: h - 120, ...line },
    { type: 'polygon', points: [point(0, -h / 2 + 60), point(0, h / 2 - 60)], closed: false, ...line },
    { type: 'ellipse', x: 0, y: 0, rx: 170, ry: 170, ...line },
    ...[-1, 1].map((end): ChartShape => ({
      type: 'rect',
      x: end < 0 ? -w / 2 + 60 : w / 2 - 360,
      y: -260,
      width: 300,
      height: 520,
      ...line,
    })),
  ];
}
