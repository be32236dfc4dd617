import { guarded, type Queryable } from '../client.js';

/** Tokens of a subject issued up to `notBeforeMs`, or one token (or key) by its id, whenever it was issued. */
export interface Revocation {
  readonly kind: 'subject' | 'token';
  readonly name: string;
  readonly notBeforeMs: number;
}

export async function addRevocation(
  sql: Queryable,
  { kind, name, notBeforeMs, actor }: Revocation & { readonly actor: string },
): Promise<void> {
  await sql`
    INSERT INTO revocations (kind, name, not_before, actor)
    VALUES (${kind}, ${name}, ${new Date(notBeforeMs).toISOString()}, ${actor})`;
}

/** Rows that no token can be as old as. */
export async function purgeRevocations(sql: Queryable, olderThanMs: number): Promise<void> {
  await sql`DELETE FROM revocations WHERE at < now() - ${olderThanMs} * interval '1 millisecond'`;
}

/** The strongest of each kind and name among those written after `since` (null: all), and when the last of them was. */
export async function listRevocations(
  sql: Queryable,
  since: Date | null,
): Promise<{ readonly revocations: Revocation[]; readonly lastAt: Date | null }> {
  const rows = await guarded(
    sql,
    sql<{ kind: 'subject' | 'token'; name: string; not_before: Date; last_at: Date }[]>`
      SELECT kind, name, max(not_before) AS not_before, max(at) AS last_at FROM revocations
      ${since === null ? sql`` : sql`WHERE at > ${since.toISOString()}::timestamptz`}
      GROUP BY kind, name`,
  );
  const lastAt = rows.reduce<Date | null>(
    (last, row) => (last === null || row.last_at > last ? row.last_at : last),
    null,
  );
  return {
    revocations: rows.map(({ kind, name, not_before }) => ({ kind, name, notBeforeMs: not_before.getTime() })),
    lastAt,
  };
}
