import type { Sql } from '../../../server/src/db/client.js';
import { recordAttempts, type AttemptResult } from '../../../server/src/db/webhooks/leases.js';
import type { Logger } from '../../../server/src/platform/logger.js';

const MAX_BATCH = 500;
const RETRY_MS = 250;

export interface AttemptRecorder {
  /** `written` is called once Postgres has it. Never throws. */
  record(result: AttemptResult, written: () => void): void;
  /** Waits for what is on its way; gives up where Postgres stays away. */
  close(): Promise<void>;
}

interface Waiting {
  readonly result: AttemptResult;
  readonly written: () => void;
}

/** Writes results in batches: those that come while one is written are the next. */
export function createAttemptRecorder(sql: Sql, logger: Logger): AttemptRecorder {
  let waiting: Waiting[] = [];
  let writing: Promise<void> | null = null;
  let closing = false;

  const writeAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_BATCH);
      try {
        await recordAttempts(
          sql,
          batch.map(({ result }) => result),
        );
      } catch (error) {
        if (closing) return;
        logger.warn({ err: error, results: waiting.length }, 'webhook results wait for Postgres');
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        continue;
      }
      waiting = waiting.slice(batch.length);
      for (const { written } of batch) written();
    }
  };
  const start = (): void => {
    writing ??= writeAll().finally(() => {
      writing = null;
      if (waiting.length > 0 && !closing) start();
    });
  };

  return {
    record(result, written) {
      waiting.push({ result, written });
      start();
    },
    async close() {
      closing = true;
      await writing;
    },
  };
}
