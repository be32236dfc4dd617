import type { ChartGeometry } from '../map/geometry.js';
import type { Filter } from '../model.js';
import type { PriceList } from './prices.js';

export const NO_FILTER: Filter = {
  categories: null,
  maxMinor: null,
  accessible: false,
  companion: false,
  unrestricted: false,
};

/** Which seats a filter offers, whatever their state: one byte a seat, made once a filter. */
export function offerOf(geometry: ChartGeometry, prices: PriceList, filter: Filter): Uint8Array {
  const { seats, categories } = geometry.chart;
  const fits = categories.map(({ key }) => {
    const cheapest = prices.cheapest(key);
    const inPrice = filter.maxMinor === null || (cheapest !== null && cheapest <= filter.maxMinor);
    return inPrice && (filter.categories === null || filter.categories.has(key));
  });
  const offered = new Uint8Array(seats.length);
  const special = filter.accessible || filter.companion;
  seats.forEach((seat, seatNo) => {
    if (fits[geometry.categoryOf[seatNo] ?? 0] !== true) return;
    if (filter.unrestricted && seat.restrictedView === true) return;
    // Both: who looks for a wheelchair place wants to see the seat beside it, too.
    const suits = (filter.accessible && seat.accessible === true) || (filter.companion && seat.companion === true);
    if (!special || suits) offered[seatNo] = 1;
  });
  return offered;
}
