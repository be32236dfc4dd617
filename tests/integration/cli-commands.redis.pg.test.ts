import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createApiKeys } from '../../server/src/auth/api-keys.js';
import { openDatabase } from '../../server/src/db/client.js';
import { readSwitches, switchChanges } from '../../server/src/db/switches/switches.js';
import { systemClock } from '../../server/src/platform/clock.js';
import { openSubscriberConnection } from '../../server/src/redis/connection.js';
import { channels, keys } from '../../server/src/redis/keys.js';
import { waitFor } from '../helpers/wait.js';
import { aisle, type Said } from './support/command-line.js';
import { sellOrder } from './support/sold-order.js';
import { silent, startStoreWorld, type StoreWorld, type WorldEvent } from './support/store-world.js';

let world: StoreWorld;
let env: Record<string, string>;
let event: WorldEvent;
/** What nodes were told. */
const told: string[] = [];
let listening: ReturnType<typeof openSubscriberConnection>;
beforeAll(async () => {
  world = await startStoreWorld();
  env = { DATABASE_URL: world.databaseUrl, REDIS_URL: world.server.url };
  listening = openSubscriberConnection(world.server.url);
  listening.on('message', (_channel: string, message: string) => told.push(message));
  await listening.subscribe(channels.adminUpdates);
});
afterAll(async () => {
  listening.disconnect();
  await world.stop();
});
beforeEach(async () => {
  event = await world.newEvent();
  await world.rebuilder.loadEvent(event.id, 'publish');
  told.length = 0;
});

const run = (...argv: string[]): Promise<Said> => aisle(env, argv);
/** Status and what was said on standard error: what a wrong command comes to. */
const refused = async (...argv: string[]): Promise<[number, string]> => {
  const { status, err } = await run(...argv);
  return [status, err.join('\n')];
};
const heard = (message: string): Promise<unknown> => waitFor(() => told.includes(message), { what: message });

describe('aisle events', () => {
  test('a name does not move the cursor of whoever lists it', async () => {
    await world.sql`UPDATE events SET name = ${'\u001b[2Jclean\nall\u009b1m'} WHERE id = ${event.id}`;
    const { out } = await run('events');
    expect(out.find((line) => line.startsWith(event.id))).toContain('·[2Jclean·all·1m');
  });

  test('N6 who does it is a name that can be listed', async () => {
    const thrown = (operator: string): Promise<[number, string]> =>
      refused('--operator', operator, 'switch', 'clear', 'pause', '--reason', 'test');
    for (const [operator, why] of [
      ['\u001b[31mroot', 'no control characters'],
      ['ada\nroot', 'no control characters'],
      [' ', 'a name'],
      ['x'.repeat(129), 'at most 128'],
    ] as const) {
      expect(await thrown(operator)).toEqual([2, expect.stringContaining(why)]);
    }
    expect((await thrown('Ada L. (till 3)'))[0]).toBe(0);
  });

  test('every event with what is sold, held and free, as text and as JSON', async () => {
    await world.hold(event, [1, 2, 3], { holdMs: 60_000 });
    const draftless = await world.newEvent();
    const { status, json } = await run('events', '--json');
    expect(status).toBe(0);
    const lines = json<{ id: string; redis: string; held: number | null; logWaiting: number }>();
    expect(lines.find(({ id }) => id === event.id)).toMatchObject({
      ...{ status: 'on_sale', epoch: 1, redis: 'loaded', sold: 0, held: 3, available: 97, logWaiting: 1 },
    });
    expect(lines.find(({ id }) => id === draftless.id)).toMatchObject({ redis: 'missing', sold: null });
    const text = (await run('events', '--status', 'on_sale')).out;
    expect(text[0]).toMatch(/^event +name +status/);
    expect(text.find((line) => line.startsWith(event.id))).toMatch(/on_sale +1 +loaded +0 +3 +97 +1$/);
    expect((await run('events', '--status', 'closed')).out).toEqual(['There is no event.']);
  });

  test('a status that there is not is told with those that there are', async () => {
    const [status, err] = await refused('events', '--status', 'sold');
    expect(status).toBe(2);
    expect(err).toContain('Allowed choices are draft, published, on_sale');
  });
});

