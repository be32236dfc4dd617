import type { Fault } from '@aisle/client/protocol';

/** Faults listed at most; the last of them then counts the rest. A person mends by the list, so more is noise. */
export const MAX_LISTED_FAULTS = 100;
/** Past this the input is nonsense throughout: looking on would cost seconds and say nothing new. */
export const MAX_COUNTED_FAULTS = 10_000;

/** Stable names of what can be wrong with a chart; messages may change, these not. */
export type ChartFaultCode =
  | 'DUPLICATE_ID'
  | 'DUPLICATE_KEY'
  | 'UNKNOWN_CATEGORY'
  | 'UNKNOWN_SECTION'
  | 'NOT_FINITE'
  | 'NO_PLACES'
  | 'TOO_MANY_PLACES'
  | 'MISSING'
  | 'WRONG_TYPE'
  | 'WRONG_VALUE'
  | 'WRONG_FORMAT'
  | 'OUT_OF_RANGE'
  | 'EMPTY'
  | 'TOO_FEW'
  | 'TOO_LONG'
  | 'TOO_MANY'
  | 'TOO_DEEP'
  | 'BAD_TEXT'
  | 'UNKNOWN_KEY'
  | 'NOT_JSON'
  | 'NOT_CSV'
  | 'MORE_FAULTS';

/** Collects faults up to the listed limit and counts on. */
export class FaultList {
  readonly #listed: Fault[] = [];
  #total = 0;

  /** `path`: where, `seats.12.x` or `line 7, column x`. */
  add(code: ChartFaultCode, path: string, message: string): void {
    this.#total++;
    if (this.#listed.length < MAX_LISTED_FAULTS) this.#listed.push({ path, message, code });
  }

  get total(): number {
    return this.#total;
  }

  /** No use in looking for more. */
  get full(): boolean {
    return this.#total >= MAX_COUNTED_FAULTS;
  }

  /** At most MAX_LISTED_FAULTS; where there are more, the last one (MORE_FAULTS) tells how many. */
  toFaults(): Fault[] {
    if (this.#total <= MAX_LISTED_FAULTS) return [...this.#listed];
    const shown = this.#listed.slice(0, MAX_LISTED_FAULTS - 1);
    const rest = this.#total - shown.length;
    const count = this.full ? `at least ${rest}` : String(rest);
    return [...shown, { path: '', message: `${count} more faults are not listed`, code: 'MORE_FAULTS' }];
  }
}
