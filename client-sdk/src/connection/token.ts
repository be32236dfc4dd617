import { unavailable } from '../errors.js';
import type { GetToken, TokenReason } from '../options.js';
import { after } from '../time.js';

/** Never renew more often than this: a device whose clock is hours ahead would think every token at its end. */
const MIN_RENEW_MS = 30_000;

/** Calls the application's getToken; rejects where it throws or takes longer than `timeoutMs`. */
export async function askToken(
  getToken: GetToken | undefined,
  reason: TokenReason,
  timeoutMs: number,
): Promise<string | null> {
  if (getToken === undefined) return null;
  let cancel = (): void => undefined;
  const late = new Promise<never>((_, reject) => {
    cancel = after(timeoutMs, () => reject(unavailable('getToken gave no answer in time.')));
  });
  try {
    return await Promise.race([getToken(reason), late]);
  } finally {
    cancel();
  }
}

/** When to ask for the next token: at 75 to 90 % of what is left, at random, so that one rush is not followed by another. */
export function renewInMs(expiresAt: string, random: () => number = Math.random): number {
  const leftMs = Date.parse(expiresAt) - Date.now();
  return Math.max(MIN_RENEW_MS, Number.isNaN(leftMs) ? 0 : leftMs * (0.75 + 0.15 * random()));
}
