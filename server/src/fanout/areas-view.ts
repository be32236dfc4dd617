import type { LiveEvent } from '../domain/event.js';

/** [[capacity, available], …] by areaNo. */
export function areasView(live: LiveEvent, available: readonly number[]): [number, number][] {
  return Array.from(live.chart.areaCapacity, (capacity, areaNo): [number, number] => [
    capacity,
    available[areaNo] ?? 0,
  ]);
}
