import { compileChart } from '../../domain/chart/compile.js';
import type { CompiledChart } from '../../domain/chart/model.js';
import type { Queryable } from '../client.js';
import { readChart } from './charts.js';

/** A compiled seat is about 0.5 KB with its ids and lookup tables: some 1 GB at worst, a hundred arenas. */
const DEFAULT_MAX_SEATS = 2_000_000;

/** Compiled charts by content, the least recently used dropped first; each is read and compiled once however many ask. */
export interface ChartCache {
  get(hash: string): Promise<CompiledChart>;
}

export function createChartCache(sql: Queryable, maxSeats = DEFAULT_MAX_SEATS): ChartCache {
  // A Map keeps insertion order: the first key is the one not used for longest.
  const charts = new Map<string, CompiledChart>();
  const reading = new Map<string, Promise<CompiledChart>>();
  let seats = 0;

  const keep = (hash: string, chart: CompiledChart): void => {
    charts.set(hash, chart);
    seats += chart.seatCount;
    for (const [oldest, dropped] of charts) {
      if (seats <= maxSeats || oldest === hash) return;
      charts.delete(oldest);
      seats -= dropped.seatCount;
    }
  };
  const read = async (hash: string): Promise<CompiledChart> => {
    try {
      const chart = compileChart(await readChart(sql, hash));
      keep(hash, chart);
      return chart;
    } finally {
      reading.delete(hash);
    }
  };

  return {
    get(hash) {
      const cached = charts.get(hash);
      if (cached !== undefined) {
        charts.delete(hash);
        charts.set(hash, cached);
        return Promise.resolve(cached);
      }
      let promise = reading.get(hash);
      if (promise === undefined) {
        promise = read(hash);
        reading.set(hash, promise);
      }
      return promise;
    },
  };
}
