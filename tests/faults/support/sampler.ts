import { setTimeout as sleep } from 'node:timers/promises';
import { keys } from '../../../server/src/redis/keys.js';
import type { Violation } from './invariants.js';
import type { World } from './world.js';

const EVERY_MS = 100;
/** Of one kind: more say nothing new. */
const MOST_TOLD = 3;

/** I4 at every instant, not in the end alone: map and counts of one moment, read in one step, while buyers are at it. */
export class CountSampler {
  readonly found: Violation[] = [];
  /** Moments looked at. */
  looks = 0;
  #stopped = false;
  readonly #running: Promise<void>;

  constructor(
    private readonly world: World,
    private readonly eventId: string,
  ) {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      // Where Redis is away there is nothing to look at.
      await this.#look().catch(() => undefined);
      await sleep(EVERY_MS);
    }
  }

  async #look(): Promise<void> {
    const replies = await this.world.redis
      .multi()
      .hmget(keys.event(this.eventId), 'epoch', 'loading')
      .get(keys.map(this.eventId))
      .hmget(keys.inventory(this.eventId, 'A'), 'total', 'sold', 'pending', 'available')
      .exec();
    const [state, letters, inventory] = (replies ?? []).map(([, reply]) => reply);
    if (!Array.isArray(state) || typeof letters !== 'string' || !Array.isArray(inventory)) return;
    // While it is being loaded nothing is decided by it.
    if (typeof state[0] !== 'string' || state[1] !== null) return;
    this.looks++;
    const count = (set: string): number => [...letters].filter((letter) => set.includes(letter)).length;
    const counted = [count('ahrs'), count('s'), count('hr'), count('a')].join(' ');
    const stored = inventory.map(Number).join(' ');
    if (stored === counted || this.found.length >= MOST_TOLD) return;
    const what = `at an instant, total, sold, pending, available: ${stored} stored, ${counted} counted`;
    this.found.push({ rule: 'I4', what });
  }
}
