import type { SeatEvent } from '@aisle/client';
import type { ChartGeometry } from '../../../client-sdk/src/picker/map/geometry.js';
import { byId, make } from '../shared/dom.js';
import { priceText } from '../shared/format.js';
import { stepper } from './stepper.js';

/** As many as one asks for at once; more are held in a second step. */
const MAX_BEST = 8;

/** "Best available": a number of places, a category or any, and the server picks. */
export class BestPanel {
  private readonly submit: HTMLButtonElement | null;

  constructor(
    geometry: ChartGeometry,
    event: SeatEvent,
    take: (quantity: number, category: string | undefined) => void,
  ) {
    const form = byId('best-form', HTMLFormElement);
    const select = byId('best-category', HTMLSelectElement);
    const quantity = stepper('Places', 2, 1, Math.min(MAX_BEST, event.maxSeatsPerSubject));
    byId('best-count', HTMLElement).replaceChildren(quantity.element);
    const seated = new Set(geometry.categoryOf);
    const options = geometry.chart.categories
      .filter((_, position) => seated.has(position))
      .map(({ key, label }) =>
        make('option', { value: key }, `${label} · ${priceText(event.prices[key], event.currency)}`),
      );
    // "any" as a position, not a key: a chart may name a category as it likes.
    select.replaceChildren(make('option', { value: '' }, 'Any'), ...options);
    byId('best', HTMLElement).hidden = geometry.xs.length === 0;
    this.submit = form.querySelector('button[type="submit"]');
    form.addEventListener('submit', (submitted) => {
      submitted.preventDefault();
      take(quantity.value, select.selectedIndex === 0 ? undefined : select.value);
    });
  }

  refresh(enabled: boolean): void {
    if (this.submit !== null) this.submit.disabled = !enabled;
  }
}
