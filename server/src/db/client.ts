import { AisleError } from '@aisle/client/protocol';
import postgres from 'postgres';
import { monotonicClock } from '../platform/clock.js';
import { ARRAY_TYPES } from './array-types.js';
import { begin } from './begin.js';
import { createBreaker, type Breaker } from './breaker.js';

/** The pool. bigint columns (versions, epochs, seqs: below 2^53) come as numbers. */
export type Sql = postgres.Sql<Types>;
/** A pool or a transaction: what every statement of db/ takes. */
export type Queryable = postgres.ISql<Types>;
export type Transaction = postgres.TransactionSql<Types>;
interface Types extends Record<string, unknown> {
  bigint: number;
}

/** Connections that a server process or a worker opens at most. */
export const POOL_SIZE = 10;
const CONNECT_TIMEOUT_S = 2;
const IDLE_TIMEOUT_S = 60;
const RECONNECT_DELAY_S = 0.1;
/** A statement answers within this or is given up on. A write given up on may still apply. */
export const STATEMENT_DEADLINE_MS = 2000;
/** A step of an order: some fifteen statements, and in a rush a wait for a connection before the first. */
export const ORDER_DEADLINE_MS = 5000;
/** For the few that carry megabytes (a chart of 200,000 seats) or read a whole event. */
export const LONG_DEADLINE_MS = 15_000;
const RETRY_AFTER_MS = 1000;

const breakers = new WeakMap<object, Breaker>();

export interface DatabaseOptions {
  /** Connections at most; default POOL_SIZE. */
  readonly max?: number;
  readonly applicationName?: string;
}

/** No session state and no named statements: works behind a transaction pooler. Connects when first asked. */
export function openDatabase(url: string, options: DatabaseOptions = {}): Sql {
  const sql = postgres(url, {
    max: options.max ?? POOL_SIZE,
    connect_timeout: CONNECT_TIMEOUT_S,
    idle_timeout: IDLE_TIMEOUT_S,
    backoff: () => RECONNECT_DELAY_S,
    prepare: false,
    onnotice: () => undefined,
    connection: { application_name: options.applicationName ?? 'aisle' },
    fetch_types: false,
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number }, ...ARRAY_TYPES },
  });
  breakers.set(sql, createBreaker(monotonicClock));
  return sql;
}

/** Away, overloaded or in the middle of a failover: the same statement may work in a moment. */
const AWAY = new Set([
  ...['CONNECTION_CLOSED', 'CONNECTION_DESTROYED', 'CONNECTION_ENDED', 'CONNECT_TIMEOUT'],
  ...[
    'ECONNREFUSED',
    'ECONNRESET',
    'ENOENT',
    'EPIPE',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOTFOUND',
    'EAI_AGAIN',
  ],
  // admin shutdown, crash shutdown, starting up, dropped, a standby (read only), disk full, out of memory, too many connections
  ...['57P01', '57P02', '57P03', '25006', '53100', '53200', '53300', '08000', '08003', '08006', '08P01'],
]);
/** Statement timeout, lock timeout, serialization failure, deadlock: busy, not away. */
const BUSY = new Set(['57014', '55P03', '40001', '40P01']);

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}

export const unavailable = (cause: unknown): AisleError =>
  AisleError.of('UNAVAILABLE', { message: 'The database does not answer.', retryAfterMs: RETRY_AFTER_MS }, { cause });

/** The rule that was broken: `unique_violation` is 23505, and so on; '' for anything that is not Postgres's answer. */
export const sqlState = (error: unknown): string => (error instanceof postgres.PostgresError ? error.code : '');

/**
 * Awaits a statement of this pool. Postgres away, frozen or too slow: AisleError UNAVAILABLE, within `deadlineMs` the first
 * time and at once while it stays away. Everything else is thrown as it came. `work` is a query that has not been started
 * (postgres.js starts it when awaited) or a function.
 */
export async function guarded<T>(
  sql: Queryable,
  work: PromiseLike<T> | (() => PromiseLike<T>),
  deadlineMs = STATEMENT_DEADLINE_MS,
): Promise<T> {
  const breaker = breakers.get(sql);
  if (breaker !== undefined && !breaker.admit()) throw unavailable(new Error('Postgres was away a moment ago'));
  const startedAtMs = monotonicClock();
  try {
    const result = await withDeadline(typeof work === 'function' ? work() : work, deadlineMs);
    breaker?.succeeded();
    return result;
  } catch (error) {
    const code = codeOf(error);
    if (error instanceof DeadlineError || AWAY.has(code)) {
      // Late while others are answered is a queue, not an outage: refusing them as well would turn a rush into one.
      const queueing = error instanceof DeadlineError && breaker !== undefined && breaker.lastSuccessMs() > startedAtMs;
      if (!queueing) breaker?.failed();
      throw unavailable(error);
    }
    // Postgres answered, if only with a refusal.
    breaker?.succeeded();
    throw BUSY.has(code) ? unavailable(error) : error;
  }
}

/** One transaction under the same guard; the server drops it too when it takes longer. */
export function transaction<T>(
  sql: Sql,
  body: (tx: Transaction) => Promise<T>,
  deadlineMs = STATEMENT_DEADLINE_MS,
): Promise<T> {
  return guarded<T>(
    sql,
    () =>
      begin(sql, '', async (tx) => {
        await tx`SELECT set_config('statement_timeout', ${String(deadlineMs)}, true)`;
        return body(tx);
      }),
    deadlineMs,
  );
}

/** Pings that nobody has answered yet. */
const askings = new WeakMap<Sql, { readonly asked: Promise<number>; readonly sinceMs: number }>();
/** Without an answer for so long the line may be dead, and Postgres alive: the next check takes another one. */
const PING_GIVEN_UP_MS = 5000;

/**
 * Round trip in ms, asked past the breaker: the health check that closes it again. One at a time: where Postgres is slower than the
 * checks come, they would take every connection of the pool. A check that finds one under way waits for that one, but not for ever.
 */
export async function ping(sql: Sql, deadlineMs = STATEMENT_DEADLINE_MS): Promise<number> {
  const breaker = breakers.get(sql);
  let asking = askings.get(sql);
  if (asking === undefined || monotonicClock() - asking.sinceMs > PING_GIVEN_UP_MS) {
    const mine = { asked: askOnce(sql), sinceMs: monotonicClock() };
    asking = mine;
    askings.set(sql, mine);
    const over = (): void => {
      if (askings.get(sql) === mine) askings.delete(sql);
    };
    // Its end comes after the deadline of whoever asked.
    mine.asked.then(over, over);
  }
  try {
    const ms = await withDeadline(asking.asked, deadlineMs);
    breaker?.succeeded();
    return ms;
  } catch (error) {
    breaker?.failed();
    throw unavailable(error);
  }
}

async function askOnce(sql: Sql): Promise<number> {
  const startedAt = performance.now();
  await sql`SELECT 1`;
  return performance.now() - startedAt;
}

class DeadlineError extends Error {}

async function withDeadline<T>(work: PromiseLike<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(`no answer within ${deadlineMs} ms`)), deadlineMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
