import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { freePort } from '../../launcher/src/port.js';
import { untilReady } from '../../launcher/src/readiness.js';
import { askBroker } from './broker.js';
import { createTestDatabase } from './postgres.js';
import { projectRoot } from './project-root.js';
import { startRedis, type TestRedis } from './redis.js';

export interface AisleOptions {
  /** Server processes, each on a port of its own. Default 1. */
  readonly nodes?: number;
  /** Default 1; 0 to prove what works without. */
  readonly workers?: number;
  /** Default: what the server picks. */
  readonly engine?: 'uws' | 'node';
  /** More settings for every process, e.g. AISLE_TICK_MS or AISLE_FAILPOINTS. */
  readonly env?: Readonly<Record<string, string>>;
  /** Share the stores of something that runs already; they are then not stopped. */
  readonly redis?: TestRedis;
  readonly databaseUrl?: string;
  /** Default AISLE_LIMITS=off: tests come from one address in a hurry. */
  readonly limits?: 'on' | 'off';
  /** Another build than dist: an earlier version, or one with a bug planted on purpose. */
  readonly dist?: string;
  /** Until /readyz answers 200. Default 60000: several start beside each other. */
  readonly readyTimeoutMs?: number;
}

/** One real process from dist. */
export interface TestProcess {
  readonly name: string;
  readonly pid: number;
  /** What it has written so far, a JSON object a line. */
  logs(): string;
  readonly running: boolean;
  /** SIGKILL unless told otherwise; resolves when it is gone. SIGSTOP and SIGCONT return at once. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Closes the channel to it, as the end of whoever started it does. */
  disconnect(): void;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

export interface TestNode extends TestProcess {
  readonly url: string;
  readonly port: number;
}

export interface TestAisle {
  readonly urls: readonly string[];
  readonly adminKey: string;
  readonly authSecret: string;
  readonly redis: TestRedis;
  readonly databaseUrl: string;
  readonly nodes: readonly TestNode[];
  readonly workers: readonly TestProcess[];
  /** One more, ready; `env` on top of the common one. */
  addNode(env?: Readonly<Record<string, string>>): Promise<TestNode>;
  addWorker(env?: Readonly<Record<string, string>>): TestProcess;
  /** Servers, workers, Redis and the database: everything that it started. */
  stop(): Promise<void>;
}

/** REAL server and worker processes from dist on a Redis and a database of their own. */
export async function startAisle(options: AisleOptions = {}): Promise<TestAisle> {
  const [redis, database] = await Promise.all([
    options.redis ?? startRedis(),
    options.databaseUrl === undefined ? createTestDatabase() : undefined,
    askBroker('/build'),
  ]);
  const aisle = new RunningAisle(options, redis, options.databaseUrl ?? database?.url ?? '', async () => {
    if (options.redis === undefined) await redis.stop();
    await database?.drop();
  });
  try {
    await aisle.start();
    return aisle;
  } catch (error) {
    await aisle.stop();
    throw error;
  }
}

const READY_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 10_000;

class RunningAisle implements TestAisle {
  readonly adminKey = `test_admin_${randomBytes(16).toString('hex')}`;
  readonly authSecret = randomBytes(32).toString('hex');
  readonly nodes: TestNode[] = [];
  readonly workers: TestProcess[] = [];

  constructor(
    private readonly options: AisleOptions,
    readonly redis: TestRedis,
    readonly databaseUrl: string,
    private readonly stopStores: () => Promise<void>,
  ) {}

  get urls(): string[] {
    return this.nodes.map((node) => node.url);
  }

  async start(): Promise<void> {
    const { nodes = 1, workers = 1 } = this.options;
    for (let count = 0; count < workers; count += 1) this.addWorker();
    await Promise.all(Array.from({ length: nodes }, () => this.addNode()));
  }

  async addNode(env: Readonly<Record<string, string>> = {}): Promise<TestNode> {
    // A node that comes back is where its clients look for it.
    const port = env.AISLE_PORT === undefined ? await freePort() : Number(env.AISLE_PORT);
    const url = `http://127.0.0.1:${port}`;
    const name = `server-${this.nodes.length + 1}`;
    const started = startProcess(this.#dist, name, 'server/src/main.js', {
      ...this.#env(),
      AISLE_PORT: String(port),
      ...env,
    });
    const node: TestNode = Object.assign(started, { url, port });
    this.nodes.push(node);
    const ended = new AbortController();
    void node.ended.then(() => ended.abort());
    await untilReady(url, ended.signal, this.options.readyTimeoutMs ?? READY_TIMEOUT_MS).catch((error: unknown) => {
      throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}\n${node.logs()}`);
    });
    if (ended.signal.aborted) throw new Error(`${name} ended before it was ready:\n${node.logs()}`);
    return node;
  }

  addWorker(env: Readonly<Record<string, string>> = {}): TestProcess {
    const name = `worker-${this.workers.length + 1}`;
    const worker = startProcess(this.#dist, name, 'worker/src/main.js', { ...this.#env(), ...env });
    this.workers.push(worker);
    return worker;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.nodes, ...this.workers].map(stopProcess));
    await this.stopStores();
  }

  get #dist(): string {
    return this.options.dist ?? path.join(projectRoot, 'dist');
  }

  #env(): Record<string, string> {
    return {
      REDIS_URL: this.redis.url,
      DATABASE_URL: this.databaseUrl,
      AISLE_HOST: '127.0.0.1',
      AISLE_ADMIN_KEY: this.adminKey,
      AISLE_AUTH_SECRET: this.authSecret,
      AISLE_MIGRATE: '0',
      AISLE_DEMO: '0',
      AISLE_LIMITS: this.options.limits ?? 'off',
      ...(this.options.engine === undefined ? {} : { AISLE_ENGINE: this.options.engine }),
      ...this.options.env,
    };
  }
}

/** SIGTERM first: that a process can end by itself is part of what is tested; SIGKILL where it cannot. */
async function stopProcess(target: TestProcess): Promise<void> {
  if (!target.running) return;
  await target.kill('SIGCONT');
  const killer = setTimeout(() => void target.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await target.kill('SIGTERM');
  clearTimeout(killer);
}

function startProcess(dist: string, name: string, main: string, env: Record<string, string>): TestProcess {
  const inDist = (file: string): string => path.join(dist, file);
  // The lifeline ends it when this test process is gone.
  const args = ['--enable-source-maps', '--import', inDist('launcher/src/parts/lifeline.js'), inDist(main)];
  const child = spawn(process.execPath, args, { env: cleanEnv(env), stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => output.push(text));
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code ?? 1));
    child.once('error', (error) => {
      output.push(error.message);
      resolve(127);
    });
  });
  return {
    name,
    pid: child.pid ?? 0,
    logs: () => output.join(''),
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    kill: (signal = 'SIGKILL') => kill(child, signal),
    disconnect: () => child.disconnect(),
    ended,
  };
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await gone;
}

/** Neither settings of whoever runs the tests nor vitest's own reach the processes. */
function cleanEnv(env: Record<string, string>): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(AISLE_|VITEST|VITE_|NODE_OPTIONS$|NODE_ENV$|REDIS_URL$|DATABASE_URL$)/.test(name),
  );
  return { ...Object.fromEntries(inherited), ...env };
}
