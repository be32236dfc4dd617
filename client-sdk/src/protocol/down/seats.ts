/**
 * All that changed in (from, to], last state each. Another epoch: lower drop, higher subscribe afresh. to ≤ yours: drop.
 * from ≤ yours < to: apply all, take `to`. from > yours: subscribe with your seq (SPEC F8).
 */
export interface SeatsFrame {
  eventId: string;
  epoch: number;
  from: number;
  to: number;
  /** [seatNo, letter, …] */
  changes: (number | string)[];
  /** [areaNo, available, …] */
  areas?: number[];
}
