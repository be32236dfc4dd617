import type { LogEntry } from '../../domain/log-entry.js';
import type { OutboxType } from '../../domain/outbox.js';
import { outboxMessage, seatMessages, type PlaceIds, type WebhookMessage } from '../../domain/webhooks/messages.js';
import { wants, type WebhookFilter } from '../../domain/webhooks/types.js';
import { readChart } from '../events/charts.js';
import { guarded, LONG_DEADLINE_MS, transaction, type Sql, type Transaction } from '../client.js';
import type { LogFollower } from '../log/seat-log.js';
import { listeners } from './endpoints.js';

type Listener = WebhookFilter & { readonly id: string };

/**
 * Keeps messages and, for each endpoint that wants them, a delivery: in the transaction of what they tell of, so that none is
 * lost and none is told of what never happened (SPEC W3). `messages` in the order in which they are to arrive.
 */
async function record(
  tx: Transaction,
  endpoints: readonly Listener[],
  messages: readonly WebhookMessage[],
): Promise<number> {
  const pairs = messages.flatMap((message) =>
    endpoints.filter((endpoint) => wants(endpoint, message)).map(({ id }) => ({ endpointId: id, message })),
  );
  await insert(tx, pairs);
  return pairs.length;
}

async function insert(
  tx: Transaction,
  pairs: readonly { readonly endpointId: string; readonly message: WebhookMessage }[],
): Promise<void> {
  if (pairs.length === 0) return;
  const wanted = [...new Map(pairs.map(({ message }) => [message.id, message])).values()];
  // Arrays of arrays must be rectangular in Postgres: the keys go as JSON.
  await tx`
    INSERT INTO webhook_messages (id, type, event_id, keys, body)
    SELECT r.id, r.type, r.event_id, ARRAY (SELECT jsonb_array_elements_text(r.keys::jsonb)), r.body
    FROM unnest(${wanted.map(({ id }) => id)}::text[], ${wanted.map(({ type }) => type)}::text[],
      ${wanted.map(({ eventId }) => eventId)}::text[], ${wanted.map(({ keys }) => JSON.stringify(keys))}::text[],
      ${wanted.map(({ body }) => body)}::text[]) AS r (id, type, event_id, keys, body)
    ON CONFLICT (id) DO NOTHING`;
  await tx`
    INSERT INTO webhook_deliveries (endpoint_id, message_id)
    SELECT r.endpoint_id, r.message_id
    FROM unnest(${pairs.map(({ endpointId }) => endpointId)}::text[], ${pairs.map(({ message }) => message.id)}::text[])
      WITH ORDINALITY AS r (endpoint_id, message_id, n)
    ORDER BY r.n`;
}

/** A message for one endpoint, whatever it filters. Resolves with the delivery's id; null: no such endpoint, or disabled. */
export async function recordFor(tx: Transaction, endpointId: string, message: WebhookMessage): Promise<number | null> {
  if (!(await listeners(tx)).some(({ id }) => id === endpointId)) return null;
  await insert(tx, [{ endpointId, message }]);
  const [row] = await tx<{ id: number }[]>`
    SELECT id FROM webhook_deliveries WHERE endpoint_id = ${endpointId} AND message_id = ${message.id}`;
  return row?.id ?? null;
}

/** Told after a commit that there are deliveries to make; only a wake-up. */
type Wake = () => void;

/** Makes messages of what a drain writes, in its transaction. Where nobody listens it costs the drain no round trip. */
export function createLogFollower(sql: Sql, wake: Wake): LogFollower {
  const placeIds = createPlaceIds(sql);
  return {
    async open(tx, eventId) {
      const endpoints = (await listeners(tx)).filter(({ events }) => events === null || events.includes(eventId));
      if (endpoints.length === 0) return null;
      return async (entries: readonly LogEntry[]) => {
        if (entries.length === 0) return;
        const ids = await placeIds(tx, eventId);
        await record(
          tx,
          endpoints,
          entries.flatMap((entry) => seatMessages(eventId, entry, ids)),
        );
      };
    },
    committed: wake,
  };
}

/** A chart of 200,000 seats is some 10 MB of ids. */
const MAX_CHARTS = 20;

/** Ids of an event's places; the last charts are kept. */
function createPlaceIds(sql: Sql): (tx: Transaction, eventId: string) => Promise<PlaceIds> {
  const charts = new Map<string, Promise<PlaceIds>>();
  const read = async (hash: string): Promise<PlaceIds> => {
    const { seats, areas } = await readChart(sql, hash);
    return { seats: seats.map(({ id }) => id), areas: areas.map(({ id }) => id) };
  };
  return async (tx, eventId) => {
    // The chart of an event stands once it is published, and nothing is logged of it before.
    const [row] = await tx<{ hash: string }[]>`
      SELECT c.chart_hash AS hash FROM events e JOIN event_charts c ON c.event_id = e.id AND c.version = e.chart_version
      WHERE e.id = ${eventId}`;
    if (row === undefined) return { seats: [], areas: [] };
    const { hash } = row;
    let ids = charts.get(hash);
    if (ids === undefined) {
      ids = read(hash);
      charts.set(hash, ids);
      ids.catch(() => charts.delete(hash));
      const [oldest] = charts.keys();
      if (charts.size > MAX_CHARTS && oldest !== undefined) charts.delete(oldest);
    }
    return ids;
  };
}

const OUTBOX_BATCH = 500;

interface OutboxRow {
  readonly id: number;
  readonly type: OutboxType;
  readonly eventId: string;
  readonly orderId: string | null;
  readonly data: Record<string, unknown>;
  readonly at: Date;
}

/**
 * One batch of the outbox becomes deliveries. One worker at a time, or the second half of an order's story could overtake the
 * first. Resolves with the rows taken; 0 where there are none or another worker is at it. Throws where Postgres is away.
 */
export async function takeOutbox(sql: Sql): Promise<number> {
  const waiting = await guarded(sql, sql`SELECT 1 FROM outbox WHERE taken_at IS NULL LIMIT 1`);
  if (waiting.length === 0) return 0;
  return transaction(
    sql,
    async (tx) => {
      const [lock] = await tx<{ held: boolean }[]>`
        SELECT pg_try_advisory_xact_lock(hashtextextended('aisle:webhooks:outbox', 0)) AS held`;
      if (lock?.held !== true) return 0;
      const endpoints = await listeners(tx);
      // A statement of its own, after the lock: it sees what the last holder took.
      const rows = await tx<OutboxRow[]>`
        SELECT id, type, event_id AS "eventId", order_id AS "orderId", data, created_at AS at
        FROM outbox WHERE taken_at IS NULL ORDER BY id LIMIT ${OUTBOX_BATCH}`;
      const messages = rows.map(({ type, eventId, orderId, data, at }) =>
        outboxMessage({ type, eventId, data, ...(orderId === null ? {} : { orderId }) }, at),
      );
      await record(tx, endpoints, messages);
      await tx`UPDATE outbox SET taken_at = now() WHERE id = ANY (${rows.map(({ id }) => id)}::bigint[])`;
      return rows.length;
    },
    LONG_DEADLINE_MS,
  );
}
