import type { Filter, PickerModel } from '../model.js';

export const NO_FILTER: Filter = {
  categories: null,
  maxMinor: null,
  accessible: false,
  companion: false,
  unrestricted: false,
};
/** More steps than this are more than anyone chooses from. */
const MOST_STEPS = 8;

export const isFiltered = (filter: Filter): boolean =>
  filter.categories !== null ||
  filter.maxMinor !== null ||
  filter.accessible ||
  filter.companion ||
  filter.unrestricted;

/** Free seats that the filter offers. */
export function countOffered(model: Pick<PickerModel, 'chart' | 'offered' | 'standing'>): number {
  let count = 0;
  for (let seatNo = 0; seatNo < model.chart.seats.length; seatNo++)
    if (model.standing(seatNo) === 'free' && model.offered(seatNo)) count++;
  return count;
}

/** What a category costs at least, in minor units; undefined without a price. */
export const cheapest = (model: PickerModel, category: string): number | undefined => {
  const totals = model.ticketTypes(category).map(({ totalMinor }) => totalMinor);
  return totals.length === 0 ? undefined : Math.min(...totals);
};

/** Prices to choose a limit from, lowest first; the highest is no limit and left out. Empty: all cost the same. */
export function priceSteps(prices: readonly number[]): number[] {
  const steps = [...new Set(prices)].sort((a, b) => a - b).slice(0, -1);
  if (steps.length <= MOST_STEPS) return steps;
  return Array.from(
    { length: MOST_STEPS },
    (_, i) => steps[Math.round((i * (steps.length - 1)) / (MOST_STEPS - 1))] ?? 0,
  );
}
