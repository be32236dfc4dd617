import { ConfigError, readConfig, type Config } from '../../server/src/platform/config.js';

export interface WorkerConfig {
  readonly shared: Config;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Undefined: /metrics is not served. */
  readonly metricsPort: number | undefined;
  readonly metricsHost: string;
}

/** Throws ConfigError. The worker starts nothing for itself: both addresses must be given. */
export function readWorkerConfig(env: Readonly<Record<string, string | undefined>>): WorkerConfig {
  const shared = readConfig(env);
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = shared;
  const { AISLE_WORKER_METRICS_PORT: metricsPort, AISLE_WORKER_METRICS_HOST: metricsHost } = shared;
  if (databaseUrl === undefined)
    throw new ConfigError('The configuration is wrong:\n  DATABASE_URL: the worker needs it');
  if (redisUrl === undefined) throw new ConfigError('The configuration is wrong:\n  REDIS_URL: the worker needs it');
  return { shared, databaseUrl, redisUrl, metricsPort, metricsHost };
}
