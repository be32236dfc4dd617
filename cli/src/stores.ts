import path from 'node:path';
import type { Redis } from 'ioredis';
import { openDatabase, type Sql } from '../../server/src/db/client.js';
import { pendingMigrations } from '../../server/src/db/migrate.js';
import { readConfig } from '../../server/src/platform/config.js';
import { readUrls, type StoreUrls } from '../../server/src/platform/store-urls.js';
import { openCommandConnection } from '../../server/src/redis/connection.js';
import { Refusal, UsageError } from './exit.js';

export { UsageError } from './exit.js';

export interface Stores {
  readonly sql: Sql;
  readonly redis: Redis;
}
export interface StoresOptions {
  /** Default true: refuses to run where Postgres lacks migrations of this build. */
  readonly schema?: boolean;
  /** Default true: Ctrl-C closes the connections, so that whatever waits ends. False: the command watches `context.signal` itself. */
  readonly closeOnInterrupt?: boolean;
  readonly signal?: AbortSignal;
}
export type Env = Readonly<Record<string, string | undefined>>;

const CLOSE_TIMEOUT_S = 2;
/** A refused connection is known at once; a host that swallows packets is given up on after this. */
const CONNECT_WAIT_MS = 2500;

/** DATABASE_URL and REDIS_URL, or those of the `npm start` of this folder; undefined where nobody says. Throws ConfigError. */
export function findStores(env: Env): Partial<StoreUrls> {
  const config = readConfig(env);
  const started = readUrls(path.join(path.resolve(config.AISLE_DATA_DIR), 'run'));
  const databaseUrl = config.DATABASE_URL ?? started?.databaseUrl;
  const redisUrl = config.REDIS_URL ?? started?.redisUrl;
  return { ...(databaseUrl === undefined ? {} : { databaseUrl }), ...(redisUrl === undefined ? {} : { redisUrl }) };
}

/** Both of them. Throws UsageError, Refusal (migrations), AisleError UNAVAILABLE, and whatever `body` throws. */
export async function withStores<T>(
  env: Env,
  body: (stores: Stores) => Promise<T>,
  options: StoresOptions = {},
): Promise<T> {
  const { redisUrl } = findStores(env);
  if (redisUrl === undefined) throw nowhere();
  return withDatabase(
    env,
    async (sql) => {
      const redis = openCommandConnection(redisUrl);
      redis.on('error', () => undefined);
      const close = (): void => redis.disconnect();
      if (options.closeOnInterrupt !== false) options.signal?.addEventListener('abort', close);
      try {
        await untilConnected(redis);
        return await body({ sql, redis });
      } finally {
        options.signal?.removeEventListener('abort', close);
        redis.disconnect();
      }
    },
    options,
  );
}

/** Postgres alone: for what needs no Redis. Throws as `withStores`. */
export async function withDatabase<T>(
  env: Env,
  body: (sql: Sql) => Promise<T>,
  options: StoresOptions = {},
): Promise<T> {
  const { databaseUrl } = findStores(env);
  if (databaseUrl === undefined) throw nowhere();
  const sql = openDatabase(databaseUrl, { applicationName: 'aisle command line' });
  const close = (): void => void sql.end({ timeout: 0 });
  if (options.closeOnInterrupt !== false) options.signal?.addEventListener('abort', close);
  try {
    if (options.schema !== false) await requireSchema(sql);
    return await body(sql);
  } finally {
    options.signal?.removeEventListener('abort', close);
    await sql.end({ timeout: CLOSE_TIMEOUT_S });
  }
}

/** Throws Refusal where this build knows migrations that the database has not seen. A newer database is fine: migrations expand first. */
export async function requireSchema(sql: Sql): Promise<void> {
  const { pending } = await pendingMigrations(sql);
  if (pending.length === 0) return;
  const what =
    pending.length === 1 ? `migration ${pending[0] ?? ''}` : `${pending.length} migrations, from ${pending[0] ?? ''}`;
  throw new Refusal(`The database lacks ${what}. Run \`aisle migrate\` first.`);
}

/** Commands are never queued on this connection, so the first must wait for it; past the wait they say UNAVAILABLE themselves. */
async function untilConnected(redis: Redis): Promise<void> {
  if (redis.status === 'ready') return;
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    redis.once('ready', resolve);
    // The first refusal is answer enough for a person who waits.
    redis.once('close', resolve);
    timer = setTimeout(resolve, CONNECT_WAIT_MS);
  });
  clearTimeout(timer);
}

const nowhere = (): UsageError =>
  new UsageError(
    'Where are Postgres and Redis? Set DATABASE_URL and REDIS_URL, or run this where `npm start` is running.',
  );
