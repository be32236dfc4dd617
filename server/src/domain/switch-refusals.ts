import { AisleError } from '@aisle/client/protocol';
import type { Actor } from './actor.js';
import type { Switches, Thrown } from './ports/switches.js';

/** When a buyer's page asks again whether there are sessions. */
const NEW_SESSIONS_RETRY_MS = 10_000;

/** What callers are told of a switch: its name, so that a client can tell it from other refusals, and the operator's words. */
const details = (name: string, { reason }: Thrown) => ({ switch: name, reason });

export const pausedError = (thrown: Thrown): AisleError =>
  AisleError.of('EVENT_NOT_ON_SALE', {
    message: `No new holds for now: ${thrown.reason}`,
    remediation: 'Holds and orders that are there go on; try again later.',
    details: details('pause', thrown),
  });

export const noHoldBestError = (thrown: Thrown): AisleError =>
  AisleError.of('FORBIDDEN', {
    message: `Seats are not chosen automatically for now: ${thrown.reason}`,
    remediation: 'Choose seats on the map and use hold.',
    details: details('no_hold_best', thrown),
  });

export const paceError = (perSecond: number, retryAfterMs: number): AisleError =>
  AisleError.of('RATE_LIMITED', {
    message: `This event takes ${perSecond} holds a second for now.`,
    retryAfterMs,
    details: { switch: 'holds_per_second' },
  });

export const noNewSessionsError = (thrown: Thrown): AisleError =>
  AisleError.of('RATE_LIMITED', {
    message: `No new sessions are given out for now: ${thrown.reason}`,
    retryAfterMs: NEW_SESSIONS_RETRY_MS,
    details: details('no_new_sessions', thrown),
  });

/** Null: not denied. Counts a refusal. */
export function denialOf(switches: Switches, actor: Actor, ip: string): AisleError | null {
  if (!switches.denies(actor, ip)) return null;
  const name = switches.deniesAddress(ip) ? 'deny_address' : 'deny_subject';
  switches.refused(name);
  return deniedError(name);
}

/** Why somebody is denied is the operator's business. */
export const deniedError = (name: 'deny_subject' | 'deny_address'): AisleError =>
  AisleError.of('FORBIDDEN', {
    message: name === 'deny_subject' ? 'This subject is denied.' : 'This address is denied.',
    remediation: 'Ask whoever runs this service.',
    details: { switch: name },
  });
