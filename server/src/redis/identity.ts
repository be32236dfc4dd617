import type { Redis } from 'ioredis';

/** What INFO says of a Redis, as far as it decides whether we may use it (SPEC R1). */
export interface RedisInfo {
  readonly runId: string;
  readonly masterReplid: string;
  readonly role: string;
  /** '' where the server keeps it to itself. */
  readonly maxmemoryPolicy: string;
  /** "redis 7.0.15", "valkey 8.1.4" */
  readonly software: string;
  readonly luaFix: 'yes' | 'no' | 'unknown';
  /** used_memory, and maxmemory (0: no bound). */
  readonly memoryBytes: number;
  readonly maxmemoryBytes: number;
  /** The append-only file is on, and its last write and rewrite succeeded. */
  readonly aofOk: boolean;
  /** Keys that were thrown out for want of memory, since it started or its statistics were reset. */
  readonly evictedKeys: number;
}

export async function readRedisInfo(redis: Redis): Promise<RedisInfo> {
  return parseRedisInfo(await redis.info());
}

/** INFO by field; of its sections nothing is left. */
export const infoFields = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split(/\r?\n/).flatMap((line): [string, string][] => {
      const at = line.indexOf(':');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : [];
    }),
  );

/** Throws where the text is no INFO of a Redis. */
export function parseRedisInfo(text: string): RedisInfo {
  const fields = infoFields(text);
  const runId = fields.get('run_id');
  const masterReplid = fields.get('master_replid');
  const role = fields.get('role');
  if (runId === undefined || masterReplid === undefined || role === undefined) {
    throw new Error('INFO names no run_id, master_replid or role');
  }
  const valkey = fields.get('valkey_version');
  const version = valkey ?? fields.get('redis_version') ?? '';
  const name = valkey === undefined ? 'redis' : 'valkey';
  return {
    runId,
    masterReplid,
    role,
    maxmemoryPolicy: fields.get('maxmemory_policy') ?? '',
    software: `${name} ${version}`,
    luaFix: luaFixOf(name, version),
    memoryBytes: Number(fields.get('used_memory') ?? 0),
    maxmemoryBytes: Number(fields.get('maxmemory') ?? 0),
    evictedKeys: Number(fields.get('evicted_keys') ?? 0),
    aofOk:
      fields.get('aof_enabled') === '1' &&
      fields.get('aof_last_write_status') === 'ok' &&
      fields.get('aof_last_bgrewrite_status') === 'ok',
  };
}

/** First patch release of each line with the fix for CVE-2025-49844 (use after free in Lua). */
const FIXED: Readonly<Record<'redis' | 'valkey', readonly (readonly [major: number, minor: number, patch: number])[]>> =
  {
    redis: [
      [6, 2, 20],
      [7, 2, 11],
      [7, 4, 6],
      [8, 0, 4],
      [8, 2, 2],
    ],
    valkey: [
      [7, 2, 11],
      [8, 0, 6],
      [8, 1, 4],
    ],
  };

/** `unknown`: a line without a fixed release of its own (7.0): distributions patch those, and the version does not tell. */
function luaFixOf(name: 'redis' | 'valkey', version: string): RedisInfo['luaFix'] {
  const [major = NaN, minor = NaN, patch = NaN] = version.split('.').map(Number);
  if (Number.isNaN(major + minor + patch)) return 'unknown';
  const line = FIXED[name].find(([m, n]) => m === major && n === minor);
  if (line !== undefined) return patch >= line[2] ? 'yes' : 'no';
  const newest = FIXED[name].at(-1);
  const later = newest !== undefined && (major > newest[0] || (major === newest[0] && minor > newest[1]));
  return later ? 'yes' : 'unknown';
}
