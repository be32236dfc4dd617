import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

/** A script as Redis gets it: includes resolved, its SHA-1 known so that EVALSHA is all that travels. */
export interface Script {
  readonly name: string;
  readonly source: string;
  readonly sha: string;
}

const LUA_FOLDER = new URL('./lua/', import.meta.url);
const INCLUDE = /^-- @include (\S+)$/gm;

/** Reads lua/<name>.lua and puts lib files where they are named. Libs include nothing themselves. */
export function loadScript(name: string, folder: URL = LUA_FOLDER): Script {
  const main = readFileSync(new URL(`${name}.lua`, folder), 'utf8');
  const source = main.replace(INCLUDE, (_line, file: string) => readFileSync(new URL(file, folder), 'utf8'));
  return { name, source, sha: createHash('sha1').update(source).digest('hex') };
}

type Argument = string | number;

/** Runs by hash; sends the source once where Redis has lost it (restart, SCRIPT FLUSH). NOSCRIPT means nothing ran. */
export async function runScript(
  redis: Redis,
  script: Script,
  keys: readonly string[],
  args: readonly Argument[],
): Promise<unknown> {
  try {
    return await redis.evalsha(script.sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return redis.eval(script.source, keys.length, ...keys, ...args);
  }
}
