import type { SeatEvent, SeatMap } from '@aisle/client';
import { categoryColour } from '../../../client-sdk/src/picker/map/theme.js';
import { LETTER_AVAILABLE } from '../../../client-sdk/src/picker/map/seat-look.js';
import type { ChartGeometry } from '../../../client-sdk/src/picker/map/geometry.js';
import { byId, make, setText, swatch } from '../shared/dom.js';
import { count, priceText } from '../shared/format.js';

/** Categories with colour, price and what is free of them. Counts come from the map itself: it is exact and live. */
export class Legend {
  private readonly lefts: HTMLElement[];

  constructor(
    private readonly geometry: ChartGeometry,
    private readonly map: SeatMap,
    event: SeatEvent,
  ) {
    const { categories, seats, areas } = geometry.chart;
    this.lefts = categories.map(() => make('span', { class: 'left' }));
    const used = new Set([...seats, ...areas].map(({ category }) => category));
    byId('legend', HTMLUListElement).replaceChildren(
      ...categories.flatMap(({ key, label, color }, position) =>
        used.has(key)
          ? [
              make(
                'li',
                {},
                swatch(categoryColour(color, position)),
                make('span', { class: 'name' }, label),
                make('span', { class: 'price' }, priceText(event.prices[key], event.currency)),
                this.lefts[position],
              ),
            ]
          : [],
      ),
    );
    byId('sign-square', HTMLElement).hidden = !seats.some(({ accessible }) => accessible === true);
  }

  refresh(): void {
    const free = new Uint32Array(this.geometry.chart.categories.length);
    const { letters } = this.map;
    for (let seatNo = 0; seatNo < letters.length; seatNo++) {
      const category = this.geometry.categoryOf[seatNo] ?? 0;
      if (letters[seatNo] === LETTER_AVAILABLE) free[category] = (free[category] ?? 0) + 1;
    }
    this.geometry.areas.forEach(({ area, areaNo }) => {
      const category = this.geometry.chart.categories.findIndex(({ key }) => key === area.category);
      if (category >= 0) free[category] = (free[category] ?? 0) + (this.map.areas[areaNo]?.available ?? 0);
    });
    this.lefts.forEach((element, position) => setText(element, `${count(free[position] ?? 0)} free`));
  }
}
