import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../launcher/src/port.js';
import { isAlive } from '../../launcher/src/processes.js';
import { projectRoot } from '../helpers/project-root.js';
import { waitFor } from '../helpers/wait.js';

/** Architecture §13: `npm start` as a person meets it, through the real npm, with its own Redis and Postgres. */

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;

interface ProcessRecord {
  readonly pid: number;
  readonly startedAt: string;
  readonly name: string;
}

class Started {
  output = '';
  readonly exit: Promise<number | null>;
  readonly #child: ChildProcess;

  constructor(
    readonly dataDir: string,
    readonly port: number,
    env: Readonly<Record<string, string>>,
    args: readonly string[] = [],
  ) {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(AISLE_|REDIS_URL|DATABASE_URL|npm_|VITEST|NODE_ENV)/.test(name),
    );
    this.#child = spawn('npm', ['start', '--silent', ...args], {
      cwd: projectRoot,
      // A group of its own, as a terminal gives: Ctrl-C goes to everybody in it.
      detached: true,
      env: {
        ...Object.fromEntries(inherited),
        AISLE_DATA_DIR: dataDir,
        AISLE_PORT: String(port),
        AISLE_DEMO: '0',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    this.exit = new Promise((resolve) => this.#child.once('close', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async opened(): Promise<this> {
    let code: number | null | undefined;
    void this.exit.then((exitCode) => (code = exitCode));
    await waitFor(
      () => {
        if (code !== undefined) throw new Error(`npm start ended:\n${this.output}`);
        return this.output.includes(`Aisle is open`);
      },
      { timeoutMs: START_TIMEOUT_MS, what: 'the page' },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.output}`);
    });
    return this;
  }

  /** To the whole group, as a terminal does. */
  ctrlC(): void {
    process.kill(-(this.#child.pid ?? 0), 'SIGINT');
  }

  toNpm(signal: NodeJS.Signals): void {
    process.kill(this.#child.pid ?? 0, signal);
  }

  async stopped(): Promise<number | null> {
    return Promise.race([
      this.exit,
      new Promise<never>((_resolve, reject) => {
        setTimeout(() => reject(new Error(`it did not stop:\n${this.output}`)), STOP_TIMEOUT_MS).unref();
      }),
    ]);
  }

  /** What the launcher says is running now. */
  records(): ProcessRecord[] {
    const file = path.join(this.dataDir, 'run', 'processes.json');
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ProcessRecord[]) : [];
  }

  launcher(): ProcessRecord {
    const lock = readFileSync(path.join(this.dataDir, 'run', 'launcher.lock'), 'utf8');
    return { ...(JSON.parse(lock) as Omit<ProcessRecord, 'name'>), name: 'launcher' };
  }
}

const alive = (records: readonly ProcessRecord[]): string[] => records.filter(isAlive).map(({ name }) => name);

const folders: string[] = [];
const running = new Set<Started>();

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'aisle-start-'));
  folders.push(folder);
  return folder;
}

function start(
  dataDir: string,
  port: number,
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Started {
  const started = new Started(dataDir, port, env, args);
  running.add(started);
  void started.exit.then(() => running.delete(started));
  return started;
}

afterEach(async () => {
  for (const started of running) {
    started.ctrlC();
    await started.stopped();
  }
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('npm start on its own', () => {
  let port: number;
  let dataDir: string;
  beforeAll(async () => {
    port = await freePort();
    dataDir = path.join(temporaryFolder(), 'data');
  });

  test(
    '§13 opens the page with two demo events on sale, refuses a second start, keeps a hold over a restart',
    { timeout: 180_000 },
    async () => {
      const first = await start(dataDir, port, { AISLE_DEMO: '1' }).opened();
      const page = await fetch(`${first.url}/`);
      expect(page.status).toBe(200);
      expect(page.headers.get('content-type')).toContain('text/html');
      expect(await demoEvents(first.url)).toEqual(['demo-arena on_sale', 'demo-theatre on_sale']);
      const kept = await holdOneSeat(first.url);

      const second = start(dataDir, await freePort());
      expect(await second.stopped()).toBe(1);
      expect(second.output).toContain(`already running on ${dataDir}`);
      expect(second.output).toContain('AISLE_DATA_DIR=');
      expect((await fetch(`${first.url}/readyz`)).status).toBe(200);

      const processes = [...first.records(), first.launcher()];
      expect(alive(processes).sort()).toEqual(['launcher', 'postgres', 'redis', 'sandbox', 'server', 'worker']);
      first.ctrlC();
      // npm itself ends by the signal that it got; what counts is that everything below it finished first.
      expect([0, null]).toContain(await first.stopped());
      expect(first.output).toContain('Stopped.');
      expect(alive(processes)).toEqual([]);
      expect(existsSync(path.join(dataDir, 'run', 'launcher.lock'))).toBe(false);

      const again = await start(dataDir, port, { AISLE_DEMO: '1' }).opened();
      expect(await demoEvents(again.url)).toEqual(['demo-arena on_sale', 'demo-theatre on_sale']);
      const hold = await fetch(`${again.url}/v1/inventory/holds/${kept.token}`, { headers: kept.headers });
      expect(hold.status).toBe(200);
      expect(await hold.json()).toMatchObject({ token: kept.token, state: 'held', seats: [kept.seat] });
    },
  );

  test('§13 the keys it makes are kept, for its owner alone', () => {
    for (const name of ['admin-key', 'auth-secret']) {
      const file = path.join(dataDir, name);
      expect(readFileSync(file, 'utf8').trim().length).toBeGreaterThanOrEqual(40);
      expect(statSync(file).mode & 0o077).toBe(0);
    }
  });
});

describe('npm start where something is wrong', () => {
  test('§13 a taken port: named, with what to do; nothing is left running', { timeout: 60_000 }, async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const taken = typeof address === 'object' && address !== null ? address.port : 0;
    const started = start(temporaryFolder(), taken);
    expect(await started.stopped()).toBe(1);
    await new Promise<void>((resolve) => other.close(() => resolve()));
    expect(started.output).toContain(`Port ${taken} on 127.0.0.1 is taken`);
    expect(started.output).toMatch(/AISLE_PORT=\d+ npm start/);
    expect(existsSync(path.join(started.dataDir, 'postgres'))).toBe(false);
  });

  test('§13 wrong settings are named, and nothing is started', { timeout: 60_000 }, async () => {
    const started = start(temporaryFolder(), 0, { AISLE_HOST: '0.0.0.0', AISLE_TICK_MS: 'often' });
    expect(await started.stopped()).toBe(1);
    for (const name of ['AISLE_TICK_MS', 'CONFIGURATION.md']) expect(started.output).toContain(name);
  });

  test('§13 an admin key is never made up for an open address', { timeout: 60_000 }, async () => {
    const dataDir = temporaryFolder();
    const started = start(dataDir, 0, { AISLE_HOST: '0.0.0.0' });
    expect(await started.stopped()).toBe(1);
    expect(started.output).toContain('AISLE_ADMIN_KEY');
    expect(existsSync(path.join(dataDir, 'admin-key'))).toBe(false);
  });

  test.each([
    ['REDIS_URL', 'unix:///nowhere/redis.sock'],
    ['DATABASE_URL', 'postgres://aisle@127.0.0.1:1/aisle'],
  ])(
    '§13 a %s that does not answer: said, exit 1, what was started is stopped',
    { timeout: 60_000 },
    async (name, url) => {
      const started = start(temporaryFolder(), await freePort(), { [name]: url });
      expect(await started.stopped()).toBe(1);
      expect(started.output).toContain(`${name} names`);
      expect(started.output).toContain('does not answer');
      expect(started.records()).toEqual([]);
    },
  );

  test('npm start -- --help and unknown options', { timeout: 60_000 }, async () => {
    const help = start(temporaryFolder(), 0, {}, ['--', '--help']);
    expect(await help.stopped()).toBe(0);
    expect(help.output).toContain('AISLE_PORT');
    const unknown = start(temporaryFolder(), 0, {}, ['--', '--fast']);
    expect(await unknown.stopped()).toBe(1);
    expect(unknown.output).toContain('--fast');
    const crowded = start(temporaryFolder(), 0, {}, ['--', '--crowd', 'many']);
    expect(await crowded.stopped()).toBe(1);
    expect(crowded.output).toContain('from 1 to 800');
  });
});

describe('npm start in hard places', () => {
  test(
    'N4 §13 a deep data folder that is closed to others; SIGTERM to npm alone; a crashed server comes back, its sibling serves on',
    { timeout: 180_000 },
    async () => {
      const closed = path.join(temporaryFolder(), 'closed');
      mkdirSync(closed, { mode: 0o700 });
      // Past the 107 bytes that the name of a Unix socket may have.
      const dataDir = path.join(closed, 'deep'.repeat(20), 'deeper'.repeat(10));
      const started = await start(dataDir, await freePort(), { AISLE_PROCESSES: '2' }).opened();
      const before = started.records();
      expect(alive(before).sort()).toEqual(['postgres', 'redis', 'server-1', 'server-2', 'worker']);
      // Whichever of the two is asked, it answers for both: one start time a process would be an average.
      const metrics = async (): Promise<string> => (await fetch(`${started.url}/metrics`)).text();
      const bothUp = /^aisle_redis_up\{[^}]*\} 1$/m;
      // The page opens with the first of the two; the other may be a moment behind.
      await waitFor(async () => bothUp.test(await metrics()), { what: 'both processes with their Redis' });
      const processes = async (): Promise<number> => {
        const text = await metrics();
        expect(text).toMatch(bothUp);
        return Number(/^aisle_connections_total\{[^}]*\} (\d+)/m.exec(text)?.[1] ?? 0);
      };
      const buyers = await Promise.all(Array.from({ length: 8 }, () => openSocket(started.url)));
      expect([await processes(), await processes(), await processes()]).toEqual([8, 8, 8]);
      const victim = before.find(({ name }) => name === 'server-1');
      process.kill(victim?.pid ?? 0, 'SIGKILL');
      // New connections are the sibling's.
      await waitFor(async () => (await fetch(`${started.url}/readyz`)).ok, { what: 'an answer', timeoutMs: 2000 });
      const late = await waitFor(() => openSocket(started.url), { what: 'a new connection' });
      for (const socket of [...buyers, late]) socket.disconnect();
      const back = await waitFor(
        () => started.records().find(({ name, pid }) => name === 'server-1' && pid !== victim?.pid),
        {
          timeoutMs: 20_000,
          what: 'a new server-1',
        },
      );
      expect(isAlive(back)).toBe(true);
      const all = [...started.records(), started.launcher()];
      started.toNpm('SIGTERM');
      await started.stopped();
      await waitFor(() => alive(all).length === 0, {
        timeoutMs: STOP_TIMEOUT_MS,
        what: 'the end of all processes',
      });
    },
  );

  test(
    '§13 the launcher killed with -9: its processes end by themselves, the next start finds all in order',
    { timeout: 180_000 },
    async () => {
      const dataDir = temporaryFolder();
      const port = await freePort();
      const first = await start(dataDir, port).opened();
      const processes = [...first.records(), first.launcher()];
      process.kill(first.launcher().pid, 'SIGKILL');
      await waitFor(() => alive(processes).length === 0, {
        timeoutMs: STOP_TIMEOUT_MS,
        what: 'the end of all processes',
      });
      // Killed again, and started at once, before they have noticed.
      const second = await start(dataDir, port).opened();
      const left = [...second.records(), second.launcher()];
      process.kill(second.launcher().pid, 'SIGKILL');
      await second.stopped();
      const third = await start(dataDir, port).opened();
      expect(alive(left)).toEqual([]);
      expect((await fetch(`${third.url}/readyz`)).status).toBe(200);
    },
  );
});

function openSocket(url: string): Promise<Socket> {
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false });
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('connect_error', reject);
  });
}

async function demoEvents(url: string): Promise<string[]> {
  const response = await fetch(`${url}/v1/events?limit=100`);
  const { items } = (await response.json()) as { items: { externalId: string; status: string }[] };
  return items.map(({ externalId, status }) => `${externalId} ${status}`).sort();
}

async function holdOneSeat(url: string): Promise<{ token: string; seat: string; headers: Record<string, string> }> {
  const json = { 'content-type': 'application/json' };
  const session = await fetch(`${url}/v1/sessions`, { method: 'POST', headers: json, body: '{}' });
  const { token: buyer } = (await session.json()) as { token: string };
  const headers = { ...json, authorization: `Bearer ${buyer}` };
  const { items } = (await (await fetch(`${url}/v1/events?limit=100`)).json()) as {
    items: { id: string; externalId: string }[];
  };
  const eventId = items.find(({ externalId }) => externalId === 'demo-theatre')?.id ?? '';
  const chart = (await (await fetch(`${url}/v1/events/${eventId}/chart`)).json()) as { seats: { id: string }[] };
  const seat = chart.seats[0]?.id ?? '';
  const response = await fetch(`${url}/v1/inventory/holds`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ eventId, seats: [seat] }),
  });
  expect(response.status).toBe(201);
  const { token } = (await response.json()) as { token: string };
  return { token, seat, headers };
}
