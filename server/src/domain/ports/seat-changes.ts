import type { EventStatus, HoldNoteKind, SeatLetter } from '@aisle/client/protocol';

/** One published message of an event's channel, decoded: what one script did in (from, to]. */
export interface SeatChanges {
  readonly eventId: string;
  readonly epoch: number;
  readonly from: number;
  readonly to: number;
  /** One a seq, in order; the ring is per seq (SPEC F2). */
  readonly entries: readonly SeatChangeEntry[];
  /** New counts of the categories touched: [catNo, total, sold, pending, available]. */
  readonly inventory: readonly (readonly [number, number, number, number, number])[];
  /** To single holders; routed on, never part of frames. */
  readonly notes: readonly HolderNote[];
  /** Status or version moved. */
  readonly status?: { readonly status: EventStatus; readonly version: number };
}
export interface SeatChangeEntry {
  readonly seq: number;
  readonly seats: readonly (readonly [seatNo: number, letter: SeatLetter])[];
  readonly areas: readonly (readonly [areaNo: number, available: number])[];
}
export interface HolderNote {
  readonly subject: string;
  readonly kind: HoldNoteKind;
  readonly token: string;
}

/** The receiving half of the fan-out: one Redis subscriber connection per node. */
export interface SeatChangeSource {
  /** Resolves once the subscription is confirmed; from then on `onChanges` is called in order, nothing missing while connected. */
  subscribe(eventId: string): Promise<void>;
  unsubscribe(eventId: string): Promise<void>;
  onChanges(listener: (changes: SeatChanges) => void): void;
  /** After every (re)connection, once resubscribed: anything may have been missed. */
  onResync(listener: () => void): void;
  close(): Promise<void>;
}
