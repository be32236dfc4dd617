import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { begin } from './begin.js';
import { guarded, openDatabase, type Sql, type Transaction } from './client.js';

const FILE_NAME = /^(\d{6})_[a-z0-9_]+\.sql$/;
/** A migration waits this long for a table that others use before it gives up, rather than queueing everybody behind it. */
const LOCK_TIMEOUT = '10s';

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
  readonly text: string;
}
interface Applied {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
}

export interface MigrationReport {
  /** File names applied by this call, in order; empty: there was nothing to do. */
  readonly applied: readonly string[];
  /** Migrations the database has that this build does not know: a newer node ran (they expand first, so that is fine). */
  readonly newer: readonly string[];
}

/** The database and the files tell different histories; the message names the file and what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/**
 * Brings a database up to the numbered files of sql/migrations, each in its own transaction under one advisory lock, so that
 * any number of nodes may start at once. A file is immutable once applied: an edited one is refused by name, before anything
 * is changed.
 */
export async function migrate(
  database: Sql | string,
  options: { readonly dir?: string } = {},
): Promise<MigrationReport> {
  const files = await readMigrations(options.dir ?? findMigrations());
  if (typeof database !== 'string') return run(database, files);
  const sql = openDatabase(database, { max: 1, applicationName: 'aisle migrate' });
  try {
    return await run(sql, files);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

export interface SchemaState {
  /** File names that this build has and the database has not, in order. */
  readonly pending: readonly string[];
  /** Migrations the database has that this build does not know. */
  readonly newer: readonly string[];
  /** How many were applied. */
  readonly applied: number;
}

/**
 * How a database stands to this build; changes nothing. Throws MigrationError where an applied file was edited or renamed, and
 * AisleError UNAVAILABLE.
 */
export async function pendingMigrations(sql: Sql, options: { readonly dir?: string } = {}): Promise<SchemaState> {
  const files = await readMigrations(options.dir ?? findMigrations());
  const [table] = await guarded(
    sql,
    sql<{ there: boolean }[]>`SELECT to_regclass('schema_migrations') IS NOT NULL AS there`,
  );
  const history =
    table?.there === true
      ? await guarded(sql, sql<Applied[]>`SELECT number, name, checksum FROM schema_migrations ORDER BY number`)
      : [];
  const newer = check(files, history);
  const applied = history.length;
  return { pending: files.slice(applied - newer.length).map(({ name }) => name), newer, applied };
}

async function run(sql: Sql, files: readonly Migration[]): Promise<MigrationReport> {
  const applied: string[] = [];
  for (;;) {
    const step = await begin(sql, '', async (tx) => {
      await tx`SELECT pg_advisory_xact_lock(hashtextextended('aisle:migrate', 0))`;
      await tx`
        CREATE TABLE IF NOT EXISTS schema_migrations (
          number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`;
      const history = await tx<Applied[]>`SELECT number, name, checksum FROM schema_migrations ORDER BY number`;
      const newer = check(files, history);
      const next = files[history.length - newer.length];
      if (next !== undefined) await apply(tx, next);
      return { name: next?.name ?? null, newer };
    });
    if (step.name === null) return { applied, newer: step.newer };
    applied.push(step.name);
  }
}

/** Returns the names that only the database knows. */
function check(files: readonly Migration[], history: readonly Applied[]): string[] {
  const newer: string[] = [];
  for (const [index, done] of history.entries()) {
    const file = files[index];
    if (file === undefined) {
      newer.push(done.name);
      continue;
    }
    if (file.number !== done.number || file.name !== done.name) {
      throw new MigrationError(
        `migration ${done.name} was applied to this database, but sql/migrations has ${file.name} in its place. Put the file back under its old name; write changes as a new migration.`,
      );
    }
    if (file.checksum !== done.checksum) {
      throw new MigrationError(
        `migration ${file.name} was edited after it was applied to this database. Undo the edit and write the change as a new migration with the next number.`,
      );
    }
  }
  return newer;
}

async function apply(tx: Transaction, migration: Migration): Promise<void> {
  await tx`SELECT set_config('lock_timeout', ${LOCK_TIMEOUT}, true)`;
  try {
    await tx.unsafe(migration.text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MigrationError(`migration ${migration.name} failed and was rolled back: ${reason}`, { cause: error });
  }
  const { number, name, checksum } = migration;
  await tx`INSERT INTO schema_migrations (number, name, checksum) VALUES (${number}, ${name}, ${checksum})`;
}

/** Files in order, 1, 2, 3 … without a gap. */
export async function readMigrations(dir: string): Promise<Migration[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name, index) => {
      const number = Number(FILE_NAME.exec(name)?.[1]);
      if (Number.isNaN(number)) throw new MigrationError(`${name}: a migration is named 000001_what_it_does.sql`);
      if (number !== index + 1)
        throw new MigrationError(`${name}: number ${index + 1} was expected here; numbers have no gap and no twin`);
      // A checkout with CRLF is the same migration.
      const text = (await readFile(join(dir, name), 'utf8')).replaceAll('\r\n', '\n');
      return { number, name, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

/** sql/migrations of the project this module belongs to, from source or from a build folder. */
function findMigrations(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, 'sql', 'migrations');
    if (existsSync(candidate)) return candidate;
    const parent = dirname(folder);
    if (parent === folder) throw new MigrationError('sql/migrations was not found beside the program');
    folder = parent;
  }
}
