import type { Limits } from '@aisle/client/protocol';
import { isStaff, type Actor } from '../domain/actor.js';
import type { Config } from '../platform/config.js';

export type LimitsConfig = Pick<Config, 'AISLE_LIMITS_SUBSCRIPTIONS'>;

/** Places in one call, as `hello` tells them (SPEC S6). */
const PUBLIC_PLACES_PER_CALL = 50;
const STAFF_PLACES_PER_CALL = 1000;

/** What `hello` tells this actor it may do at once. */
export function limitsOf(actor: Actor, config: LimitsConfig): Limits {
  return {
    placesPerCall: isStaff(actor) ? STAFF_PLACES_PER_CALL : PUBLIC_PLACES_PER_CALL,
    subscriptions: config.AISLE_LIMITS_SUBSCRIPTIONS,
  };
}
