import type { Chart, SeatEvent } from '@aisle/client/protocol';
import { compileChart } from '../../server/src/domain/chart/compile.js';
import type { LiveEvent } from '../../server/src/domain/event.js';

export interface MemoryEventOptions {
  readonly id?: string;
  readonly seats: number;
  /** Capacities. */
  readonly areas?: readonly number[];
  readonly epoch?: number;
  readonly status?: SeatEvent['status'];
  readonly publicStates?: 'full' | 'binary';
  readonly chartVersion?: number;
}

/** One row of seats "s0", "s1", … in category A and areas "area0", … in GA: an event for tests without Redis and Postgres. */
export function memoryEvent(options: MemoryEventOptions): LiveEvent {
  const areas = options.areas ?? [];
  const chart: Chart = {
    format: 'aisle-chart/1',
    name: 'memory',
    categories: [{ key: 'A', label: 'A' }, ...(areas.length > 0 ? [{ key: 'GA', label: 'GA' }] : [])],
    sections: [],
    seats: Array.from({ length: options.seats }, (_, i) => ({ id: `s${i}`, x: i, y: 0, row: '1', category: 'A' })),
    areas: areas.map((capacity, i) => ({
      id: `area${i}`,
      label: 'GA',
      category: 'GA',
      capacity,
      x: 0,
      y: 9,
      width: 9,
      height: 9,
    })),
    shapes: [],
  };
  const event: SeatEvent = {
    id: options.id ?? 'ev1',
    name: 'memory',
    status: options.status ?? 'on_sale',
    version: 1,
    startsAt: '2030-01-01T20:00:00Z',
    timezone: 'UTC',
    currency: 'EUR',
    prices: {},
    chartVersion: options.chartVersion ?? 1,
    holdSeconds: 300,
    maxHoldSeconds: 900,
    reserveSeconds: 900,
    maxSeatsPerSubject: 10,
    publicStates: options.publicStates ?? 'full',
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
  };
  return { event, chart: compileChart(chart), epoch: options.epoch ?? 1 };
}
