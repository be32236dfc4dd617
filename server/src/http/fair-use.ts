import { AisleError, type CreateSession } from '@aisle/client/protocol';
import type { MiddlewareHandler } from 'hono';
import { isStaff, type Actor } from '../domain/actor.js';
import type { Switches } from '../domain/ports/switches.js';
import { VIEWER } from '../auth/sessions.js';
import { denialOf, noNewSessionsError } from '../domain/switch-refusals.js';
import { actorOf, type AppEnv } from './context.js';
import type { HttpDeps } from './deps.js';

const READS = new Set(['GET', 'HEAD']);
/** Messages of payment providers are signed, and ask for no token: one that comes along is never looked at. */
const PROVIDERS = '/v1/payments/';

/**
 * Around every call of the API: who is denied is refused, and calls are counted (SPEC G1, G2). A token is looked at where the
 * route does; a call that never asks who calls is counted by its address, staff beyond that being let through. So is a token that
 * is refused.
 */
export function fairUse({ limits, switches }: Pick<HttpDeps, 'limits' | 'switches'>): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const { ip } = c.env;
    const byAddress = READS.has(c.req.method) || c.req.path.startsWith(PROVIDERS);
    c.set('refused', async () => {
      const limited = byAddress ? null : await limits.read(ip);
      if (limited !== null) throw new AisleError(limited);
    });
    c.set('admit', async (actor) => {
      const denied = denialOf(switches, actor, ip);
      if (denied !== null) throw denied;
      const limited = await limits.call(actor, ip);
      if (limited !== null) throw new AisleError(limited);
    });
    if (c.req.header('authorization') === undefined) {
      const denied = denialOf(switches, VIEWER, ip);
      if (denied !== null) throw denied;
      const limited = await limits.read(ip);
      if (limited !== null) throw new AisleError(limited);
    } else {
      // An admin may come from anywhere; whoever else it is, is refused there.
      const tooFast = byAddress ? await limits.read(ip) : null;
      if (tooFast !== null || switches.deniesAddress(ip)) {
        const actor = await actorOf(c);
        if (tooFast !== null && !isStaff(actor)) throw new AisleError(tooFast);
      }
    }
    await next();
  };
}

/** No new buyers for now; clerks, kiosks and services may still be given theirs. Throws RATE_LIMITED. */
export function refuseNewSession(switches: Switches, actor: Actor, request: CreateSession): void {
  const thrown = switches.noNewSessions();
  if (thrown === null) return;
  const role = isStaff(actor) ? (request.role ?? 'guest') : 'guest';
  if (role !== 'guest' && role !== 'customer') return;
  switches.refused('no_new_sessions');
  throw noNewSessionsError(thrown);
}
