import type postgres from 'postgres';

/** What an error says when the connection is gone, and with it the transaction: Postgres has rolled it back. */
const LOST: ReadonlySet<string> = new Set([
  ...['CONNECTION_CLOSED', 'CONNECTION_DESTROYED', 'CONNECTION_ENDED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'],
  // admin shutdown, crash shutdown, cannot connect now, idle in a transaction for too long, a transaction too long, connection failures
  ...['57P01', '57P02', '57P03', '25P03', '25P04', '08000', '08003', '08006'],
]);
/** By then the driver has noticed the end of a connection whose statement failed with it. */
const NOTICED_AFTER_MS = 500;
const MAX_CAUSES = 5;

/** It, or one of its causes, says that the connection ended. */
export function isLostConnection(error: unknown): boolean {
  let at = error;
  for (let depth = 0; depth < MAX_CAUSES && at instanceof Error; depth++) {
    if ('code' in at && typeof at.code === 'string' && LOST.has(at.code)) return true;
    at = at.cause;
  }
  return false;
}

/**
 * `sql.begin`, safe where the connection dies on the way. The driver's own (postgres 3.4.9, its issues 1208 and 1216) then writes
 * its ROLLBACK or COMMIT to a socket that is gone, which ends the process; and statements that come later go to whatever
 * transaction has the connection by then. So: after the end of the connection no statement of `body` leaves, and the driver
 * never hears how `body` ended. Rejects with the driver's CONNECTION_CLOSED in that case.
 */
export async function begin<Types extends Record<string, unknown>, T>(
  sql: postgres.Sql<Types>,
  options: string,
  body: (tx: postgres.TransactionSql<Types>) => Promise<T>,
): Promise<T> {
  const line = { over: false };
  let result: { value: T } | undefined;
  try {
    await sql.begin(
      options,
      (tx) =>
        new Promise<void>((resolve, reject) => {
          const fail = (error: Error): void => {
            if (!line.over) reject(error);
          };
          body(whileOpen(tx, line)).then(
            (value) => {
              if (line.over) return;
              result = { value };
              resolve();
            },
            (error: unknown) => {
              const thrown = error instanceof Error ? error : new Error(String(error));
              // Another connection's loss says the same (a body may ask Redis); then this one is there to roll back.
              if (isLostConnection(thrown)) setTimeout(fail, NOTICED_AFTER_MS, thrown);
              else fail(thrown);
            },
          );
        }),
    );
  } finally {
    line.over = true;
  }
  if (result === undefined) throw new Error('the transaction ended without running');
  return result.value;
}

/** The transaction's own `sql`, for as long as the transaction lasts. */
function whileOpen<Types extends Record<string, unknown>>(
  tx: postgres.TransactionSql<Types>,
  line: { readonly over: boolean },
): postgres.TransactionSql<Types> {
  return new Proxy(tx, {
    apply(target, self, args) {
      if (line.over) throw Object.assign(new Error('the transaction is over'), { code: 'CONNECTION_CLOSED' });
      return Reflect.apply(target, self, args) as unknown;
    },
  });
}
