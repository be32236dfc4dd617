import { orderSummaries, ticketsOfOrders } from '../../../server/src/db/orders/summaries.js';
import type { Sql } from '../../../server/src/db/client.js';
import type { DrainedEntry } from '../../../server/src/db/log/seat-log.js';
import type { ReadCaches } from '../../../server/src/domain/ports/read-caches.js';
import type { Logger } from '../../../server/src/platform/logger.js';

export interface ReadModelDeps {
  readonly sql: Sql;
  readonly caches: ReadCaches;
  readonly logger: Logger;
}
/** Called with what a drain has just committed. Never rejects: a cache that is not written is read from Postgres. */
export type FollowLog = (eventId: string, entries: readonly DrainedEntry[]) => Promise<void>;

/** Keeps the caches of orders, tickets and sessions in step with the log (architecture §4). */
export const createReadModels =
  ({ sql, caches, logger }: ReadModelDeps): FollowLog =>
  async (eventId, entries) => {
    try {
      const latest = new Map<string, number>();
      const orderIds = new Set<string>();
      for (const entry of entries) {
        if (!('kind' in entry)) continue;
        if (entry.kind === 'hold' || entry.kind === 'transfer') latest.set(entry.subject, entry.atMs);
        if (typeof entry.extra.orderId === 'string') orderIds.add(entry.extra.orderId);
      }
      if (latest.size > 0)
        await caches.seen(
          eventId,
          [...latest].map(([subject, atMs]) => ({ subject, atMs })),
        );
      if (orderIds.size > 0) await refreshOrders({ sql, caches, logger }, [...orderIds]);
    } catch (error) {
      logger.debug({ err: error, eventId }, 'the caches wait for the next change');
    }
  };

async function refreshOrders({ sql, caches }: ReadModelDeps, orderIds: readonly string[]): Promise<void> {
  await caches.putOrders(await orderSummaries(sql, orderIds));
  const bySubject = new Map<string, Awaited<ReturnType<typeof ticketsOfOrders>>>();
  for (const row of await ticketsOfOrders(sql, orderIds)) {
    bySubject.set(row.subject, [...(bySubject.get(row.subject) ?? []), row]);
  }
  for (const [subject, rows] of bySubject) await caches.updateTickets(subject, rows);
}
