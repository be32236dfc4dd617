import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { freePort } from '../../../launcher/src/port.js';
import { serveSandbox, type RunningSandbox } from '../../../sandbox/src/serve.js';
import { openDatabase, type Sql } from '../../../server/src/db/client.js';
import { openQueueConnection } from '../../../server/src/redis/connection.js';
import { startAisle, type TestAisle, type TestNode, type TestProcess } from '../../helpers/aisle.js';
import { startPostgres, type TestPostgres } from '../../helpers/postgres.js';
import { startRedis, type TestRedis } from '../../helpers/redis.js';
import { waitFor } from '../../helpers/wait.js';
import { startTcpProxy, type TcpProxy } from '../../helpers/tcp-proxy.js';

const HEALED_MS = 60_000;
const SANDBOX_SECRET = 'sandbox-secret-of-the-test';

/** A server or a worker with wires of its own to the stores, so that faults may befall one process alone. */
export interface Member {
  readonly name: string;
  readonly redis: TcpProxy;
  readonly postgres: TcpProxy;
  /** '' for a worker. */
  readonly url: string;
  process: TestProcess;
  /** Starts it again on the same port, with these settings on top; resolves when it is ready (a worker: at once). */
  restart(env?: Readonly<Record<string, string>>): Promise<void>;
}

export interface WorldOptions {
  readonly servers: number;
  readonly workers: number;
  /** Settings for every process. */
  readonly env?: Readonly<Record<string, string>>;
  /** For redis-server, which then may have a clock of its own. */
  readonly redisEnv?: Readonly<Record<string, string>>;
  /** Runs this build instead of dist: for bugs planted on purpose. */
  readonly dist?: string;
}

/** A whole installation of which every part can be killed, frozen, cut off or put back in time. */
export class World {
  readonly members: Member[] = [];
  /** Data of Redis was lost in these spans (performance.now): holds may be gone, sales never. */
  readonly losses: { from: number; to: number }[] = [];
  #named = { server: 0, worker: 0 };
  readonly #locks = new Map<string, Promise<unknown>>();

  private constructor(
    readonly options: WorldOptions,
    readonly redisServer: TestRedis,
    readonly postgresServer: TestPostgres,
    readonly sandbox: RunningSandbox,
    readonly aisle: TestAisle,
    /** Straight to the stores, past every proxy. */
    readonly redis: Redis,
    readonly sql: Sql,
  ) {}

