import type { SwitchChange, SwitchName, SwitchState, SwitchValue } from '../../domain/switches.js';
import { guarded, transaction, type Queryable, type Sql, type Transaction } from '../client.js';

/** scope of a switch that is for all events */
const ALL = '*';
const scopeOf = (eventId: string | null): string => eventId ?? ALL;

export interface SwitchSheet {
  /** Rises with every change. */
  readonly version: number;
  readonly switches: readonly SwitchState[];
}

/** Everything that is on, and which change was the last, of one moment. Throws UNAVAILABLE. */
export async function readSwitches(sql: Queryable): Promise<SwitchSheet> {
  const [row] = await guarded(
    sql,
    sql<{ version: number; switches: SwitchState[] }[]>`
      SELECT
        (SELECT coalesce(max(id), 0) FROM switch_changes)::bigint AS version,
        coalesce(jsonb_agg(jsonb_build_object(
          'name', name, 'eventId', nullif(scope, ${ALL}), 'value', value, 'setBy', set_by, 'reason', reason,
          'setAt', to_char(set_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) ORDER BY scope, name), '[]') AS switches
      FROM switches`,
  );
  return row ?? { version: 0, switches: [] };
}

/** The version alone: what a node asks every few seconds. Throws UNAVAILABLE. */
export async function switchesVersion(sql: Queryable): Promise<number> {
  const [row] = await guarded(
    sql,
    sql<{ version: number }[]>`SELECT coalesce(max(id), 0)::bigint AS version FROM switch_changes`,
  );
  return row?.version ?? 0;
}

interface Change {
  readonly name: SwitchName;
  readonly eventId: string | null;
  readonly actor: string;
  readonly reason: string;
}

/** Sets or replaces. Throws UNAVAILABLE. */
export function setSwitch(sql: Sql, change: Change & { readonly value: SwitchValue }): Promise<SwitchState> {
  const { name, eventId, value, actor, reason } = change;
  return transaction(sql, async (tx) => {
    await inOrder(tx);
    const [row] = await tx<{ setAt: Date }[]>`
      INSERT INTO switches (scope, name, value, set_by, reason)
      VALUES (${scopeOf(eventId)}, ${name}, ${JSON.stringify(value)}::text::jsonb, ${actor}, ${reason})
      ON CONFLICT (scope, name) DO UPDATE
        SET value = excluded.value, set_by = excluded.set_by, reason = excluded.reason, set_at = now()
      RETURNING set_at AS "setAt"`;
    await record(tx, { ...change, kind: 'set' });
    return { name, eventId, value, setBy: actor, reason, setAt: (row?.setAt ?? new Date()).toISOString() };
  });
}

/** False: it was off; nothing is recorded then. Throws UNAVAILABLE. */
export function clearSwitch(sql: Sql, change: Change): Promise<boolean> {
  return transaction(sql, async (tx) => {
    await inOrder(tx);
    const { count } = await tx`DELETE FROM switches WHERE scope = ${scopeOf(change.eventId)} AND name = ${change.name}`;
    if (count > 0) await record(tx, { ...change, kind: 'cleared', value: null });
    return count > 0;
  });
}

/** That somebody's holds were dropped. Throws UNAVAILABLE. */
export function recordDroppedHolds(
  sql: Sql,
  change: { eventId: string | null; actor: string; reason: string; value: object },
): Promise<void> {
  return transaction(sql, async (tx) => {
    await inOrder(tx);
    await record(tx, { ...change, kind: 'drop_holds', name: 'drop_holds' });
  });
}

/** Newest first, below the id `before`. Throws UNAVAILABLE. */
export function switchChanges(
  sql: Queryable,
  { limit, before }: { limit: number; before: number | null },
): Promise<SwitchChange[]> {
  return guarded(
    sql,
    sql<SwitchChange[]>`
      SELECT id::text, kind, name, nullif(scope, ${ALL}) AS "eventId", value, actor, reason,
        to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
      FROM switch_changes WHERE ${before === null ? sql`true` : sql`id < ${before}`} ORDER BY switch_changes.id DESC LIMIT ${limit}`,
  );
}

/** One writer at a time: ids are given out before the commit, and the highest must be the last committed. Readers go on. */
const inOrder = async (tx: Transaction): Promise<void> => {
  await tx`LOCK TABLE switches IN SHARE ROW EXCLUSIVE MODE`;
};

async function record(
  tx: Transaction,
  change: Omit<Change, 'name'> & { name: SwitchName | 'drop_holds'; kind: SwitchChange['kind']; value: unknown },
): Promise<void> {
  const { name, eventId, kind, value, actor, reason } = change;
  await tx`
    INSERT INTO switch_changes (scope, kind, name, value, actor, reason)
    VALUES (${scopeOf(eventId)}, ${kind}, ${name}, ${value === null ? null : JSON.stringify(value)}::text::jsonb, ${actor}, ${reason})`;
}
