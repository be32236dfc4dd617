import { Option, type Command } from 'commander';
import { eventStatusSchema, type EventStatus } from '@aisle/client/protocol';
import { listEvents, type EventRecord } from '../../../server/src/db/events/events.js';
import type { Sql } from '../../../server/src/db/client.js';
import { logStates, type LogState } from '../../../server/src/redis/log-stream.js';
import { RedisSeatStore } from '../../../server/src/redis/seat-store.js';
import { AisleError } from '@aisle/client/protocol';
import type { Context } from '../context.js';
import { table } from '../output/table.js';
import { EXIT } from '../exit.js';
import type { Stores } from '../stores.js';

interface EventLine {
  readonly id: string;
  readonly name: string;
  readonly status: EventStatus;
  readonly startsAt: string;
  readonly epoch: number;
  /**
   * draft: Redis need not know it. unknown: Redis could not be asked. missing: Redis knows it not, or at another epoch. ahead: Postgres
   * went back in time and nobody settled it (SPEC R3); the counts are Redis's.
   */
  readonly redis: 'loaded' | 'loading' | 'missing' | 'ahead' | 'draft' | 'unknown';
  readonly sold: number | null;
  /** Held or reserved for an order. */
  readonly held: number | null;
  readonly available: number | null;
  /** Entries of the change log that wait for Postgres. */
  readonly logWaiting: number | null;
}

const PAGE = 200;
const HEAD = ['event', 'name', 'status', 'epoch', 'redis', 'sold', 'held', 'available', 'log waiting'];
const MAX_NAME = 40;

export function registerEvents(program: Command, context: Context): void {
  program
    .command('events')
    .description('Every event: how it stands in Postgres and in Redis.')
    .addOption(new Option('--status <status>', 'only those').choices(eventStatusSchema.options))
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      '\n"held" counts what is held and what waits for its payment. "ahead" in the column redis: Postgres went back in time; exit status 1.\n\nExamples:\n  aisle events --status on_sale\n  aisle events --json',
    )
    .action(async ({ status, json }: { status?: EventStatus; json?: boolean }) => {
      await context.withStores(async (stores) => {
        const records = await allEvents(stores.sql, status);
        const lines = await look(stores, records);
        if (lines.some(({ redis }) => redis === 'unknown')) {
          context.terminal.err('aisle: Redis does not answer; what it knows is left out.');
          context.found(EXIT.away);
        }
        const ahead = lines.filter(({ redis }) => redis === 'ahead').map(({ id }) => id);
        if (ahead.length > 0) {
          context.terminal.err(
            `aisle: Postgres went back in time; paused until \`aisle sync EVENT --after-restore\`: ${ahead.join(', ')}.`,
          );
          context.found();
        }
        if (json === true) for (const line of lines) context.terminal.out(JSON.stringify(line));
        else if (lines.length === 0) context.terminal.out('There is no event.');
        else for (const line of table(HEAD, lines.map(row))) context.terminal.out(line);
      });
    });
}

const row = ({ id, name, status, epoch, redis, sold, held, available, logWaiting }: EventLine): (string | number)[] => [
  ...[id, name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1)}…` : name, status, epoch, redis],
  ...[sold ?? '-', held ?? '-', available ?? '-', logWaiting ?? '-'],
];

async function allEvents(sql: Sql, status: EventStatus | undefined): Promise<EventRecord[]> {
  const all: EventRecord[] = [];
  for (;;) {
    const last = all.at(-1)?.event;
    const page = await listEvents(sql, {
      ...{ drafts: true, limit: PAGE },
      ...(status === undefined ? {} : { status }),
      ...(last === undefined ? {} : { after: { startsAt: last.startsAt, id: last.id } }),
    });
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

async function look({ redis }: Stores, records: readonly EventRecord[]): Promise<EventLine[]> {
  const epochs = new Map(records.map(({ event, epoch }) => [event.id, epoch]));
  const store = new RedisSeatStore({ redis, isReady: () => true, epochOf: async (id) => epochs.get(id) ?? 0 });
  const states = await logStates(redis, [...epochs.keys()]).catch((error: unknown) => {
    if (error instanceof AisleError && error.code === 'UNAVAILABLE') return null;
    throw error;
  });
  const lines: EventLine[] = [];
  for (const [i, record] of records.entries()) {
    const state = states?.[i] ?? null;
    const known = knownAs(record, state);
    // Redis is asked at its own epoch: Postgres's may be lower than it was.
    if (known === 'ahead') epochs.set(record.event.id, state?.epoch ?? 0);
    const counts = known === 'loaded' || known === 'ahead' ? await countsOf(store, record.event.id) : null;
    const { id, name, status, startsAt } = record.event;
    lines.push({
      ...{
        id,
        name,
        status,
        startsAt,
        epoch: record.epoch,
        redis: counts === null && known === 'loaded' ? 'loading' : known,
      },
      ...(counts ?? { sold: null, held: null, available: null }),
      logWaiting: state?.waiting ?? null,
    });
  }
  return lines;
}

function knownAs({ event, epoch }: EventRecord, state: LogState | null): EventLine['redis'] {
  if (state?.behind === true) return 'ahead';
  if (event.status === 'draft' || (event.status === 'cancelled' && epoch === 0)) return 'draft';
  if (state === null) return 'unknown';
  if (state.loading !== null) return 'loading';
  return state.epoch === epoch && epoch > 0 ? 'loaded' : 'missing';
}

/** null: it is being loaded just now. */
async function countsOf(
  store: RedisSeatStore,
  eventId: string,
): Promise<Pick<EventLine, 'sold' | 'held' | 'available'> | null> {
  try {
    const { inventory } = await store.snapshot(eventId);
    const sum = (of: 'sold' | 'pending' | 'available'): number => inventory.reduce((total, one) => total + one[of], 0);
    return { sold: sum('sold'), held: sum('pending'), available: sum('available') };
  } catch (error) {
    if (error instanceof AisleError && error.code === 'UNAVAILABLE') return null;
    throw error;
  }
}
