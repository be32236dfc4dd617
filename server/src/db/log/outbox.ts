import type { OutboxEntry } from '../../domain/outbox.js';
import type { Transaction } from '../client.js';

/** In the transaction of the change it tells of. */
export async function addToOutbox(tx: Transaction, entries: readonly OutboxEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map(({ type, eventId, orderId, data }) => ({
    type,
    event_id: eventId,
    order_id: orderId ?? null,
    data: JSON.stringify(data),
  }));
  await tx`
    INSERT INTO outbox (type, event_id, order_id, data)
    SELECT r.type, r.event_id, r.order_id, r.data::jsonb
    FROM unnest(${rows.map((r) => r.type)}::text[], ${rows.map((r) => r.event_id)}::text[],
      ${rows.map((r) => r.order_id)}::text[], ${rows.map((r) => r.data)}::text[]) WITH ORDINALITY AS r (type, event_id, order_id, data, n)
    ORDER BY r.n`;
}
