import type { Command } from 'commander';
import { configureFailpoints } from '../../../server/src/platform/failpoint.js';
import { readConfig } from '../../../server/src/platform/config.js';
import { createLogger } from '../../../server/src/platform/logger.js';
import { ChartShelf } from '../../../server/src/rebuild/chart-shelf.js';
import { createRebuilder } from '../../../server/src/rebuild/rebuilder.js';
import type { KeptList } from '../../../server/src/rebuild/restore.js';
import {
  compareCertainly,
  syncEvent,
  SyncRefused,
  type SyncDeps,
  type SyncReport,
} from '../../../server/src/rebuild/sync.js';
import { announceEvent } from '../../../server/src/redis/notices.js';
import type { Context } from '../context.js';
import { UsageError } from '../exit.js';
import { namedEvents } from '../named-events.js';
import { printable } from '../output/printable.js';
import type { Stores } from '../stores.js';
import { comparisonJson, comparisonLines, isEqual, sayComparison } from './drift.js';

interface Options {
  readonly dryRun?: boolean;
  readonly verify?: boolean;
  readonly online?: boolean;
  readonly afterRestore?: boolean;
  readonly freeUnclaimed?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Holds go on: token, places and deadline stay. An event that is on sale needs --online; its sales then stand still for less than a second.
Stopped halfway, an event takes no orders until a worker or the next \`aisle sync\` finishes it.

Examples:
  aisle sync --dry-run                    what is different, event by event
  aisle sync ev_rome --online --verify    load an event while it sells, then compare again
  aisle sync ev_rome --after-restore      Postgres was restored from a backup: keep off sale what Redis alone knows to be sold`;

export function registerSync(program: Command, context: Context): void {
  program
    .command('sync')
    .description('Load events into Redis anew from Postgres: map, areas, counts, holds and their index.')
    .argument('[event...]', 'event ids; all that are not over where none is named')
    .option('-n, --dry-run', 'only say what is different, by category and place')
    .option('--verify', 'compare again afterwards')
    .option('--online', 'also events that are on sale')
    .option('--after-restore', 'Postgres went back in time: block and list what Redis alone calls sold')
    .option('--free-unclaimed', 'sell again what Redis calls sold and no order has')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', EXAMPLES)
    .action(async (events: string[], options: Options) => {
      if (options.afterRestore === true && events.length === 0)
        throw new UsageError('--after-restore is for events that you name: aisle sync EVENT --after-restore.');
      if (options.afterRestore === true && options.freeUnclaimed === true)
        throw new UsageError('--after-restore keeps what --free-unclaimed sells again: one or the other.');
      // What Ctrl-C meets halfway is finished.
      await context.withStores((stores) => syncAll(context, stores, events, options), { closeOnInterrupt: false });
    });
}

async function syncAll(context: Context, stores: Stores, events: readonly string[], options: Options): Promise<void> {
  const named = await namedEvents(stores, events);
  const deps = depsOf(context, stores);
  const progress = context.progress({
    label: options.dryRun === true ? 'compare' : 'sync',
    total: named.length,
    json: options.json,
  });
  const done: string[] = [];
  let current = '';
  const onInterrupt = (): void => {
    progress.stop();
    context.terminal.err(
      `aisle: ${current} is finished first, a second or so. Ctrl-C again leaves it as it is: without orders until a worker or the next \`aisle sync\` finishes it.`,
    );
  };
  context.signal.addEventListener('abort', onInterrupt);
  try {
    for (current of named) {
      if (context.signal.aborted) break;
      await one(context, deps, current, options);
      done.push(current);
      progress.tick();
    }
  } finally {
    context.signal.removeEventListener('abort', onInterrupt);
    progress.stop();
  }
  const left = named.filter((id) => !done.includes(id));
  if (left.length > 0) context.terminal.err(`aisle: stopped. Left as they were: ${left.join(', ')}.`);
}

function depsOf(context: Context, { sql, redis }: Stores): SyncDeps {
  const config = readConfig(context.terminal.env);
  configureFailpoints(config.AISLE_FAILPOINTS);
  const rebuilder = createRebuilder({
    ...{ sql, redis, operator: context.operator(), logLimit: config.AISLE_LOG_MAX_ENTRIES },
    logger: createLogger('silent', 'aisle'),
    announce: (eventId) => announceEvent(redis, eventId),
  });
  return { sql, redis, rebuilder, charts: new ChartShelf(sql) };
}

async function one(context: Context, deps: SyncDeps, eventId: string, options: Options): Promise<void> {
  const { json } = options;
  if (options.dryRun === true) {
    const comparison = await compareCertainly(deps, eventId);
    if (comparison !== null) sayComparison(context, json, comparison);
    return;
  }
  try {
    const report = await syncEvent(deps, eventId, { ...options, operator: context.operator() });
    if (report.verified !== null && !isEqual(report.verified)) context.found();
    context.say(json, reportJson(report), reportLines(report));
  } catch (error) {
    if (!(error instanceof SyncRefused)) throw error;
    context.found();
    if (json === true) context.terminal.out(JSON.stringify({ eventId, result: 'refused', reason: error.message }));
    else context.terminal.err(`aisle: ${eventId}: ${printable(error.message)}`);
  }
}

const reportJson = ({ eventId, load, kept, verified }: SyncReport) => ({
  ...{ eventId, result: load.result, epoch: load.epoch, snapshotAt: load.snapshotAt, pausedMs: load.pausedMs },
  ...{ seats: load.seats, carried: load.carried, shrunk: load.shrunk, restored: load.restored, dropped: load.dropped },
  ...{ found: load.found, kept, verified: verified === null ? null : comparisonJson(verified) },
});

function reportLines({ eventId, load, kept, verified }: SyncReport): string[] {
  if (load.result === 'superseded') return [`${eventId}: another load took over and does the same`];
  if (load.result === 'not_loadable') return [`${eventId}: a draft, or there is no such event`];
  const { epoch, seats, carried, shrunk, restored, dropped, pausedMs, found } = load;
  const holds = `${carried} holds go on${shrunk > 0 ? `, ${shrunk} of them smaller` : ''}${restored > 0 ? `, ${restored} made anew from orders` : ''}${dropped > 0 ? `; ${dropped} are gone` : ''}`;
  const before =
    found === null
      ? 'Redis knew nothing of it'
      : found.places === 0
        ? 'no differences'
        : `${found.places} differences mended`;
  return [
    `${eventId}: loaded, epoch ${epoch}, ${seats} seats, ${before}; ${holds}; sales stood still for ${pausedMs} ms`,
    ...(kept === null ? [] : keptLines(kept)),
    ...(verified === null ? [] : comparisonLines(verified)),
  ];
}

function keptLines({ sold, soldPlaces, paid, blocked, blockedPlaces }: KeptList): string[] {
  const places = (rows: KeptList['soldPlaces']): string[] => rows.map(({ area, quantity }) => `${quantity} of ${area}`);
  const line = (what: string, names: readonly string[]): string[] =>
    names.length === 0 ? [] : [`  ${what}: ${printable(names.join(', '))}`];
  return [
    ...line('sold in Redis, in no order of this Postgres; blocked', [...sold, ...places(soldPlaces)]),
    ...line(
      'sold in Redis, in Postgres still waiting for money',
      paid.map(({ seat, orderId }) => `${seat} (${orderId})`),
    ),
    ...line('house seats of Redis that Postgres had lost', [...blocked, ...places(blockedPlaces)]),
    '  The event is paused. Settle these, then open it: POST /v1/events/{id}/open.',
  ];
}
