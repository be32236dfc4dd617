import type { SeatEvent, SeatMap } from '@aisle/client';
import { categoryColour } from '../../../client-sdk/src/picker/map/theme.js';
import type { ChartGeometry } from '../../../client-sdk/src/picker/map/geometry.js';
import { button, byId, make, setText, swatch } from '../shared/dom.js';
import { count, priceText } from '../shared/format.js';
import type { PlaceNames } from './place-names.js';
import { stepper, type Stepper } from './stepper.js';

/** How long an area stays marked in the list after it was pressed on the map. */
const CALLED_MS = 2_500;

interface AreaView {
  readonly row: HTMLLIElement;
  readonly free: HTMLElement;
  readonly quantity: Stepper;
  readonly hold: HTMLButtonElement;
}

/** Standing areas: how many places, at what price, and a button to hold them. */
export class AreaPanel {
  private readonly views: AreaView[];

  constructor(
    geometry: ChartGeometry,
    names: PlaceNames,
    private readonly map: SeatMap,
    private readonly event: SeatEvent,
    take: (area: string, quantity: number) => void,
  ) {
    this.views = geometry.areas.map(({ area, areaNo }) => {
      const position = geometry.chart.categories.findIndex(({ key }) => key === area.category);
      const free = make('small');
      const quantity = stepper(`Places in ${area.label}`, 1, 1, event.maxSeatsPerSubject);
      const hold = button(
        'Hold',
        'button',
        () => take(area.id, quantity.value),
        `Hold places in ${names.area(areaNo).spoken}`,
      );
      const price = priceText(event.prices[area.category], event.currency);
      const name = make(
        'span',
        { class: 'name' },
        swatch(categoryColour(geometry.chart.categories[position]?.color, position)),
        `${area.label} · ${price}`,
        free,
      );
      return { row: make('li', {}, name, quantity.element, hold), free, quantity, hold };
    });
    byId('area-list', HTMLUListElement).replaceChildren(...this.views.map(({ row }) => row));
    byId('areas', HTMLElement).hidden = this.views.length === 0;
  }

  refresh(enabled: boolean): void {
    this.views.forEach(({ free, quantity, hold }, areaNo) => {
      const available = this.map.areas[areaNo]?.available ?? 0;
      setText(free, available > 0 ? `${count(available)} free` : 'full');
      // While the map is not there yet, or nothing is free, what was typed stays: Hold cannot be pressed then.
      const most = this.event.maxSeatsPerSubject;
      quantity.bound(1, available > 0 ? Math.min(most, available) : most);
      hold.disabled = !enabled || available === 0;
    });
  }

  /** Pressed on the map: brings its line into view and the keyboard to it. */
  call(areaNo: number): void {
    const view = this.views[areaNo];
    if (view === undefined) return;
    view.row.dataset.called = 'true';
    view.row.scrollIntoView({ block: 'center' });
    view.hold.focus({ preventScroll: true });
    setTimeout(() => delete view.row.dataset.called, CALLED_MS);
  }
}