  static async start(options: WorldOptions): Promise<World> {
    const [redisServer, postgresServer, sandbox] = await Promise.all([
      startRedis({
        ...{ appendOnly: true, tcp: true },
        ...(options.redisEnv === undefined ? {} : { env: options.redisEnv }),
      }),
      startPostgres(),
      serveSandbox(0, { secret: SANDBOX_SECRET, webhookUrl: null, journal: null }),
    ]);
    const aisle = await startAisle({
      ...{ nodes: 0, workers: 0, redis: redisServer, databaseUrl: postgresServer.url, readyTimeoutMs: 60_000 },
      ...(options.dist === undefined ? {} : { dist: options.dist }),
      env: {
        AISLE_PAYMENT_PROVIDER: 'sandbox',
        AISLE_SANDBOX_URL: sandbox.url,
        AISLE_SANDBOX_SECRET: SANDBOX_SECRET,
        ...options.env,
      },
    });
    // Patient: it waits where Redis is away.
    const redis = openQueueConnection(redisServer.url);
    redis.on('error', () => undefined);
    const sql = openDatabase(postgresServer.url, { max: 3 });
    const world = new World(options, redisServer, postgresServer, sandbox, aisle, redis, sql);
    try {
      for (let n = 0; n < options.workers; n++) await world.#add('worker');
      await Promise.all(Array.from({ length: options.servers }, () => world.#add('server')));
    } catch (error) {
      await world.stop();
      throw error;
    }
    sandbox.sandbox.webhooks.url = `${world.servers[0]?.url ?? ''}/v1/payments/sandbox/webhook`;
    return world;
  }

  get servers(): readonly Member[] {
    return this.members.filter(({ url }) => url !== '');
  }
  get workers(): readonly Member[] {
    return this.members.filter(({ url }) => url === '');
  }
  /** What the payment provider signs its messages with. */
  get sandboxSecret(): string {
    return SANDBOX_SECRET;
  }
  get adminKey(): string {
    return this.aisle.adminKey;
  }

  /** One fault at a time for each part: a process that is being killed cannot be frozen as well. */
  async exclusive<T>(part: string, body: () => Promise<T>): Promise<T> {
    const before = this.#locks.get(part) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(body);
    this.#locks.set(part, mine);
    return mine;
  }

  /** Remembers that Redis lost data from `from` until now, and a moment more for what was on its way. */
  lost(from: number): void {
    this.losses.push({ from, to: performance.now() + 200 });
  }

  /** Redis as it was some moments ago: its append-only folder is copied, written on for `ms`, killed, put back. */
  async rewindRedis(ms: number): Promise<void> {
    const folder = path.join(this.redisServer.dir, 'appendonlydir');
    const copy = path.join(this.redisServer.dir, 'copy-of-appendonlydir');
    await rm(copy, { recursive: true, force: true });
    const from = performance.now() - 1000; // the file is written out once a second
    await cp(folder, copy, { recursive: true });
    await sleep(ms);
    await this.redisServer.kill();
    await rm(folder, { recursive: true, force: true });
    await cp(copy, folder, { recursive: true });
    await this.redisServer.start();
    this.lost(from);
  }

  async emptyRedis(): Promise<void> {
    const from = performance.now();
    await this.redisServer.kill();
    await rm(path.join(this.redisServer.dir, 'appendonlydir'), { recursive: true, force: true });
    await this.redisServer.start();
    this.lost(from);
  }

  /** Every wire whole, every process running: after the last fault. */
  async heal(): Promise<void> {
    for (const { redis, postgres } of this.members) {
      for (const wire of [redis, postgres]) {
        wire.delayMs = 0;
        wire.swallowReplies = false;
        wire.refuse = false;
        wire.frozen = false;
      }
    }
    for (const member of this.members) {
      await member.process.kill('SIGCONT');
      // Its failpoint may yet be armed: a process that is to be whole has none.
      if (!member.process.running) await member.restart();
    }
    const ready = async (url: string): Promise<boolean> => {
      const answer = (await (await fetch(`${url}/readyz`)).json()) as { status: string };
      return answer.status === 'ok';
    };
    for (const { url, name } of this.servers)
      await waitFor(() => ready(url), { timeoutMs: HEALED_MS, intervalMs: 100, what: `${name} to be whole again` });
  }

  async stop(): Promise<void> {
    for (const { process } of this.members) await process.kill('SIGCONT');
    this.redis.disconnect();
    await this.sql.end({ timeout: 1 });
    await this.aisle.stop();
    await Promise.all(this.members.flatMap(({ redis, postgres }) => [redis.stop(), postgres.stop()]));
    await Promise.all([this.redisServer.stop(), this.postgresServer.stop(), this.sandbox.close()]);
  }

  async #add(kind: 'server' | 'worker'): Promise<void> {
    // Before the first wait: several are added at once.
    const name = `${kind} ${++this.#named[kind]}`;
    const databaseUrl = new URL(this.postgresServer.url);
    const [redis, postgres, port] = await Promise.all([
      startTcpProxy({ host: '127.0.0.1', port: this.redisServer.port }),
      startTcpProxy({ host: databaseUrl.hostname, port: Number(databaseUrl.port) }),
      freePort(),
    ]);
    databaseUrl.host = `127.0.0.1:${postgres.port}`;
    const stores = { REDIS_URL: `redis://127.0.0.1:${redis.port}`, DATABASE_URL: databaseUrl.href };
    const start = (env: Readonly<Record<string, string>> = {}): Promise<TestNode | TestProcess> =>
      kind === 'server'
        ? this.aisle.addNode({ ...stores, AISLE_PORT: String(port), ...env })
        : Promise.resolve(this.aisle.addWorker({ ...stores, ...env }));
    const member: Member = {
      ...{ name, redis, postgres },
      url: kind === 'server' ? `http://127.0.0.1:${port}` : '',
      process: await start(),
      restart: async (env) => {
        await member.process.kill();
        member.process = await start(env);
      },
    };
    this.members.push(member);
  }
}
