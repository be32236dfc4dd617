import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findRedis, redisArguments, untilRedisAnswers } from '../../launcher/src/parts/redis.js';
import { freePort } from '../../launcher/src/port.js';
import { watchOver, type Watchdog } from '../../launcher/src/watchdog.js';

export interface RedisOptions {
  /** Default false: nothing is written, nothing survives `kill` and `start`. */
  readonly appendOnly?: boolean;
  /** More settings of redis-server, e.g. ['--maxmemory', '64mb']; later ones win. */
  readonly extraArgs?: readonly string[];
  /** Listens on a loopback port instead of a Unix socket: for what must go through a proxy. */
  readonly tcp?: boolean;
  /** More of its environment, for a clock of its own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A redis-server of the test's own, in a temporary folder. */
export interface TestRedis {
  /** unix:///… or redis://127.0.0.1:… */
  readonly url: string;
  readonly pid: number;
  readonly dir: string;
  /** 0 on a Unix socket. */
  readonly port: number;
  /** Ends it and removes its folder. May be called twice. */
  stop(): Promise<void>;
  /** kill -9 unless told otherwise; resolves when it is gone. The folder stays. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** After `kill`: starts again on the same folder and address. */
  start(): Promise<void>;
  /** What it wrote to its log. */
  log(): string;
}

export async function startRedis(options: RedisOptions = {}): Promise<TestRedis> {
  const redis = new PrivateRedis(options, options.tcp === true ? await freePort() : 0);
  await redis.start();
  return redis;
}

class PrivateRedis implements TestRedis {
  readonly dir = mkdtempSync(path.join(tmpdir(), 'aisle-redis-'));
  readonly url: string;
  #child: ChildProcess | undefined;
  #watchdog: Watchdog | undefined;

  constructor(
    private readonly options: RedisOptions,
    readonly port: number,
  ) {
    this.url = port === 0 ? `unix://${this.#socket}` : `redis://127.0.0.1:${port}`;
  }

  get #socket(): string {
    return path.join(this.dir, 'redis.sock');
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async start(): Promise<void> {
    const args = [
      ...redisArguments({ socket: this.#socket, dataDir: this.dir }),
      ...['--logfile', path.join(this.dir, 'redis.log')],
      ...(this.options.appendOnly === true ? [] : ['--appendonly', 'no']),
      ...(this.port === 0 ? [] : ['--port', String(this.port), '--bind', '127.0.0.1']),
      ...(this.options.extraArgs ?? []),
    ];
    const env = { ...process.env, ...this.options.env };
    const child = spawn(findRedis(), args, { stdio: 'ignore', detached: true, env });
    this.#child = child;
    // Ends it when this test process is killed, too.
    if (child.pid !== undefined) this.#watchdog = watchOver(child.pid, 'TERM', 0);
    const ended = new AbortController();
    child.once('exit', () => ended.abort());
    child.once('error', () => ended.abort());
    const target = this.port === 0 ? { path: this.#socket } : { host: '127.0.0.1', port: this.port };
    await untilRedisAnswers(target, ended.signal);
    if (ended.signal.aborted) throw new Error(`redis-server did not start:\n${this.log()}`);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#watchdog?.callOff();
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill('SIGKILL');
    rmSync(this.dir, { recursive: true, force: true });
  }

  log(): string {
    try {
      return readFileSync(path.join(this.dir, 'redis.log'), 'utf8');
    } catch {
      return '';
    }
  }
}
