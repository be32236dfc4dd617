import { guarded, LONG_DEADLINE_MS, transaction, type Queryable, type Sql } from '../client.js';

/** Places by what happened to them since the event was published; follows the log within moments (SPEC L3). */
export interface CategoryStatistics {
  readonly catNo: number;
  readonly quantityHeld: number;
  readonly quantityReleased: number;
  readonly quantityExpired: number;
  readonly quantityBlocked: number;
  readonly quantityUnblocked: number;
  /** Sold less given back. */
  readonly quantitySold: number;
}
export interface SalesMinute {
  readonly minute: Date;
  readonly catNo: number;
  readonly sold: number;
  readonly returned: number;
}
/** Money in the books, by currency of the event. */
export interface MoneyTotals {
  readonly paidMinor: number;
  readonly refundedMinor: number;
}

export async function categoryStatistics(sql: Queryable, eventId: string): Promise<CategoryStatistics[]> {
  return guarded(
    sql,
    sql<CategoryStatistics[]>`
      SELECT cat_no AS "catNo", quantity_held AS "quantityHeld", quantity_released AS "quantityReleased",
        quantity_expired AS "quantityExpired", quantity_blocked AS "quantityBlocked",
        quantity_unblocked AS "quantityUnblocked", quantity_sold AS "quantitySold"
      FROM category_counters WHERE event_id = ${eventId} ORDER BY cat_no`,
  );
}

/** Minutes without a sale are left out. */
export async function salesMinutes(sql: Queryable, eventId: string, since: Date): Promise<SalesMinute[]> {
  return guarded(
    sql,
    sql<SalesMinute[]>`
      SELECT minute, cat_no AS "catNo", sold, returned FROM sales_minutes
      WHERE event_id = ${eventId} AND minute >= ${since} ORDER BY minute, cat_no`,
  );
}

export async function moneyTotals(sql: Queryable, eventId: string): Promise<MoneyTotals> {
  const [row] = await guarded(
    sql,
    sql<MoneyTotals[]>`
      SELECT coalesce(sum(amount_minor) FILTER (WHERE kind IN ('payment', 'external_payment')), 0)::bigint AS "paidMinor",
        coalesce(sum(amount_minor) FILTER (WHERE kind IN ('refund', 'external_refund')), 0)::bigint AS "refundedMinor"
      FROM transactions WHERE event_id = ${eventId}`,
  );
  return row ?? { paidMinor: 0, refundedMinor: 0 };
}

/** Rows of the log as the read models count them: the one place where it is said what counts as what. */
export const COUNTED = (sql: Queryable) => ({
  held: sql`coalesce(sum(quantity) FILTER (WHERE to_state = 'h' AND from_state IN ('a', 'b')), 0)`,
  released: sql`coalesce(sum(quantity) FILTER (WHERE kind IN ('release', 'cancel')), 0)`,
  expired: sql`coalesce(sum(quantity) FILTER (WHERE kind = 'expire'), 0)`,
  blocked: sql`coalesce(sum(quantity) FILTER (WHERE kind = 'block'), 0)`,
  unblocked: sql`coalesce(sum(quantity) FILTER (WHERE kind = 'unblock'), 0)`,
  sold: sql`coalesce(sum(quantity) FILTER (WHERE to_state = 's' AND from_state <> 's'), 0)`,
  returned: sql`coalesce(sum(quantity) FILTER (WHERE from_state = 's' AND to_state <> 's'), 0)`,
});

/**
 * Counts an event's read models again from the whole log, in one transaction that the drain waits for. Answers how many
 * rows of the log were read.
 */
export async function rebuildReadModels(sql: Sql, eventId: string): Promise<number> {
  return transaction(
    sql,
    async (tx) => {
      // The drain's own lock: nothing is counted twice or left out meanwhile.
      await tx`SELECT 1 FROM log_watermarks WHERE event_id = ${eventId} FOR UPDATE`;
      await tx`DELETE FROM category_counters WHERE event_id = ${eventId}`;
      await tx`DELETE FROM sales_minutes WHERE event_id = ${eventId}`;
      const c = COUNTED(tx);
      await tx`
        INSERT INTO category_counters (event_id, cat_no, quantity_held, quantity_released, quantity_expired, quantity_blocked,
          quantity_unblocked, quantity_sold)
        SELECT ${eventId}, cat_no, ${c.held}, ${c.released}, ${c.expired}, ${c.blocked}, ${c.unblocked}, ${c.sold} - ${c.returned}
        FROM seat_log WHERE event_id = ${eventId} AND cat_no IS NOT NULL GROUP BY cat_no`;
      await tx`
        INSERT INTO sales_minutes (event_id, cat_no, minute, sold, returned)
        SELECT ${eventId}, cat_no, date_trunc('minute', at), ${c.sold}, ${c.returned}
        FROM seat_log WHERE event_id = ${eventId} AND cat_no IS NOT NULL AND 's' IN (from_state, to_state) AND from_state <> to_state
        GROUP BY cat_no, date_trunc('minute', at)`;
      const [read] = await tx<
        { rows: number }[]
      >`SELECT count(*)::bigint AS rows FROM seat_log WHERE event_id = ${eventId}`;
      return read?.rows ?? 0;
    },
    LONG_DEADLINE_MS,
  );
}
