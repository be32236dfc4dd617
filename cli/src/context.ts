import { hostname, userInfo } from 'node:os';
import { EXIT } from './exit.js';
import { createProgress, type Progress, type ProgressOptions } from './output/progress.js';
import type { Sql } from '../../server/src/db/client.js';
import { withDatabase, withStores, type Stores, type StoresOptions } from './stores.js';
import type { Terminal } from './terminal.js';

/** What every command gets: `register(program, context)` adds the command, its action uses the rest. */
export interface Context {
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C: long work ends itself in good order, the process then ends with 130. */
  readonly signal: AbortSignal;
  /** Who does it, for logs and tables: "cli:<user>@<host>", or what --operator says. */
  operator(): string;
  /**
   * Runs `body` with Redis and Postgres, closed afterwards. Throws UsageError where nobody says where they are, AisleError
   * UNAVAILABLE where one is away, Refusal where Postgres is behind on migrations.
   */
  withStores<T>(body: (stores: Stores) => Promise<T>, options?: StoresOptions): Promise<T>;
  /** The same with Postgres alone, for what needs no Redis. */
  withDatabase<T>(body: (sql: Sql) => Promise<T>, options?: StoresOptions): Promise<T>;
  /** The command found what must not be: it will end with 1 (or the worse status that was set before). */
  found(status?: number): void;
  /** With --json one object on one line, else the lines. */
  say(json: boolean | undefined, value: object, lines: string | readonly string[]): void;
  progress(options: ProgressOptions): Progress;
}

export interface CommandRun {
  readonly context: Context;
  readonly status: () => number;
}

const NEVER = new AbortController().signal;

export function createContext(terminal: Terminal, operatorOption: () => string | undefined): CommandRun {
  let status: number = EXIT.ok;
  const signal = terminal.signal ?? NEVER;
  const context: Context = {
    terminal,
    signal,
    operator: () => operatorOption() ?? `cli:${userName()}@${hostname()}`,
    withStores: (body, options = {}) => withStores(terminal.env, body, { signal, ...options }),
    withDatabase: (body, options = {}) => withDatabase(terminal.env, body, { signal, ...options }),
    found: (worse = EXIT.found) => {
      status = Math.max(status, worse);
    },
    say(json, value, lines) {
      if (json === true) terminal.out(JSON.stringify(value));
      else for (const line of typeof lines === 'string' ? [lines] : lines) terminal.out(line);
    },
    progress: (options) => createProgress(terminal, options),
  };
  return { context, status: () => status };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user id without a name.
    return String(process.getuid?.() ?? 'somebody');
  }
}
