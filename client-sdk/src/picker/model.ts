import type { GetToken } from '../options.js';
import type { AisleError } from '../protocol/errors.js';
import type { Chart } from '../protocol/chart.js';
import type { EventStatus, SeatEvent } from '../protocol/event.js';
import type { ChartGeometry } from './map/geometry.js';
import type { Language } from './messages/language.js';

/**
 * What the picker shows and offers, as types alone: buying/ makes it, panels/, finding/ and element/ read it, so that
 * none of them knows another. Snapshots are never changed in place: what is the same object is the same state.
 */

/** How the page hears of changes. `polling`: sockets are blocked, snapshots are asked for; `stale`: what is shown may be old. */
export type Link = 'connecting' | 'live' | 'polling' | 'stale' | 'offline' | 'refused';

export type SeatStanding = 'free' | 'mine' | 'taking' | 'held' | 'reserved' | 'sold' | 'blocked';

/** A moment on this device's monotonic clock (performance.now()), never later than the server's deadline. */
export interface Deadline {
  readonly at: number;
  /** Both clocks when it was learnt: a monotonic clock may stand still while the machine sleeps; the wall clock tells. */
  readonly monotonic: number;
  readonly wall: number;
}

export interface TicketTypeView {
  readonly key: string;
  readonly label: string;
  /** unit + fee + tax, in minor units. */
  readonly totalMinor: number;
  readonly feeMinor: number;
  readonly taxMinor: number;
}

export interface BasketLine {
  /** The same line from snapshot to snapshot. */
  readonly key: string;
  readonly token: string;
  readonly place: string;
  /** Exactly one of the two, but for a place that the chart does not have. */
  readonly seatNo?: number;
  readonly areaNo?: number;
  readonly quantity: number;
  readonly category: string;
  readonly ticketType?: string;
  readonly unitMinor: number;
  readonly feeMinor: number;
  readonly taxMinor: number;
  /** `leaving`: its release, or an area's change of type, is on the way. */
  readonly state: 'held' | 'leaving' | 'reserved';
}

export interface BasketHold {
  readonly token: string;
  readonly state: 'held' | 'reserved';
  readonly orderId?: string;
  readonly deadline: Deadline;
  /** More time can still be had. */
  readonly extendable: boolean;
}

export interface Basket {
  readonly lines: readonly BasketLine[];
  /** The one that ends first, first. */
  readonly holds: readonly BasketHold[];
  readonly places: number;
  readonly totalMinor: number;
}

/** off: not looked at; warn: said; strict: checkout is refused until it is mended. */
export type CheckMode = 'off' | 'warn' | 'strict';
/** `orphan`: these free seats would be left single; `apart`: these seats of the basket do not sit together. */
export interface Finding {
  readonly kind: 'orphan' | 'apart';
  readonly mode: Exclude<CheckMode, 'off'>;
  readonly seatNos: readonly number[];
}

/** What of the map and the list is offered; the rest is shown pale. null: all of them. */
export interface Filter {
  readonly categories: ReadonlySet<string> | null;
  /** Cheapest ticket type of the category, fees and taxes in; minor units. */
  readonly maxMinor: number | null;
  readonly accessible: boolean;
  readonly companion: boolean;
  readonly unrestricted: boolean;
}

/** Counted at most four times a second; the seats themselves follow at once. */
export interface Counts {
  /** Free seats by position of the section in the chart. */
  readonly sections: Uint32Array;
  readonly categories: ReadonlyMap<string, { readonly total: number; readonly available: number }>;
  /** By areaNo. */
  readonly areas: readonly { readonly capacity: number; readonly available: number }[];
  readonly accessible: number;
  readonly companion: number;
}

export interface PickerState {
  readonly status: EventStatus;
  readonly link: Link;
  /** The event is on sale and commands can go out. */
  readonly canHold: boolean;
  /** A wish of the buyer's is on its way. */
  readonly busy: boolean;
  readonly basket: Basket;
  readonly taking: ReadonlySet<number>;
  readonly leaving: ReadonlySet<number>;
  readonly filter: Filter;
  readonly findings: readonly Finding[];
  readonly counts: Counts;
  /** Places this buyer may hold in all. */
  readonly maxPlaces: number;
  /** Of mode `select`: what is chosen, by seatNo. */
  readonly selection: ReadonlySet<number>;
}

