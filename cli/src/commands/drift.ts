import type { Command } from 'commander';
import { countKinds } from '../../../server/src/domain/drift.js';
import { ChartShelf } from '../../../server/src/rebuild/chart-shelf.js';
import { driftLine, type Comparison } from '../../../server/src/rebuild/compare.js';
import { compareCertainly } from '../../../server/src/rebuild/sync.js';
import type { Context } from '../context.js';
import { namedEvents } from '../named-events.js';
import { table } from '../output/table.js';

export function registerDrift(program: Command, context: Context): void {
  program
    .command('drift')
    .description('Compare Redis with what Postgres says, place by place and by category. Changes nothing.')
    .argument('[event...]', 'event ids; all that are not over where none is named')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', '\nExamples:\n  aisle drift\n  aisle drift ev_rome --json')
    .action(async (events: string[], { json }: { json?: boolean }) => {
      await context.withStores(async ({ sql, redis }) => {
        const named = await namedEvents({ sql }, events);
        const progress = context.progress({ label: 'compare', total: named.length, json });
        const charts = new ChartShelf(sql);
        for (const eventId of named) {
          const comparison = await compareCertainly({ sql, redis, charts }, eventId);
          progress.tick();
          if (comparison !== null) sayComparison(context, json, comparison);
        }
        progress.stop();
      });
    });
}

/** Exit status 1 where anything is different, or could not be compared. */
export function sayComparison(context: Context, json: boolean | undefined, comparison: Comparison): void {
  if (!isEqual(comparison)) context.found();
  context.say(json, comparisonJson(comparison), comparisonLines(comparison));
}

export const isEqual = ({ result, drift }: Comparison): boolean =>
  result === 'compared' && drift.places.length + drift.categories.length === 0;

const MOST_LINES = 100;
const MOST_IN_JSON = 10_000;

export const comparisonJson = ({ eventId, status, result, epoch, seq, at, drift, chart }: Comparison) => ({
  ...{ eventId, status, result, epoch, seq, at: at.toISOString(), different: drift.places.length },
  kinds: Object.fromEntries(Object.entries(countKinds(drift.places)).filter(([, count]) => count > 0)),
  categories: drift.categories,
  places: drift.places.slice(0, MOST_IN_JSON).map((place) => driftLine(chart, place)),
});

const WHY_NOT: Readonly<Record<Exclude<Comparison['result'], 'compared'>, string>> = {
  moving:
    'is being loaded, or was left half loaded: it takes no orders meanwhile. `aisle sync` finishes it, and so does a worker',
  not_loaded: 'is not in Redis. A worker loads it within seconds; so does `aisle sync`',
  postgres_behind: 'Redis is further than Postgres, which went back in time: `aisle sync EVENT --after-restore`',
};

export function comparisonLines(comparison: Comparison): string[] {
  const { eventId, status, result, epoch, seq, drift, chart } = comparison;
  const head = `${eventId} (${status})`;
  if (result !== 'compared') return [`${head}: ${WHY_NOT[result]}.`];
  const { places, categories } = drift;
  if (places.length + categories.length === 0) return [`${head}: equal, epoch ${epoch}, change ${seq}`];
  const rows = categories.flatMap(({ category, redis, expected }) => [
    [category, 'Redis', redis.total, redis.sold, redis.pending, redis.available],
    ['', 'expected', expected.total, expected.sold, expected.pending, expected.available],
  ]);
  const shown = places.slice(0, MOST_LINES).map((place) => {
    const { kind, seat, area, category, redis, expected, why, orderId } = driftLine(chart, place);
    const name = seat ?? area ?? `category ${String(category)}`;
    return [name, kind, redis, expected, orderId === undefined ? why : `${String(why)} (${orderId})`].map((cell) =>
      cell === undefined ? '' : cell,
    );
  });
  return [
    `${head}: ${places.length} places and counts differ, epoch ${epoch}, change ${seq}`,
    ...indent(rows.length === 0 ? [] : table(['category', '', 'total', 'sold', 'pending', 'available'], rows)),
    ...indent(shown.length === 0 ? [] : table(['place', 'kind', 'Redis', 'expected', 'why'], shown)),
    ...(places.length > MOST_LINES ? [`  and ${places.length - MOST_LINES} more; --json has them`] : []),
  ];
}

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
