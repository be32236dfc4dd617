import { AisleError } from '../protocol/errors.js';
import type { UpResults } from '../protocol/up/up.js';
import { unavailable } from '../errors.js';
import { monotonicMs, sleep } from '../time.js';
import type { Connection } from './connection.js';

const RETRY_MS = 250;

/**
 * Brings a token to the connection, as often as it takes within `timeoutMs`. Doing it again is safe: holds that went over by the
 * time an answer was lost are the new subject's already. Rejects with the server's refusal, or UNAVAILABLE.
 */
export async function authenticate(
  connection: Connection,
  token: string,
  timeoutMs: number,
): Promise<UpResults['authenticate']> {
  const deadlineMs = monotonicMs() + timeoutMs;
  for (;;) {
    const ready = await connection.whenReady(deadlineMs - monotonicMs());
    if (!ready) throw unavailable('There was no connection in time.');
    let last: unknown = unavailable('No answer came in time.');
    try {
      const answer = await connection.authenticate(token);
      if (answer !== null) return answer;
    } catch (error) {
      if (!(error instanceof AisleError) || !error.retryable) throw error;
      last = error;
    }
    if (monotonicMs() + RETRY_MS >= deadlineMs) throw last;
    await sleep(last instanceof AisleError ? (last.retryAfterMs ?? RETRY_MS) : RETRY_MS);
  }
}
