import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** sun_path holds 108 bytes on Linux and 104 on macOS, the closing zero included. */
const SOCKET_PATH_MAX_BYTES = 103;
const SECRET_BYTES = 32;

/** What lies in AISLE_DATA_DIR. */
export interface DataDir {
  readonly path: string;
  readonly redis: string;
  readonly postgres: string;
  readonly logs: string;
  /** What is true of this run only: lock, process ids, sockets. */
  readonly run: string;
}

/** Only the owner reads inside; 0711 above lets Postgres, which never runs as root, pass through to its own folder. */
export function openDataDir(folder: string): DataDir {
  const within = (name: string): string => path.join(folder, name);
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  for (const name of ['redis', 'logs', 'run']) mkdirSync(within(name), { recursive: true, mode: 0o700 });
  return {
    path: folder,
    redis: within('redis'),
    postgres: within('postgres'),
    logs: within('logs'),
    run: within('run'),
  };
}

/** The secret kept in this file, made on first use; 0600, never printed. */
export function keptSecret(dataDir: DataDir, name: string, prefix = ''): string {
  const file = secretFile(dataDir, name);
  if (existsSync(file)) {
    const kept = readFileSync(file, 'utf8').trim();
    if (kept !== '') {
      chmodSync(file, 0o600);
      return kept;
    }
  }
  const made = `${prefix}${randomBytes(SECRET_BYTES).toString('base64url')}`;
  writeFileSync(file, `${made}\n`, { mode: 0o600 });
  return made;
}

export const secretFile = (dataDir: DataDir, name: string): string => path.join(dataDir.path, name);

/**
 * A path for a local socket: in the data folder, or where that is too deep for a socket's name, in a short temporary
 * folder of our own, remembered in the data folder and taken away by `forgetSocketPath`.
 */
export function socketPath(dataDir: DataDir, name: string): string {
  const preferred = path.join(dataDir.run, name);
  if (Buffer.byteLength(preferred) <= SOCKET_PATH_MAX_BYTES) return preferred;
  forgetSocketPath(dataDir, name);
  const base = Buffer.byteLength(tmpdir()) <= 60 ? tmpdir() : '/tmp';
  const folder = mkdtempSync(path.join(base, 'aisle-'));
  writeFileSync(noteFile(dataDir, name), folder);
  return path.join(folder, name);
}

export function forgetSocketPath(dataDir: DataDir, name: string): void {
  const note = noteFile(dataDir, name);
  if (!existsSync(note)) return;
  const folder = readFileSync(note, 'utf8');
  if (path.basename(folder).startsWith('aisle-')) rmSync(folder, { recursive: true, force: true });
  rmSync(note, { force: true });
}

const noteFile = (dataDir: DataDir, name: string): string => path.join(dataDir.run, `${name}.folder`);
