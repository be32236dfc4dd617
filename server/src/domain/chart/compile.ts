import type { Chart } from '@aisle/client/protocol';
import { canonicalHash } from './canonical.js';
import type { CompiledChart } from './model.js';
import { runsOf } from './runs.js';

/**
 * Makes a valid chart (validateChart) ready for the hot path: numbers for ids, totals, runs of seats side by side with
 * their distances (SPEC H7). Do not change the chart afterwards. Throws RangeError where a place names no category.
 */
export function compileChart(chart: Chart): CompiledChart {
  const categories = indexOf(chart.categories, (category) => category.key);
  const seats = indexOf(chart.seats, (seat) => seat.id);
  const areas = indexOf(chart.areas, (area) => area.id);
  const sections = new Set(chart.sections.map((section) => section.key));
  const catNoOf = (place: { id: string; category: string }): number => {
    const catNo = categories.get(place.category);
    if (catNo === undefined) throw new RangeError(`chart: "${place.id}" names no category of it: "${place.category}"`);
    return catNo;
  };
  const seatCategory = Uint16Array.from(chart.seats, catNoOf);
  const areaCategory = Uint16Array.from(chart.areas, catNoOf);
  const areaCapacity = Uint32Array.from(chart.areas, (area) => area.capacity);
  return {
    chart,
    hash: canonicalHash(chart),
    seatCount: chart.seats.length,
    areaCount: chart.areas.length,
    categoryKeys: chart.categories.map((category) => category.key),
    seatCategory,
    areaCategory,
    areaCapacity,
    categoryTotals: totals(chart.categories.length, seatCategory, areaCategory, areaCapacity),
    runs: runsOf(chart),
    seatNo: (id) => seats.get(id),
    areaNo: (id) => areas.get(id),
    catNo: (key) => categories.get(key),
    hasSection: (key) => sections.has(key),
  };
}

function indexOf<T>(list: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const index = new Map<string, number>();
  list.forEach((item, position) => index.set(keyOf(item), position));
  return index;
}

function totals(
  count: number,
  seatCategory: Uint16Array,
  areaCategory: Uint16Array,
  areaCapacity: Uint32Array,
): Uint32Array {
  const total = new Uint32Array(count);
  for (const catNo of seatCategory) total[catNo] = (total[catNo] ?? 0) + 1;
  areaCategory.forEach((catNo, areaNo) => {
    total[catNo] = (total[catNo] ?? 0) + (areaCapacity[areaNo] ?? 0);
  });
  return total;
}
