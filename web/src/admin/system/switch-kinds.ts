/** The live switches (docs/OPERATIONS.md): what each does, and what may be set. */
export type SwitchName =
  'pause' | 'holds_per_second' | 'no_hold_best' | 'no_new_sessions' | 'deny_subject' | 'deny_address';
export type SwitchValue = true | number | readonly string[];

/** GET /v1/switches */
export interface SwitchState {
  readonly name: SwitchName;
  readonly eventId: string | null;
  readonly value: SwitchValue;
  readonly setBy: string;
  readonly reason: string;
  readonly setAt: string;
}
/** GET /v1/switches/changes */
export interface SwitchChange {
  readonly id: string;
  readonly kind: 'set' | 'cleared' | 'drop_holds';
  readonly name: SwitchName | 'drop_holds';
  readonly eventId: string | null;
  readonly value: unknown;
  readonly actor: string;
  readonly reason: string;
  readonly at: string;
}

export interface SwitchKind {
  readonly name: SwitchName;
  readonly title: string;
  readonly text: string;
  readonly value: 'on' | 'number' | 'list';
  readonly perEvent: boolean;
  readonly valueLabel?: string;
  readonly valueHint?: string;
}

export const SWITCH_KINDS: readonly SwitchKind[] = [
  {
    ...{ name: 'pause', title: 'Pause holds', value: 'on', perEvent: true },
    text: 'No new hold may begin; what is held can be released, extended and paid. The status stays as it is.',
  },
  {
    ...{ name: 'holds_per_second', title: 'Holds a second', value: 'number', perEvent: true },
    text: 'Buyers get in more slowly, nobody is turned away: for a checkout that cannot keep up.',
    ...{ valueLabel: 'Holds a second', valueHint: 'A whole number from 1.' },
  },
  {
    ...{ name: 'no_hold_best', title: 'No best available', value: 'on', perEvent: true },
    text: 'Buyers choose on the map; staff may go on. It saves the servers work in a rush.',
  },
  {
    ...{ name: 'no_new_sessions', title: 'Let nobody new in', value: 'on', perEvent: false },
    text: 'Those who are in get through first; no new guests or customers. Clerks and kiosks are let in.',
  },
  {
    ...{ name: 'deny_subject', title: 'Deny buyers', value: 'list', perEvent: false },
    text: 'These subjects are refused everything and their connections are cut.',
    ...{ valueLabel: 'Subjects', valueHint: 'One a line. This list replaces the one before.' },
  },
  {
    ...{ name: 'deny_address', title: 'Deny addresses', value: 'list', perEvent: false },
    text: 'The same by address or network. An admin is let through from anywhere.',
    ...{
      valueLabel: 'Addresses or networks',
      valueHint: 'One a line, such as 192.0.2.0/24. This list replaces the one before.',
    },
  },
];
export const kindOf = (name: string): SwitchKind | undefined => SWITCH_KINDS.find((kind) => kind.name === name);

export function valueWords(value: unknown): string {
  if (value === true) return 'on';
  if (value === null || value === undefined) return 'off';
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([name, part]) => `${name}: ${String(part)}`)
      .join(', ');
  }
  return typeof value === 'number' || typeof value === 'string' ? String(value) : 'unknown';
}
