import { z } from 'zod';
import { ConfigError, readConfig, type Config } from '../../server/src/platform/config.js';

const workerSchema = z.object({
  /** Loopback port of /metrics, /healthz and /readyz; absent: none. */
  AISLE_WORKER_METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
});

export interface WorkerConfig {
  readonly shared: Config;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly metricsPort: number | undefined;
}

/** Throws ConfigError. The worker starts nothing for itself: both addresses must be given. */
export function readWorkerConfig(env: Readonly<Record<string, string | undefined>>): WorkerConfig {
  const shared = readConfig(env);
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = shared;
  if (databaseUrl === undefined)
    throw new ConfigError('The configuration is wrong:\n  DATABASE_URL: the worker needs it');
  if (redisUrl === undefined) throw new ConfigError('The configuration is wrong:\n  REDIS_URL: the worker needs it');
  const port = env.AISLE_WORKER_METRICS_PORT;
  const own = workerSchema.safeParse(port === undefined || port === '' ? {} : { AISLE_WORKER_METRICS_PORT: port });
  if (!own.success)
    throw new ConfigError('The configuration is wrong:\n  AISLE_WORKER_METRICS_PORT: a port, 0 to 65535');
  return { shared, databaseUrl, redisUrl, metricsPort: own.data.AISLE_WORKER_METRICS_PORT };
}
