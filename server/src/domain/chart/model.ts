import type { Chart } from '@aisle/client/protocol';

/**
 * A chart made ready for the hot path. seatNo and areaNo are positions in chart.seats and chart.areas; catNo is the
 * position in chart.categories. Immutable; shared by everything on a node.
 */
export interface CompiledChart {
  readonly chart: Chart;
  /** sha256 hex of the chart's canonical JSON. */
  readonly hash: string;
  readonly seatCount: number;
  readonly areaCount: number;
  readonly categoryKeys: readonly string[];
  /** catNo of each seat. */
  readonly seatCategory: Uint16Array;
  /** catNo of each area. */
  readonly areaCategory: Uint16Array;
  readonly areaCapacity: Uint32Array;
  /** Places (seats and area capacity) of each category by catNo. */
  readonly categoryTotals: Uint32Array;
  /** Runs of seats standing side by side, in order: a row is cut where there is a gap (an aisle). For hold-best. */
  readonly runs: readonly SeatRun[];
  seatNo(id: string): number | undefined;
  areaNo(id: string): number | undefined;
  catNo(key: string): number | undefined;
  hasSection(key: string): boolean;
}

export interface SeatRun {
  /** Section key, '' for none. */
  readonly section: string;
  readonly row: string;
  /** seatNos from one end to the other. */
  readonly seats: Int32Array;
  /** Squared distance of each seat to the focal point of its section, else of the chart, else of its centre. */
  readonly distance: Float64Array;
}
