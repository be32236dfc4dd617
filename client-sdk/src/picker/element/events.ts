import type { AisleError } from '../../protocol/errors.js';
import type { EventStatus, SeatEvent } from '../../protocol/event.js';
import type { BasketLine, CheckoutDetail, Link } from '../model.js';

/** What the element tells the page, by name of the event: its `detail`. All of them bubble and leave shadow roots. */
export interface SeatMapEvents {
  'aisle-ready': { readonly event: SeatEvent };
  'aisle-basket': {
    readonly eventId: string;
    readonly lines: readonly BasketLine[];
    readonly places: number;
    readonly totalMinor: number;
    readonly currency: string;
    readonly holdTokens: readonly string[];
  };
  /** Cancelable: the page takes the buyer on. */
  'aisle-checkout': CheckoutDetail;
  'aisle-select': { readonly seats: readonly string[] };
  /** Time ran out: these are on sale again. */
  'aisle-lapse': { readonly lines: readonly BasketLine[] };
  'aisle-error': { readonly error: AisleError };
  'aisle-status': { readonly status: EventStatus; readonly link: Link };
}

declare global {
  // Merged into the DOM's own maps, so that addEventListener knows the details.
  interface HTMLElementEventMap {
    'aisle-ready': CustomEvent<SeatMapEvents['aisle-ready']>;
    'aisle-basket': CustomEvent<SeatMapEvents['aisle-basket']>;
    'aisle-checkout': CustomEvent<SeatMapEvents['aisle-checkout']>;
    'aisle-select': CustomEvent<SeatMapEvents['aisle-select']>;
    'aisle-lapse': CustomEvent<SeatMapEvents['aisle-lapse']>;
    'aisle-error': CustomEvent<SeatMapEvents['aisle-error']>;
    'aisle-status': CustomEvent<SeatMapEvents['aisle-status']>;
  }
}
