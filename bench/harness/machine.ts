import { spawnSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { findRedis } from '../../launcher/src/parts/redis.js';

const GIB = 2 ** 30;

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
  readonly redis: string;
}

export function describeMachine(): Machine {
  const cores = cpus();
  const { stdout } = spawnSync(findRedis(), ['--version'], { encoding: 'utf8' });
  return {
    cpu: cores[0]?.model ?? 'unknown',
    cores: cores.length,
    memoryGib: Math.round(totalmem() / GIB),
    system: `${type()} ${release()}`,
    node: process.version,
    redis: /v=(\S+)/.exec(stdout)?.[1] ?? 'unknown',
  };
}

/** Processes that wanted to run, mean of the last minute: what else the machine was doing. */
export const loadNow = (): number => loadavg()[0] ?? 0;