describe('aisle holds', () => {
  test('H6 who holds what until when, without the token; of one subject alone', async () => {
    const hold = await world.hold(event, [0, 11], { subject: 'ann', holdMs: 60_000 });
    await world.hold(event, [20], { subject: 'bob', holdMs: 60_000 });
    const all = await run('holds', event.id, '--json');
    expect(all.json()).toHaveLength(2);
    expect(all.out.join()).not.toContain(hold.token);
    const [line] = (await run('holds', event.id, '--subject', 'ann', '--json')).json<{ expiresInMs: number }>();
    expect(line).toMatchObject({ subject: 'ann', state: 'held', orderId: null, seats: ['r0-0', 'r1-1'] });
    expect(line?.expiresInMs).toBeGreaterThan(0);
    expect((await run('holds', event.id)).out.join('\n')).toMatch(/ann +held .* r0-0 r1-1/);
    expect((await run('holds', event.id, '--subject', 'nobody')).out).toEqual([
      `Nobody holds anything in ${event.id}.`,
    ]);
  });

  test('G6 --drop frees them, tells how many, and is on record with who and why', async () => {
    await world.hold(event, [5, 6], { subject: 'greedy', holdMs: 60_000 });
    const dropped = await run(
      'holds',
      event.id,
      '--drop',
      'greedy',
      '--reason',
      'a bot',
      '--json',
      '--operator',
      'olga',
    );
    expect(dropped.json()).toEqual([{ eventId: event.id, subject: 'greedy', dropped: 1, reserved: 0 }]);
    expect((await world.store.snapshot(event.id)).letters.slice(5, 7)).toBe('aa');
    const [record] = await switchChanges(world.sql, { limit: 1, before: null });
    expect(record).toMatchObject({ kind: 'drop_holds', actor: 'olga', reason: 'a bot', value: { subject: 'greedy' } });
  });

  test('bad input: an unknown event by name, --drop without a reason, a reason without --drop', async () => {
    expect(await refused('holds', 'nowhere')).toEqual([2, 'aisle: There is no event nowhere.']);
    expect(await refused('holds')).toEqual([2, "error: missing required argument 'event'"]);
    expect(await refused('holds', event.id, '--drop', 'ann')).toEqual([
      ...[2, 'aisle: --drop needs --reason: it goes on record.'],
    ]);
    expect((await refused('holds', event.id, '--reason', 'x'))[0]).toBe(2);
    expect((await refused('holds', 'no event at all'))[0]).toBe(2);
  });
});

describe('aisle switch', () => {
  test('G6 set, list, clear, changes: for one event and for all, recorded, told to the nodes at once', async () => {
    const set = await run('switch', 'set', 'pause', '--event', event.id, '--reason', 'wrong prices', '--json');
    expect(set.json()).toMatchObject([{ name: 'pause', eventId: event.id, value: true, reason: 'wrong prices' }]);
    expect(set.json<{ setBy: string }>()[0]?.setBy).toMatch(/^cli:.+@.+$/);
    await heard('!switches');
    await run('switch', 'set', 'holds_per_second', '200', '--reason', 'slow provider');
    await run('switch', 'set', 'deny_address', '192.0.2.0/24', '2001:db8::/32', '--reason', 'bots');
    const listed = (await run('switch', 'list', '--json')).json<{ name: string; value: unknown }>();
    expect(listed).toEqual((await readSwitches(world.sql)).switches);
    expect(Object.fromEntries(listed.map(({ name, value }) => [name, value]))).toEqual({
      ...{ pause: true, holds_per_second: 200, deny_address: ['192.0.2.0/24', '2001:db8::/32'] },
    });
    expect((await run('switch', 'list')).out.join('\n')).toMatch(/holds_per_second +all +200 /);

    const cleared = await run('switch', 'clear', 'pause', '--event', event.id, '--reason', 'prices are right');
    expect(cleared.out).toEqual([`pause is off for ${event.id}`]);
    expect((await run('switch', 'clear', 'pause', '--json')).json()).toEqual([
      ...[{ name: 'pause', eventId: null, cleared: false }],
    ]);
    const [last] = (await run('switch', 'changes', '--limit', '1', '--json')).json();
    expect(last).toMatchObject({ kind: 'cleared', name: 'pause', reason: 'prices are right' });
    for (const name of ['holds_per_second', 'deny_address']) await run('switch', 'clear', name);
    expect((await run('switch', 'list')).out).toEqual(['Nothing is switched.']);
  });

  test('bad input changes nothing and says which word is wrong', async () => {
    const before = await readSwitches(world.sql);
    const why = ['--reason', 'x'];
    expect((await refused('switch', 'set', 'pauze', ...why))[1]).toContain('Allowed choices are pause');
    expect((await refused('switch', 'set', 'pause'))[1]).toContain("required option '--reason <text>' not specified");
    expect(await refused('switch', 'set', 'pause', '--reason', ' ')).toMatchObject([2, expect.any(String)]);
    expect((await refused('switch', 'set', 'holds_per_second', 'many', ...why))[1]).toContain('value: a whole number');
    expect((await refused('switch', 'set', 'holds_per_second', ...why))[1]).toContain('value: missing');
    expect((await refused('switch', 'set', 'holds_per_second', '1', '2', ...why))[1]).toContain('takes one value');
    expect((await refused('switch', 'set', 'deny_address', '300.1.2.3', ...why))[1]).toContain(
      'value.0: not an address',
    );
    expect((await refused('switch', 'set', 'deny_subject', ...why))[1]).toContain('value: missing');
    expect((await refused('switch', 'set', 'pause', 'off', ...why))[1]).toContain('to undo it, delete the switch');
    expect((await refused('switch', 'set', 'no_new_sessions', '--event', event.id, ...why))[1]).toContain(
      'for everything',
    );
    expect(await refused('switch', 'set', 'pause', '--event', 'nowhere', ...why)).toEqual([
      ...[2, 'aisle: There is no event nowhere.'],
    ]);
    expect((await refused('switch', 'changes', '--limit', '0'))[0]).toBe(2);
    expect(await readSwitches(world.sql)).toEqual(before);
  });
});

