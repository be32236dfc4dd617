import type { Command } from 'commander';
import { eventIdSchema, subjectSchema } from '@aisle/client/protocol';
import { dropSubject, type DroppedHolds } from '../../../server/src/commands/drop-subject.js';
import { createEventDirectory } from '../../../server/src/db/events/event-directory.js';
import { recordDroppedHolds } from '../../../server/src/db/switches/switches.js';
import { switchReasonSchema } from '../../../server/src/db/switches/switch-values.js';
import type { LiveEvent } from '../../../server/src/domain/event.js';
import type { EventDirectory } from '../../../server/src/domain/ports/event-directory.js';
import type { StoredHold } from '../../../server/src/domain/ports/seat-store.js';
import { systemClock } from '../../../server/src/platform/clock.js';
import { createLogger } from '../../../server/src/platform/logger.js';
import { RedisSeatStore } from '../../../server/src/redis/seat-store.js';
import type { Context } from '../context.js';
import { UsageError } from '../exit.js';
import { parsedBy } from '../input.js';
import { table } from '../output/table.js';
import type { Stores } from '../stores.js';

interface HoldsOptions {
  readonly subject?: string;
  readonly drop?: string;
  readonly reason?: string;
  readonly json?: boolean;
}
/** Without its token: that would be the right to use it (SPEC H6). */
interface HoldLine {
  readonly subject: string;
  readonly state: string;
  readonly orderId: string | null;
  readonly seats: readonly string[];
  readonly areas: readonly { readonly id: string; readonly quantity: number }[];
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly expiresInMs: number;
}

const PAGE = 100;
const SHOWN_PLACES = 8;
const EXAMPLES = `
Reserved holds belong to an order: cancel that to free them. --drop leaves them, counts them, and goes into the record of
\`aisle switch changes\`; the subject may hold again, unless it is denied first (aisle switch set deny_subject).

Examples:
  aisle holds ev_rome
  aisle holds ev_rome --subject user-17 --json
  aisle holds ev_rome --drop user-17 --reason "a script that sits on the front row"`;

export function registerHolds(program: Command, context: Context): void {
  program
    .command('holds')
    .description('Who holds what in an event, and until when.')
    .argument('<event>', 'event id', parsedBy(eventIdSchema))
    .option('--subject <subject>', 'of this one alone', parsedBy(subjectSchema))
    .option('--drop <subject>', 'free what this one holds; needs --reason', parsedBy(subjectSchema))
    .option('--reason <text>', 'why, for the record', parsedBy(switchReasonSchema))
    .option('--json', 'one JSON object a line')
    .addHelpText('after', EXAMPLES)
    .action(async (eventId: string, options: HoldsOptions) => {
      const { drop, reason } = options;
      if (drop !== undefined && reason === undefined) throw new UsageError('--drop needs --reason: it goes on record.');
      if (drop === undefined && reason !== undefined) throw new UsageError('--reason goes with --drop.');
      await context.withStores(async (stores) => {
        const directory = createEventDirectory({
          ...{ sql: stores.sql, clock: systemClock, logger: createLogger('silent', 'cli') },
          subscribe: () => undefined,
        });
        try {
          const live = await directory.get(eventId);
          const store = storeOf(stores, live);
          if (drop === undefined || reason === undefined) await list(context, store, live, options);
          else
            await dropFrom(context, { stores, store, directory, eventId, subject: drop, reason, json: options.json });
        } finally {
          directory.close();
        }
      });
    });
}

const storeOf = ({ redis }: Stores, { epoch }: LiveEvent): RedisSeatStore =>
  new RedisSeatStore({ redis, isReady: () => true, epochOf: async () => epoch });

async function list(context: Context, store: RedisSeatStore, live: LiveEvent, options: HoldsOptions): Promise<void> {
  const holds = live.epoch === 0 ? [] : await holdsOf(store, live.event.id, options.subject);
  const lines = holds.map((hold) => lineOf(hold, live));
  if (options.json === true) for (const line of lines) context.terminal.out(JSON.stringify(line));
  else if (lines.length === 0) context.terminal.out(`Nobody holds anything in ${live.event.id}.`);
  else
    for (const line of table(['subject', 'state', 'until', 'in', 'order', 'places'], lines.map(row)))
      context.terminal.out(line);
}

async function holdsOf(store: RedisSeatStore, eventId: string, subject: string | undefined): Promise<StoredHold[]> {
  if (subject !== undefined) return store.holdsOf(eventId, subject);
  const all = new Map<string, StoredHold>();
  for (let offset = 0; ; offset += PAGE) {
    const page = await store.allHolds(eventId, offset, PAGE);
    // Holds come and go between the pages: one may be seen twice.
    for (const hold of page) all.set(hold.token, hold);
    if (page.length < PAGE) return [...all.values()];
  }
}

function lineOf(hold: StoredHold, { chart: { chart } }: LiveEvent): HoldLine {
  return {
    ...{ subject: hold.subject, state: hold.state, orderId: hold.orderId },
    seats: hold.seats.map(({ seatNo }) => chart.seats[seatNo]?.id ?? String(seatNo)),
    areas: hold.areas.map(({ areaNo, quantity }) => ({ id: chart.areas[areaNo]?.id ?? String(areaNo), quantity })),
    createdAt: new Date(hold.createdAtMs).toISOString(),
    expiresAt: new Date(hold.expiresAtMs).toISOString(),
    expiresInMs: Math.max(0, hold.expiresAtMs - hold.nowMs),
  };
}

function row({ subject, state, expiresAt, expiresInMs, orderId, seats, areas }: HoldLine): string[] {
  const places = [...seats, ...areas.map(({ id, quantity }) => `${id}×${quantity}`)];
  const more = places.length > SHOWN_PLACES ? ` and ${places.length - SHOWN_PLACES} more` : '';
  const seconds = `${Math.round(expiresInMs / 1000)} s`;
  return [subject, state, expiresAt, seconds, orderId ?? '-', `${places.slice(0, SHOWN_PLACES).join(' ')}${more}`];
}

interface Drop {
  readonly stores: Stores;
  readonly store: RedisSeatStore;
  readonly directory: EventDirectory;
  readonly eventId: string;
  readonly subject: string;
  readonly reason: string;
  readonly json: boolean | undefined;
}

async function dropFrom(context: Context, drop: Drop): Promise<void> {
  const { stores, store, directory, eventId, subject, reason, json } = drop;
  const actor = context.operator();
  const eventsHeldBy = async (): Promise<readonly string[]> => [eventId];
  const gone: DroppedHolds = await dropSubject({ store, directory, eventsHeldBy }, subject, eventId, actor);
  const { dropped, reserved } = gone;
  await recordDroppedHolds(stores.sql, { eventId, actor, reason, value: { subject, dropped, reserved } });
  context.say(json, { eventId, subject, dropped, reserved }, [
    `${eventId}: ${dropped} of ${subject}’s holds are free again`,
    ...(reserved > 0 ? [`${reserved} are reserved for orders and stay: cancel those orders`] : []),
  ]);
}
