import { Option, type Command } from 'commander';
import {
  createKeySchema,
  eventIdSchema,
  keyIdSchema,
  keyRoleSchema,
  subjectSchema,
  type ApiKey,
  type CreateKey,
} from '@aisle/client/protocol';
import { newApiKey } from '../../../server/src/auth/api-keys.js';
import { checkKeyRequest } from '../../../server/src/auth/key-request.js';
import { insertApiKey, listApiKeys, revokeApiKey } from '../../../server/src/db/people/api-keys.js';
import { systemClock } from '../../../server/src/platform/clock.js';
import { tellNodes } from '../../../server/src/redis/notices.js';
import type { Context } from '../context.js';
import { UsageError } from '../exit.js';
import { listParsedBy, momentFrom, parsedBy } from '../input.js';
import { table } from '../output/table.js';

interface CreateOptions extends Omit<CreateKey, 'expiresAt' | 'events'> {
  readonly event?: string[];
  readonly expires?: string;
  readonly json?: boolean;
}

const PAGE = 200;
const EXAMPLES = `
The key itself is shown once, alone on standard output, and is kept nowhere.

Examples:
  aisle keys create --name "door 3" --role kiosk --event ev_rome --expires 30d
  KEY=$(aisle keys create --name shop --role service)
  aisle keys list
  aisle keys revoke ak_0123456789abcdef`;

export function registerKeys(program: Command, context: Context): void {
  const group = program
    .command('keys')
    .description('Keys of machines: kiosks, the box office, services, administrators.')
    .addHelpText('after', EXAMPLES);
  group
    .command('create')
    .description('Make a key.')
    .requiredOption('--name <name>', 'what it is for', parsedBy(createKeySchema.shape.name))
    .addOption(new Option('--role <role>', 'what it may do').choices(keyRoleSchema.options).makeOptionMandatory())
    .option('--subject <subject>', 'who it speaks as (default: its own id)', parsedBy(subjectSchema))
    .option('--event <event>', 'only for this event; may be repeated (default: all)', listParsedBy(eventIdSchema))
    .option('--expires <when>', 'its end: 30d, 12h, or 2031-05-01T19:30:00Z (default: none)', (text) =>
      momentFrom(text, systemClock()),
    )
    .option('--json', 'one JSON object, the key in its field "key"')
    .addHelpText('after', EXAMPLES)
    .action((options: CreateOptions) => create(context, options));
  group
    .command('list')
    .description('Every key there is or was, without its secret.')
    .option('--json', 'one JSON object a line')
    .action(({ json }: { json?: boolean }) => list(context, json));
  group
    .command('revoke')
    .description('Revoke a key: refused on every node at once. Repeating it is fine.')
    .argument('<id>', 'its id, ak_…', parsedBy(keyIdSchema))
    .option('--json', 'one JSON object')
    .action((id: string, { json }: { json?: boolean }) => revoke(context, id, json));
}

async function create(context: Context, { event, expires, json, ...given }: CreateOptions): Promise<void> {
  const request: CreateKey = {
    ...given,
    ...(event === undefined ? {} : { events: event }),
    ...(expires === undefined ? {} : { expiresAt: expires }),
  };
  checkKeyRequest(request, systemClock());
  await context.withDatabase(async (sql) => {
    const made = newApiKey();
    const result = await insertApiKey(sql, {
      ...{ id: made.id, secretHash: made.secretHash, name: request.name, role: request.role },
      ...{ subject: request.subject ?? made.id, events: request.events ?? null },
      ...{ createdBy: context.operator(), expiresAt: request.expiresAt ?? null },
    });
    if (result.kind !== 'made') throw new Error(`a key without a request id cannot be ${result.kind}`);
    const { key } = result;
    const token = made.tokenOf(key.id);
    if (json !== true)
      context.terminal.err(
        `${key.id}: ${key.role}, ${scope(key)}, until ${key.expiresAt ?? 'it is revoked'}. Shown this once:`,
      );
    context.say(json, { ...key, key: token }, token);
  });
}

const scope = ({ events }: ApiKey): string => (events === undefined ? 'all events' : events.join(' '));

async function list(context: Context, json: boolean | undefined): Promise<void> {
  await context.withDatabase(async (sql) => {
    const all: ApiKey[] = [];
    for (let page: ApiKey[]; ;) {
      page = await listApiKeys(sql, { after: all.at(-1)?.id ?? '', limit: PAGE });
      all.push(...page);
      if (page.length < PAGE) break;
    }
    const nowMs = systemClock();
    const head = ['key', 'name', 'role', 'subject', 'events', 'state', 'last used', 'made by'];
    if (json === true) for (const key of all) context.terminal.out(JSON.stringify(key));
    else if (all.length === 0) context.terminal.out('There is no key.');
    else
      for (const line of table(
        head,
        all.map((key) => row(key, nowMs)),
      ))
        context.terminal.out(line);
  });
}

const row = (key: ApiKey, nowMs: number): string[] => [
  ...[
    key.id,
    key.name,
    key.role,
    key.subject,
    scope(key),
    stateOf(key, nowMs),
    key.lastUsedAt ?? 'never',
    key.createdBy,
  ],
];
function stateOf({ revokedAt, expiresAt }: ApiKey, nowMs: number): string {
  if (revokedAt !== undefined) return `revoked ${revokedAt}`;
  if (expiresAt === undefined) return 'good';
  return Date.parse(expiresAt) <= nowMs ? `ended ${expiresAt}` : `good until ${expiresAt}`;
}

async function revoke(context: Context, id: string, json: boolean | undefined): Promise<void> {
  await context.withStores(async ({ sql, redis }) => {
    if (!(await revokeApiKey(sql, id, context.operator()))) throw new UsageError(`There is no key ${id}.`);
    try {
      await tellNodes(redis, 'revocations');
    } catch {
      context.terminal.err('aisle: Redis does not answer; the nodes learn of it by themselves within ten seconds.');
    }
    context.say(json, { id, revoked: true }, `${id} is worth nothing any more`);
  });
}
