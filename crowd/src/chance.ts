/** Numbers from a seed (mulberry32): a crowd whose choices can be had again. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** True with this probability. */
  happens(part: number): boolean {
    return this.next() < part;
  }

  /** By weight; undefined of an empty list. */
  pick<T>(items: readonly T[], weight: (item: T) => number = () => 1): T | undefined {
    let left = this.next() * items.reduce((sum, item) => sum + weight(item), 0);
    for (const item of items) {
      left -= weight(item);
      if (left < 0) return item;
    }
    return items.at(-1);
  }

  /** How long somebody takes: mostly short, now and then long (exponential), never beyond four times the mean. */
  pauseMs(meanMs: number): number {
    return Math.min(-Math.log(1 - this.next()), 4) * meanMs;
  }
}
