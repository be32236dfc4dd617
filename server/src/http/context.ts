import { AisleError } from '@aisle/client/protocol';
import type { Context, MiddlewareHandler } from 'hono';
import { isStaff, type Actor } from '../domain/actor.js';
import type { Sessions } from '../domain/ports/sessions.js';

/** What one request carries through the middleware. */
export interface AppEnv {
  Bindings: { readonly ip: string };
  Variables: {
    requestId: string;
    /** It came with the request; false: made here, so nobody else has it. */
    requestIdGiven: boolean;
    sessions: Sessions;
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
  const actor = await c.get('sessions').authenticate(token);
  c.set('subject', actor.subject);
  return actor;
}

function refuse(actor: Actor, needs: string): never {
  if (actor.subject === null) throw AisleError.of('UNAUTHENTICATED', { message: 'This call needs a token.' });
  throw AisleError.of('FORBIDDEN', { message: `This call needs the role ${needs}; the token has ${actor.role}.` });
}

/** The guards run before a body is read: only an admin makes the server take in 64 MiB. */
const guard =
  (allows: (actor: Actor) => boolean, needs: string): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const actor = await actorOf(c);
    if (!allows(actor)) refuse(actor, needs);
    refuseOtherEvents(actor, c.req.param('id'));
    await next();
  };

export const adminOnly = guard((actor) => actor.role === 'admin', 'admin');
export const staffOnly = guard(isStaff, 'box_office, service or admin');
export const anySubject = guard((actor) => actor.subject !== null, 'guest or above');

function refuseOtherEvents(actor: Actor, eventId: string | undefined): void {
  if (eventId === undefined || actor.events === null || actor.events.includes(eventId)) return;
  throw AisleError.of('FORBIDDEN', { message: 'This token is for other events.' });
}
