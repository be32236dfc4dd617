import type { Redis } from 'ioredis';
import { infoFields, parseRedisInfo, type RedisInfo } from '../../../server/src/redis/identity.js';
import { openProbeConnection, readSetting, readTime } from '../../../server/src/redis/inspect.js';
import { away, fault, reasonOf, shownUrl, warning, well, type Finding } from './finding.js';
import { latencyFinding, measureClock, measureLatency, type Clock } from './measure.js';
import { askPackage } from './redis-package.js';

export interface RedisLook {
  readonly findings: readonly Finding[];
  /** Absent: it could not be looked at. */
  readonly seen?: { readonly redis: Redis; readonly info: RedisInfo; readonly clock: Clock };
}
type Info = ReadonlyMap<string, string>;

const LATENCY = { warnMs: 5, faultMs: 100 };
const MEMORY_WARN = 0.75;
const MEMORY_FAULT = 0.95;
const MIB = 1024 * 1024;
const START = 'Start it, or see REDIS_URL, its password and the network between.';

/** `redis` in the answer is open: the caller disconnects it. Never rejects. */
export async function lookAtRedis(url: string): Promise<RedisLook> {
  let redis: Redis;
  try {
    redis = await openProbeConnection(url);
  } catch (error) {
    return { findings: [away('redis', `${shownUrl(url)} does not answer: ${reasonOf(error)}`, START)] };
  }
  try {
    return await look(url, redis);
  } catch (error) {
    redis.disconnect();
    return { findings: [away('redis', `${shownUrl(url)} stopped answering: ${reasonOf(error)}`, START)] };
  }
}

async function look(url: string, redis: Redis): Promise<RedisLook> {
  const text = await redis.info();
  const fields = infoFields(text);
  const info = parseRedisInfo(text);
  if (fields.get('loading') === '1') {
    redis.disconnect();
    const seconds = fields.get('loading_eta_seconds') ?? '?';
    return {
      findings: [away('redis', `${shownUrl(url)} reads its data from disk, ${seconds} s to go`, 'Wait for it.')],
    };
  }
  const latency = await measureLatency(() => redis.ping());
  const clock = await measureClock(() => readTime(redis));
  const findings = [
    well('redis', `${shownUrl(url)} answers: ${info.software}, up ${fields.get('uptime_in_seconds') ?? '?'} s`),
    await fixOf(info, fields),
    policyOf(info),
    roleOf(fields),
    ...(await fileOf(redis, fields)),
    memoryOf(info, fields),
    latencyFinding('redis-latency', latency, LATENCY),
  ];
  return { findings, seen: { redis, info, clock } };
}

async function fixOf({ software, luaFix }: RedisInfo, fields: Info): Promise<Finding> {
  const check = 'redis-version';
  const hole = 'CVE-2025-49844 (Lua, use after free)';
  if (luaFix === 'yes') return well(check, `${software} has the fix for ${hole}`);
  const word = await askPackage(fields);
  const update = `Update Redis: who may run a script could take the machine over by ${hole}.`;
  switch (word.kind) {
    case 'fixed':
      return well(check, `${software}, package ${word.name} ${word.version}, has the fix for ${hole}`);
    case 'restart':
      return fault(
        check,
        `package ${word.name} ${word.version} has the fix for ${hole}, but the old program still runs`,
        'Restart Redis in a quiet moment.',
      );
    case 'old':
      return fault(check, `${software}, package ${word.name} ${word.version}, has the hole ${hole}`, update);
    case 'silent':
    case 'unknown': {
      if (luaFix === 'no') return fault(check, `${software} has the hole ${hole}`, update);
      const why = word.kind === 'silent' ? `package ${word.name} ${word.version} does not say` : word.reason;
      return warning(
        check,
        `${software}: unknown whether it has the fix for ${hole}: ${why}`,
        'Ask whoever runs it; Debian 12 has the fix from 5:7.0.15-1~deb12u6 on.',
      );
    }
  }
}

