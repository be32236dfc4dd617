import { AisleError, handshakeSchema, PROTOCOL_VERSION, wireError, type WireError } from '@aisle/client/protocol';
import type { Actor } from '../domain/actor.js';
import type { Sessions } from '../domain/ports/sessions.js';
import { faultsOf, invalidRequest } from '../domain/faults.js';

export type Admission =
  | { readonly kind: 'admitted'; readonly actor: Actor; readonly client: string | null }
  | { readonly kind: 'refused'; readonly error: WireError };

/** Reads the handshake's `auth` and asks who that is. No token: a read-only viewer. */
export async function admit(auth: unknown, sessions: Sessions): Promise<Admission> {
  const parsed = handshakeSchema.safeParse(auth);
  if (!parsed.success) return { kind: 'refused', error: invalidRequest(faultsOf(parsed.error)).toWire() };
  const { token, protocol, client } = parsed.data;
  if (protocol !== undefined && protocol !== PROTOCOL_VERSION) {
    return {
      kind: 'refused',
      error: wireError('PROTOCOL_UNSUPPORTED', { details: { supported: [PROTOCOL_VERSION] } }),
    };
  }
  try {
    return { kind: 'admitted', actor: await sessions.authenticate(token), client: client ?? null };
  } catch (error) {
    return { kind: 'refused', error: error instanceof AisleError ? error.toWire() : wireError('INTERNAL') };
  }
}