describe('aisle keys', () => {
  const keysOfServer = () => createApiKeys({ sql: world.sql, clock: systemClock, logger: silent });

  test('A9 the key stands alone on standard output, works, and is worth nothing once revoked', async () => {
    const made = await run(
      'keys',
      'create',
      '--name',
      'door 3',
      '--role',
      'kiosk',
      '--event',
      event.id,
      '--expires',
      '30d',
    );
    expect(made.out).toHaveLength(1);
    const [key = ''] = made.out;
    expect(made.err.join()).not.toContain(key);
    const actor = await keysOfServer().authenticate(key);
    expect(actor).toMatchObject({ role: 'kiosk', events: [event.id] });
    expect(actor.expiresAtMs).toBeGreaterThan(Date.now() + 29 * 86_400_000);

    const list = await run('keys', 'list', '--json');
    expect(list.json<{ name: string }>().find(({ name }) => name === 'door 3')).toMatchObject({ role: 'kiosk' });
    expect(`${list.out.join()}${(await run('keys', 'list')).out.join()}`).not.toContain(key.slice(20));
    const id = actor.tokenId ?? '';
    expect((await run('keys', 'revoke', id, '--json')).json()).toEqual([{ id, revoked: true }]);
    await heard('!revocations');
    await expect(keysOfServer().authenticate(key)).rejects.toThrow('revoked');
    expect((await run('keys', 'revoke', id)).status).toBe(0);
    const [wide] = (await run('keys', 'create', '--name', 'shop', '--role', 'service', '--json')).json<{
      key: string;
    }>();
    expect(await keysOfServer().authenticate(wide?.key ?? '')).toMatchObject({ role: 'service', events: null });
  });

  test('bad input makes no key', async () => {
    const count = async (): Promise<number> => (await run('keys', 'list', '--json')).out.length;
    const before = await count();
    const named = ['keys', 'create', '--name', 'x', '--role', 'kiosk'];
    expect((await refused('keys', 'create', '--name', 'x'))[1]).toContain("'--role <role>' not specified");
    expect((await refused('keys', 'create', '--name', 'x', '--role', 'guest'))[1]).toContain(
      'Allowed choices are kiosk',
    );
    expect((await refused(...named, '--expires', 'tomorrow'))[1]).toContain('30d, 12h or 45m');
    expect((await refused(...named, '--expires', '2020-01-01T00:00:00Z'))[1]).toContain(
      'expiresAt: that is over already',
    );
    expect((await refused(...named, '--subject', 'admin'))[1]).toContain('the admin key’s own');
    expect((await refused(...named, '--event', 'a b'))[0]).toBe(2);
    expect((await refused('keys', 'revoke', 'nonsense'))[1]).toContain('not the id of a key');
    expect(await refused('keys', 'revoke', 'ak_0000000000000000')).toEqual([
      2,
      'aisle: There is no key ak_0000000000000000.',
    ]);
    expect(await count()).toBe(before);
  });
});

