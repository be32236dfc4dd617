import path from 'node:path';
import { migrate } from '../../server/src/db/migrate.js';
import { adminKeyFile, type Running } from './banner.js';
import { forgetSocketPath, keptSecret, socketPath, type DataDir } from './data-dir.js';
import { CONSOLE_LEVELS } from './logs.js';
import { nodePart } from './parts/node-process.js';
import { embeddedPostgres } from './parts/postgres.js';
import { findRedis, redisPart } from './parts/redis.js';
import { signalTo } from './processes.js';
import { freePort } from './port.js';
import { checkReachable } from './reachable.js';
import { untilReady } from './readiness.js';
import { writeUrls } from '../../server/src/platform/store-urls.js';
import { writeRecords, type ProcessRecord } from './records.js';
import { localUrl, type Environment, type Settings } from './settings.js';
import { Supervised, type PartSpec } from './supervisor.js';

const READY_TIMEOUT_MS = 60_000;
const REDIS_SOCKET = 'redis.sock';

export interface StackOptions {
  readonly settings: Settings;
  readonly dataDir: DataDir;
  readonly port: number;
  readonly verbose: boolean;
  say(line: string): void;
}

/** All the parts of one installation, started in the order in which they need each other and stopped the other way. */
export class Stack {
  /** In the order in which they were started. */
  readonly #parts: Supervised[] = [];
  #stopping = false;
  #open = false;

  constructor(private readonly options: StackOptions) {}

  async start(): Promise<Running> {
    const { settings, dataDir, port } = this.options;
    const stores = await Promise.all([this.#redisUrl(), this.#databaseUrl()]);
    const [redisUrl, databaseUrl] = stores;
    writeUrls(dataDir.run, { redisUrl, databaseUrl });
    if (settings.config.AISLE_MIGRATE) await migrate(databaseUrl);
    const adminKey = settings.config.AISLE_ADMIN_KEY ?? keptSecret(dataDir, 'admin-key', 'aisle_admin_');
    const url = localUrl(settings.config.AISLE_HOST, port);
    const env: Environment = {
      ...settings.env,
      REDIS_URL: redisUrl,
      DATABASE_URL: databaseUrl,
      AISLE_ADMIN_KEY: adminKey,
      ...this.#authSecret(),
      AISLE_DATA_DIR: dataDir.path,
      AISLE_PORT: String(port),
      AISLE_MIGRATE: '0',
      ...(settings.ownSandbox ? await this.#sandbox(url) : {}),
    };
    await this.#startNodes(env, url);
    this.#open = true;
    const adminKeyFromFile = settings.config.AISLE_ADMIN_KEY === undefined;
    return { url, adminKey, adminKeyFile: adminKeyFromFile ? adminKeyFile(dataDir) : null, logs: dataDir.logs };
  }

  /** Buyers for whoever wants to see the map move. */
  async startCrowd({ url, adminKey }: Running, size: number): Promise<void> {
    const { settings, dataDir } = this.options;
    const pays = settings.ownSandbox || settings.config.AISLE_PAYMENT_PROVIDER === 'sandbox';
    const crowd = nodePart({
      ...{ name: 'crowd', main: 'crowd/src/main.js' },
      env: {
        ...settings.env,
        ...{ CROWD_URL: url, CROWD_SIZE: String(size), CROWD_KEY: adminKey, CROWD_PAYS: pays ? '1' : '0' },
      },
      logDir: dataDir.logs,
      consoleLevel: () => this.#consoleLevel(),
      ready: async () => undefined,
    });
    await this.#startPart(crowd);
    this.options.say(
      `• A crowd of ${size} is coming in${pays ? '' : '; without a sandbox it only holds and releases'}.`,
    );
  }

  /** The crowd goes home; then servers, then the worker, which writes what they left in the log, then Redis, then Postgres. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#parts.filter(({ spec }) => spec.name === 'crowd').map((part) => part.stop()));
    const servers = this.#parts.filter((part) => part.spec.name.startsWith('server'));
    const others = this.#parts.filter((part) => !servers.includes(part));
    await Promise.all(servers.map((part) => part.stop()));
    const order = ['worker', 'sandbox', 'redis', 'postgres'];
    for (const name of order) for (const part of others) if (part.spec.name === name) await part.stop();
    forgetSocketPath(this.options.dataDir, REDIS_SOCKET);
  }

  /** For the impatient: nothing is lost, Redis reads its file and Postgres its journal at the next start. */
  kill(): void {
    for (const part of this.#parts) if (part.identity !== null) signalTo(part.identity, 'SIGKILL');
  }

  async #redisUrl(): Promise<string> {
    const { settings, dataDir } = this.options;
    if (settings.config.REDIS_URL !== undefined) {
      await checkReachable('REDIS_URL', settings.config.REDIS_URL, 6379);
      return settings.config.REDIS_URL;
    }
    const program = findRedis();
    const socket = socketPath(dataDir, REDIS_SOCKET);
    await this.#startPart(redisPart(program, { socket, dataDir: dataDir.redis, logDir: dataDir.logs }));
    return `unix://${socket}`;
  }

  async #databaseUrl(): Promise<string> {
    const { settings, dataDir } = this.options;
    if (settings.config.DATABASE_URL !== undefined) {
      await checkReachable('DATABASE_URL', settings.config.DATABASE_URL, 5432);
      return settings.config.DATABASE_URL;
    }
    const { part, url } = await embeddedPostgres({ dataDir: dataDir.postgres, logDir: dataDir.logs });
    await this.#startPart(part);
    return url;
  }

  /** Play money for the demo: its books are kept, its port is not. Answers what server and worker must know of it. */
  async #sandbox(url: string): Promise<Environment> {
    const { settings, dataDir } = this.options;
    const port = await freePort();
    const secret = keptSecret(dataDir, 'sandbox-secret');
    const address = `http://127.0.0.1:${port}`;
    const sandbox = nodePart({
      ...{ name: 'sandbox', main: 'sandbox/src/main.js' },
      env: {
        ...settings.env,
        SANDBOX_PORT: String(port),
        SANDBOX_SECRET: secret,
        SANDBOX_WEBHOOK_URL: `${url}/v1/payments/sandbox/webhook`,
        SANDBOX_FILE: path.join(dataDir.path, 'sandbox.jsonl'),
      },
      logDir: dataDir.logs,
      consoleLevel: () => this.#consoleLevel(),
      ready: (ended) => untilReady(address, ended, READY_TIMEOUT_MS),
    });
    await this.#startPart(sandbox);
    return { AISLE_PAYMENT_PROVIDER: 'sandbox', AISLE_SANDBOX_URL: address, AISLE_SANDBOX_SECRET: secret };
  }

  #authSecret(): Environment {
    const { config } = this.options.settings;
    if (config.AISLE_AUTH_SECRET !== undefined || config.AISLE_AUTH_JWKS_URL !== undefined) return {};
    return { AISLE_AUTH_SECRET: keptSecret(this.options.dataDir, 'auth-secret') };
  }

