import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DataDir } from './data-dir.js';
import { LaunchError } from './launch-error.js';
import { identify, isAlive, type ProcessIdentity } from './processes.js';

const ATTEMPTS = 5;

/** One launcher a data folder: two of them would write into the same append-only file. Answers how to let go. */
export function lockDataDir(dataDir: DataDir): () => void {
  const file = path.join(dataDir.run, 'launcher.lock');
  const own = path.join(dataDir.run, `launcher.${process.pid}.tmp`);
  writeFileSync(own, JSON.stringify(identify(process.pid)));
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      if (linked(own, file)) return () => rmSync(file, { force: true });
      const holder = readHolder(file);
      if (holder !== null && isAlive(holder)) throw alreadyRunning(dataDir, holder);
      moveAway(file, holder);
    }
    throw new LaunchError(`${file} cannot be taken.`, 'Is another npm start beginning at the same moment? Try again.');
  } finally {
    rmSync(own, { force: true });
  }
}

/** link() makes the lock whole or not at all, with its contents. */
function linked(own: string, file: string): boolean {
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Left by a launcher that was killed. Renaming is atomic: of several who find it, one takes it away. */
function moveAway(file: string, stale: ProcessIdentity | null): void {
  const away = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, away);
    // Somebody may have taken the lock between our look and our rename: give it back.
    if (readHolder(away)?.startedAt !== stale?.startedAt) linkSync(away, file);
  } catch {
    // Somebody else was faster; the next attempt sees what they did.
  } finally {
    rmSync(away, { force: true });
  }
}

function readHolder(file: string): ProcessIdentity | null {
  try {
    const held: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof held !== 'object' || held === null || !('pid' in held) || !('startedAt' in held)) return null;
    const { pid, startedAt } = held;
    return typeof pid === 'number' && typeof startedAt === 'string' ? { pid, startedAt } : null;
  } catch {
    return null;
  }
}

const alreadyRunning = (dataDir: DataDir, holder: ProcessIdentity): LaunchError =>
  new LaunchError(
    `Aisle is already running on ${dataDir.path} (process ${holder.pid}).`,
    'Stop that one with Ctrl-C, or give this one its own data and port: AISLE_DATA_DIR=.aisle-2 AISLE_PORT=3001 npm start',
  );
