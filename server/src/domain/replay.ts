import type { SeatLetter } from '@aisle/client/protocol';

/** Where an epoch began: what its load wrote into Redis. */
export interface EpochBase {
  /** One letter a seat, full states. */
  readonly letters: string;
  /** Counts by area number. */
  readonly areas: readonly AreaCounts[];
}
export interface AreaCounts {
  readonly held: number;
  readonly reserved: number;
  readonly sold: number;
  readonly blocked: number;
}
/** One row of the log: a place that went from one state to another. */
export interface LoggedMove {
  readonly seq: number;
  readonly placeKind: 'seat' | 'area';
  readonly placeNo: number;
  readonly from: SeatLetter;
  readonly to: SeatLetter;
  readonly quantity: number;
}
/** A move that does not start where the place was: the log and the base do not fit each other. */
export interface ReplayFault {
  readonly seq: number;
  readonly placeKind: 'seat' | 'area';
  readonly placeNo: number;
  readonly was: string;
  readonly from: SeatLetter;
}
export interface Replayed {
  readonly letters: string;
  readonly areas: readonly AreaCounts[];
  readonly faults: readonly ReplayFault[];
}

const COUNT = { h: 'held', r: 'reserved', s: 'sold', b: 'blocked' } as const;
const MOST_FAULTS = 100;

/**
 * The map as the log alone gives it: the epoch's beginning, then every accepted change in order (SPEC L1, L4). A fault is
 * reported where a change does not join on; the change is applied all the same.
 */
export function replay(base: EpochBase, moves: Iterable<LoggedMove>): Replayed {
  const letters = Array.from(base.letters);
  const areas = base.areas.map((area) => ({ ...area }));
  const faults: ReplayFault[] = [];
  const fault = ({ seq, placeKind, placeNo, from }: LoggedMove, was: string): void => {
    if (faults.length < MOST_FAULTS) faults.push({ seq, placeKind, placeNo, was, from });
  };
  for (const move of moves) {
    if (move.placeKind === 'seat') {
      const was = letters[move.placeNo] ?? '';
      if (was !== move.from) fault(move, was);
      letters[move.placeNo] = move.to;
      continue;
    }
    const area = areas[move.placeNo];
    if (area === undefined) {
      fault(move, 'no such area');
      continue;
    }
    if (move.from !== 'a') {
      const count = COUNT[move.from];
      if (area[count] < move.quantity) fault(move, `${count} ${area[count]}`);
      area[count] -= move.quantity;
    }
    if (move.to !== 'a') area[COUNT[move.to]] += move.quantity;
  }
  return { letters: letters.join(''), areas, faults };
}
