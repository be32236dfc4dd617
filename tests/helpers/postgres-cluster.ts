import path from 'node:path';
import postgres from 'postgres';
import { embeddedPostgres } from '../../launcher/src/parts/postgres.js';
import { Supervised } from '../../launcher/src/supervisor.js';
import { migrate } from '../../server/src/db/migrate.js';

/** Durability costs time and protects nothing here; tests of crashes start a cluster of their own. */
const FAST_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' };

/** The Postgres of one test run: started when first asked, one migrated database to copy from. */
export class PostgresCluster {
  #started: Promise<{ url: string; pid: number }> | undefined;
  #part: Supervised | undefined;
  #count = 0;
  /** Copies are made one at a time: Postgres refuses to copy a database that is being copied. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly folder: string) {}

  createDatabase(): Promise<string> {
    const made = this.#last.then(async () => {
      const { url } = await this.#start();
      this.#count += 1;
      const name = `test_${this.#count}`;
      await this.#admin(url, `CREATE DATABASE ${name} TEMPLATE aisle STRATEGY wal_log`);
      return withDatabase(url, name);
    });
    this.#last = made.catch(() => undefined);
    return made;
  }

  async dropDatabase(databaseUrl: string): Promise<void> {
    const name = new URL(databaseUrl).pathname.slice(1);
    if (!/^test_\d+$/.test(name)) throw new Error(`not a test's database: ${name}`);
    const { url } = await this.#start();
    await this.#admin(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }

  describe(): Promise<{ url: string; pid: number }> {
    return this.#start();
  }

  async stop(): Promise<void> {
    await this.#started?.catch(() => undefined);
    await this.#part?.stop();
  }

  #start(): Promise<{ url: string; pid: number }> {
    this.#started ??= this.#bringUp();
    return this.#started;
  }

  async #bringUp(): Promise<{ url: string; pid: number }> {
    const place = { dataDir: path.join(this.folder, 'postgres'), logDir: this.folder, settings: FAST_SETTINGS };
    const { part: spec, url } = await embeddedPostgres(place);
    const part = new Supervised(spec, { changed: () => undefined, say: (line) => console.warn(line) });
    this.#part = part;
    await part.start();
    await migrate(url);
    return { url, pid: part.identity?.pid ?? 0 };
  }

  async #admin(url: string, statement: string): Promise<void> {
    const sql = postgres(withDatabase(url, 'postgres'), { max: 1, onnotice: () => undefined });
    try {
      await sql.unsafe(statement);
    } finally {
      await sql.end();
    }
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
