import type { Redis } from 'ioredis';
import type { Sql } from '../db/client.js';
import { readRedisIdentity, sameIdentity, type RedisIdentity } from '../db/loading/redis-identity.js';
import type { Logger } from '../platform/logger.js';
import type { Metrics } from '../platform/metrics.js';
import { readRedisInfo, type RedisInfo } from '../redis/identity.js';
import { reconcile } from './reconcile.js';
import type { Rebuilder } from './rebuilder.js';

/** This Redis must not be used at all; the message says what to do. The process ends with it. */
export class RedisRefused extends Error {
  override readonly name = 'RedisRefused';
}

export interface RedisGuardDeps {
  /** The connection that the SeatStore uses: what is checked is what is spoken to. */
  readonly redis: Redis;
  readonly sql: Sql;
  readonly rebuilder: Rebuilder;
  readonly logger: Logger;
  /** Name of this process, for redis_identity. */
  readonly operator: string;
  readonly metrics?: Pick<Metrics, 'redisUp' | 'redisRoundTripSeconds'>;
  readonly pollMs?: number;
}

export interface RedisGuard {
  /**
   * Resolves when the gate opens for the first time: at once on a known Redis, after all events are loaded on a new one.
   * Waits for Redis and Postgres as long as it takes. Throws RedisRefused.
   */
  start(): Promise<void>;
  /** The gate of SPEC R1: false until this Redis is the one that was reconciled, on this very connection. */
  isReady(): boolean;
  /** For domain/ports/health.ts. */
  readonly health: { readonly redis: () => boolean; readonly reasons: () => readonly string[] };
  close(): Promise<void>;
}

const POLL_MS = 1000;
/** While the gate is closed there is nothing better to do. */
const RETRY_MS = 100;

/** open: commands may go. closed: `reason` says why not. */
type Gate = { kind: 'open' } | { kind: 'closed'; reason: string };

/**
 * Redis's identity is (run_id, master_replid, role), recorded in Postgres once every event was loaded into it; asked on every
 * new connection before any command, and each second. A new identity always means new epochs (SPEC R1).
 */
export function createRedisGuard(deps: RedisGuardDeps): RedisGuard {
  const guard = new Guard(deps);
  return {
    start: () => guard.start(),
    isReady: () => guard.isReady(),
    health: { redis: () => guard.isReady() && guard.answers, reasons: () => guard.reasons() },
    close: () => guard.close(),
  };
}

class Guard {
  answers = false;
  readonly #deps: RedisGuardDeps;
  #gate: Gate = { kind: 'closed', reason: 'Redis has not been looked at yet' };
  /** Reconciled as far as this process has seen; what lets it go on while Postgres is away. */
  #known: RedisIdentity | null = null;
  /** Counts connections: an answer that began on an earlier one opens nothing. */
  #connection = 0;
  #checking: Promise<void> | null = null;
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #warned = false;
  /** What was said last: a check that fails ten times a second is told once. */
  #said = '';
  #opened: { resolve: () => void; reject: (error: Error) => void } | undefined;

  constructor(deps: RedisGuardDeps) {
    this.#deps = deps;
  }

