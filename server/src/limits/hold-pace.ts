import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';
import type { HoldPace } from '../domain/ports/switches.js';
import type { SharedCounters } from './rate-limit.js';

const SECOND_S = 1;
/** Rates that were in force of late; each is a limiter of its own. */
const MAX_RATES = 100;

/** Holds that came while Redis was asked: they ask together. */
interface Batch {
  asked: number;
  /** How many of them may go, the first ones; and when the others may come again. */
  readonly answer: Promise<{ readonly granted: number; readonly retryAfterMs: number }>;
}

/**
 * Holds a second of one event over all nodes (the switch holds_per_second): each second has `perSecond` tokens in Redis. Only
 * while the switch is on does a hold wait for a round trip, shared by all that come meanwhile; a second that is used up
 * is remembered, and costs no more. Redis away: go on, the hold itself will say so.
 */
export function createHoldPace(counters: SharedCounters | null): HoldPace {
  const rates = new Map<number, Rate>();
  return {
    async take(eventId, perSecond) {
      const rate = rates.get(perSecond) ?? new Rate(counters, perSecond);
      rates.delete(perSecond);
      rates.set(perSecond, rate);
      const [oldest] = rates.keys();
      if (rates.size > MAX_RATES && oldest !== undefined) rates.delete(oldest);
      return rate.take(eventId);
    },
  };
}

class Rate {
  readonly #limiter: RateLimiterAbstract;
  readonly #underWay = new Map<string, Promise<unknown>>();
  readonly #next = new Map<string, Batch>();

  constructor(
    counters: SharedCounters | null,
    private readonly perSecond: number,
  ) {
    const common = { keyPrefix: counters?.keyPrefix('holds') ?? 'holds', points: perSecond, duration: SECOND_S };
    this.#limiter =
      counters === null
        ? new RateLimiterMemory(common)
        : new RateLimiterRedis({
            ...{ ...common, storeClient: counters.redis, rejectIfRedisNotReady: true },
            inMemoryBlockOnConsumed: perSecond,
          });
  }

  async take(eventId: string): Promise<number | null> {
    const batch = this.#next.get(eventId) ?? this.#gather(eventId);
    const place = ++batch.asked;
    const { granted, retryAfterMs } = await batch.answer;
    return place <= granted ? null : retryAfterMs;
  }

  #gather(eventId: string): Batch {
    const before = this.#underWay.get(eventId) ?? Promise.resolve();
    const batch: Batch = {
      asked: 0,
      answer: before.then(() => {
        this.#next.delete(eventId);
        const asking = this.#ask(eventId, batch.asked);
        this.#underWay.set(eventId, asking);
        void asking.then(() => {
          if (this.#underWay.get(eventId) === asking) this.#underWay.delete(eventId);
        });
        return asking;
      }),
    };
    this.#next.set(eventId, batch);
    return batch;
  }

  /** Never rejects. */
  async #ask(eventId: string, asked: number): Promise<{ granted: number; retryAfterMs: number }> {
    try {
      await this.#limiter.consume(eventId, asked);
      return { granted: asked, retryAfterMs: 0 };
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) return { granted: asked, retryAfterMs: 0 };
      const { consumedPoints, msBeforeNext } = refused;
      // Known to be used up, Redis was not even asked: then the count is not told.
      const before = consumedPoints >= asked ? consumedPoints - asked : this.perSecond;
      return { granted: Math.max(0, this.perSecond - before), retryAfterMs: Math.max(1, Math.ceil(msBeforeNext)) };
    }
  }
}
