import { subjectSchema } from '@aisle/client/protocol';
import { z } from 'zod';
import { faultsOf, invalidRequest } from '../../domain/faults.js';
import { isPerEvent, type SwitchName, type SwitchValue } from '../../domain/switches.js';
import { parseRange } from '../../platform/address-ranges.js';

/** Longer lists belong into a firewall. */
const MAX_DENIED = 10_000;
const MAX_PER_SECOND = 1_000_000;

const on = z.literal(true, 'true; to undo it, delete the switch');
const range = z
  .string()
  .max(64)
  .refine((text) => parseRange(text) !== null, 'not an address or a range such as 192.0.2.0/24 or 2001:db8::/32');
const VALUES: Readonly<Record<SwitchName, z.ZodType<SwitchValue>>> = {
  pause: on,
  holds_per_second: z.int('a whole number of holds a second').min(1).max(MAX_PER_SECOND),
  no_hold_best: on,
  no_new_sessions: on,
  deny_subject: z.array(subjectSchema).min(1).max(MAX_DENIED),
  deny_address: z.array(range).min(1).max(MAX_DENIED),
};

/** Why a switch is thrown, for the record that is kept for good. */
export const switchReasonSchema = z.string().trim().min(1).max(500);

/** What a switch may be set to. Throws INVALID_REQUEST, each fault with its path under `value`. */
export function switchValueOf(name: SwitchName, value: unknown): SwitchValue {
  const parsed = VALUES[name].safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidRequest(
    faultsOf(parsed.error).map(({ path, message }) => ({
      path: path === '' ? 'value' : `value.${path}`,
      message: value === undefined ? 'missing' : message,
    })),
  );
}

/** Throws INVALID_REQUEST where a switch that is for everything is asked for one event. */
export function requireSwitchScope(name: SwitchName, eventId: string | undefined): void {
  if (eventId === undefined || isPerEvent(name)) return;
  throw invalidRequest([{ path: 'eventId', message: `${name} is for everything; leave it away` }]);
}
