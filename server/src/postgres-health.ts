import { ping, type Sql } from './db/client.js';
import type { Metrics } from './platform/metrics.js';

const POLL_MS = 1000;
const DEADLINE_MS = 1000;

export interface PostgresHealth {
  /** Whether it answered last time, at most a second ago or two. */
  readonly up: () => boolean;
  close(): void;
}

/** Asks Postgres once a second: what /readyz and the metrics say. */
export function watchPostgres(
  sql: Sql,
  metrics: Pick<Metrics, 'postgresUp' | 'postgresRoundTripSeconds'>,
): PostgresHealth {
  let up = false;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const look = async (): Promise<void> => {
    try {
      const startedAt = performance.now();
      await ping(sql, DEADLINE_MS);
      metrics.postgresRoundTripSeconds.observe((performance.now() - startedAt) / 1000);
      up = true;
    } catch {
      up = false;
    }
    metrics.postgresUp.set(up ? 1 : 0);
    if (!closed) timer = setTimeout(() => void look(), POLL_MS);
  };
  void look();
  return {
    up: () => up,
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}
