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
}

/** One private Aisle as npm start would run it: stores with production's settings, server and worker from dist. */
export interface Stack {
  readonly url: string;
  readonly port: number;
  readonly adminKey: string;
  readonly authSecret: string;
  readonly redisSocket: string;
  readonly redisPid: number;
  readonly postgresPid: number;
  readonly server: NodeProcess;
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
  const port = await freePort();
  const env = {
    REDIS_URL: redisUrl,
    DATABASE_URL: postgres.url,
    AISLE_HOST: '127.0.0.1',
    AISLE_PORT: String(port),
    AISLE_DATA_DIR: folder,
    AISLE_ADMIN_KEY: adminKey,
    AISLE_AUTH_SECRET: authSecret,
    AISLE_MIGRATE: '0',
    AISLE_DEMO: '0',
    AISLE_LIMITS: 'off',
  };
  const { profileDir } = options;
  const nodeOptions = profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(profileDir)}`];
  const server = startNode({ name: 'server', main: 'server/src/main.js', env, logDir, nodeOptions });
  const worker =
    options.worker === true ? startNode({ name: 'worker', main: 'worker/src/main.js', env, logDir }) : null;
  const url = `http://127.0.0.1:${port}`;
  await untilReady(url, server.ended, READY_TIMEOUT_MS);
  if (server.ended.aborted) throw new Error(`the server ended at once; see ${logDir}/server.log`);
  const redis = openQueueConnection(redisUrl);
  const sql = openDatabase(postgres.url, { max: 2, applicationName: 'bench' });
  const closeClients = onEnd(async () => {
    redis.disconnect();
    await sql.end({ timeout: 1 });
  });
  const stop = async (): Promise<void> => {
    await closeClients();
    await Promise.all([server.stop(), worker?.stop()]);
    await Promise.all([redisProcess.stop(), postgres.stop()]);
    await removeFolder();
  };
  const pids = { redisPid: redisProcess.pid, postgresPid: postgres.pid };
  return { url, port, adminKey, authSecret, redisSocket, ...pids, server, worker, logDir, redis, sql, stop };
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
