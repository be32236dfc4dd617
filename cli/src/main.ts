#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AisleError } from '@aisle/client/protocol';
import { Command, CommanderError } from 'commander';
import { activeEvents } from '../../server/src/db/events/active-events.js';
import { rebuildReadModels } from '../../server/src/db/log/statistics.js';
import { ConfigError } from '../../server/src/platform/config.js';
import { replayEvent } from './commands/replay.js';
import { UsageError, withStores } from './stores.js';

const EXIT_OK = 0;
/** The command ran and found what must not be. */
const EXIT_FOUND = 1;
const EXIT_USAGE = 2;
/** A part that is needed does not answer. */
const EXIT_AWAY = 3;

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  out(line: string): void;
  err(line: string): void;
}
const PROCESS: Terminal = {
  env: process.env,
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
};

/** `argv`: arguments alone. Answers the exit status: 0 well, 1 found something wrong, 2 wrong usage, 3 a store is away. */
export async function main(argv: readonly string[], terminal: Terminal = PROCESS): Promise<number> {
  let status = EXIT_OK;
  const program = new Command('aisle')
    .description('Looks after an installation of Aisle from the command line.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    });

  program
    .command('replay')
    .description('Rebuild the map of each event from its log alone and compare it with the live one.')
    .argument('[event...]', 'event ids; all that are not over where none is named')
    .option('--json', 'one JSON object a line')
    .action(async (events: string[], options: { json?: boolean }) => {
      await withStores(terminal.env, async (stores) => {
        for (const eventId of await named(stores, events)) {
          const report = await replayEvent(stores, eventId);
          if (!report.equal) status = EXIT_FOUND;
          terminal.out(options.json === true ? JSON.stringify(report) : describe(report));
        }
      });
    });

  program
    .command('read-models')
    .description('Count quantities and sales per minute again from the log.')
    .argument('[event...]', 'event ids; all that are not over where none is named')
    .option('--json', 'one JSON object a line')
    .action(async (events: string[], options: { json?: boolean }) => {
      await withStores(terminal.env, async (stores) => {
        for (const eventId of await named(stores, events)) {
          const rows = await rebuildReadModels(stores.sql, eventId);
          terminal.out(
            options.json === true ? JSON.stringify({ eventId, rows }) : `${eventId}: counted ${rows} rows of the log`,
          );
        }
      });
    });

  try {
    await program.parseAsync([...argv], { from: 'user' });
    return status;
  } catch (error) {
    return failed(error, terminal);
  }
}

type Stores = Parameters<Parameters<typeof withStores>[1]>[0];
async function named({ sql }: Stores, events: readonly string[]): Promise<readonly string[]> {
  const known = await activeEvents(sql);
  const unknown = events.filter((id) => !known.some((event) => event.id === id));
  if (unknown.length > 0) throw new UsageError(`No such published event: ${unknown.join(', ')}.`);
  return events.length > 0 ? events : known.filter(({ epoch, lively }) => epoch > 0 && lively).map(({ id }) => id);
}

function describe(report: Awaited<ReturnType<typeof replayEvent>>): string {
  const { eventId, epoch, seq, moves, seats, different, differentAreas, faults, equal, examples } = report;
  const head = `${eventId}: epoch ${epoch}, change ${seq}: ${moves} moves replayed over ${seats} seats`;
  if (equal) return `${head}: equal`;
  const shown = examples.map(({ seatNo, log, live }) => `\n  seat ${seatNo}: log ${log}, live ${live}`).join('');
  return `${head}: ${different} seats and ${differentAreas.length} areas differ, ${faults} changes do not join on${shown}`;
}

function failed(error: unknown, terminal: Terminal): number {
  // --help and --version come this way too, with code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  if (error instanceof UsageError || error instanceof ConfigError) {
    terminal.err(`aisle: ${error.message}`);
    return EXIT_USAGE;
  }
  if (error instanceof AisleError && error.code === 'UNAVAILABLE') {
    terminal.err(`aisle: ${error.message} Are Redis and Postgres running?`);
    return EXIT_AWAY;
  }
  throw error;
}

const invoked = process.argv[1];
if (invoked !== undefined && realpathSync(invoked) === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}