/** Something to be shown for some seconds and read out once. */
export interface Told {
  readonly text: string;
  /** What to do about it. */
  readonly more?: string;
  readonly tone: 'info' | 'good' | 'warn' | 'bad';
  /** Read out, not shown. */
  readonly quiet?: true;
  /** For the page's own `aisle-error` event. */
  readonly error?: AisleError;
  /** A hold ran out of time: for the page's own `aisle-lapse` event. */
  readonly lapsed?: { readonly token: string; readonly places: number };
  /** Seats it is about that the buyer did not choose by hand: worth being brought into view. */
  readonly show?: readonly number[];
  /** The event has another chart: open the picker anew; what is held comes back with it. */
  readonly reload?: true;
}

export interface BestRequest {
  readonly quantity: number;
  readonly category?: string;
  readonly ticketType?: string;
  readonly accessible?: boolean;
}

/** What `aisle-checkout` hands to the page. */
export interface CheckoutDetail {
  readonly eventId: string;
  readonly holdTokens: readonly string[];
  readonly totalMinor: number;
  readonly currency: string;
  readonly lines: readonly BasketLine[];
}

export type SeatsChange = { readonly all: true } | { readonly all: false; readonly seatNos: readonly number[] };

export interface PickerModel {
  readonly event: SeatEvent;
  readonly chart: Chart;
  readonly geometry: ChartGeometry;
  /** A char code of a map letter a seat, by seatNo; changed in place, told by onSeats. */
  readonly letters: Uint8Array;
  readonly state: PickerState;
  subscribe(listener: () => void): () => void;
  onSeats(listener: (change: SeatsChange) => void): () => void;
  onTold(listener: (told: Told) => void): () => void;

  standing(seatNo: number): SeatStanding;
  /** Whether the filter offers it, whatever its standing. */
  offered(seatNo: number): boolean;
  /** At least one; a plain price is one without a label. Empty: the category has no price. */
  ticketTypes(category: string): readonly TicketTypeView[];
  /** By row and number, as people read them. */
  seatsOf(sectionPosition: number): readonly number[];

  /** One press on a seat: mine is let go, a free one is held, any other says why not. In mode `select`: in or out. */
  press(seatNo: number, ticketType?: string): void;
  holdArea(areaNo: number, quantity: number, ticketType?: string): void;
  holdBest(request: BestRequest): void;
  /** All of the line, or so many of it. */
  release(lineKey: string, quantity?: number): void;
  releaseAll(): void;
  changeTicketType(lineKey: string, ticketType: string): void;
  extend(token: string): void;
  setFilter(filter: Partial<Filter>): void;
  select(seatNos: Iterable<number>): void;
  /** null: refused by a strict check or nothing is held; onTold says why. */
  checkout(): CheckoutDetail | null;
  /** The network came or the page was shown again: ask now. */
  hurry(): void;
  close(): void;
}

export interface PickerSettings {
  readonly eventId: string;
  /** Where Aisle serves; absent: the page's own origin. */
  readonly url?: string;
  /** Absent: a guest kept in localStorage. */
  readonly getToken?: GetToken;
  readonly mode: 'buy' | 'select';
  /** Of mode `select`: what can be chosen. */
  readonly selectable: ReadonlySet<SeatStanding>;
  /** Below the event's own limit; absent: that. */
  readonly maxPlaces?: number;
  readonly orphans: CheckMode;
  readonly together: CheckMode;
  /** What is told is told in its words. */
  readonly language: Language;
  /** The element is gone, or asks for something else: whatever was begun is closed. */
  readonly signal: AbortSignal;
}

/**
 * What buying/ exports for element/: `export const openPicker: OpenPicker`. Resolves once event, chart, the first map and what
 * this buyer holds already are there; rejects with AisleError.
 */
export type OpenPicker = (settings: PickerSettings) => Promise<PickerModel>;
