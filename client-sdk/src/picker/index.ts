/** @aisle/client/picker: `<aisle-seat-map>`. Importing this does nothing; `@aisle/client/picker/define` makes the tag known. */
export { AisleSeatMapElement } from './element/element.js';
export type { SeatMapEvents } from './element/events.js';
export { defineSeatMap } from './element/define-seat-map.js';
export { loadMessages, registerMessages, type Catalogue, type CatalogueParts } from './messages/index.js';
export type { Basket, BasketHold, BasketLine, CheckoutDetail, Finding, Link, PickerState } from './model.js';
