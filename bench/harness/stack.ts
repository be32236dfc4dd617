import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Redis } from 'ioredis';
import { openDataDir, socketPath } from '../../launcher/src/data-dir.js';
import { embeddedPostgres } from '../../launcher/src/parts/postgres.js';
import { findRedis, redisPart } from '../../launcher/src/parts/redis.js';
import { freePort } from '../../launcher/src/port.js';
import { untilReady } from '../../launcher/src/readiness.js';
import { Supervised, type PartSpec } from '../../launcher/src/supervisor.js';
import { openDatabase, type Sql } from '../../server/src/db/client.js';
import { migrate } from '../../server/src/db/migrate.js';
import { openQueueConnection } from '../../server/src/redis/connection.js';
import { onEnd } from './cleanup.js';
import { startNode, type NodeProcess } from './process.js';

const READY_TIMEOUT_MS = 30_000;

export interface StackOptions {
  /** Write a .cpuprofile of the server here when it ends. */
  readonly profileDir?: string | undefined;
  /** Default none: nothing drains the log. */
  readonly worker?: boolean;
  /** Server processes, each on a port of its own. Default 1. */
  readonly servers?: number;
  /** Each of our processes takes a debugger on loopback, which can ask for its memory after a collection. */
  readonly inspect?: boolean;
}

/** One of our processes, and where it listens. */
export interface StackServer extends NodeProcess {
  readonly port: number;
}

/** One private Aisle as npm start would run it: stores with production's settings, server and worker from dist. */
export interface Stack {
  readonly url: string;
  readonly port: number;
  readonly adminKey: string;
  readonly authSecret: string;
  readonly redisSocket: string;
  readonly databaseUrl: string;
  readonly redisPid: number;
  readonly postgresPid: number;
  /** The first of `servers`. */
  readonly server: NodeProcess;
  readonly servers: readonly StackServer[];
  /** Absent unless asked for. */
  readonly worker: NodeProcess | null;
  readonly logDir: string;
  /** Of the bench's own: may be asked anything. */
  readonly redis: Redis;
  readonly sql: Sql;
  stop(): Promise<void>;
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const folder = mkdtempSync(path.join(tmpdir(), 'aisle-bench-'));
  // Postgres never runs as root and must pass through to its own folder.
  chmodSync(folder, 0o711);
  const removeFolder = onEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const place = openDataDir(folder);
  const logDir = place.logs;
  const redisSocket = socketPath(place, 'redis.sock');
  const redisUrl = `unix://${redisSocket}`;
  const [redisProcess, postgres] = await Promise.all([
    startPart(redisPart(findRedis(), { socket: redisSocket, dataDir: place.redis, logDir })),
    startPostgres(place.postgres, logDir),
  ]);
  const adminKey = `bench_${randomBytes(24).toString('hex')}`;
  const authSecret = randomBytes(32).toString('hex');
  const env = {
    REDIS_URL: redisUrl,
    DATABASE_URL: postgres.url,
    AISLE_HOST: '127.0.0.1',
    AISLE_DATA_DIR: folder,
    AISLE_ADMIN_KEY: adminKey,
    AISLE_AUTH_SECRET: authSecret,
    AISLE_MIGRATE: '0',
    AISLE_DEMO: '0',
    AISLE_LIMITS: 'off',
  };
  const { server, servers, worker } = await startNodes(options, env, logDir);
  const { port } = server;
  const url = `http://127.0.0.1:${port}`;
  const redis = openQueueConnection(redisUrl);
  const sql = openDatabase(postgres.url, { max: 2, applicationName: 'bench' });
  const closeClients = onEnd(async () => {
    redis.disconnect();
    await sql.end({ timeout: 1 });
  });
  const stop = async (): Promise<void> => {
    await closeClients();
    await Promise.all([...servers, ...(worker === null ? [] : [worker])].map((node) => node.stop()));
    await Promise.all([redisProcess.stop(), postgres.stop()]);
    await removeFolder();
  };
  const pids = { redisPid: redisProcess.pid, postgresPid: postgres.pid };
  const stores = { redisSocket, databaseUrl: postgres.url, redis, sql };
  return { url, port, adminKey, authSecret, ...stores, ...pids, server, servers, worker, logDir, stop };
}

async function startNodes(options: StackOptions, env: Readonly<Record<string, string>>, logDir: string) {
  const { profileDir } = options;
  const inspected = async (): Promise<string[]> =>
    options.inspect === true ? [`--inspect=127.0.0.1:${await freePort()}`] : [];
  const profiled = profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(profileDir)}`];
  const servers: StackServer[] = [];
  for (let number = 1; number <= (options.servers ?? 1); number++) {
    const port = await freePort();
    const name = number === 1 ? 'server' : `server-${number}`;
    const place = { name, main: 'server/src/main.js', env: { ...env, AISLE_PORT: String(port) }, logDir };
    servers.push({ ...startNode({ ...place, nodeOptions: [...profiled, ...(await inspected())] }), port });
  }
  const worker =
    options.worker === true
      ? startNode({ name: 'worker', main: 'worker/src/main.js', env, logDir, nodeOptions: await inspected() })
      : null;
  for (const { port, ended } of servers) {
    await untilReady(`http://127.0.0.1:${port}`, ended, READY_TIMEOUT_MS);
    if (ended.aborted) throw new Error(`a server ended at once; see ${logDir}`);
  }
  const [server] = servers;
  if (server === undefined) throw new Error('a stack has a server');
  return { server, servers, worker };
}

async function startPart(spec: PartSpec): Promise<{ pid: number; stop(): Promise<void> }> {
  const part = new Supervised(spec, {
    changed: () => undefined,
    say: (line) => process.stderr.write(`bench: ${line}\n`),
  });
  const stop = onEnd(() => part.stop());
  await part.start();
  return { pid: part.identity?.pid ?? 0, stop };
}

async function startPostgres(dataDir: string, logDir: string) {
  const { part, url } = await embeddedPostgres({ dataDir, logDir });
  const { pid, stop } = await startPart(part);
  await migrate(url);
  return { url, pid, stop };
}