function policyOf({ maxmemoryPolicy }: RedisInfo): Finding {
  const check = 'redis-policy';
  if (maxmemoryPolicy === 'noeviction') return well(check, 'maxmemory-policy noeviction');
  if (maxmemoryPolicy === '') {
    return warning(
      check,
      'maxmemory-policy is kept secret by this Redis',
      'See in its settings that it is noeviction.',
    );
  }
  return fault(
    check,
    `maxmemory-policy ${maxmemoryPolicy}: an evicted hold would sell a seat twice; servers refuse this Redis`,
    'CONFIG SET maxmemory-policy noeviction, and the same in redis.conf.',
  );
}

function roleOf(fields: Info): Finding {
  const role = fields.get('role') ?? '?';
  if (role !== 'master') {
    return fault(
      'redis-role',
      `it is a ${role} of ${fields.get('master_host') ?? '?'}: nothing can be written`,
      'Point REDIS_URL at the master.',
    );
  }
  const replicas = Number(fields.get('connected_slaves') ?? 0);
  return well('redis-role', replicas === 0 ? 'master, no replica' : `master, ${replicas} replicas`);
}

/** The append-only file, and what keeps Redis from writing. */
async function fileOf(redis: Redis, fields: Info): Promise<Finding[]> {
  const check = 'redis-append-only';
  const [save, fsync] = [await readSetting(redis, 'save'), await readSetting(redis, 'appendfsync')];
  const snapshots: Finding[] =
    fields.get('rdb_last_bgsave_status') === 'err' && save !== ''
      ? [
          fault(
            'redis-snapshot',
            'the last snapshot failed: Redis may refuse all writes',
            'See its log and its disk; then BGSAVE.',
          ),
        ]
      : [];
  if (fields.get('aof_enabled') !== '1') {
    return [
      warning(
        check,
        'append-only file off: a restart loses every hold and changes that wait for Postgres (never a sale)',
        'CONFIG SET appendonly yes, and the same in redis.conf.',
      ),
      ...snapshots,
    ];
  }
  const disk = 'See Redis’s log and its disk: full, or failing?';
  const write = fields.get('aof_last_write_status') ?? 'ok';
  const rewrite = fields.get('aof_last_bgrewrite_status') ?? 'ok';
  if (write !== 'ok')
    return [
      fault(check, `the last write to the append-only file failed (${write}): Redis refuses writes`, disk),
      ...snapshots,
    ];
  if (rewrite !== 'ok')
    return [
      warning(check, `the last rewrite of the append-only file failed (${rewrite}): it grows without end`, disk),
      ...snapshots,
    ];
  if (fsync === 'no') {
    return [
      warning(
        check,
        'appendfsync no: a crash of the machine loses as much as the system had not written',
        'CONFIG SET appendfsync everysec.',
      ),
      ...snapshots,
    ];
  }
  return [
    well(check, `append-only file on, appendfsync ${fsync ?? 'unknown'}, last write and rewrite ok`),
    ...snapshots,
  ];
}

function memoryOf({ memoryBytes, maxmemoryBytes }: RedisInfo, fields: Info): Finding {
  const check = 'redis-memory';
  const systemBytes = Number(fields.get('total_system_memory') ?? 0);
  const bound = maxmemoryBytes > 0 ? maxmemoryBytes : systemBytes;
  const used = `${Math.ceil(memoryBytes / MIB)} MiB`;
  const text =
    maxmemoryBytes > 0
      ? `${used} of maxmemory ${Math.round(maxmemoryBytes / MIB)} MiB`
      : `${used}, no maxmemory; the machine has ${Math.round(systemBytes / MIB)} MiB`;
  const remedy = 'Give it more; full, it refuses new holds. See `aisle events` for logs that wait.';
  if (bound > 0 && memoryBytes >= MEMORY_FAULT * bound) return fault(check, text, remedy);
  return bound > 0 && memoryBytes >= MEMORY_WARN * bound ? warning(check, text, remedy) : well(check, text);
}
