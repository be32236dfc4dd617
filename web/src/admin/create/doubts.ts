import type { Chart } from '@aisle/client/protocol';
import type { ChartGeometry } from '../../../../client-sdk/src/picker/map/geometry.js';

/** A chart that is well formed may still look wrong: seats on top of each other, or one a mile away. */
export interface Doubt {
  readonly kind: 'overlap' | 'far' | 'flat';
  readonly message: string;
  readonly todo: string;
  readonly seatNos: readonly number[];
}

/** Nearer than this part of the usual distance, seats cover each other. */
const OVERLAP_IN_PITCHES = 0.5;
/** Further from the middle half than so many times its size: a slip of the pen, not a balcony. */
const FAR_IN_SPREADS = 6;

export function doubtsOf(geometry: ChartGeometry): Doubt[] {
  if (geometry.xs.length < 2) return [];
  return [...overlaps(geometry), ...farFlung(geometry)];
}

function overlaps({ xs, ys, index, pitch }: ChartGeometry): Doubt[] {
  const covered: number[] = [];
  const reach = pitch * OVERLAP_IN_PITCHES;
  for (let seat = 0; seat < xs.length; seat++) {
    if (index.nearest({ x: xs[seat] ?? 0, y: ys[seat] ?? 0 }, reach, seat) !== -1) covered.push(seat);
  }
  if (covered.length === 0) return [];
  return [
    {
      kind: 'overlap',
      message: `${covered.length.toLocaleString('en')} seats lie on top of each other.`,
      todo: 'Buyers could not tell them apart on the map. Move them apart in the drawing; the event can still be made.',
      seatNos: covered,
    },
  ];
}

function farFlung({ xs, ys, pitch }: ChartGeometry): Doubt[] {
  const far = new Set<number>();
  for (const axis of [xs, ys]) {
    const sorted = Float64Array.from(axis).sort();
    const at = (part: number): number => sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
    const [low, middle, high] = [at(0.25), at(0.5), at(0.75)];
    const reach = Math.max(high - low, pitch * 20) * FAR_IN_SPREADS;
    axis.forEach((value, seat) => {
      if (Math.abs(value - middle) > reach) far.add(seat);
    });
  }
  if (far.size === 0) return [];
  return [
    {
      kind: 'far',
      message: `${far.size.toLocaleString('en')} ${far.size === 1 ? 'seat lies' : 'seats lie'} far away from all others.`,
      todo: 'The map would shrink the rest to a dot to show all. Mend x and y of these seats in the drawing.',
      seatNos: [...far],
    },
  ];
}

export interface Tally {
  readonly key: string;
  readonly label: string;
  readonly seats: number;
  readonly areas: number;
  readonly places: number;
}

/** What there is, by category and by section; places without a section last, where there are any. */
export function talliesOf(chart: Chart): { categories: Tally[]; sections: Tally[]; places: number } {
  const tally = (known: readonly { key: string; label: string }[], of: 'category' | 'section'): Tally[] => {
    const rows = new Map(known.map(({ key, label }) => [key, { key, label, seats: 0, areas: 0, places: 0 }]));
    const row = (key: string) => {
      const found = rows.get(key) ?? {
        key,
        label: of === 'section' ? 'Without a section' : key,
        seats: 0,
        areas: 0,
        places: 0,
      };
      rows.set(key, found);
      return found;
    };
    for (const seat of chart.seats) {
      const found = row(seat[of] ?? '');
      found.seats++;
      found.places++;
    }
    for (const area of chart.areas) {
      const found = row(area[of] ?? '');
      found.areas++;
      found.places += area.capacity;
    }
    return [...rows.values()];
  };
  return {
    categories: tally(chart.categories, 'category'),
    sections: tally(chart.sections, 'section'),
    places: chart.seats.length + chart.areas.reduce((sum, { capacity }) => sum + capacity, 0),
  };
}
