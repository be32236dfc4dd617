import { readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AisleError } from '@aisle/client/protocol';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { sqlState } from '../../server/src/db/client.js';
import { isLostConnection } from '../../server/src/db/begin.js';
import { MigrationError } from '../../server/src/db/migrate.js';
import { ConfigError } from '../../server/src/platform/config.js';
import { registerDoctor } from './commands/doctor.js';
import { registerDrift } from './commands/drift.js';
import { registerErase } from './commands/erase.js';
import { registerEvents } from './commands/events.js';
import { registerHolds } from './commands/holds.js';
import { registerKeys } from './commands/keys.js';
import { registerMigrate } from './commands/migrate.js';
import { registerReadModels } from './commands/read-models.js';
import { registerReplay } from './commands/replay.js';
import { registerSwitch } from './commands/switch.js';
import { registerSync } from './commands/sync.js';
import { createContext, type Context } from './context.js';
import { EXIT, Refusal, UsageError } from './exit.js';
import { parsedBy } from './input.js';
import { printable } from './output/printable.js';
import { processTerminal, type Terminal } from './terminal.js';

export type { Terminal } from './terminal.js';

const HELP = `
Exit status: 0 well, 1 found what must not be or may not run as things are, 2 wrong usage, 3 Redis or Postgres is away,
130 stopped by Ctrl-C.

DATABASE_URL and REDIS_URL say where Postgres and Redis are; without them those of the \`npm start\` of this folder are used.`;

/** One file a command: adds itself to the program. Listed as --help shows them. */
const COMMANDS: readonly ((program: Command, context: Context) => void)[] = [
  ...[registerDoctor, registerMigrate, registerEvents, registerHolds, registerSwitch, registerKeys, registerErase],
  ...[registerSync, registerDrift, registerReplay, registerReadModels],
];

/** `argv`: arguments alone. Answers the exit status (exit.ts). Throws what is nobody's mistake but ours. */
/** It is read by others, in lists of what was done, and stays there for good. */
const operatorSchema = z
  .string()
  .trim()
  .min(1, 'a name')
  .max(128, 'at most 128 characters')
  .refine((name) => printable(name) === name, 'no control characters');

export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  const program = new Command('aisle');
  const { context, status } = createContext(terminal, () => program.opts<{ operator?: string }>().operator);
  program
    .description('Looks after an installation of Aisle from the command line.')
    .version(ownVersion(), '-V, --version')
    .option(
      '--operator <name>',
      'who does this, for the records (default: cli:<user>@<host>)',
      parsedBy(operatorSchema),
    )
    .addHelpText('after', HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
      getOutHasColors: () => terminal.color === true,
      getErrHasColors: () => terminal.color === true,
    })
    .showSuggestionAfterError();
  for (const register of COMMANDS) register(program, context);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return context.signal.aborted ? EXIT.interrupted : status();
  } catch (error) {
    // What fails because its connections were closed under it is no news.
    if (context.signal.aborted) return EXIT.interrupted;
    return failed(error, terminal);
  }
}

function failed(error: unknown, terminal: Terminal): number {
  // --help and --version come this way too, with code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const say = (message: string): void => terminal.err(`aisle: ${message}`);
  if (error instanceof UsageError || error instanceof ConfigError) {
    say(error.message);
    return EXIT.usage;
  }
  if (error instanceof AisleError && USAGE.has(error.code)) {
    say(mistake(error));
    return EXIT.usage;
  }
  if (error instanceof Refusal || error instanceof MigrationError) {
    say(error.message);
    return EXIT.found;
  }
  if (error instanceof AisleError && error.code === 'UNAVAILABLE') {
    say(`${error.message} Are Redis and Postgres running? \`aisle doctor\` looks.`);
    return EXIT.away;
  }
  if (error instanceof AisleError) {
    const cause = error.code === 'INTERNAL' && error.cause instanceof Error ? error.cause.message : '';
    say(`${error.message} ${error.remediation ?? ''} ${cause}`.trim());
    return EXIT.found;
  }
  const refused = STRANGER.exec(sqlState(error));
  if (refused !== null && error instanceof Error) {
    say(`Postgres lets us not in: ${error.message}. See DATABASE_URL.`);
    return EXIT.away;
  }
  throw error;
}

/** The API's words for a mistake of the caller. */
const USAGE: ReadonlySet<string> = new Set(['INVALID_REQUEST', 'EVENT_NOT_FOUND']);

function mistake({ details = {}, message }: AisleError): string {
  if (typeof details.eventId === 'string') return `There is no event ${details.eventId}.`;
  const faults = z.array(z.object({ path: z.string(), message: z.string() })).safeParse(details.faults);
  return faults.success ? faults.data.map((fault) => `${fault.path}: ${fault.message}`).join('; ') : message;
}

/** Wrong password, no such role or database, no right to it. */
const STRANGER = /^(28|3D|42501)/;

function ownVersion(): string {
  const file = fileURLToPath(new URL('../../package.json', import.meta.url));
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : '0.0.0';
}

/** Ctrl-C once: the command ends itself within this. Twice: at once. */
const INTERRUPT_GRACE_MS = 10_000;

/** The program itself: bin/aisle.mjs calls it, as does this file when it is started. */
export async function run(argv: readonly string[]): Promise<void> {
  const interrupt = new AbortController();
  process.on('SIGINT', () => {
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    interrupt.abort();
    setTimeout(() => process.exit(EXIT.interrupted), INTERRUPT_GRACE_MS).unref();
  });
  // The driver of Postgres asks for types as it connects and tells nobody when that fails; whoever waits for an answer is told.
  process.on('unhandledRejection', (error) => {
    if (isLostConnection(error)) return;
    throw error;
  });
  let unread = false;
  // `aisle sync | head -1`: whoever reads has had enough. What is under way is still brought to its end.
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    unread = true;
    interrupt.abort();
  };
  process.stdout.on('error', onError);
  process.stderr.on('error', onError);
  const status = await main(argv, processTerminal(interrupt.signal));
  process.exitCode = unread ? EXIT.ok : status;
}

const invoked = process.argv[1];
if (invoked !== undefined && realpathSync(invoked) === fileURLToPath(import.meta.url)) await run(process.argv.slice(2));
