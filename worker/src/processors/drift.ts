import type { Redis } from 'ioredis';
import { activeEvents, type ActiveEvent } from '../../../server/src/db/events/active-events.js';
import type { Sql } from '../../../server/src/db/client.js';
import { noteMaintenance } from '../../../server/src/db/log/maintenance.js';
import { countKinds, DRIFT_KINDS, driftKey, foundAgain, type PlaceDrift } from '../../../server/src/domain/drift.js';
import type { Logger } from '../../../server/src/platform/logger.js';
import type { Metrics } from '../../../server/src/platform/metrics.js';
import { ChartShelf } from '../../../server/src/rebuild/chart-shelf.js';
import { compareEvent, driftLine, type Comparison } from '../../../server/src/rebuild/compare.js';
import type { Rebuilder } from '../../../server/src/rebuild/rebuilder.js';
import { unclaimedIn } from '../../../server/src/rebuild/sync.js';
import { logStates } from '../../../server/src/redis/log-stream.js';
import { tellSoldAgain } from './drift-repair.js';

/** off: report alone. sold: what Postgres sold is told to Redis again. rebuild: and what is left is loaded anew, while buyers go on. */
export type DriftRepair = 'off' | 'sold' | 'rebuild';

export interface DriftDeps {
  readonly sql: Sql;
  readonly redis: Redis;
  readonly rebuilder: Pick<Rebuilder, 'loadEvent'>;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'driftPlaces' | 'driftLastCheck' | 'orderRepairs'>;
  readonly operator: string;
  readonly repair: DriftRepair;
  /** How often an event is looked at that changed since, and one that did not. */
  readonly every?: { readonly busyMs: number; readonly quietMs: number };
  readonly isBehind?: (eventId: string) => boolean;
}

/** A round is every 15 s. An event that sells is looked at each minute, one that stands still now and then. */
const EVERY = { busyMs: 60_000, quietMs: 300_000 } as const;
/** Of a round; what is left comes first in the next. */
const ROUND_MS = 10_000;
/** Rounds in a row that must find the same before an event is loaded anew; and no sooner again than after this. */
const ROUNDS_TO_REBUILD = 3;
const REBUILD_EVERY_MS = 600_000;
/** In one line of the operator's list; the rest is counted. */
const MOST_LISTED = 100;

/** What is known of an event from the rounds before. */
interface Watched {
  lookedAtMs: number;
  position: string;
  /** As the last round found it, sure or not. */
  found: readonly PlaceDrift[];
  /** Found twice. */
  certain: readonly PlaceDrift[];
  /** What was said of it; '' where nothing is open. */
  said: string;
  /** Rounds in a row in which the very same was found. */
  rounds: number;
  rebuiltAtMs: number;
}
const unknown = (): Watched => ({
  ...{ lookedAtMs: -Infinity, position: '', found: [], certain: [], said: '', rounds: 0, rebuiltAtMs: -Infinity },
});

/**
 * Compares Redis with Postgres, every lively event by category and place (SPEC L5, R6): says what it found twice, once; and mends
 * what it may. What Redis calls sold and nobody bought is never freed. One call is one round; most rounds look at few events.
 */
export function createDriftCheck(deps: DriftDeps): () => Promise<void> {
  const charts = new ChartShelf(deps.sql);
  const watched = new Map<string, Watched>();
  return async () => {
    const startedAtMs = performance.now();
    const due = await dueEvents(deps, watched, startedAtMs);
    for (const { eventId, position } of due) {
      if (performance.now() - startedAtMs > ROUND_MS) break;
      const before = watched.get(eventId) ?? unknown();
      watched.set(eventId, before);
      try {
        const comparison = await compareEvent({ ...deps, charts }, eventId);
        // Half loaded, unknown to Redis, behind: the reconciler's business.
        if (comparison?.result !== 'compared') continue;
        await judge(deps, before, comparison, performance.now());
        Object.assign(before, { lookedAtMs: performance.now(), position });
      } catch (error) {
        deps.logger.debug({ err: error, eventId }, 'an event could not be compared; the next round tries again');
      }
    }
    const kinds = countKinds([...watched.values()].flatMap(({ certain }) => certain));
    for (const kind of DRIFT_KINDS) deps.metrics.driftPlaces.set({ kind }, kinds[kind]);
    deps.metrics.driftLastCheck.set(Math.floor(Date.now() / 1000));
  };
}

