import { AisleError } from '@aisle/client/protocol';
import type { Context, MiddlewareHandler } from 'hono';
import { isForEvent, type Actor } from '../domain/actor.js';
import type { Sessions } from '../domain/ports/sessions.js';
import { requireRight, type Call } from '../domain/rights.js';

/** What one request carries through the middleware. */
export interface AppEnv {
  Bindings: { readonly ip: string };
  Variables: {
    requestId: string;
    /** It came with the request; false: made here, so nobody else has it. */
    requestIdGiven: boolean;
    sessions: Sessions;
    /** Denied, or too fast? Throws; called once the caller is known (SPEC G1). */
    admit: (actor: Actor) => Promise<void>;
    /** A token was refused: counted by address. Throws RATE_LIMITED for one too many. */
    refused: () => Promise<void>;
    /** Asked for once, and only where it matters: public reads never check a signature. */
    actor: Promise<Actor> | undefined;
    subject: string | null;
    /** The answer was remembered from the first time. */
    replayed: boolean;
    /** For the log line: which command, on which event, under which of its own ids (as seat_log has it), and what became of it. */
    command: string | undefined;
    eventId: string | undefined;
    commandId: string | undefined;
    outcome: string | undefined;
  };
}
export type AppContext = Context<AppEnv>;

const BEARER = /^Bearer +(\S+)$/i;

/** Who calls. Throws UNAUTHENTICATED for a token that is not valid; no token at all is a viewer. */
export async function actorOf(c: AppContext): Promise<Actor> {
  let actor = c.get('actor');
  if (actor === undefined) {
    actor = authenticate(c);
    c.set('actor', actor);
  }
  return actor;
}

async function authenticate(c: AppContext): Promise<Actor> {
  const header = c.req.header('authorization');
  const token = header === undefined ? null : BEARER.exec(header)?.[1];
  if (token === undefined) {
    throw AisleError.of('UNAUTHENTICATED', {
      message: 'The Authorization header is not of the form "Bearer <token>".',
    });
  }
  const actor = await c
    .get('sessions')
    .authenticate(token)
    .catch(async (error: unknown) => {
      // Guessing costs the server a look-up each time: it counts by address, like a call of nobody's.
      if (error instanceof AisleError && error.code === 'UNAUTHENTICATED') await c.get('refused')();
      throw error;
    });
  c.set('subject', actor.subject);
  await c.get('admit')(actor);
  return actor;
}

/** What guards a route; `right` is for /openapi.json (x-right) and the test that walks the matrix. */
export type Guard = MiddlewareHandler<AppEnv> & { readonly right: Call };

/**
 * Lets through who may make the call by domain/rights.ts, the one table (SPEC A8): first in a route's `middleware`, before the
 * body is read, so that only an admin makes the server take in 64 MiB. No token: UNAUTHENTICATED; a role too low, or a token
 * limited to other events: FORBIDDEN. Whose hold or order may be touched is decided behind it. For calls open to everybody name the
 * right by `doc.anybody(call)` instead: public reads check no signature.
 */
export function allow(call: Call): Guard {
  const guard: MiddlewareHandler<AppEnv> = async (c, next) => {
    const actor = await actorOf(c);
    requireRight(actor, call);
    refuseOtherEvents(actor, eventOfPath(c));
    await next();
  };
  return Object.assign(guard, { right: call });
}

/** Routes of one event are /v1/events/{id}/…; an `id` elsewhere is something else's. */
const eventOfPath = (c: AppContext): string | undefined =>
  c.req.path.startsWith('/v1/events/') ? c.req.param('id') : undefined;

function refuseOtherEvents(actor: Actor, eventId: string | undefined): void {
  if (eventId === undefined || isForEvent(actor, eventId)) return;
  throw AisleError.of('FORBIDDEN', { message: 'This token is for other events.' });
}
