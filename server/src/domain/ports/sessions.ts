import type { CreateSession, Session } from '@aisle/client/protocol';
import type { Actor } from '../actor.js';

/** Tokens in, actors out. Implemented in auth/. */
export interface Sessions {
  /** null or empty: a read-only viewer. Throws AisleError UNAUTHENTICATED; UNAVAILABLE where that cannot be known now. */
  authenticate(token: string | null | undefined): Promise<Actor>;
  /** A guest for anybody; for staff and services whatever CreateSession allows. Throws AisleError FORBIDDEN. */
  create(actor: Actor, request: CreateSession): Promise<Session>;
  /** Not revoked since (SPEC A9); live sockets are asked about again and again. Its end is in `expiresAtMs`. */
  stands(actor: Actor): boolean;
  /** Something was revoked, here or on another node. */
  onRevoked(listener: () => void): void;
}
