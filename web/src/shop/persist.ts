import { ApiError } from '../shared/api.js';

const PAUSES_MS = [500, 1500, 4000];

/**
 * Sends again what got no clear answer. Only for calls under an Idempotency-Key: however often they arrive they are done
 * once.
 */
export async function persist<T>(send: () => Promise<T>): Promise<T> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof ApiError) || !error.retryable) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
  return send();
}
