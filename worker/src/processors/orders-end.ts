import type { OpenOrder, OrderBook, OverdueOrder } from '../../../server/src/domain/ports/orders.js';
import type { ReservedHold, SeatStore } from '../../../server/src/domain/ports/seat-store.js';
import type { Logger } from '../../../server/src/platform/logger.js';
import type { Metrics } from '../../../server/src/platform/metrics.js';
import { inLanes } from './lanes.js';
import { settleAll } from './orders-settle.js';

export interface EndDeps {
  readonly store: Pick<SeatStore, 'settle' | 'reservedHolds'>;
  readonly book: Pick<OrderBook, 'close' | 'effectDone' | 'orphans' | 'overdue' | 'pendingOfCancelled' | 'tombstone'>;
  /** Every event that Redis should know. */
  readonly events: () => readonly { readonly id: string; readonly epoch: number }[];
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'ordersExpired' | 'ordersTombstoned'>;
  readonly stopping: () => boolean;
  /** Events for which Postgres went back in time (SPEC R3): what it says of their orders may be old. Absent: none. */
  readonly isBehind?: (eventId: string) => boolean;
}

const ORDERS_AT_ONCE = 200;
const BY = { actor: 'system', requestId: 'worker' };

/**
 * expire-orders: orders whose time to pay is over, by Postgres's clock, and what is unpaid of cancelled events. What fails is
 * passed over until the next round: it must not keep those behind it. May be broken off anywhere.
 */
export async function expireOrders(deps: EndDeps): Promise<void> {
  await endPages(
    deps,
    (after?: OverdueOrder) => deps.book.overdue(ORDERS_AT_ONCE, after),
    async (page) => {
      deps.metrics.ordersExpired.inc(await endAll(deps, page, 'expired', 'expired'));
    },
  );
  await endPages(
    deps,
    (after?: OpenOrder) => deps.book.pendingOfCancelled(ORDERS_AT_ONCE, after?.id),
    async (page) => {
      await endAll(deps, page, 'cancelled', 'event cancelled');
    },
  );
}

async function endPages<T>(
  { stopping }: Pick<EndDeps, 'stopping'>,
  next: (after?: T) => Promise<readonly T[]>,
  end: (page: readonly T[]) => Promise<void>,
): Promise<void> {
  let after: T | undefined;
  do {
    const page = await next(after);
    await end(page);
    after = page.length === ORDERS_AT_ONCE ? page.at(-1) : undefined;
  } while (after !== undefined && !stopping());
}

async function endAll(
  deps: EndDeps,
  orders: readonly OpenOrder[],
  to: 'expired' | 'cancelled',
  cause: string,
): Promise<number> {
  let ended = 0;
  await inLanes(orders, deps.stopping, async ({ id, eventId }) => {
    if (deps.isBehind?.(eventId) === true) return;
    try {
      const result = await deps.book.close(id, to, BY, cause);
      if (result.kind !== 'done') return;
      ended++;
      await settleAll(deps, result.effects);
    } catch (error) {
      deps.logger.warn({ err: error, orderId: id, eventId }, 'an order did not end; the next round tries again');
    }
  });
  return ended;
}

/** A node has this long from the reserve script to its insert; what comes later meets the tombstone. */
const ORPHAN_AFTER_MS = 10_000;
/** Above any number of orders that wait for their money at one event. */
const RESERVED_AT_ONCE = 50_000;

/** orphan-orders: holds reserved for an order that never came (SPEC O2): tombstone first, then the places go back. */
export async function endOrphans(deps: Omit<EndDeps, 'stopping'>): Promise<void> {
  for (const { id, epoch } of deps.events()) {
    if (epoch === 0 || deps.isBehind?.(id) === true) continue;
    try {
      const reserved = await deps.store.reservedHolds(id, RESERVED_AT_ONCE);
      const old = reserved.filter(({ nowMs, reservedAtMs }) => nowMs - reservedAtMs > ORPHAN_AFTER_MS);
      for (const hold of old.length === 0 ? [] : await deps.book.orphans(old)) await endOrphan(deps, id, epoch, hold);
    } catch (error) {
      deps.logger.debug({ err: error, eventId: id }, 'reserved holds not looked at; the next round comes');
    }
  }
}

async function endOrphan(
  deps: Omit<EndDeps, 'stopping'>,
  eventId: string,
  epoch: number,
  hold: ReservedHold,
): Promise<void> {
  const { orderId, token, subject } = hold;
  try {
    const effects = await deps.book.tombstone({ orderId, eventId, epoch, token, subject });
    if (effects.length === 0) return;
    deps.metrics.ordersTombstoned.inc();
    deps.logger.info({ eventId, orderId }, 'a reservation without its order was given up');
    await settleAll(deps, effects);
  } catch (error) {
    // One that fails every time must not keep those behind it.
    deps.logger.warn({ err: error, eventId, orderId }, 'a reservation was not given up; the next round tries again');
  }
}
