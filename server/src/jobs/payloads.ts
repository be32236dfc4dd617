import { z } from 'zod';
import { eventIdSchema } from '@aisle/client/protocol';

/** Names of the queues. Nothing that matters lives in them: whatever is lost with them is found again by `scan` (SPEC L2). */
export const QUEUES = { drain: 'drain', upkeep: 'upkeep' } as const;

/** Event ids have no ':', which BullMQ forbids in job ids; the prefix keeps them from being digits only. */
export const drainJobId = (eventId: string): string => `drain-${eventId}`;
/** Of upkeep that somebody asked for, beside what comes by schedule. */
export const retryJobId = (job: UpkeepJobName): string => `retry-${job}`;

/** Bring one event's log to Postgres. */
export const drainJobSchema = z.strictObject({ eventId: eventIdSchema });
export type DrainJob = z.infer<typeof drainJobSchema>;

export const UPKEEP_JOBS = [
  ...(['scan', 'reconcile', 'sale-windows', 'consistency'] as const),
  ...(['settle-orders', 'expire-orders', 'orphan-orders', 'refund-cancelled', 'payments', 'clean-up'] as const),
] as const;
export type UpkeepJobName = (typeof UPKEEP_JOBS)[number];
export const isUpkeepJob = (name: string): name is UpkeepJobName => UPKEEP_JOBS.some((known) => known === name);

/**
 * scan: find events whose log waits, enqueue their drains. reconcile: status and limits into Redis again, events that Redis
 * lost loaded again (SPEC R4). sale-windows: saleStartsAt and saleEndsAt (architecture §11).
 * settle-orders, expire-orders, orphan-orders: what crashes and time left of orders (SPEC O2, O3).
 * refund-cancelled: paid orders of cancelled events (SPEC O7).
 * consistency: Redis against Postgres, every place (SPEC L5, R6). payments: attempts whose end is not known, refunds (SPEC O4).
 * clean-up: outbox rows and remembered answers that have served.
 */
export const UPKEEP_EVERY_MS: Readonly<Record<UpkeepJobName, number>> = {
  scan: 1000,
  reconcile: 2000,
  'sale-windows': 1000,
  consistency: 15_000,
  'settle-orders': 1000,
  'expire-orders': 1000,
  'orphan-orders': 5000,
  'refund-cancelled': 2000,
  payments: 1000,
  'clean-up': 600_000,
};