describe('aisle erase', () => {
  let placeNo = 0;
  const sell = (subject: string, status = 'completed') =>
    sellOrder(world.sql, {
      ...{ eventId: event.id, subject, status },
      places: [{ kind: 'seat', placeNo: placeNo++, placeId: 'r0-0' }],
    });
  const subjectsLeft = async (subject: string): Promise<number> =>
    (await world.sql`SELECT 1 FROM orders WHERE subject = ${subject}`).length;

  test('L3 asks first on a terminal; yes erases, anything else does not', async () => {
    await sell('ann-e');
    const argv = ['erase', '--subject', 'ann-e', '--reason', 'by letter'];
    const asked: string[] = [];
    const answer = (text: string) => ({
      ask: (question: string) => {
        asked.push(question);
        return Promise.resolve(text);
      },
    });
    const no = await aisle(env, argv, answer(''));
    expect([no.status, no.err]).toEqual([1, ['aisle: Nothing was erased.']]);
    expect(asked[0]).toContain('ann-e');
    expect(await subjectsLeft('ann-e')).toBe(1);
    const yes = await aisle(env, [...argv, '--json'], answer('y'));
    expect(yes.json()).toEqual([{ orders: 1, logRows: 0 }]);
    expect(await subjectsLeft('ann-e')).toBe(0);
    const [row] = await world.sql<{ actor: string; reason: string }[]>`
      SELECT actor, reason FROM erasures ORDER BY id DESC LIMIT 1`;
    expect(row).toMatchObject({ reason: 'by letter', actor: expect.stringMatching(/^cli:/) as string });
  });

  test('L3 with nobody to ask it needs --yes; copies in Redis go too', async () => {
    await sell('bob-e');
    await world.redis.hset(keys.eventTickets('bob-e'), '*', '1');
    const [status, err] = await refused('erase', '--subject', 'bob-e', '--reason', 'x');
    expect([status, err]).toEqual([2, 'aisle: Erasing cannot be undone: without a terminal to ask on, say --yes.']);
    expect(await subjectsLeft('bob-e')).toBe(1);
    expect((await run('erase', '--subject', 'bob-e', '--reason', 'x', '--yes')).status).toBe(0);
    expect(await world.redis.exists(keys.eventTickets('bob-e'))).toBe(0);
  });

  test('bad input: nobody named, no such person, the admin key, an order that waits for its money', async () => {
    const yes = ['--reason', 'x', '--yes'];
    expect(await refused('erase', ...yes)).toEqual([2, 'aisle: subject: name a subject or an email']);
    expect((await refused('erase', '--subject', 'ghost', ...yes))[0]).toBe(1);
    expect((await refused('erase', '--subject', 'admin', ...yes))[0]).toBe(2);
    expect((await refused('erase', '--email', 'no address', ...yes))[1]).toContain('email:');
    expect((await refused('erase', '--subject', 'x', '--yes'))[1]).toContain("'--reason <text>' not specified");
    await sell('eve-e', 'pending');
    const [status, err] = await refused('erase', '--subject', 'eve-e', ...yes);
    expect([status, err]).toEqual([1, expect.stringContaining('still waiting for their money')]);
    expect(await subjectsLeft('eve-e')).toBe(1);
  });
});

describe('aisle replay and read-models', () => {
  test('an unknown event is named, whoever else is named with it', async () => {
    for (const command of ['replay', 'read-models', 'sync', 'drift']) {
      expect(await refused(command, event.id, 'nowhere')).toEqual([2, 'aisle: No such published event: nowhere.']);
    }
    expect((await run('read-models', event.id, '--json')).json()).toEqual([{ eventId: event.id, rows: 0 }]);
    expect((await run('replay', event.id, '--json')).json()).toMatchObject([
      { eventId: event.id, equal: true, seq: 0 },
    ]);
  });
});

