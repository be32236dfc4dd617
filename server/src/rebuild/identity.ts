import type { Redis } from 'ioredis';
import type { Sql } from '../db/client.js';
import { readRedisIdentity, sameIdentity, type RedisIdentity } from '../db/loading/redis-identity.js';
import type { Logger } from '../platform/logger.js';
import type { Metrics } from '../platform/metrics.js';
import { ANSWERING } from '../redis/connection.js';
import { readRedisInfo, type RedisInfo } from '../redis/identity.js';
import { isWhole, readMark, removeMark } from '../redis/mark.js';
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
  readonly metrics?: Pick<
    Metrics,
    'redisUp' | 'redisRoundTripSeconds' | 'redisMemoryBytes' | 'redisMaxmemoryBytes' | 'redisAofOk'
  >;
  readonly pollMs?: number;
  /** Another Redis than before answers: whatever else is connected by its address may still be on the old one. */
  readonly onReplaced?: () => void;
}

export interface RedisGuard {
  /**
   * Resolves when the gate opens for the first time: at once on a known Redis, after all events are loaded on a new one.
   * Waits for Redis and Postgres as long as it takes. Throws RedisRefused.
   */
  start(): Promise<void>;
  /** The gate of SPEC R1: false until this Redis is the one that was reconciled, on this very connection. */
  isReady(): boolean;
  /** Redis was seen not to know an event: look at once, not with the next poll. May be called as often as one likes. */
  suspect(): void;
  /** Looks now, and answers what isReady says after it. */
  confirm(): Promise<boolean>;
  /** For domain/ports/health.ts. */
  readonly health: { readonly redis: () => boolean; readonly reasons: () => readonly string[] };
  close(): Promise<void>;
}

const POLL_MS = 1000;
/** While the gate is closed there is nothing better to do. */
const RETRY_MS = 100;
/** An event that Redis does not know, and cannot be given, is suspected with every command. */
const SUSPECT_SPACING_MS = 250;

/** open: commands may go. closed: `reason` says why not. */
type Gate = { kind: 'open' } | { kind: 'closed'; reason: string };

/**
 * Redis's identity is (run_id, master_replid, role), recorded in Postgres once every event was loaded into it; asked on every
 * new connection before any command, and each second. A new identity always means new epochs, and so does a Redis that is the
 * same but has lost its mark: it was emptied, or keys were evicted (SPEC R1).
 */
export function createRedisGuard(deps: RedisGuardDeps): RedisGuard {
  const guard = new Guard(deps);
  return {
    start: () => guard.start(),
    isReady: () => guard.isReady(),
    suspect: () => guard.suspect(),
    confirm: () => guard.confirm(),
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
  #suspectedAtMs = -Infinity;
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
    redis.on(ANSWERING, this.#onAnswering);
    this.#check();
    return opened;
  }

  suspect(): void {
    const now = performance.now();
    if (!this.isReady() || now - this.#suspectedAtMs < SUSPECT_SPACING_MS) return;
    this.#suspectedAtMs = now;
    this.#check();
  }

  async confirm(): Promise<boolean> {
    // One that is under way may have looked before the caller asked.
    await this.#checking;
    this.#check();
    await this.#checking;
    return this.isReady();
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
    this.#deps.redis.off(ANSWERING, this.#onAnswering);
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

  readonly #onAnswering = (): void => this.#check();

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
    const [info, mark] = await Promise.all([readRedisInfo(redis), readMark(redis)]);
    metrics?.redisRoundTripSeconds.observe((performance.now() - startedAt) / 1000);
    metrics?.redisMemoryBytes.set(info.memoryBytes);
    metrics?.redisMaxmemoryBytes.set(info.maxmemoryBytes);
    metrics?.redisAofOk.set(info.aofOk ? 1 : 0);
    if (this.#gate.kind === 'open' && !this.answers) this.#deps.logger.info('Redis answers again');
    this.answers = true;
    await this.#judge(info);
    if (info.role !== 'master') {
      this.#shut(`Redis is a ${info.role}, not a master`);
      return;
    }
    const recorded = await readRedisIdentity(sql).catch((error: unknown) => {
      if (this.#known !== null && sameIdentity(this.#known, info)) return this.#known;
      throw error;
    });
    if (this.#known !== null && !sameIdentity(this.#known, info)) this.#deps.onReplaced?.();
    if (recorded === null || !sameIdentity(recorded, info) || !isWhole(mark, info)) await this.#reconcile(info);
    this.#known = { runId: info.runId, masterReplid: info.masterReplid, role: info.role };
    // A connection lost meanwhile may have come back to another Redis: its own check decides.
    if (connection === this.#connection && !this.#closed) this.#open();
  }

  async #reconcile(info: RedisInfo): Promise<void> {
    this.#shut('Redis is new or has lost writes; events are being loaded into it');
    const { runId, masterReplid, role } = info;
    const emptied = this.#known !== null && sameIdentity(this.#known, info);
    const what = emptied ? 'Redis lost what it held: it was emptied, or keys were evicted' : 'a new Redis';
    this.#deps.logger.warn({ runId, masterReplid, role }, what);
    await reconcile(this.#deps, info);
  }

  async #judge(info: RedisInfo): Promise<void> {
    if (info.maxmemoryPolicy !== '' && info.maxmemoryPolicy !== 'noeviction') {
      const refusal =
        `Redis has maxmemory-policy ${info.maxmemoryPolicy}: an evicted hold would sell a seat twice. ` +
        'Set it to noeviction (CONFIG SET maxmemory-policy noeviction, and in redis.conf). What runs then goes on by ' +
        'itself; what ended for it is to be started again.';
      this.#shut(refusal);
      // Nobody can tell what is thrown out until it is set right: everything is loaded anew then.
      if (info.role === 'master') await removeMark(this.#deps.redis);
      throw new RedisRefused(refusal);
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
    // Whoever asks /readyz is a stranger: what a store said, names and addresses among it, is for the log.
    else if (!unanswered) this.#shut('Redis cannot be checked; the log says why');
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
