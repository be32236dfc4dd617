import type { LiveEvent } from '../domain/event.js';
import type { SeatStore } from '../domain/ports/seat-store.js';
import { systemClock, type Clock } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';
import type { Metrics } from '../platform/metrics.js';

/** One sweep of one event that freed holds or failed: a HoldCleanupRun. Times in ms since 1970, lateness in ms. */
export interface SweepRun {
  readonly eventId: string;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly released: number;
  readonly places: number;
  readonly errors: number;
  readonly worstLatenessMs: number;
}

export interface SweeperDeps {
  readonly store: Pick<SeatStore, 'expire'>;
  /** The events to sweep, asked anew each time: on a worker all active ones, on a node those it mirrors. */
  readonly events: () => Iterable<Pick<LiveEvent, 'epoch'> & { readonly event: { readonly id: string } }>;
  /** Label of the metrics: worker or server. */
  readonly by: string;
  readonly logger: Logger;
  readonly metrics?: Pick<Metrics, 'sweptHolds' | 'sweepErrors' | 'sweepLatenessSeconds'>;
  /** Runs that freed holds or failed. Must not block. */
  readonly onRun?: (run: SweepRun) => void;
  /** Redis stands at another epoch than we were told. */
  readonly onStale?: (eventId: string) => void;
  /** Reserved holds past their deadline: never freed here, settled in Postgres first (SPEC O2). */
  readonly onOverdue?: (eventId: string, tokens: readonly string[]) => void;
  readonly clock?: Clock;
  readonly everyMs?: number;
}
export interface Sweeper {
  start(): void;
  /** Ends after the script under way. */
  stop(): Promise<void>;
  /** One sweep of one event, now. */
  sweep(eventId: string, epoch: number): Promise<SweepRun>;
}

const EVERY_MS = 250;
/** A tenth each way: sweepers of many processes do not march in step. */
const JITTER = 0.1;
/** A next deadline nearer than this is waited out, so that clocks that differ cost no busy loop. */
const NEAREST_MS = 20;
/** Holds a script call: some 10 ms of Redis, so commands of buyers go in between. */
const HOLDS_A_CALL = 250;
const FAILED_ROW_EVERY_MS = 10_000;
const EVENTS_AT_ONCE = 4;

/** Frees lapsed holds from the sorted set (SPEC H3). Safe beside any number of others: the script decides. */
export function createSweeper(deps: SweeperDeps): Sweeper {
  const { store, metrics, logger } = deps;
  const clock = deps.clock ?? systemClock;
  const everyMs = deps.everyMs ?? EVERY_MS;
  let running: Promise<void> | null = null;
  let wake: (() => void) | undefined;
  let stopped = false;
  const failedAtMs = new Map<string, number>();
  /** Earliest deadline that the round under way has heard of. */
  let nextMs = Infinity;

  const sweep = async (eventId: string, epoch: number): Promise<SweepRun> => {
    const startedAtMs = clock();
    const sum = { released: 0, places: 0, errors: 0, worstLatenessMs: 0 };
    try {
      for (let more = true; more && !stopped;) {
        const outcome = await store.expire({ eventId, epoch, limit: HOLDS_A_CALL });
        if (!outcome.ok) {
          deps.onStale?.(eventId);
          break;
        }
        const { value } = outcome;
        more = value.more;
        sum.released += value.released;
        sum.places += value.places;
        sum.errors += value.errors;
        sum.worstLatenessMs = Math.max(sum.worstLatenessMs, value.worstLatenessMs);
        if (value.nextExpiresAtMs !== null) nextMs = Math.min(nextMs, value.nextExpiresAtMs);
        if (value.overdueReserved.length > 0) deps.onOverdue?.(eventId, value.overdueReserved);
      }
    } catch (error) {
      sum.errors++;
      logger.debug({ err: error, eventId }, 'sweep failed; the next one comes');
    }
    const run: SweepRun = { eventId, startedAtMs, finishedAtMs: clock(), ...sum };
    if (run.released > 0 || run.errors > 0) report(run);
    return run;
  };

  const report = (run: SweepRun): void => {
    if (run.released > 0) {
      metrics?.sweptHolds.inc({ by: deps.by }, run.released);
      metrics?.sweepLatenessSeconds.observe(run.worstLatenessMs / 1000);
    }
    if (run.errors > 0) metrics?.sweepErrors.inc(run.errors);
    // A damaged hold is met four times a second until somebody mends it; its row is written now and then.
    const failedOnly = run.released === 0;
    if (failedOnly && run.startedAtMs - (failedAtMs.get(run.eventId) ?? -Infinity) < FAILED_ROW_EVERY_MS) return;
    if (failedOnly) failedAtMs.set(run.eventId, run.startedAtMs);
    deps.onRun?.(run);
  };

  const round = async (): Promise<void> => {
    const waiting = [...deps.events()];
    const lane = async (): Promise<void> => {
      for (let live = waiting.shift(); live !== undefined && !stopped; live = waiting.shift()) {
        if (live.epoch > 0) await sweep(live.event.id, live.epoch);
      }
    };
    await Promise.all(Array.from({ length: EVENTS_AT_ONCE }, lane));
  };

  const loop = async (): Promise<void> => {
    while (!stopped) {
      nextMs = Infinity;
      await round();
      const tick = everyMs * (1 + JITTER * (2 * Math.random() - 1));
      const wait = Math.min(tick, Math.max(NEAREST_MS, nextMs - clock()));
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, wait);
      });
    }
  };

  return {
    start() {
      running ??= loop();
    },
    async stop() {
      stopped = true;
      wake?.();
      await running;
    },
    sweep,
  };
}
