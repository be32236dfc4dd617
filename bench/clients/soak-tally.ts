import { ascending, percentile } from '../harness/stats.js';

export interface SoakCount {
  /** Calls answered, by name. */
  readonly calls: Readonly<Record<string, number>>;
  /** "hold SEAT_UNAVAILABLE" → how often. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Of every call, ms. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** The longest time in which no hold was granted, ms: what a rebuild costs. */
  readonly longestPauseMs: number;
  /** Visits given up because the call was refused as retryable for too long. */
  readonly givenUp: number;
  readonly reconnects: number;
  /** The buyers' own heap: it must not be taken for the server's. */
  readonly rssBytes: number;
}

/** Enough for a quantile; then every other one is thrown away. */
const MOST_KEPT = 200_000;

/** Counts what the buyers see. */
export class Tally {
  #calls = new Map<string, number>();
  #refusals = new Map<string, number>();
  #latencies: number[] = [];
  #keepEvery = 1;
  #seen = 0;
  #lastGrantAt = performance.now();
  #longestPauseMs = 0;
  #givenUp = 0;
  #reconnects = 0;

  answered(name: string, code: string | undefined, tookMs: number): void {
    add(this.#calls, name);
    if (code !== undefined) add(this.#refusals, `${name} ${code}`);
    if (this.#seen++ % this.#keepEvery === 0) this.#latencies.push(tookMs);
    if (this.#latencies.length > MOST_KEPT) {
      this.#latencies = this.#latencies.filter((_, i) => i % 2 === 0);
      this.#keepEvery *= 2;
    }
    if (name !== 'hold' || code !== undefined) return;
    const now = performance.now();
    this.#longestPauseMs = Math.max(this.#longestPauseMs, now - this.#lastGrantAt);
    this.#lastGrantAt = now;
  }

  gaveUp(): void {
    this.#givenUp++;
  }

  reconnected(): void {
    this.#reconnects++;
  }

  /** And begins anew. */
  read(): SoakCount {
    const sorted = ascending(this.#latencies);
    const count: SoakCount = {
      calls: Object.fromEntries(this.#calls),
      refusals: Object.fromEntries(this.#refusals),
      p50Ms: percentile(sorted, 0.5),
      p99Ms: percentile(sorted, 0.99),
      maxMs: sorted.at(-1) ?? NaN,
      longestPauseMs: this.#longestPauseMs,
      givenUp: this.#givenUp,
      reconnects: this.#reconnects,
      rssBytes: process.memoryUsage().rss,
    };
    this.#calls = new Map();
    this.#refusals = new Map();
    this.#latencies = [];
    this.#keepEvery = 1;
    this.#longestPauseMs = 0;
    this.#lastGrantAt = performance.now();
    this.#givenUp = 0;
    this.#reconnects = 0;
    return count;
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
