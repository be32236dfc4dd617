import type { CreateSession, Session } from '@aisle/client/protocol';
import type { Actor } from '../actor.js';

/** Tokens in, actors out. Implemented in auth/. */
export interface Sessions {
  /** null or empty: a read-only viewer. Throws AisleError UNAUTHENTICATED. */
  authenticate(token: string | null | undefined): Promise<Actor>;
  /** A guest for anybody; for staff and services whatever CreateSession allows. Throws AisleError FORBIDDEN. */
  create(actor: Actor, request: CreateSession): Promise<Session>;
}
