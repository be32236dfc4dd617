import type { CarriedOrders } from '../../domain/ports/hold-carrier.js';
import { guarded, type Sql } from '../client.js';

/** A guest who signs in takes its open orders along with the holds they are made from (SPEC A11). */
export const createCarriedOrders = (sql: Sql): CarriedOrders => ({
  async pendingOf(subject) {
    return guarded(
      sql,
      sql<{ id: string; eventId: string; holdToken: string }[]>`
        SELECT id, event_id AS "eventId", hold_token AS "holdToken" FROM orders
        WHERE subject = ${subject} AND status = 'pending' AND hold_token <> ''`,
    );
  },
  async carry({ ids, from, to, requestId }) {
    // Whatever became of them meanwhile: who has the places has the order.
    await guarded(
      sql,
      sql`
        WITH carried AS (
          UPDATE orders SET subject = ${to}, version = version + 1, updated_at = now()
          WHERE id = ANY (${[...ids]}::text[]) AND subject = ${from}
          RETURNING id, version)
        INSERT INTO order_changes (order_id, version, kind, actor, request_id)
        SELECT id, version, 'signed_in', ${to}, ${requestId} FROM carried`,
    );
  },
});
