import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { embeddedPostgres } from '../../launcher/src/parts/postgres.js';
import { Supervised } from '../../launcher/src/supervisor.js';
import { migrate } from '../../server/src/db/migrate.js';
import { askBroker } from './broker.js';

export interface TestDatabase {
  readonly url: string;
  /** Drops it, closing whatever is still connected. */
  drop(): Promise<void>;
}

/** A migrated, empty database of this test file's own, in the run's shared Postgres. The first one takes two seconds. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { url } = await askBroker<{ url: string }>('/database');
  return {
    url,
    drop: async () => {
      await askBroker('/drop', { url });
    },
  };
}

/** A Postgres of the test's own, for what must be stopped, killed or put back in time. */
export interface TestPostgres {
  readonly url: string;
  readonly pid: number;
  readonly dataDir: string;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
  /** kill -9 unless told otherwise: SIGQUIT is "immediate", SIGINT "fast". The data stays. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** After `kill`: starts again on the same data and port. */
  start(): Promise<void>;
}

/** Migrated, durable as in production, on a port of its own. */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<TestPostgres> {
  const folder = mkdtempSync(path.join(tmpdir(), 'aisle-postgres-'));
  const dataDir = path.join(folder, 'postgres');
  const { part: spec, url } = await embeddedPostgres({ dataDir, logDir: folder, settings });
  const events = { changed: () => undefined, say: () => undefined };
  let part = new Supervised(spec, events);
  const stop = async (): Promise<void> => {
    await part.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await part.start();
    await migrate(url);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    dataDir,
    get pid() {
      return part.identity?.pid ?? 0;
    },
    stop,
    kill: (signal = 'SIGKILL') => part.stop(signal),
    start: async () => {
      part = new Supervised(spec, events);
      await part.start();
    },
  };
}
