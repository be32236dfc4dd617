import type { Sql } from '../../../server/src/db/client.js';
import { disableGone } from '../../../server/src/db/webhooks/endpoints.js';
import { countPending, purgeDeliveries } from '../../../server/src/db/webhooks/deliveries.js';
import {
  leaseEndpoints,
  messageBody,
  releaseLeases,
  takenBefore,
  takePending,
} from '../../../server/src/db/webhooks/leases.js';
import { takeOutbox } from '../../../server/src/db/webhooks/messages.js';
import type { Clock } from '../../../server/src/platform/clock.js';
import type { Logger } from '../../../server/src/platform/logger.js';
import type { Metrics } from '../../../server/src/platform/metrics.js';
import { Courier, type CourierDeps } from './courier.js';
import { createAttemptRecorder } from './recorder.js';
import { repeat, type Repeated } from './repeat.js';
import type { Sender } from './sender.js';

/** A worker that died has its endpoints taken over after this. */
const LEASE_MS = 3000;
/** Sends nothing in the last of it: as long as a request may take to be on its way. */
const LEASE_MARGIN_MS = 750;
const RENEW_EVERY_MS = 500;
/** Wake-ups come sooner; this is for what other workers wrote, and for retries that are due. */
const LOOK_EVERY_MS = 200;
const TAKE_AT_ONCE = 500;
const COUNT_EVERY_MS = 5000;
const PURGE_EVERY_MS = 60_000;
const DAY_MS = 86_400_000;
export const KEEP_DELIVERED_MS = 7 * DAY_MS;
export const KEEP_DEAD_MS = 30 * DAY_MS;
/** Requests under way at a stop. */
const STOP_WAIT_MS = 1000;

export interface DispatcherDeps {
  readonly sql: Sql;
  readonly sender: Sender;
  /** This process, in the leases; unique. */
  readonly owner: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'webhookAttempts' | 'webhookLagSeconds' | 'webhookPending'>;
}
export interface Dispatcher {
  /** There may be deliveries to make. */
  wake(): void;
  stop(): Promise<void>;
}

/**
 * Brings webhooks to their endpoints: takes the outbox in, leases endpoints, hands deliveries to one courier an endpoint
 * (SPEC W3, W4, W8). Any number of workers may run one; an endpoint is with one of them at a time.
 */
export function startDispatcher(deps: DispatcherDeps): Dispatcher {
  const { sql, logger, metrics, owner, clock, sender } = deps;
  const recorder = createAttemptRecorder(sql, logger);
  const couriers = new Map<string, Courier>();
  const courierDeps: CourierDeps = {
    ...{ sender, recorder, clock, random: deps.random, logger, metrics },
    bodyOf: (messageId) => messageBody(sql, messageId),
    onGone: (endpointId) => {
      couriers.delete(endpointId);
      logger.warn({ endpointId }, 'a webhook endpoint answered 410 and is disabled');
      disableGone(sql, endpointId).catch((error: unknown) =>
        logger.warn({ err: error, endpointId }, 'not disabled yet'),
      );
    },
  };

  const look = async (): Promise<boolean> => {
    await takeOver(sql, couriers);
    const full = await takeNew(sql, owner, couriers);
    for (const courier of couriers.values()) courier.pump();
    return full;
  };
  const looking = repeat('webhook deliveries', LOOK_EVERY_MS, look, logger);
  const loops: Repeated[] = [
    looking,
    repeat(
      'webhook outbox',
      LOOK_EVERY_MS,
      async () => {
        const rows = await takeOutbox(sql);
        if (rows > 0) looking.wake();
        return rows > 0;
      },
      logger,
    ),
    repeat(
      'webhook leases',
      RENEW_EVERY_MS,
      async () => {
        await renew(sql, owner, couriers, courierDeps);
        return false;
      },
      logger,
    ),
    repeat(
      'webhook count',
      COUNT_EVERY_MS,
      async () => {
        metrics.webhookPending.set(await countPending(sql));
        return false;
      },
      logger,
    ),
    repeat('webhook purge', PURGE_EVERY_MS, async () => purge(sql, clock()), logger),
  ];

  return {
    wake: () => looking.wake(),
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()));
      for (const courier of couriers.values()) courier.stop();
      await settled(couriers, STOP_WAIT_MS);
      await recorder.close();
      await releaseLeases(sql, owner).catch((error: unknown) =>
        logger.debug({ err: error }, 'leases run out by themselves'),
      );
      await sender.close();
    },
  };
}

async function renew(sql: Sql, owner: string, couriers: Map<string, Courier>, deps: CourierDeps): Promise<void> {
  const leasedUntilMs = performance.now() + LEASE_MS - LEASE_MARGIN_MS;
  const endpoints = await leaseEndpoints(sql, owner, LEASE_MS);
  const mine = new Set(endpoints.map(({ id }) => id));
  for (const [id, courier] of couriers) {
    if (mine.has(id)) continue;
    courier.stop();
    couriers.delete(id);
  }
  for (const endpoint of endpoints) {
    const courier = couriers.get(endpoint.id);
    if (courier === undefined) couriers.set(endpoint.id, new Courier(deps, endpoint, leasedUntilMs));
    else courier.renew(endpoint, leasedUntilMs);
  }
}

/** What a worker before this one had in hand, failed attempts included, comes before anything new. */
async function takeOver(sql: Sql, couriers: ReadonlyMap<string, Courier>): Promise<void> {
  for (const [id, courier] of couriers) {
    if (courier.complete) continue;
    courier.take(await takenBefore(sql, id));
    courier.complete = true;
  }
}

/** True: there is more. */
async function takeNew(sql: Sql, owner: string, couriers: ReadonlyMap<string, Courier>): Promise<boolean> {
  const open = [...couriers].filter(([, courier]) => courier.complete && courier.room > 0);
  if (open.length === 0) return false;
  const wanted = open.map(([endpointId, { room }]) => ({ endpointId, quota: Math.min(TAKE_AT_ONCE, room) }));
  try {
    const taken = await takePending(sql, owner, wanted);
    let more = false;
    for (const [endpointId, courier] of open) {
      const own = taken.filter((delivery) => delivery.endpointId === endpointId);
      if (own.length > 0) courier.take(own);
      more ||= own.length === TAKE_AT_ONCE;
    }
    return more;
  } catch (error) {
    // They may have been taken all the same, and the answer lost.
    for (const [, courier] of open) courier.complete = false;
    throw error;
  }
}

async function purge(sql: Sql, nowMs: number): Promise<boolean> {
  const before = { delivered: new Date(nowMs - KEEP_DELIVERED_MS), dead: new Date(nowMs - KEEP_DEAD_MS) };
  return (await purgeDeliveries(sql, before)) > 0;
}

async function settled(couriers: ReadonlyMap<string, Courier>, waitMs: number): Promise<void> {
  const until = performance.now() + waitMs;
  const busy = (): boolean => [...couriers.values()].some((courier) => courier.sending > 0);
  while (busy() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
}
