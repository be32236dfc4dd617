import type { Logger } from '../platform/logger.js';
import type { Metrics } from '../platform/metrics.js';
import { ping, type Sql } from './client.js';

const POLL_MS = 1000;
const DEADLINE_MS = 1000;

export interface PostgresHealth {
  /** Whether it answered last time, at most two seconds ago. */
  readonly up: () => boolean;
  /** Empty while it answers. */
  readonly reasons: () => readonly string[];
  close(): void;
}

/** Asks Postgres once a second: what /readyz and the metrics say. */
export function watchPostgres(
  sql: Sql,
  metrics: Pick<Metrics, 'postgresUp' | 'postgresRoundTripSeconds'>,
  logger?: Pick<Logger, 'warn' | 'info'>,
): PostgresHealth {
  let up = false;
  /** performance.now() of its first missing answer. */
  let awaySince: number | null = null;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    try {
      metrics.postgresRoundTripSeconds.observe((await ping(sql, DEADLINE_MS)) / 1000);
      up = true;
      if (awaySince !== null)
        logger?.info({ awayMs: Math.round(performance.now() - awaySince) }, 'Postgres answers again');
      awaySince = null;
    } catch (error) {
      up = false;
      // A look under way as the pool is closed fails too: nobody's news.
      if (awaySince === null && !closed) {
        awaySince = performance.now();
        logger?.warn({ err: error }, 'Postgres does not answer; held seats go on, events cannot be read or changed');
      }
    }
    metrics.postgresUp.set(up ? 1 : 0);
    if (!closed) timer = setTimeout(() => void look(), POLL_MS);
  };
  void look();
  return {
    up: () => up,
    reasons: () => (up ? [] : ['Postgres does not answer']),
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}
