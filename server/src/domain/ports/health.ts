/** What /readyz and the gates ask. */
export interface Health {
  /** Redis answers and is the one that was reconciled (SPEC R1). */
  readonly redis: () => boolean;
  readonly postgres: () => boolean;
  /** Why it is not ready, empty when it is. */
  readonly reasons: () => readonly string[];
}
