import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { readEpochBase, readMoves } from '../../../server/src/db/log/epoch-bases.js';
import { findEvent } from '../../../server/src/db/events/events.js';
import { isAfter, readWatermarks } from '../../../server/src/db/log/seat-log.js';
import { replay, type AreaCounts, type LoggedMove } from '../../../server/src/domain/replay.js';
import { RedisSeatStore } from '../../../server/src/redis/seat-store.js';
import { readAreaCounts } from '../../../server/src/redis/area-counts.js';
import type { Context } from '../context.js';
import { namedEvents } from '../named-events.js';
import { UsageError, type Stores } from '../stores.js';

export function registerReplay(program: Command, context: Context): void {
  program
    .command('replay')
    .description('Rebuild the map of each event from its log alone and compare it with the live one.')
    .argument('[event...]', 'event ids; all that are not over where none is named')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', '\nExamples:\n  aisle replay\n  aisle replay ev_rome --json')
    .action(async (events: string[], { json }: { json?: boolean }) => {
      await context.withStores(async (stores) => {
        for (const eventId of await namedEvents(stores, events)) {
          const report = await replayEvent(stores, eventId);
          if (!report.equal) context.found();
          context.say(json, report, describe(report));
        }
      });
    });
}

function describe(report: ReplayReport): string {
  const { eventId, epoch, seq, moves, seats, different, differentAreas, faults, equal, examples } = report;
  const head = `${eventId}: epoch ${epoch}, change ${seq}: ${moves} moves replayed over ${seats} seats`;
  if (equal) return `${head}: equal`;
  const shown = examples.map(({ seatNo, log, live }) => `\n  seat ${seatNo}: log ${log}, live ${live}`).join('');
  return `${head}: ${different} seats and ${differentAreas.length} areas differ, ${faults} changes do not join on${shown}`;
}

export interface ReplayReport {
  readonly eventId: string;
  readonly epoch: number;
  /** Both are looked at as of this change. */
  readonly seq: number;
  readonly moves: number;
  readonly seats: number;
  /** Seats whose letter differs, the first of them. */
  readonly different: number;
  readonly examples: readonly { readonly seatNo: number; readonly log: string; readonly live: string }[];
  readonly differentAreas: readonly { readonly areaNo: number; readonly log: AreaCounts; readonly live: AreaCounts }[];
  /** Changes in the log that do not join on to what came before. */
  readonly faults: number;
  readonly equal: boolean;
}

const EXAMPLES = 20;
const DRAIN_WAIT_MS = 30_000;
const DRAIN_CHECK_MS = 50;

/**
 * Rebuilds the map from the log alone and compares it with the live one as of the same change (SPEC L4). Throws UsageError for
 * an unknown event, one that was never loaded, or a log that does not come to Postgres (no worker).
 */
export async function replayEvent({ sql, redis }: Stores, eventId: string): Promise<ReplayReport> {
  const record = await findEvent(sql, eventId);
  if (record === null) throw new UsageError(`There is no event ${eventId}.`);
  const store = new RedisSeatStore({ redis, isReady: () => true, epochOf: () => Promise.resolve(record.epoch) });
  const live = await store.snapshot(eventId);
  const liveAreas = await readAreaCounts(redis, eventId, live.areaAvailable.length);
  const [after] = await store.positions([eventId]);
  const base = await readEpochBase(sql, eventId, live.epoch);
  if (base === null)
    throw new UsageError(`Event ${eventId} has no recorded beginning of epoch ${live.epoch}; load it anew.`);
  await untilPersisted({ sql, redis }, eventId, live);
  const moves: LoggedMove[] = [];
  for await (const move of readMoves(sql, eventId, live.epoch, live.seq)) moves.push(move);
  const replayed = replay(base, moves);
  const examples = differences(replayed.letters, live.letters);
  // Areas are read beside the map: only where nothing happened in between are they of the same instant.
  const still = after !== undefined && after !== null && after.seq === live.seq && after.epoch === live.epoch;
  const differentAreas = still ? areaDifferences(replayed.areas, liveAreas) : [];
  const equal = examples.length === 0 && differentAreas.length === 0 && replayed.faults.length === 0;
  return {
    ...{ eventId, epoch: live.epoch, seq: live.seq, moves: moves.length, seats: live.letters.length },
    ...{ different: examples.length, examples: examples.slice(0, EXAMPLES), differentAreas },
    ...{ faults: replayed.faults.length, equal },
  };
}

async function untilPersisted({ sql }: Stores, eventId: string, to: { epoch: number; seq: number }): Promise<void> {
  for (let waited = 0; waited < DRAIN_WAIT_MS; waited += DRAIN_CHECK_MS) {
    const watermark = (await readWatermarks(sql, [eventId])).get(eventId) ?? { epoch: 0, seq: 0 };
    if (!isAfter(to, watermark)) return;
    if (to.seq === 0 && watermark.epoch < to.epoch) return;
    await sleep(DRAIN_CHECK_MS);
  }
  throw new UsageError(`The log of ${eventId} does not come to Postgres: is a worker running?`);
}

function differences(log: string, live: string): { seatNo: number; log: string; live: string }[] {
  const found = [];
  for (let seatNo = 0; seatNo < Math.max(log.length, live.length); seatNo++) {
    const one = log[seatNo] ?? '';
    const other = live[seatNo] ?? '';
    if (one !== other) found.push({ seatNo, log: one, live: other });
  }
  return found;
}

const COUNTS = ['held', 'reserved', 'sold', 'blocked'] as const;
const areaDifferences = (
  log: readonly AreaCounts[],
  live: readonly AreaCounts[],
): ReplayReport['differentAreas'][number][] =>
  live.flatMap((counts, areaNo) => {
    const replayed = log[areaNo] ?? { held: 0, reserved: 0, sold: 0, blocked: 0 };
    return COUNTS.every((count) => counts[count] === replayed[count]) ? [] : [{ areaNo, log: replayed, live: counts }];
  });
