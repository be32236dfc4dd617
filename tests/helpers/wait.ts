export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface WaitOptions {
  /** Default 20000: what usually takes moments may take seconds on a busy machine. */
  readonly timeoutMs?: number;
  /** Default 20. */
  readonly intervalMs?: number;
  /** For the error: what it waited for. */
  readonly what?: string;
  /** For the error: what was there instead, such as the last lines of a log. */
  readonly seen?: () => string;
}

/**
 * Asks again until the answer is neither false, null nor undefined, and returns it. A check that throws counts as "not
 * yet"; its last error is told when the time is over.
 */
export async function waitFor<T>(
  check: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Exclude<T, false | null | undefined>> {
  const { timeoutMs = 20_000, intervalMs = 20, what = 'the condition', seen } = options;
  const deadline = Date.now() + timeoutMs;
  let last: string | undefined;
  for (;;) {
    try {
      const answer = await check();
      if (isAnswer(answer)) return answer;
      last = undefined;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (Date.now() >= deadline) {
      const instead = seen === undefined ? '' : `; seen: ${seen()}`;
      throw new Error(`${what} did not come within ${timeoutMs} ms${last === undefined ? '' : `: ${last}`}${instead}`);
    }
    await sleep(intervalMs);
  }
}

const isAnswer = <T>(value: T): value is Exclude<T, false | null | undefined> =>
  value !== false && value !== null && value !== undefined;
