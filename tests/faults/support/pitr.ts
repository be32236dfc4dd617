import { spawnSync } from 'node:child_process';
import { appendFileSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { startPostgres, type TestPostgres } from '../../helpers/postgres.js';
import { waitFor } from '../../helpers/wait.js';

/** A Postgres that archives its log, with a base backup to come back from: what docs/OPERATIONS.md tells the operator to keep. */
export interface ArchivedPostgres {
  readonly server: TestPostgres;
  /** pg_backup_start, copy of the data folder, pg_backup_stop. Resolves with its size on disk, in KiB. */
  baseBackup(): Promise<number>;
  /** Now, by Postgres's clock, as recovery_target_time takes it. */
  now(): Promise<string>;
  /** Everything written until now is in the archive; answers the file that was the last. */
  archiveAll(): Promise<string>;
  /** Stops it, puts the backup in its place and lets it recover to `target`; answers how long each took, in ms. */
  restoreTo(target: string): Promise<{ stopMs: number; copyMs: number; recoverMs: number }>;
  stop(): Promise<void>;
}

export async function startArchivedPostgres(): Promise<ArchivedPostgres> {
  const folder = mkdtempSync(path.join(tmpdir(), 'aisle-archive-'));
  const archive = path.join(folder, 'wal');
  const backup = path.join(folder, 'base');
  mkdirSync(archive);
  const server = await startPostgres({
    ...{ wal_level: 'replica', archive_mode: 'on', archive_timeout: '60' },
    archive_command: `test ! -f ${archive}/%f && cp %p ${archive}/%f`,
  });
  const { uid, gid } = statSync(server.dataDir);
  for (const place of [folder, archive]) chownSync(place, uid, gid);

  const session = async <T>(body: (sql: postgres.Sql) => Promise<T>): Promise<T> => {
    const sql = postgres(server.url, { max: 1, onnotice: () => undefined });
    try {
      return await body(sql);
    } finally {
      await sql.end();
    }
  };
  const value = async (sql: postgres.Sql, text: string): Promise<string> =>
    String(Object.values((await sql.unsafe(text))[0] ?? {})[0]);

  return {
    server,
    baseBackup: () =>
      // One session from start to stop: Postgres gives the backup up where it ends.
      session(async (sql) => {
        await sql`SELECT pg_backup_start('aisle', fast => true)`;
        copyFolder(server.dataDir, backup);
        const [stopped] = await sql<{ labelfile: string }[]>`SELECT labelfile FROM pg_backup_stop()`;
        emptyFolder(path.join(backup, 'pg_wal'));
        rmSync(path.join(backup, 'postmaster.pid'), { force: true });
        writeFileSync(path.join(backup, 'backup_label'), stopped?.labelfile ?? '');
        chownSync(path.join(backup, 'backup_label'), uid, gid);
        return Number(run('du', ['-sk', backup]).split('\t')[0]);
      }),
    now: () => session((sql) => value(sql, 'SELECT clock_timestamp()::text')),
    archiveAll: () =>
      session(async (sql) => {
        const file = await value(sql, 'SELECT pg_walfile_name(pg_current_wal_lsn())');
        await sql`SELECT pg_switch_wal()`;
        const archived = async (): Promise<boolean> =>
          (await value(sql, 'SELECT last_archived_wal FROM pg_stat_archiver')) >= file;
        await waitFor(archived, { timeoutMs: 20_000, what: 'the archive' });
        return file;
      }),
    async restoreTo(target) {
      const startedAt = performance.now();
      await server.kill('SIGINT');
      const stoppedAt = performance.now();
      // What is there now is kept: it may be all there is of the last minutes.
      run('mv', [server.dataDir, path.join(folder, 'before-restore')]);
      copyFolder(backup, server.dataDir);
      appendFileSync(
        path.join(server.dataDir, 'postgresql.auto.conf'),
        `restore_command = 'cp ${archive}/%f %p'\nrecovery_target_time = '${target}'\nrecovery_target_action = 'promote'\n`,
      );
      writeFileSync(path.join(server.dataDir, 'recovery.signal'), '');
      chownSync(path.join(server.dataDir, 'recovery.signal'), uid, gid);
      const copiedAt = performance.now();
      await server.start();
      const { round } = Math;
      return {
        ...{ stopMs: round(stoppedAt - startedAt), copyMs: round(copiedAt - stoppedAt) },
        recoverMs: round(performance.now() - copiedAt),
      };
    },
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** cp -a: owners and modes as they are, Postgres insists on both. Files that vanish meanwhile are none of a backup's business. */
function copyFolder(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  spawnSync('cp', ['-a', from, to]);
}
function emptyFolder(folder: string): void {
  run('find', [folder, '-mindepth', '1', '-delete']);
}
function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return stdout;
}
