const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
/** From the first attempt; the last attempt is made then, and what fails it is dead (SPEC W5). */
export const GIVE_UP_AFTER_MS = 72 * HOUR_MS;
/** 1 s, 2 s, 4 s, … 2 h 16 min, then every 3 h: 14 attempts in the first 4½ hours, about 36 in all. */
const LONGEST_MS = 3 * HOUR_MS;
/** Each pause is up to a fifth shorter or longer, so that what failed together does not come back together. */
const JITTER = 0.2;
/** A receiver that asks for longer is asked again all the same. */
const LONGEST_RETRY_AFTER_MS = 24 * HOUR_MS;

export interface FailedAttempt {
  /** Attempts made, this one counted. */
  readonly attempts: number;
  readonly firstAttemptAtMs: number;
  readonly nowMs: number;
  /** What the receiver asked for; 0: nothing. */
  readonly retryAfterMs: number;
}

/** When to try again, ms since 1970; null: never, it is dead. `random` in [0, 1). */
export function nextAttemptAt(failed: FailedAttempt, random: () => number): number | null {
  const { attempts, firstAttemptAtMs, nowMs, retryAfterMs } = failed;
  const lastAtMs = firstAttemptAtMs + GIVE_UP_AFTER_MS;
  if (nowMs >= lastAtMs) return null;
  const pauseMs = Math.min(LONGEST_MS, SECOND_MS * 2 ** Math.min(attempts - 1, 30));
  const jittered = pauseMs * (1 - JITTER + 2 * JITTER * random());
  const asked = Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS);
  return Math.min(Math.round(nowMs + Math.max(jittered, asked)), lastAtMs);
}

/** A Retry-After header, seconds or a date, in ms from now; 0: absent, past or not understood. */
export function retryAfterOf(header: string | undefined, nowMs: number): number {
  if (header === undefined) return 0;
  if (/^\d{1,9}$/.test(header)) return Number(header) * SECOND_MS;
  const at = Date.parse(header);
  return Number.isNaN(at) ? 0 : Math.max(0, at - nowMs);
}
