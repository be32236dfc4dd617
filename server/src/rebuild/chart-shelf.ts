import type { Sql } from '../db/client.js';
import { readChart } from '../db/events/charts.js';
import { chartPlaces, type ChartPlaces } from './chart-places.js';

/** A chart as loads and comparisons need it. */
export interface ShelvedChart {
  readonly places: ChartPlaces;
  /** As the chart names it; "#7" where it has none. */
  seatId(seatNo: number): string;
  areaId(areaNo: number): string;
}

/** Some 10 MB for a chart of 200,000 seats. */
const MOST_CHARTS = 8;

/** Charts by hash; a chart never changes, so what was read once is there before the next load begins. */
export class ChartShelf {
  readonly #charts = new Map<string, ShelvedChart>();

  constructor(
    private readonly sql: Sql,
    /** Charts that are in memory already, by hash. */
    private readonly known?: (hash: string) => ChartPlaces | undefined,
  ) {}

  async take(hash: string): Promise<ShelvedChart> {
    const known = this.known?.(hash);
    if (known !== undefined) return { places: known, ...UNNAMED };
    const chart = this.#charts.get(hash) ?? (await this.#read(hash));
    this.#charts.delete(hash);
    this.#charts.set(hash, chart);
    const oldest = this.#charts.keys().next();
    if (this.#charts.size > MOST_CHARTS && oldest.done !== true) this.#charts.delete(oldest.value);
    return chart;
  }

  async #read(hash: string): Promise<ShelvedChart> {
    const chart = await readChart(this.sql, hash);
    const seatIds = chart.seats.map(({ id }) => id);
    const areaIds = chart.areas.map(({ id }) => id);
    return {
      places: chartPlaces(chart),
      seatId: (seatNo) => seatIds[seatNo] ?? numbered(seatNo),
      areaId: (areaNo) => areaIds[areaNo] ?? numbered(areaNo),
    };
  }
}

const numbered = (no: number): string => `#${no}`;
/** Names for the places of a chart that is not there. */
export const UNNAMED: Pick<ShelvedChart, 'seatId' | 'areaId'> = { seatId: numbered, areaId: numbered };