  /** Until everything is there, a part's warning that another one is missing is no news. */
  #consoleLevel(): number {
    if (this.options.verbose) return CONSOLE_LEVELS.everything;
    return this.#open && !this.#stopping ? CONSOLE_LEVELS.warnings : CONSOLE_LEVELS.errors;
  }

  async #startNodes(env: Environment, url: string): Promise<void> {
    const { settings, dataDir } = this.options;
    const count = settings.config.AISLE_PROCESSES;
    const common = { env, logDir: dataDir.logs, consoleLevel: () => this.#consoleLevel() };
    const servers = Array.from({ length: count }, (_unused, index) =>
      nodePart({
        ...common,
        name: count === 1 ? 'server' : `server-${index + 1}`,
        main: 'server/src/main.js',
        sharesPort: count > 1,
        drainMs: settings.config.AISLE_DRAIN_MS,
        ready: (ended) =>
          untilReady(url, ended, READY_TIMEOUT_MS, (why) => this.options.say(`• Still waiting for the server: ${why}`)),
      }),
    );
    const worker = nodePart({ ...common, name: 'worker', main: 'worker/src/main.js', ready: () => Promise.resolve() });
    await Promise.all([worker, ...servers].map((spec) => this.#startPart(spec)));
  }

  async #startPart(spec: PartSpec): Promise<void> {
    const part = new Supervised(spec, {
      changed: () => this.#record(),
      say: (line) => {
        if (!this.#stopping) this.options.say(line);
      },
    });
    // Stopped while still starting: what is not there yet stays away.
    if (this.#stopping) throw new Error('stopping');
    this.#parts.push(part);
    await part.start();
  }

  #record(): void {
    const records = this.#parts.flatMap((part): ProcessRecord[] =>
      part.identity === null ? [] : [{ ...part.identity, name: part.spec.name, signal: part.spec.stopSignal }],
    );
    writeRecords(this.options.dataDir, records);
  }
}
