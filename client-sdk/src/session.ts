import type { Session } from './protocol/session.js';
import { resolveUrl } from './base-url.js';
import { isRecord, unavailable } from './errors.js';
import { fetchJson } from './http.js';
import { DEFAULT_TIMEOUTS, type FetchLike, type GetToken } from './options.js';

export interface SessionOptions {
  fetch?: FetchLike;
  /** How long to try in all, in ms; default 15,000. */
  timeoutMs?: number;
}

/** POST /v1/sessions: an anonymous buyer. Rejects with AisleError (RATE_LIMITED, UNAVAILABLE). */
export async function createGuestSession(url?: string, options: SessionOptions = {}): Promise<Session> {
  const request = { method: 'POST', url: `${resolveUrl(url).http}/v1/sessions`, body: {} } as const;
  const answer = await fetchJson(options.fetch, request, options.timeoutMs ?? DEFAULT_TIMEOUTS.commandMs);
  if (!isSession(answer)) throw unavailable('The server sent an unreadable session.', { retryable: false });
  return answer;
}

/**
 * A `getToken` for anonymous buyers: makes one guest session on first use and keeps it (holds belong to it) until the
 * server refuses it.
 */
export function guestTokens(url?: string, options: SessionOptions = {}): GetToken {
  let session: Promise<Session> | null = null;
  return async (reason) => {
    if (reason === 'refused') session = null;
    session ??= createGuestSession(url, options);
    const mine = session;
    try {
      return (await mine).token;
    } catch (error) {
      if (session === mine) session = null;
      throw error;
    }
  };
}

const isSession = (value: unknown): value is Session =>
  isRecord(value) &&
  typeof value.token === 'string' &&
  typeof value.subject === 'string' &&
  typeof value.expiresAt === 'string';
