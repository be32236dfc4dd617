import { AisleError } from '@aisle/client/protocol';
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
  /** Events for which Postgres went back in time (SPEC R3): an old step must not free what was sold since. Absent: none. */
  readonly behind?: () => readonly string[];
  readonly metrics: Pick<Metrics, 'orderEffectsOpen' | 'orderEffectsOldestSeconds' | 'orderEffectsReplayed'>;
}

/** Younger ones are about to be done by the node that made them. */
const OLDER_THAN_MS = 2000;
/** A page; one round takes as many pages as there are. */
const EFFECTS_AT_ONCE = 500;
/** Events whose effects go to Redis side by side. */
const LANES = 4;

/** What has to wait for another round, over all pages of this one. */
interface Waiting {
  readonly events: Set<string>;
  /** What follows in the same order builds on it: never a place given back before it was sold. */
  readonly orders: Set<string>;
}
const nothingWaits = (behind: readonly string[] = []): Waiting => ({ events: new Set(behind), orders: new Set() });

/**
 * settle-orders: what committed steps of orders mean in Redis, replayed until done (SPEC O3): the node that made them died, or
 * Redis was away. In order within an event; an event that is being loaded waits and holds up no other.
 */
export async function settleOrders(deps: SettleDeps): Promise<void> {
  const waiting = nothingWaits(deps.behind?.());
  let last: OrderEffect | undefined;
  do {
    const rest = last === undefined ? undefined : { after: last.id, butOf: [...waiting.events] };
    const effects = await deps.book.openEffects(EFFECTS_AT_ONCE, OLDER_THAN_MS, rest);
    deps.metrics.orderEffectsReplayed.inc(await settleAll(deps, effects, waiting));
    last = effects.length === EFFECTS_AT_ONCE ? effects.at(-1) : undefined;
  } while (last !== undefined);
  const { open, oldestSeconds } = await deps.backlog();
  deps.metrics.orderEffectsOpen.set(open);
  deps.metrics.orderEffectsOldestSeconds.set(oldestSeconds);
}

/** Resolves with how many were done. */
export async function settleAll(
  deps: Pick<SettleDeps, 'store' | 'logger'> & { readonly book: Pick<OrderBook, 'effectDone'> },
  effects: readonly OrderEffect[],
  waiting = nothingWaits(),
): Promise<number> {
  const events = byEvent(effects);
  let done = 0;
  const lane = async (): Promise<void> => {
    for (let own = events.shift(); own !== undefined; own = events.shift())
      done += await settleEvent(deps, own, waiting);
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

async function settleEvent(
  deps: Parameters<typeof settleAll>[0],
  effects: readonly OrderEffect[],
  waiting: Waiting,
): Promise<number> {
  let done = 0;
  for (const effect of effects) {
    if (waiting.events.has(effect.eventId)) return done;
    if (waiting.orders.has(effect.orderId)) continue;
    try {
      const outcome = await deps.store.settle(effect);
      // Being loaded: all of the event's effects wait.
      if (!outcome.ok) {
        waiting.events.add(effect.eventId);
        return done;
      }
      await orderFailpoint('settle-after-lua');
      await deps.book.effectDone(effect);
      done++;
    } catch (error) {
      const { id, orderId, eventId } = effect;
      waiting.orders.add(orderId);
      deps.logger.warn(
        { err: error, effect: id, orderId, eventId },
        'an order is not settled; the next round tries again',
      );
      // A store is away: the others would fare no better, and there may be many.
      if (error instanceof AisleError && error.code === 'UNAVAILABLE') {
        waiting.events.add(eventId);
        return done;
      }
    }
  }
  return done;
}