  start(): Promise<void> {
    const opened = new Promise<void>((resolve, reject) => {
      this.#opened = { resolve, reject };
    });
    const { redis } = this.#deps;
    redis.on('close', this.#onClose);
    redis.on('ready', this.#onReady);
    this.#check();
    return opened;
  }

  isReady(): boolean {
    return this.#gate.kind === 'open';
  }

  reasons(): string[] {
    if (this.#gate.kind === 'closed') return [this.#gate.reason];
    return this.answers ? [] : ['Redis does not answer'];
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#deps.redis.off('close', this.#onClose);
    this.#deps.redis.off('ready', this.#onReady);
    this.#shut('the process is stopping');
    await this.#checking;
  }

  readonly #onClose = (): void => {
    this.#connection++;
    this.answers = false;
    this.#shut('there is no connection to Redis');
  };
  readonly #onReady = (): void => {
    this.#connection++;
    this.#shut('the Redis of a new connection is being checked');
    this.#check();
  };

  /** One check at a time; a call meanwhile brings another one right after. */
  #check(): void {
    if (this.#checking !== null) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#checking = this.#look()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#checking = null;
        if (this.#closed) return;
        const again = this.#again;
        this.#again = false;
        const wait = again ? 0 : this.isReady() ? (this.#deps.pollMs ?? POLL_MS) : RETRY_MS;
        this.#timer = setTimeout(() => this.#check(), wait);
      });
  }

  async #look(): Promise<void> {
    const { redis, sql, metrics } = this.#deps;
    if (redis.status !== 'ready') return;
    const connection = this.#connection;
    const startedAt = performance.now();
    const info = await readRedisInfo(redis);
    metrics?.redisRoundTripSeconds.observe((performance.now() - startedAt) / 1000);
    if (this.#gate.kind === 'open' && !this.answers) this.#deps.logger.info('Redis answers again');
    this.answers = true;
    this.#judge(info);
    if (info.role !== 'master') {
      this.#shut(`Redis is a ${info.role}, not a master`);
      return;
    }
    const recorded = await readRedisIdentity(sql).catch((error: unknown) => {
      if (this.#known !== null && sameIdentity(this.#known, info)) return this.#known;
      throw error;
    });
    if (recorded === null || !sameIdentity(recorded, info)) await this.#reconcile(info);
    this.#known = { runId: info.runId, masterReplid: info.masterReplid, role: info.role };
    // A connection lost meanwhile may have come back to another Redis: its own check decides.
    if (connection === this.#connection && !this.#closed) this.#open();
  }

  async #reconcile(info: RedisInfo): Promise<void> {
    this.#shut('Redis is new or has lost writes; events are being loaded into it');
    this.#deps.logger.warn({ runId: info.runId, masterReplid: info.masterReplid, role: info.role }, 'a new Redis');
    await reconcile(this.#deps, info);
  }

  #judge(info: RedisInfo): void {
    if (info.maxmemoryPolicy !== '' && info.maxmemoryPolicy !== 'noeviction') {
      throw new RedisRefused(
        `Redis has maxmemory-policy ${info.maxmemoryPolicy}: an evicted hold would sell a seat twice. ` +
          'Set it to noeviction (CONFIG SET maxmemory-policy noeviction, and in redis.conf), then start again.',
      );
    }
    if (this.#warned) return;
    this.#warned = true;
    if (info.luaFix === 'no') {
      this.#deps.logger.warn(
        { software: info.software },
        'this Redis has the hole CVE-2025-49844 (Lua, use after free): update it',
      );
    } else if (info.luaFix === 'unknown') {
      this.#deps.logger.info(
        { software: info.software },
        'see that this Redis carries the fix for CVE-2025-49844; its version does not tell',
      );
    }
  }

  #failed(error: unknown): void {
    if (error instanceof RedisRefused) {
      this.#shut(error.message);
      if (this.#said !== error.message) this.#deps.logger.fatal(error.message);
      this.#said = error.message;
      this.#opened?.reject(error);
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    const unanswered = this.#deps.redis.status !== 'ready' || !this.answers;
    if (this.#gate.kind === 'open') this.answers = false;
    else if (!unanswered) this.#shut(`Redis cannot be checked: ${message}`);
    this.#deps.metrics?.redisUp.set(0);
    if (this.#said !== message) this.#deps.logger.warn({ err: error }, 'the check of Redis failed; trying again');
    this.#said = message;
  }

  #open(): void {
    if (this.#gate.kind === 'closed') this.#deps.logger.info(this.#known ?? {}, 'Redis is known; the gate is open');
    this.#gate = { kind: 'open' };
    this.#said = '';
    this.#deps.metrics?.redisUp.set(1);
    this.#opened?.resolve();
  }

  #shut(reason: string): void {
    this.#gate = { kind: 'closed', reason };
    this.#deps.metrics?.redisUp.set(0);
  }
}
