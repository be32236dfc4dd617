import type { Redis } from 'ioredis';
import type { Clock } from '../../server/src/platform/clock.js';
import type { Logger } from '../../server/src/platform/logger.js';
import { waitForLogs, type LogFound } from '../../server/src/redis/log-stream.js';

/** How long one look blocks; also how late a new event is noticed by it. */
const BLOCK_MS = 200;
/** After a wake the event is left to its drain for this long: 50 drains a second at most, each of all that came meanwhile. */
const SETTLE_MS = 20;
/** While it stays undrained (Postgres away, worker busy) the pause doubles up to this. */
const BACKOFF_MAX_MS = 1000;
const AFTER_ERROR_MS = 250;

export interface LogWatchDeps {
  /** A connection of its own: it blocks. */
  readonly redis: Redis;
  readonly events: () => readonly { readonly id: string }[];
  /** Enqueues a drain. */
  readonly wake: (eventId: string) => Promise<void>;
  readonly logger: Logger;
  readonly clock: Clock;
}
export interface LogWatch {
  start(): void;
  stop(): Promise<void>;
}

interface Pause {
  /** The oldest entry when its drain was asked for: still there after the pause, the drain did not get through. */
  readonly oldestId: string;
  readonly untilMs: number;
  readonly lengthMs: number;
}

/**
 * Makes a drain run within some 20 ms of a change. Only a wake-up: whatever it misses the scan finds within a second, and
 * the log itself says what is to be done.
 */
export function createLogWatch(deps: LogWatchDeps): LogWatch {
  const { redis, clock, logger } = deps;
  const pauses = new Map<string, Pause>();
  let running: Promise<void> | null = null;
  let stopped = false;

  const look = async (): Promise<void> => {
    const now = clock();
    for (const [eventId, pause] of pauses) if (now > pause.untilMs + BLOCK_MS) pauses.delete(eventId);
    const watched = deps.events().filter(({ id }) => (pauses.get(id)?.untilMs ?? 0) <= now);
    const soonest = Math.min(...[...pauses.values()].map((pause) => pause.untilMs).filter((until) => until > now));
    const blockMs = Math.min(BLOCK_MS, Math.max(1, soonest - now));
    if (watched.length === 0) return sleep(blockMs);
    const found = await waitForLogs(
      redis,
      watched.map(({ id }) => id),
      blockMs,
    );
    await Promise.all(found.map(wake));
  };

  const wake = async ({ eventId, oldestId }: LogFound): Promise<void> => {
    const before = pauses.get(eventId);
    const stuck = before?.oldestId === oldestId;
    const lengthMs = stuck ? Math.min(BACKOFF_MAX_MS, before.lengthMs * 2) : SETTLE_MS;
    pauses.set(eventId, { oldestId, untilMs: clock() + lengthMs, lengthMs });
    await deps.wake(eventId);
  };

  const loop = async (): Promise<void> => {
    while (!stopped) {
      try {
        await look();
      } catch (error) {
        if (stopped) return;
        logger.debug({ err: error }, 'watching the logs failed; the scan finds what is missed');
        await sleep(AFTER_ERROR_MS);
      }
    }
  };

  return {
    start() {
      running ??= loop();
    },
    async stop() {
      stopped = true;
      redis.disconnect();
      await running;
    },
  };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
