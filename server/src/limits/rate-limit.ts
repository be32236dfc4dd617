import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

/** Where all nodes count together. */
export interface SharedCounters {
  readonly redis: Redis;
  /** The key of a scope's counters, but for the id. */
  readonly keyPrefix: (scope: string) => string;
}

export interface RateRule {
  /** Becomes the key rate_limit:<scope>:<id>. */
  readonly scope: string;
  readonly points: number;
  readonly seconds: number;
}

/** Counts one call. Null: go on; else the ms until it may be sent again. */
export interface RateLimit {
  consume(id: string): Promise<number | null>;
}

/** What one node may count by itself before it tells the others: a tenth. An ordinary buyer never gets there. */
const QUIET_SHARE = 10;
/** A Redis that is slow to answer holds up a burst for this long, and then no longer. */
const ANSWER_WAIT_MS = 50;
/** Redis is told of one id this often at most: an address with thousands of buyers costs it 100 calls a second, no more. */
const TELL_SPACING_MS = 10;

/** `counters` null: each node counts for itself. */
export function createRateLimit(counters: SharedCounters | null, rule: RateRule): RateLimit {
  const common = { keyPrefix: counters?.keyPrefix(rule.scope) ?? rule.scope, duration: rule.seconds };
  const local = new RateLimiterMemory({ ...common, points: rule.points });
  if (counters === null) return { consume: (id) => consumeLocally(local, id) };
  const shared = new RateLimiterRedis({
    ...{ ...common, points: rule.points, storeClient: counters.redis, rejectIfRedisNotReady: true },
    inMemoryBlockOnConsumed: rule.points,
  });
  return new TwoTiers(local, shared, Math.floor(rule.points / QUIET_SHARE));
}

/** Of a refusal; anything else that was thrown is thrown on. */
function waitMs(refused: unknown): number {
  if (!(refused instanceof RateLimiterRes)) throw refused;
  return Math.max(1, Math.ceil(refused.msBeforeNext));
}

async function consumeLocally(local: RateLimiterMemory, id: string): Promise<number | null> {
  try {
    await local.consume(id);
    return null;
  } catch (refused) {
    return waitMs(refused);
  }
}

/** Calls of one id that go to Redis together. */
interface Batch {
  points: number;
  /** How many of the points, the first ones, are within the limit of all nodes. */
  readonly within: Promise<number>;
}
interface Telling {
  readonly underWay: Batch;
  /** When the next may leave. */
  readonly over: Promise<void>;
  /** Counted since that left. */
  next?: Batch;
}

/**
 * Memory decides, Redis is told beside the call, so that no call waits for a round trip. A node is silent about an id until it
 * has counted a tenth of the limit, then tells everything; where Redis says that the limit is reached, the id is blocked here
 * until the window ends. Calls that come faster than Redis answers wait for it, a tenth of the limit being let through first.
 *
 * Accuracy: one node alone is exact. Over N nodes an id gets at most limit + 2 · N · (limit / 10 + 1) calls in a window; while
 * Redis is away, limit · N.
 */
class TwoTiers implements RateLimit {
  readonly #tellings = new Map<string, Telling>();

  constructor(
    private readonly local: RateLimiterMemory,
    private readonly shared: RateLimiterRedis,
    private readonly quiet: number,
  ) {}

  async consume(id: string): Promise<number | null> {
    let counted: number;
    try {
      ({ consumedPoints: counted } = await this.local.consume(id));
    } catch (refused) {
      return waitMs(refused);
    }
    if (counted <= this.quiet) return null;
    return this.#tell(id, counted === this.quiet + 1 ? counted : 1);
  }

  async #tell(id: string, points: number): Promise<number | null> {
    const telling = this.#tellings.get(id);
    if (telling === undefined) {
      this.#start(id, { points, within: this.#send(id, points) });
      return null;
    }
    const batch = (telling.next ??= this.#follow(id, telling));
    batch.points += points;
    const place = batch.points;
    if (place <= this.quiet) return null;
    const within = await soon(batch.within);
    if (within === null || place <= within) return null;
    const blocked = await this.local.get(id);
    return blocked === null ? 1 : waitMs(blocked);
  }

  #start(id: string, underWay: Batch): void {
    const telling: Telling = { underWay, over: underWay.within.then(spacing) };
    this.#tellings.set(id, telling);
    void telling.over.then(() => {
      if (telling.next === undefined) this.#tellings.delete(id);
    });
  }

  /** Leaves a moment after the batch before it is answered, with all that was counted until then. */
  #follow(id: string, before: Telling): Batch {
    const batch: { points: number; within: Promise<number> } = { points: 0, within: before.underWay.within };
    batch.within = before.over.then(() => {
      this.#start(id, batch);
      return this.#send(id, batch.points);
    });
    return batch;
  }

  /** Never rejects: Redis away, this node's own count goes on. */
  async #send(id: string, points: number): Promise<number> {
    const told = await this.shared.consume(id, points).catch((refused: unknown) => refused);
    if (!(told instanceof RateLimiterRes) || told.remainingPoints > 0) return points;
    if (told.msBeforeNext > 0) await this.local.block(id, told.msBeforeNext / 1000);
    // Known to be used up, it was not even asked: then the count is not told.
    const { consumedPoints } = told;
    const before = consumedPoints >= points ? consumedPoints - points : this.local.points;
    return Math.min(points, Math.max(0, this.local.points - before));
  }
}

const spacing = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, TELL_SPACING_MS).unref();
  });

/** Null: Redis takes too long. */
async function soon(within: Promise<number>): Promise<number | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ANSWER_WAIT_MS);
  });
  const answer = await Promise.race([within, late]);
  clearTimeout(timer);
  return answer;
}
