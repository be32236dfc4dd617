import type { PendingQuery, Row } from 'postgres';
import type { OrderQuery, StoredOrder } from '../../domain/ports/orders.js';
import { guarded, type Queryable } from '../client.js';
import { selectOrders, toOrder, type OrderRow } from './rows.js';

/** In order of their last change, what was looked for newest first; orders that never were are nobody's. */
export async function listOrders(sql: Queryable, query: OrderQuery): Promise<StoredOrder[]> {
  const { eventId, externalId, email, status, subject, events, updatedSince, after } = query;
  const searches = searchesOf(sql, query);
  const searching = searches.length > 0;
  const newestFirst = query.order === undefined ? searching : query.order === 'newest';
  const rows = await guarded(
    sql,
    sql<OrderRow[]>`
      ${searching ? found(sql, searches) : sql``}
      ${selectOrders(sql)}
      WHERE o.fingerprint <> 'tombstone'
        ${searching ? sql`AND o.id IN (SELECT id FROM found)` : sql``}
        ${eventId === undefined ? sql`` : sql`AND o.event_id = ${eventId}`}
        ${externalId === undefined ? sql`` : sql`AND o.external_id = ${externalId}`}
        ${email === undefined ? sql`` : sql`AND o.buyer IS NOT NULL AND lower(o.buyer ->> 'email') = ${email.toLowerCase()}`}
        ${status === undefined ? sql`` : sql`AND o.status = ${status}`}
        ${subject === undefined ? sql`` : sql`AND o.subject = ${subject}`}
        ${events === undefined ? sql`` : sql`AND o.event_id = ANY (${[...events]}::text[])`}
        ${updatedSince === undefined ? sql`` : sql`AND o.updated_at >= ${updatedSince}::timestamptz`}
        ${after === undefined ? sql`` : afterThat(sql, after, newestFirst)}
      ORDER BY ${newestFirst ? sql`o.updated_at DESC, o.id DESC` : sql`o.updated_at, o.id`} LIMIT ${query.limit}`,
  );
  return rows.map(toOrder);
}

type Part = PendingQuery<Row[]>;

/**
 * What is looked for is found first, by its own index, and put in order then: the other way round the planner may walk all orders
 * of the installation from the newest on for one that is not there.
 */
const found = (sql: Queryable, searches: readonly Part[]): Part => sql`
  WITH found AS MATERIALIZED (${searches.map((search, index) =>
    index === 0 ? sql`(${search})` : sql`INTERSECT (${search})`,
  )})`;

const searchesOf = (sql: Queryable, { eventId = '', q, place, ticketId }: OrderQuery): Part[] => [
  ...(q === undefined ? [] : [byWords(sql, eventId, q)]),
  ...(place === undefined ? [] : [byPlace(sql, eventId, place)]),
  ...(ticketId === undefined ? [] : [sql`SELECT order_id AS id FROM tickets WHERE id = ${ticketId}`]),
];

/** What was exchanged away is no item of the order any more, but its cancelled ticket is there. */
const byPlace = (
  sql: Queryable,
  eventId: string,
  { kind, placeNo, placeId }: NonNullable<OrderQuery['place']>,
): Part => sql`
  SELECT o.id FROM orders o JOIN order_items i ON i.order_id = o.id
  WHERE o.event_id = ${eventId} AND i.place_id = ${placeId}
  UNION SELECT order_id FROM tickets WHERE event_id = ${eventId} AND place_kind = ${kind} AND place_no = ${placeNo}`;

/** Every word somewhere in the buyer's name or e-mail; or the whole is an id. An erased buyer has neither name nor e-mail. */
function byWords(sql: Queryable, eventId: string, q: string): Part {
  const words = q.split(/\s+/).filter((word) => word !== '');
  // Folded first: folding may turn a character of another width into one of LIKE's own.
  const patterns = sql`
    ARRAY (SELECT '%' || regexp_replace(folded(word), '([\\\\%_])', '\\\\\\1', 'g') || '%' FROM unnest(${words}::text[]) AS word)`;
  return sql`
    SELECT id FROM orders WHERE event_id = ${eventId} AND buyer IS NOT NULL AND buyer_search LIKE ALL (${patterns})
    UNION SELECT id FROM orders WHERE id = ${q} OR external_id = ${q}
    UNION SELECT order_id FROM tickets WHERE id = ${q}`;
}

const afterThat = (sql: Queryable, { updatedAt, id }: NonNullable<OrderQuery['after']>, newestFirst: boolean): Part =>
  sql`AND (o.updated_at, o.id) ${newestFirst ? sql`<` : sql`>`} (${updatedAt}::timestamptz, ${id})`;
