import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { LaunchError } from '../launch-error.js';
import { lastLines, openLog } from '../logs.js';
import { pause } from '../processes.js';
import type { PartSpec } from '../supervisor.js';
import { findProgram } from './programs.js';

/** Scripts that begin with #! came with 7.0. */
const REDIS_FLOOR = 7;
const POLL_MS = 15;
const PROBE_TIMEOUT_MS = 500;
const STOP_TIMEOUT_MS = 15_000;
/** Servers and worker notice a lost launcher at once and are given this long to finish. */
const WATCHDOG_GRACE_S = 3;

/** A redis-server or valkey-server that understands our scripts. Throws LaunchError. */
export function findRedis(): string {
  const program = findProgram(['redis-server', 'valkey-server']);
  if (program === null) {
    throw new LaunchError(
      'Neither redis-server nor valkey-server is installed.',
      'npm start installs one where it may; or set REDIS_URL.',
    );
  }
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  const version = /v=(\d+)\.(\d+)/.exec(stdout);
  if (version === null || Number(version[1]) < REDIS_FLOOR) {
    throw new LaunchError(
      `${program} is too old for Aisle: ${stdout.trim()}`,
      `Install Redis ${REDIS_FLOOR} or newer, or Valkey, or set REDIS_URL to one.`,
    );
  }
  return program;
}

export interface RedisPlace {
  /** The Unix socket it listens on. */
  readonly socket: string;
  readonly dataDir: string;
  readonly logDir: string;
}

/** What every Redis of Aisle must be told; a private one listens on its socket alone. */
export function redisArguments(place: Pick<RedisPlace, 'socket' | 'dataDir'>): string[] {
  const settings: readonly [string, string][] = [
    ['port', '0'],
    ['unixsocket', place.socket],
    ['unixsocketperm', '700'],
    ['dir', place.dataDir],
    ['daemonize', 'no'],
    ['appendonly', 'yes'],
    ['appendfsync', 'everysec'],
    ['save', ''],
    // An evicted hold would be a seat sold twice.
    ['maxmemory-policy', 'noeviction'],
  ];
  return settings.flatMap(([name, value]) => [`--${name}`, value]);
}

export function redisPart(program: string, place: RedisPlace): PartSpec {
  let logFile = '';
  return {
    name: 'redis',
    spawn: (): ChildProcess => {
      mkdirSync(place.dataDir, { recursive: true, mode: 0o700 });
      rmSync(place.socket, { force: true });
      const log = openLog(place.logDir, 'redis');
      logFile = log.file;
      const child = spawn(program, redisArguments(place), { stdio: ['ignore', log.fd, log.fd], detached: true });
      closeSync(log.fd);
      return child;
    },
    ready: (ended) => untilRedisAnswers({ path: place.socket }, ended),
    stopSignal: 'SIGTERM',
    stopTimeoutMs: STOP_TIMEOUT_MS,
    watchdog: { signal: 'TERM', graceSeconds: WATCHDOG_GRACE_S },
    explain: () => lastLines(logFile, 3).join('\n'),
  };
}

/** Waits until PING is answered with PONG: not while it still loads its file. */
export async function untilRedisAnswers(
  target: { path: string } | { host: string; port: number },
  ended: AbortSignal,
): Promise<void> {
  while (!ended.aborted) {
    if (await pingOnce(target)) return;
    await pause(POLL_MS);
  }
}

function pingOnce(target: { path: string } | { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...target, timeout: PROBE_TIMEOUT_MS });
    const answer = (alive: boolean): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (chunk: Buffer) => answer(chunk.toString().startsWith('+PONG')));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
    socket.once('close', () => answer(false));
  });
}
