import type { CompiledChart } from '../chart/model.js';
import { ORDINARY, type SeatIndex } from './seat-index.js';

export interface GroupRequest {
  /** Seats wanted, 1 or more. */
  readonly quantity: number;
  /** catNos; absent: any. */
  readonly categories?: readonly number[] | undefined;
  /** Section keys; absent: any. */
  readonly sections?: readonly string[] | undefined;
  /** true: accessible seats alone, completed by companion seats beside them. Else neither is ever given (SPEC H7). */
  readonly accessible?: boolean | undefined;
  readonly adjacent: 'required' | 'preferred';
  /** Seats to leave out although the map calls them free: known to be gone. */
  readonly excluded?: ReadonlySet<number> | ((seatNo: number) => boolean) | undefined;
}

/** Which positions a request can use, decided once per ranking. */
export interface Wish {
  readonly quantity: number;
  readonly accessible: boolean;
  /** Free to a buyer of this kind: walls are taken seats, and those of the other kind. Category does not matter here. */
  isFree(position: number): boolean;
  /** Of a category asked for. */
  isWanted(position: number): boolean;
  wantsRun(run: number): boolean;
}

const AVAILABLE = 'a'.charCodeAt(0);

export function wishOf(chart: CompiledChart, index: SeatIndex, letters: Uint8Array, request: GroupRequest): Wish {
  const { excluded, categories, sections } = request;
  const accessible = request.accessible === true;
  const gone =
    excluded === undefined ? undefined : typeof excluded === 'function' ? excluded : (no: number) => excluded.has(no);
  const wanted = categories === undefined ? undefined : new Uint8Array(chart.categoryKeys.length);
  for (const catNo of categories ?? []) wanted?.fill(1, catNo, catNo + 1);
  const wantedSections = sections === undefined ? undefined : new Set(sections);
  const { seatNo, kind, catNo, runSection } = index;
  return {
    quantity: request.quantity,
    accessible,
    isFree: (position) => {
      const no = seatNo[position] ?? -1;
      return letters[no] === AVAILABLE && (kind[position] !== ORDINARY) === accessible && !(gone?.(no) ?? false);
    },
    isWanted: (position) => wanted === undefined || wanted[catNo[position] ?? 0] === 1,
    wantsRun: (run) => wantedSections === undefined || wantedSections.has(runSection[run] ?? ''),
  };
}