describe('aisle migrate', () => {
  /** An empty database in the same cluster. */
  async function emptyDatabase(): Promise<{ env: Record<string, string>; drop: () => Promise<void> }> {
    const name = `cli_${process.pid}_${Date.now()}`;
    await world.sql.unsafe(`CREATE DATABASE ${name}`);
    const url = new URL(world.databaseUrl);
    url.pathname = `/${name}`;
    const drop = async (): Promise<void> => void (await world.sql.unsafe(`DROP DATABASE ${name} WITH (FORCE)`));
    return { env: { ...env, DATABASE_URL: url.href }, drop };
  }

  test('--dry-run lists what is missing and changes nothing; migrate applies it; again there is nothing to do', async () => {
    const empty = await emptyDatabase();
    try {
      const dry = await aisle(empty.env, ['migrate', '--dry-run', '--json']);
      const [{ pending } = { pending: [] }] = dry.json<{ pending: string[] }>();
      expect(pending[0]).toBe('000001_events.sql');
      const before = await aisle(empty.env, ['events']);
      expect([before.status, before.err.join()]).toEqual([1, expect.stringContaining('Run `aisle migrate` first.')]);
      expect((await aisle(empty.env, ['migrate'])).out).toEqual(pending.map((name) => `applied  ${name}`));
      expect((await aisle(empty.env, ['migrate', '--json'])).json()).toEqual([{ applied: [], newer: [] }]);
      expect((await aisle(empty.env, ['events'])).out).toEqual(['There is no event.']);

      const sql = openDatabase(empty.env.DATABASE_URL ?? '', { max: 1 });
      await sql`INSERT INTO schema_migrations (number, name, checksum) VALUES (999999, '999999_later.sql', '')`;
      const newer = await aisle(empty.env, ['migrate', '--dry-run']);
      expect(newer.out.join('\n')).toContain('1 newer than this build: 999999_later.sql');
      await sql`UPDATE schema_migrations SET checksum = 'other' WHERE number = 1`;
      const edited = await aisle(empty.env, ['events']);
      expect([edited.status, edited.err.join()]).toEqual([1, expect.stringContaining('000001_events.sql was edited')]);
      await sql.end({ timeout: 1 });
    } finally {
      await empty.drop();
    }
  });
});

describe('stores that are not there', () => {
  const nobody = (name: string): Record<string, string> => ({
    ...env,
    [name]: name === 'REDIS_URL' ? 'redis://127.0.0.1:1' : 'postgres://aisle@127.0.0.1:1/aisle',
  });

  test('without addresses it says where they come from', async () => {
    const { status, err } = await aisle({ AISLE_DATA_DIR: '/nowhere' }, ['events']);
    expect([status, err.join()]).toEqual([2, expect.stringContaining('Set DATABASE_URL and REDIS_URL')]);
    const wrong = await aisle({ ...env, REDIS_URL: 'cache:6379' }, ['events']);
    expect([wrong.status, wrong.err.join()]).toEqual([2, expect.stringContaining('REDIS_URL: a redis://')]);
  });

  test('Postgres away: 3, for every command', async () => {
    const away = nobody('DATABASE_URL');
    const erase = ['erase', '--subject', 'x', '--reason', 'x', '--yes'];
    for (const argv of [['events'], ['holds', event.id], ['switch', 'list'], ['keys', 'list'], ['migrate'], erase]) {
      const { status, err } = await aisle(away, argv);
      expect([argv[0], status]).toEqual([argv[0], 3]);
      expect(err.join()).toContain('`aisle doctor` looks');
    }
  });

  test('Redis away: what Postgres knows is told, a switch is set and found by the nodes themselves', async () => {
    const away = nobody('REDIS_URL');
    const events = await aisle(away, ['events', '--json']);
    expect(events.status).toBe(3);
    expect(events.json<{ id: string }>().find(({ id }) => id === event.id)).toMatchObject({
      redis: 'unknown',
      sold: null,
    });
    expect((await aisle(away, ['holds', event.id])).status).toBe(3);
    const set = await aisle(away, ['switch', 'set', 'no_hold_best', '--reason', 'x']);
    expect([set.status, set.err.join()]).toEqual([0, expect.stringContaining('by themselves within two seconds')]);
    expect((await readSwitches(world.sql)).switches.map(({ name }) => name)).toContain('no_hold_best');
    expect((await run('switch', 'clear', 'no_hold_best')).status).toBe(0);
  });
});
