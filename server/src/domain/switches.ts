/** The operator's live switches, by name; what each does: docs/OPERATIONS.md. */
export const SWITCHES = [
  'pause',
  'holds_per_second',
  'no_hold_best',
  'no_new_sessions',
  'deny_subject',
  'deny_address',
] as const;
export type SwitchName = (typeof SWITCHES)[number];

/** These may be set for one event, too; the others are for everything. */
const PER_EVENT: ReadonlySet<SwitchName> = new Set(['pause', 'holds_per_second', 'no_hold_best']);
export const isPerEvent = (name: SwitchName): boolean => PER_EVENT.has(name);

/** What a switch says while it is on; off is no value at all. */
export type SwitchValue = true | number | readonly string[];

export interface SwitchState {
  readonly name: SwitchName;
  /** Null: for all events. */
  readonly eventId: string | null;
  readonly value: SwitchValue;
  /** The subject that set it, and why. */
  readonly setBy: string;
  readonly reason: string;
  /** ISO 8601 */
  readonly setAt: string;
}

/** One line of the record of who did what; nothing is ever taken back from it. */
export interface SwitchChange {
  readonly id: string;
  readonly kind: 'set' | 'cleared' | 'drop_holds';
  readonly name: SwitchName | 'drop_holds';
  readonly eventId: string | null;
  /** After the change; null: off. Of drop_holds: {subject, dropped, reserved}. */
  readonly value: unknown;
  readonly actor: string;
  readonly reason: string;
  readonly at: string;
}
