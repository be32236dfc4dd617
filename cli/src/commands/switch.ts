import { Argument, type Command } from 'commander';
import { eventIdSchema } from '@aisle/client/protocol';
import { z } from 'zod';
import { findEvent } from '../../../server/src/db/events/events.js';
import {
  requireSwitchScope,
  switchReasonSchema,
  switchValueOf,
} from '../../../server/src/db/switches/switch-values.js';
import { clearSwitch, readSwitches, setSwitch, switchChanges } from '../../../server/src/db/switches/switches.js';
import { SWITCHES, type SwitchChange, type SwitchName, type SwitchState } from '../../../server/src/domain/switches.js';
import { tellNodes } from '../../../server/src/redis/notices.js';
import type { Context } from '../context.js';
import { UsageError } from '../exit.js';
import { parsedBy } from '../input.js';
import { table } from '../output/table.js';
import type { Stores } from '../stores.js';

interface ChangeOptions {
  readonly event?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Switches: pause, holds_per_second, no_hold_best (for one event with --event, else for all), no_new_sessions, deny_subject,
deny_address (for everything). In force on every node within a second or two; every change is kept, with who and why.
A list that is set replaces the one before.

Examples:
  aisle switch list
  aisle switch set pause --event ev_rome --reason "wrong prices"
  aisle switch set holds_per_second 200 --reason "the card provider is slow"
  aisle switch set deny_address 192.0.2.0/24 2001:db8::/32 --reason "bots"
  aisle switch clear pause --event ev_rome --reason "prices are right"
  aisle switch changes --limit 20`;
const limitSchema = z.coerce.number('a number').int('a whole number').min(1).max(1000);

export function registerSwitch(program: Command, context: Context): void {
  const group = program
    .command('switch')
    .description('The live switches: see them, throw them, undo them.')
    .addHelpText('after', EXAMPLES);
  const name = (): Argument => new Argument('<name>', 'the switch').choices(SWITCHES);
  group
    .command('list')
    .description('What is switched now.')
    .option('--json', 'one JSON object a line')
    .action(({ json }: { json?: boolean }) => list(context, json));
  group
    .command('set')
    .description('Throw a switch, for one event or for all.')
    .addArgument(name())
    .argument(
      '[value...]',
      'a number for holds_per_second, a list for deny_subject and deny_address; nothing for the others',
    )
    .option('--event <event>', 'for this event alone', parsedBy(eventIdSchema))
    .requiredOption('--reason <text>', 'why, for the record and for who is refused', parsedBy(switchReasonSchema))
    .option('--json', 'one JSON object')
    .addHelpText('after', EXAMPLES)
    .action((which: SwitchName, value: string[], options: ChangeOptions) => set(context, which, value, options));
  group
    .command('clear')
    .description('Undo a switch.')
    .addArgument(name())
    .option('--event <event>', 'the one for this event', parsedBy(eventIdSchema))
    .option('--reason <text>', 'why, for the record', parsedBy(switchReasonSchema))
    .option('--json', 'one JSON object')
    .action((which: SwitchName, options: ChangeOptions) => clear(context, which, options));
  group
    .command('changes')
    .description('Who switched what and why, newest first.')
    .option('--limit <count>', 'how many, up to 1000', parsedBy(limitSchema), 50)
    .option('--json', 'one JSON object a line')
    .action(({ limit, json }: { limit: number; json?: boolean }) => changes(context, limit, json));
}

async function list(context: Context, json: boolean | undefined): Promise<void> {
  await context.withDatabase(async (sql) => {
    const { switches } = await readSwitches(sql);
    if (json === true) for (const one of switches) context.terminal.out(JSON.stringify(one));
    else if (switches.length === 0) context.terminal.out('Nothing is switched.');
    else
      for (const line of table(['switch', 'event', 'value', 'set by', 'at', 'reason'], switches.map(row)))
        context.terminal.out(line);
  });
}

const row = ({ name, eventId, value, setBy, setAt, reason }: SwitchState): string[] => [
  ...[name, eventId ?? 'all', shown(value), setBy, setAt, reason],
];
const shown = (value: unknown): string =>
  value === true ? 'on' : Array.isArray(value) ? value.join(' ') : value === null ? 'off' : JSON.stringify(value);

async function set(context: Context, name: SwitchName, words: string[], options: ChangeOptions): Promise<void> {
  const { event, reason = '', json } = options;
  requireSwitchScope(name, event);
  const value = switchValueOf(name, typed(name, words));
  await context.withStores(async (stores) => {
    const eventId = await known(stores, event);
    const state = await setSwitch(stores.sql, { name, eventId, value, actor: context.operator(), reason });
    await tell(context, stores);
    context.say(json, state, `${name} is ${shown(value)} for ${eventId ?? 'all'}`);
  });
}

/** Words of the command line as the value that the API takes. Throws UsageError. */
function typed(name: SwitchName, words: readonly string[]): unknown {
  if (name === 'deny_subject' || name === 'deny_address') return words.length === 0 ? undefined : words;
  const [word, ...rest] = words;
  if (rest.length > 0) throw new UsageError(`${name} takes one value, not ${words.length}.`);
  if (name !== 'holds_per_second') return word === undefined || word === 'on' || word === 'true' ? true : word;
  return word === undefined || word.trim() === '' ? undefined : Number(word);
}

async function clear(context: Context, name: SwitchName, options: ChangeOptions): Promise<void> {
  const { event, reason = '', json } = options;
  requireSwitchScope(name, event);
  await context.withStores(async (stores) => {
    const eventId = await known(stores, event);
    const wasOn = await clearSwitch(stores.sql, { name, eventId, actor: context.operator(), reason });
    await tell(context, stores);
    context.say(json, { name, eventId, cleared: wasOn }, `${name} ${wasOn ? 'is' : 'was'} off for ${eventId ?? 'all'}`);
  });
}

async function changes(context: Context, limit: number, json: boolean | undefined): Promise<void> {
  await context.withDatabase(async (sql) => {
    const found = await switchChanges(sql, { limit, before: null });
    const line = ({ at, kind, name, eventId, value, actor, reason }: SwitchChange): string[] => [
      ...[at, kind, name, eventId ?? 'all', shown(value), actor, reason],
    ];
    if (json === true) for (const one of found) context.terminal.out(JSON.stringify(one));
    else if (found.length === 0) context.terminal.out('Nothing was ever switched.');
    else
      for (const text of table(['at', 'change', 'switch', 'event', 'value', 'by', 'reason'], found.map(line)))
        context.terminal.out(text);
  });
}

async function known({ sql }: Stores, eventId: string | undefined): Promise<string | null> {
  if (eventId === undefined) return null;
  if ((await findEvent(sql, eventId)) === null) throw new UsageError(`There is no event ${eventId}.`);
  return eventId;
}

/** The row is there: whoever is not reached now polls. */
async function tell(context: Context, { redis }: Stores): Promise<void> {
  try {
    await tellNodes(redis, 'switches');
  } catch {
    context.terminal.err('aisle: Redis does not answer; the nodes learn of it by themselves within two seconds.');
  }
}