/** Those with findings first, then those that waited longest. */
async function dueEvents(
  { sql, redis, isBehind, every = EVERY }: DriftDeps,
  watched: Map<string, Watched>,
  nowMs: number,
): Promise<{ eventId: string; position: string }[]> {
  // Postgres went back in time for it: paused, listed, left to the operator (SPEC R3).
  const isLeft = ({ id, lively, epoch }: ActiveEvent): boolean => !lively || epoch === 0 || isBehind?.(id) === true;
  const ids = (await activeEvents(sql)).filter((event) => !isLeft(event)).map(({ id }) => id);
  for (const id of watched.keys()) if (!ids.includes(id)) watched.delete(id);
  const states = await logStates(redis, ids);
  const order = (id: string): number => {
    const known = watched.get(id);
    return known === undefined ? -Infinity : known.found.length > 0 ? -1e15 : known.lookedAtMs;
  };
  return ids
    .map((eventId, i) => ({ eventId, position: `${states[i]?.epoch ?? 0}-${states[i]?.seq ?? 0}` }))
    .filter(({ eventId, position }) => {
      const known = watched.get(eventId);
      if (known === undefined || known.found.length > 0 || known.said !== '') return true;
      return nowMs - known.lookedAtMs >= (known.position === position ? every.quietMs : every.busyMs);
    })
    .sort((a, b) => order(a.eventId) - order(b.eventId));
}

async function judge(deps: DriftDeps, before: Watched, comparison: Comparison, nowMs: number): Promise<void> {
  const { places } = comparison.drift;
  const certain = foundAgain(before.found, places);
  const finding = certain.map(driftKey).sort().join('\n');
  before.rounds = finding !== '' && finding === before.certain.map(driftKey).sort().join('\n') ? before.rounds + 1 : 2;
  Object.assign(before, { found: places, certain });
  await tell(deps, before, comparison, finding);
  if (deps.repair === 'off' || certain.length === 0) return;
  const left = await tellSoldAgain(deps, comparison, certain);
  if (deps.repair === 'rebuild') await rebuild(deps, before, comparison, left, nowMs);
}

/** Once for a finding, again when it is another one, and when it is gone. */
async function tell(deps: DriftDeps, before: Watched, { eventId, epoch, at, chart }: Comparison, finding: string) {
  if (finding === before.said) return;
  before.said = finding;
  const { certain } = before;
  const kinds = Object.fromEntries(Object.entries(countKinds(certain)).filter(([, count]) => count > 0));
  const first = certain.slice(0, MOST_LISTED).map((drift) => driftLine(chart, drift));
  if (finding === '')
    deps.logger.warn({ alarm: 'drift', eventId }, 'drift is gone: Redis and Postgres say the same again');
  else {
    deps.logger.error(
      { alarm: 'drift', eventId, count: certain.length, kinds, first: first.slice(0, 3) },
      'drift: Redis and Postgres differ, see maintenance_log and `aisle drift`; nothing that Redis calls sold is freed',
    );
  }
  await noteMaintenance(deps.sql, {
    ...{ eventId, kind: 'drift', reason: 'Redis and Postgres differ', epoch, snapshotAt: at, durationMs: null },
    ...{ result: finding === '' ? 'gone' : 'open', differences: { count: certain.length, kinds, first } },
    operator: deps.operator,
  });
}

async function rebuild(
  deps: DriftDeps,
  before: Watched,
  { eventId }: Comparison,
  left: readonly PlaceDrift[],
  nowMs: number,
): Promise<void> {
  if (left.length === 0 || before.rounds < ROUNDS_TO_REBUILD || nowMs - before.rebuiltAtMs < REBUILD_EVERY_MS) return;
  // A load would put it on sale again.
  if (unclaimedIn(left).length > 0) return;
  before.rebuiltAtMs = nowMs;
  deps.logger.error({ eventId, count: left.length }, 'the same drift again: the event is loaded anew');
  await deps.rebuilder.loadEvent(eventId, 'drift');
}
