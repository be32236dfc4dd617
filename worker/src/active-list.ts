import { activeEvents, type ActiveEvent } from '../../server/src/db/events/active-events.js';
import type { Sql } from '../../server/src/db/client.js';
import type { Logger } from '../../server/src/platform/logger.js';

const REFRESH_EVERY_MS = 1000;

/** The events that this worker looks after: from Postgres, and as last known while Postgres is away. */
export interface ActiveList {
  all(): readonly ActiveEvent[];
  /** Those to watch closely. */
  lively(): readonly ActiveEvent[];
  /** Reads Postgres now; shared by callers. Never throws: false where the list stays as it was. */
  refresh(): Promise<boolean>;
  close(): void;
}

export function createActiveList(sql: Sql, logger: Logger): ActiveList {
  let events: readonly ActiveEvent[] = [];
  let reading: Promise<boolean> | null = null;
  const read = async (): Promise<boolean> => {
    try {
      events = await activeEvents(sql);
      return true;
    } catch (error) {
      logger.debug({ err: error }, 'events not re-read; the last list stays');
      return false;
    }
  };
  const refresh = (): Promise<boolean> => {
    reading ??= read().finally(() => {
      reading = null;
    });
    return reading;
  };
  const timer = setInterval(() => void refresh(), REFRESH_EVERY_MS);
  return {
    all: () => events,
    lively: () => events.filter((event) => event.lively),
    refresh,
    close: () => clearInterval(timer),
  };
}
