import { chown, cp, readdir, rm, stat } from 'node:fs/promises';
import type { TestPostgres } from '../../helpers/postgres.js';

/** Postgres as it was when the copy was made. */
export interface PostgresCopy {
  /** Crashes it, puts the copy in its place, starts it. Resolves when it serves; answers how long it was away, in ms. */
  restore(): Promise<number>;
  remove(): Promise<void>;
}

/** A copy of a stopped cluster: cleanly stopped, copied, started again. */
export async function copyPostgres(postgres: TestPostgres): Promise<PostgresCopy> {
  const copy = `${postgres.dataDir}.copy`;
  await postgres.kill('SIGINT');
  await rm(copy, { recursive: true, force: true });
  await cp(postgres.dataDir, copy, { recursive: true, preserveTimestamps: true });
  await postgres.start();
  return {
    async restore() {
      const from = performance.now();
      await postgres.kill('SIGQUIT');
      await replaceData(postgres, copy);
      await postgres.start();
      return performance.now() - from;
    },
    remove: () => rm(copy, { recursive: true, force: true }),
  };
}

/** The data folder becomes what `from` holds; the cluster is down. Owner and modes as they were: Postgres insists on both. */
export async function replaceData(postgres: TestPostgres, from: string): Promise<void> {
  const { uid, gid } = await stat(postgres.dataDir);
  await rm(postgres.dataDir, { recursive: true, force: true });
  await cp(from, postgres.dataDir, { recursive: true, preserveTimestamps: true });
  for (const entry of await readdir(postgres.dataDir, { recursive: true, withFileTypes: true })) {
    await chown(`${entry.parentPath}/${entry.name}`, uid, gid);
  }
  await chown(postgres.dataDir, uid, gid);
}
