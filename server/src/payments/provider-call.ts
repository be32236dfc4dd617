import { ProviderUnknown } from '../domain/ports/payments.js';

/** A provider answers within this, or nothing is known (SPEC O4). */
export const PROVIDER_DEADLINE_MS = 5000;

/** What the network, the clock or a broken answer threw, as the one thing that callers act on. */
export const unknown = (what: string, cause: unknown): ProviderUnknown =>
  cause instanceof ProviderUnknown ? cause : new ProviderUnknown(`${what}: ${reasonOf(cause)}`, { cause });

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** Over all the requests that one call makes; a library's own time-out is per request. */
export async function withinDeadline<T>(what: string, work: Promise<T>, deadlineMs = PROVIDER_DEADLINE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new ProviderUnknown(`${what}: no answer within ${deadlineMs} ms`)), deadlineMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
