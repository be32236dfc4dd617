import type { SeatLetter } from '@aisle/client/protocol';

export const LOG_KINDS = ['hold', 'extend', 'release', 'expire', 'block', 'unblock'] as const;
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
