import type { Command } from 'commander';
import { guarded } from '../../../server/src/db/client.js';
import { migrate, pendingMigrations } from '../../../server/src/db/migrate.js';
import type { Context } from '../context.js';

/** An index over a year of log takes its time; the server's own limits are what ends a migration that hangs. */
const DEADLINE_MS = 6 * 3_600_000;

const EXAMPLES = `
Each migration is its own transaction, under one lock: any number of nodes may try at once, and a failed one leaves nothing.

Examples:
  aisle migrate --dry-run
  aisle migrate`;

export function registerMigrate(program: Command, context: Context): void {
  program
    .command('migrate')
    .description('Bring the database up to this build.')
    .option('--dry-run', 'say what is missing; change nothing')
    .option('--json', 'one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(async ({ dryRun, json }: { dryRun?: boolean; json?: boolean }) => {
      await context.withDatabase(
        async (sql) => {
          const before = await pendingMigrations(sql);
          if (dryRun === true) {
            const { pending, newer } = before;
            context.say(json, { dryRun: true, pending, newer }, [
              ...listed('pending', pending, 'Nothing is missing.'),
              ...told(newer),
            ]);
            return;
          }
          // No progress bar: one file is a moment or an hour, and Postgres does not say.
          const { applied, newer } = await guarded(sql, () => migrate(sql), DEADLINE_MS);
          context.say(json, { applied, newer }, [
            ...listed('applied', applied, 'Nothing to do: the database is up to date.'),
            ...told(newer),
          ]);
        },
        { schema: false },
      );
    });
}

const listed = (word: string, names: readonly string[], none: string): string[] =>
  names.length === 0 ? [none] : names.map((name) => `${word}  ${name}`);
const told = (newer: readonly string[]): string[] =>
  newer.length === 0
    ? []
    : [`The database has ${newer.length} newer than this build: ${newer.join(', ')}. That is fine for one release.`];
