import type { SeatLetter } from '@aisle/client/protocol';

/**
 * hold, extend, release, expire, block, unblock: as the commands. reserve, unreserve: between held and reserved. sell: reserved
 * → sold. cancel: a reserved hold given back because its order ended. return: sold → free or blocked. exchange: both at once.
 * (A `hold` that names a seat from h to h changed its ticket type.) transfer: a guest's hold became a customer's. repair: Redis set to what Postgres says.
 */
export const LOG_KINDS = [
  ...(['hold', 'extend', 'release', 'expire', 'block', 'unblock'] as const),
  ...(['reserve', 'unreserve', 'sell', 'cancel', 'return', 'exchange', 'transfer', 'repair'] as const),
] as const;
export type LogKind = (typeof LOG_KINDS)[number];

/** One accepted change as the outbox stream has it: stream id `<epoch>-<seq>` (SPEC L1). */
export interface LogEntry {
  readonly epoch: number;
  readonly seq: number;
  readonly kind: LogKind;
  readonly atMs: number;
  readonly subject: string;
  readonly actor: string;
  readonly requestId: string;
  /** sha1 of the hold token: tokens themselves are never logged (SPEC H6). '' where no hold is concerned. */
  readonly holdHash: string;
  readonly seats: readonly {
    readonly seatNo: number;
    readonly catNo: number;
    readonly from: SeatLetter;
    readonly to: SeatLetter;
  }[];
  readonly areas: readonly {
    readonly areaNo: number;
    readonly catNo: number;
    readonly from: SeatLetter;
    readonly to: SeatLetter;
    readonly quantity: number;
  }[];
  /** Label and reason of a block, deadline of a hold (ms): what else there is to know. */
  readonly extra: Readonly<Record<string, unknown>>;
}
