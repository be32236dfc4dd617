import type { Command } from 'commander';
import { eraseBuyerSchema } from '@aisle/client/protocol';
import { ADMIN_KEY_SUBJECT } from '../../../server/src/auth/claims.js';
import { LONG_DEADLINE_MS, transaction } from '../../../server/src/db/client.js';
import { eraseKnownBuyer } from '../../../server/src/db/people/erasure.js';
import { faultsOf, invalidRequest } from '../../../server/src/domain/faults.js';
import { createReadCaches } from '../../../server/src/redis/caches.js';
import type { Context } from '../context.js';
import { Refusal, UsageError } from '../exit.js';

interface EraseOptions {
  readonly subject?: string;
  readonly email?: string;
  readonly reason: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Orders, tickets and money stay, without a name; the subject becomes a random one everywhere. Refused while an order of theirs
waits for its money. Copies outside (payment provider, webhook receivers, backups) are yours to erase.

Examples:
  aisle erase --subject user-17 --reason "asked by letter of 3 May"
  aisle erase --email ann@example.com --reason "ticket 4711" --yes --json`;

export function registerErase(program: Command, context: Context): void {
  program
    .command('erase')
    .description('Erase what is known of a person. Cannot be undone.')
    .option('--subject <subject>', 'who, by subject')
    .option('--email <address>', 'who, by the e-mail address of their orders')
    .requiredOption('--reason <text>', 'why, for the record; without personal data')
    .option('--yes', 'do not ask; needed where nobody can be asked')
    .option('--json', 'one JSON object')
    .addHelpText('after', EXAMPLES)
    .action((options: EraseOptions) => erase(context, options));
}

async function erase(context: Context, { yes, json, ...given }: EraseOptions): Promise<void> {
  const parsed = eraseBuyerSchema.safeParse(given);
  if (!parsed.success) throw invalidRequest(faultsOf(parsed.error));
  const request = parsed.data;
  if (request.subject === ADMIN_KEY_SUBJECT)
    throw new UsageError(`The subject "${ADMIN_KEY_SUBJECT}" is the admin key, nobody.`);
  if (yes !== true)
    await confirm(context, [request.subject, request.email].filter((who) => who !== undefined).join(' and '));
  await context.withStores(async ({ sql, redis }) => {
    const actor = context.operator();
    const gone = await transaction(sql, (tx) => eraseKnownBuyer(tx, { ...request, actor }), LONG_DEADLINE_MS);
    try {
      await createReadCaches(redis).forget(gone.orderIds, gone.subjects);
    } catch {
      context.terminal.err('aisle: Redis does not answer; its copies end by themselves within a day.');
    }
    const { logRows } = gone;
    const orders = gone.orderIds.length;
    context.say(
      json,
      { orders, logRows },
      `Erased: ${orders} orders and ${logRows} lines of the log are nobody’s now.`,
    );
  });
}

/** Throws UsageError where nobody is there to be asked, Refusal where the answer is no. */
async function confirm({ terminal }: Context, who: string): Promise<void> {
  if (terminal.ask === undefined)
    throw new UsageError('Erasing cannot be undone: without a terminal to ask on, say --yes.');
  const answer = await terminal.ask(`Erase everything known of ${who}? This cannot be undone. [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new Refusal('Nothing was erased.');
}
