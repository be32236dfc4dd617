import type { OrderBook } from '../../../server/src/domain/ports/orders.js';
import type { OrderEffect, SeatStore } from '../../../server/src/domain/ports/seat-store.js';
import type { Logger } from '../../../server/src/platform/logger.js';
import type { Metrics } from '../../../server/src/platform/metrics.js';
import { orderFailpoint } from '../../../server/src/platform/order-failpoints.js';

export interface SettleDeps {
  readonly store: Pick<SeatStore, 'settle'>;
  readonly book: Pick<OrderBook, 'effectDone' | 'openEffects'>;
  /** How many effects wait, and how old the oldest is. */
  readonly backlog: () => Promise<{ readonly open: number; readonly oldestSeconds: number }>;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'orderEffectsOpen' | 'orderEffectsOldestSeconds' | 'orderEffectsReplayed'>;
}

/** Younger ones are about to be done by the node that made them. */
const OLDER_THAN_MS = 2000;
/** A page; one round takes as many pages as there are. */
const EFFECTS_AT_ONCE = 500;
/** Events whose effects go to Redis side by side. */
const LANES = 4;

/**
 * settle-orders: what committed steps of orders mean in Redis, replayed until done (SPEC O3): the node that made them died, or
 * Redis was away. In order within an event; an event that is being loaded waits and holds up no other.
 */
export async function settleOrders(deps: SettleDeps): Promise<void> {
  for (let more = true; more;) {
    const effects = await deps.book.openEffects(EFFECTS_AT_ONCE, OLDER_THAN_MS);
    const done = await settleAll(deps, effects);
    deps.metrics.orderEffectsReplayed.inc(done);
    more = effects.length === EFFECTS_AT_ONCE && done > 0;
  }
  const { open, oldestSeconds } = await deps.backlog();
  deps.metrics.orderEffectsOpen.set(open);
  deps.metrics.orderEffectsOldestSeconds.set(oldestSeconds);
}

/** Resolves with how many were done. */
export async function settleAll(
  deps: Pick<SettleDeps, 'store' | 'logger'> & { readonly book: Pick<OrderBook, 'effectDone'> },
  effects: readonly OrderEffect[],
): Promise<number> {
  const waiting = byEvent(effects);
  let done = 0;
  const lane = async (): Promise<void> => {
    for (let own = waiting.shift(); own !== undefined; own = waiting.shift()) done += await settleEvent(deps, own);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return done;
}

function byEvent(effects: readonly OrderEffect[]): OrderEffect[][] {
  const events = new Map<string, OrderEffect[]>();
  for (const effect of effects) {
    const own = events.get(effect.eventId) ?? [];
    own.push(effect);
    events.set(effect.eventId, own);
  }
  return [...events.values()];
}

async function settleEvent(deps: Parameters<typeof settleAll>[0], effects: readonly OrderEffect[]): Promise<number> {
  let done = 0;
  // What follows in the same order builds on it: never a place given back before it was sold.
  const stuck = new Set<string>();
  for (const effect of effects) {
    if (stuck.has(effect.orderId)) continue;
    try {
      const outcome = await deps.store.settle(effect);
      // Being loaded: all of the event's effects wait.
      if (!outcome.ok) return done;
      await orderFailpoint('settle-after-lua');
      await deps.book.effectDone(effect);
      done++;
    } catch (error) {
      stuck.add(effect.orderId);
      const { id, orderId, eventId } = effect;
      deps.logger.warn(
        { err: error, effect: id, orderId, eventId },
        'an order is not settled; the next round tries again',
      );
    }
  }
  return done;
}
