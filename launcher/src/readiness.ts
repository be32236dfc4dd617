import { pause } from './processes.js';

const POLL_MS = 40;
const REQUEST_TIMEOUT_MS = 2000;
/** After this long somebody wants to know what it is waiting for. */
const TELL_AFTER_MS = 8000;

/** Waits until GET <url>/readyz answers 200; what it says until then is the reason in the error. */
export async function untilReady(
  url: string,
  ended: AbortSignal,
  timeoutMs: number,
  tell?: (why: string) => void,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let tellAt = Date.now() + TELL_AFTER_MS;
  let last: string;
  while (!ended.aborted) {
    try {
      const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
      const body = await response.text();
      if (response.ok) return;
      last = `${response.status} ${body.slice(0, 500)}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (Date.now() > deadline) throw new Error(`${url}/readyz is not ready after ${timeoutMs / 1000} s: ${last}`);
    if (Date.now() > tellAt) {
      tell?.(last);
      tellAt = Date.now() + TELL_AFTER_MS;
    }
    await pause(POLL_MS);
  }
}
