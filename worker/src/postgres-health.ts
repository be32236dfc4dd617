import { ping, type Sql } from '../../server/src/db/client.js';
import type { Metrics } from '../../server/src/platform/metrics.js';

const EVERY_MS = 1000;

export interface PostgresHealth {
  reasons(): readonly string[];
  close(): void;
}

export function watchPostgres(
  sql: Sql,
  metrics: Pick<Metrics, 'postgresUp' | 'postgresRoundTripSeconds'>,
): PostgresHealth {
  let up = false;
  const set = (now: boolean): void => {
    up = now;
    metrics.postgresUp.set(now ? 1 : 0);
  };
  const look = (): void => {
    ping(sql).then(
      (ms) => {
        set(true);
        metrics.postgresRoundTripSeconds.observe(ms / 1000);
      },
      () => set(false),
    );
  };
  look();
  const timer = setInterval(look, EVERY_MS);
  return { reasons: () => (up ? [] : ['Postgres does not answer']), close: () => clearInterval(timer) };
}
