import type { Actor } from '../domain/actor.js';

/** What one socket is: who speaks on it and what it watches; or that it is over. */
export type Session =
  | {
      readonly kind: 'active';
      readonly actor: Actor;
      /** Events whose room the socket is in. */
      readonly watching: Set<string>;
      readonly expiry: NodeJS.Timeout | null;
    }
  | { readonly kind: 'closed' };
