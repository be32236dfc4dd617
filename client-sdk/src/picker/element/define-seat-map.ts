import { AisleSeatMapElement } from './element.js';

/** Makes the tag known to the page; once, however often it is called. Without a DOM it does nothing. */
export function defineSeatMap(name = 'aisle-seat-map'): void {
  const registry = (globalThis as { customElements?: CustomElementRegistry }).customElements;
  if (registry === undefined || registry.get(name) !== undefined) return;
  // A class can have one name: another name gets a class of its own.
  const taken = registry.getName?.(AisleSeatMapElement) != null;
  registry.define(name, taken ? class extends AisleSeatMapElement {} : AisleSeatMapElement);
}

declare global {
  interface HTMLElementTagNameMap {
    'aisle-seat-map': AisleSeatMapElement;
  }
}
