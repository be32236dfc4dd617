import { setTimeout as sleep } from 'node:timers/promises';
import { keys } from '../../../server/src/redis/keys.js';
import type { World } from './world.js';

const EVERY_MS = 100;

/** The longest that anything stood past its deadline while this watched, ms of real time. */
export interface Overdue {
  /** Holds, by Redis's clock. */
  readonly holdMs: number;
  /** Orders that wait to be paid, by Postgres's. */
  readonly orderMs: number;
}

/**
 * I3 while things happen: what is past its deadline must be gone soon after. Counted from when it was first seen so, because a
 * clock that jumps makes everything very late at once.
 */
export function watchOverdue(world: World, eventId: () => string): { stop(): Promise<Overdue> } {
  const since = new Map<string, number>();
  const worst = { holdMs: 0, orderMs: 0 };
  let stopped = false;
  const look = async (): Promise<void> => {
    const id = eventId();
    const [seconds = 0, micros = 0] = (await world.redis.time()).map(Number);
    const nowMs = seconds * 1000 + micros / 1000;
    const holds = await world.redis.zrangebyscore(keys.holdsIndex(id), '-inf', nowMs);
    const orders = await world.sql<{ id: string }[]>`
      SELECT id FROM orders WHERE event_id = ${id} AND status = 'pending' AND expires_at < clock_timestamp()`;
    const late = new Set([...holds, ...orders.map((order) => order.id)]);
    for (const name of since.keys()) if (!late.has(name)) since.delete(name);
    const now = performance.now();
    for (const name of late) if (!since.has(name)) since.set(name, now);
    const longest = (names: readonly string[]): number =>
      Math.max(0, ...names.map((name) => now - (since.get(name) ?? now)));
    worst.holdMs = Math.max(worst.holdMs, longest(holds));
    worst.orderMs = Math.max(worst.orderMs, longest(orders.map((order) => order.id)));
  };
  const watching = (async () => {
    while (!stopped) {
      if (eventId() !== '') await look();
      await sleep(EVERY_MS);
    }
  })();
  return {
    stop: async () => {
      stopped = true;
      await watching;
      return { holdMs: Math.round(worst.holdMs), orderMs: Math.round(worst.orderMs) };
    },
  };
}
