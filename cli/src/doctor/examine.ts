import { ConfigError, configSchema, readConfig, type Config } from '../../../server/src/platform/config.js';
import { findStores, type Env } from '../stores.js';
import { away, fault, reasonOf, well, type Finding } from './finding.js';
import { machineFindings } from './machine.js';
import { clockFinding, type Clock } from './measure.js';
import { lookAtPostgres, type PostgresLook } from './postgres.js';
import { lookAtRedis, type RedisLook } from './redis.js';
import { stateFindings } from './state.js';

/** No part may take longer, or a person waits for a machine that is not there. */
const PART_DEADLINE_MS = 6000;

/** Everything, in the order in which it is told. Never rejects, and takes some ten seconds at most. */
export async function examine(env: Env): Promise<Finding[]> {
  const { config, urls, findings } = settings(env);
  const [machine, redis, postgres] = await Promise.all([
    within('machine', machineFindings(config)),
    withinLook<RedisLook>('redis', urls.redisUrl, lookAtRedis),
    withinLook<PostgresLook>('postgres', urls.databaseUrl, (url) => lookAtPostgres(url, config.AISLE_PROCESSES)),
  ]);
  const all = [...findings, ...machine, ...redis.findings, ...postgres.findings];
  try {
    const clocks: (readonly [string, Clock])[] = [
      ...(redis.seen === undefined ? [] : [['Redis', redis.seen.clock] as const]),
      ...(postgres.seen === undefined ? [] : [['Postgres', postgres.seen.clock] as const]),
    ];
    if (clocks.length > 0) all.push(clockFinding(clocks));
    if (redis.seen !== undefined && postgres.seen?.schema === true) {
      const both = { redis: redis.seen.redis, info: redis.seen.info, sql: postgres.seen.sql };
      all.push(...(await within('state', stateFindings({ ...both, logLimit: config.AISLE_LOG_MAX_ENTRIES }))));
    }
    return all;
  } finally {
    redis.seen?.redis.disconnect();
    await postgres.seen?.sql.end({ timeout: 1 });
  }
}

interface Settings {
  readonly config: Config;
  readonly urls: ReturnType<typeof findStores>;
  readonly findings: readonly Finding[];
}

/** With settings that no server would start with, the stores can still be looked at. */
function settings(env: Env): Settings {
  try {
    return {
      config: readConfig(env),
      urls: findStores(env),
      findings: [well('configuration', 'the settings can be read')],
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { DATABASE_URL, REDIS_URL } = env;
    return {
      config: configSchema.parse({}),
      urls: {
        ...(DATABASE_URL === undefined || DATABASE_URL === '' ? {} : { databaseUrl: DATABASE_URL }),
        ...(REDIS_URL === undefined || REDIS_URL === '' ? {} : { redisUrl: REDIS_URL }),
      },
      findings: [
        fault(
          'configuration',
          error.message,
          'Mend these; no server starts with them. What follows goes by the defaults.',
        ),
      ],
    };
  }
}

const VARIABLE = { redis: 'REDIS_URL', postgres: 'DATABASE_URL' } as const;

async function withinLook<T extends { readonly findings: readonly Finding[] }>(
  name: keyof typeof VARIABLE,
  url: string | undefined,
  look: (url: string) => Promise<T>,
): Promise<T | { readonly findings: readonly Finding[]; readonly seen?: undefined }> {
  if (url === undefined) {
    const remedy = `Set ${VARIABLE[name]}, or run this where \`npm start\` is running.`;
    return { findings: [fault(name, `nobody says where it is`, remedy)] };
  }
  const answer = await Promise.race([look(url), late()]);
  return answer ?? { findings: [unanswered(name)] };
}

async function within(name: string, work: Promise<Finding[]>): Promise<Finding[]> {
  try {
    return (await Promise.race([work, late()])) ?? [unanswered(name)];
  } catch (error) {
    return [
      away(name, `could not be looked at to the end: ${reasonOf(error)}`, 'Look again; a store went away meanwhile.'),
    ];
  }
}

const late = (): Promise<null> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(null), PART_DEADLINE_MS).unref();
  });
const unanswered = (name: string): Finding =>
  away(
    name,
    `no answer within ${PART_DEADLINE_MS / 1000} s`,
    'It is frozen, overloaded or behind a wall; see its own log.',
  );
