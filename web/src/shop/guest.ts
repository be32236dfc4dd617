import type { Session } from '@aisle/client/protocol';
import { GuestSession, pageStorage } from '../../../client-sdk/src/picker/buying/session.js';
import { ApiError, call, type CallOptions } from '../shared/api.js';

/** The very guest whose seats the map holds: kept by the browser, the same on every page and in every tab. */
const guest = new GuestSession(() => call<Session>('POST', '/v1/sessions', { body: {} }), pageStorage());

/** A call in the buyer's name. A token that has ended is replaced once. */
export async function mine<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  try {
    return await call<T>(method, path, { ...options, token: (await guest.getToken('connect')) ?? undefined });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'UNAUTHENTICATED') throw error;
    return call<T>(method, path, { ...options, token: (await guest.getToken('refused')) ?? undefined });
  }
}
