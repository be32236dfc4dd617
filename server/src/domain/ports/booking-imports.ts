import type { SeatLetter } from '@aisle/client/protocol';
import type { ImportedOrder } from '../bookings/bookings.js';
import type { ChangeBy } from './orders.js';
import type { OrderEffect } from './seat-store.js';

export interface ImportInput extends ChangeBy {
  readonly eventId: string;
  /** As Redis was seen to have it: another one in Postgres is `epoch`. */
  readonly epoch: number;
  /** The one that the file was read against. */
  readonly chartVersion: number;
  readonly fingerprint: string;
  readonly orders: readonly ImportedOrder[];
  /** Places by the chart of every area among them. */
  readonly capacity: ReadonlyMap<number, number>;
  readonly dryRun: boolean;
  /** As Redis has it; false: nothing is written, and the conflicts are looked for. */
  readonly free: boolean;
}
/** What stands in the way, as Postgres has it. */
export interface ImportConflicts {
  /** externalIds that are orders already. */
  readonly externalIds: ReadonlySet<string>;
  /** seatNo → sold, reserved or blocked. */
  readonly seats: ReadonlyMap<number, SeatLetter>;
  /** areaNo → places left, of those asked for more. */
  readonly areas: ReadonlyMap<number, number>;
}
/** The answer of an import, remembered under its request id. */
export interface ImportedBookings {
  readonly orders: number;
  readonly tickets: number;
  readonly totalMinor: number;
  readonly items: readonly { readonly externalId: string; readonly orderId: string }[];
}
export type ImportResult =
  | { readonly kind: 'done'; readonly answer: ImportedBookings; readonly effects: readonly OrderEffect[] }
  | { readonly kind: 'replay'; readonly answer: ImportedBookings }
  /** Postgres has nothing against it; not written, because of `dryRun` or `free`. */
  | { readonly kind: 'possible' }
  | { readonly kind: 'refused'; readonly conflicts: ImportConflicts }
  | { readonly kind: 'epoch' }
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'status'; readonly status: string };

/** Existing bookings into Postgres: all of a file or nothing. Throws AisleError UNAVAILABLE. */
export interface BookingImports {
  run(input: ImportInput): Promise<ImportResult>;
  /** Redis has these. */
  settled(effects: readonly OrderEffect[]): Promise<void>;
}
