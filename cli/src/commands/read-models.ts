import type { Command } from 'commander';
import { rebuildReadModels } from '../../../server/src/db/log/statistics.js';
import type { Context } from '../context.js';
import { namedEvents } from '../named-events.js';

export function registerReadModels(program: Command, context: Context): void {
  program
    .command('read-models')
    .description('Count quantities and sales per minute again from the log.')
    .argument('[event...]', 'event ids; all that are not over where none is named')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', '\nExamples:\n  aisle read-models\n  aisle read-models ev_rome --json')
    .action(async (events: string[], { json }: { json?: boolean }) => {
      await context.withStores(async (stores) => {
        const ids = await namedEvents(stores, events);
        const progress = context.progress({ label: 'counting', total: ids.length, json });
        for (const eventId of ids) {
          const rows = await rebuildReadModels(stores.sql, eventId);
          progress.tick();
          context.say(json, { eventId, rows }, `${eventId}: counted ${rows} rows of the log`);
        }
        progress.stop();
      });
    });
}
