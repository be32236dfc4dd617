import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { play } from '../helpers/model-run.js';
import { history } from '../helpers/model-steps.js';
import { usePrivateRedis } from '../helpers/private-redis.js';

/** Known bugs put into the scripts on purpose: the model run must find every one, or its zeros mean nothing. */
/** The control: a change that changes nothing must pass. */
const NO_BUG = {
  name: 'none',
  file: 'lib/expire-hold.lua',
  find: 'local OPPORTUNE_LIMIT = 20',
  put: 'local OPPORTUNE_LIMIT = 20 + 0',
};

const BUGS: { name: string; file: string; find: string; put: string }[] = [
  {
    name: 'the request id is forgotten',
    file: 'lib/command.lua',
    find: 'if definitive(answer) then',
    put: 'if false then',
  },
  {
    name: 'the fingerprint is not compared',
    file: 'lib/command.lua',
    find: 'if remembered[1] ~= call.fingerprint then',
    put: 'if false then',
  },
  {
    name: 'the holder is not checked',
    file: 'lib/command.lua',
    find: 'hold.subject ~= call.subject and not call.staff',
    put: 'false',
  },
  {
    name: 'inventory is not counted',
    file: 'lib/tx.lua',
    find: 'c.pending = c.pending + quantity',
    put: 'c.pending = c.pending + 0',
  },
  {
    name: 'the cap counts tokens, not places',
    file: 'lib/hold-codec.lua',
    find: 'places = places + a.quantity',
    put: 'places = places + 1',
  },
  {
    name: 'adding moves the deadline',
    file: 'hold.lua',
    find: '  expire_due(OPPORTUNE_LIMIT)',
    put: '  if hold then hold.expires_at = tx.now + tx.event.hold_ms end expire_due(OPPORTUNE_LIMIT)',
  },
  {
    name: 'another ticket type is not taken',
    file: 'hold.lua',
    find: 's.ticket_type ~= row.ticket_type then',
    put: 'false then',
  },
  {
    name: 'a seat named without a ticket type loses its own',
    file: 'hold.lua',
    find: "s.ticket_type ~= '' and s.ticket_type ~= row.ticket_type",
    put: 's.ticket_type ~= row.ticket_type',
  },
  {
    name: 'another ticket type is not logged',
    file: 'hold.lua',
    find: 'if more == 0 and #retyped == 0 then',
    put: "if more == 0 then for _, c in ipairs(retyped) do c.row.ticket_type = c.ticket_type end if #retyped > 0 then redis.call('HSET', KEYS[7], 'seats', format_seats(hold.seats)) end",
  },
  {
    name: 'another ticket type counts as a place more',
    file: 'hold.lua',
    find: 'refusal = more > 0 and over_cap(hold.subject, more, cap)',
    put: 'refusal = over_cap(hold.subject, more + #retyped, cap)',
  },
  {
    name: 'a lapsed seat in the way stays',
    file: 'lib/expire-hold.lua',
    find: 'if not read or not lapsed(hold) then',
    put: 'if true then',
  },
  {
    name: 'a house seat goes on sale when its hold ends',
    file: 'lib/expire-hold.lua',
    find: 'tx.move_seat(entry, s.no, s.cat, s.origin, false)',
    put: "tx.move_seat(entry, s.no, s.cat, 'a', false)",
  },
  { name: 'a group is taken in part', file: 'hold.lua', find: '  if #taken > 0 then', put: '  if #taken > 2 then' },
  {
    name: 'the deadline passes its cap',
    file: 'extend.lua',
    find: ', hold.max_expires_at)',
    put: ', hold.max_expires_at + 1000000)',
  },
  {
    name: 'whose order it is is not asked',
    file: 'lib/step.lua',
    find: 'hold.order_id == order_id',
    put: 'true',
  },
  {
    name: 'an effect is applied twice',
    file: 'settle.lua',
    find: "local marked = redis.call('GET', mark_key)",
    put: 'local marked = false',
  },
  {
    name: 'an effect of an earlier epoch is applied',
    file: 'settle.lua',
    find: 'if known or done then',
    put: 'if done then',
  },
  {
    name: 'a reserved hold lapses',
    file: 'lib/expire-hold.lua',
    find: "hold.state == 'held' and",
    put: "hold.state ~= 'expired' and",
  },
  {
    name: 'a sale leaves the seat in the hold of another',
    file: 'settle.lua',
    find: 'if not robbed[other][s.no] then',
    put: 'if true then',
  },
  {
    name: 'places of a sold area stay reserved',
    file: 'settle.lua',
    find: "tx.move_area(entry(), no, row.cat, 'r', 's', part)",
    put: "tx.move_area(entry(), no, row.cat, 'a', 's', part)",
  },
  {
    name: 'a reserved hold stays in the index of the sweep',
    file: 'lib/tx.lua',
    find: 'if h.indexed and h.indexed ~= h.state then',
    put: 'if false then',
  },
  {
    name: 'a failed order moves the deadline past its cap',
    file: 'unreserve.lua',
    find: 'math.min(tx.now + tx.event.hold_ms, hold.max_expires_at)',
    put: 'tx.now + tx.event.hold_ms',
  },
  {
    name: 'a guest takes more to the customer than the customer may have',
    file: 'transfer.lua',
    find: 'if tx.cap(to).sum + places_of(hold) > limit then',
    put: 'if false then',
  },
  {
    name: 'a clerk may add to a buyer’s hold what only a clerk may have',
    file: 'hold.lua',
    find: 'hold.subject == call.subject and max_places or 0',
    put: 'max_places',
  },
];

const store = usePrivateRedis();
const folders: string[] = [];
afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
});

async function plant({ file, find, put }: (typeof BUGS)[number]): Promise<URL> {
  const folder = await mkdtemp(join(tmpdir(), 'aisle-lua-'));
  folders.push(folder);
  await cp(new URL('../../server/src/redis/lua/', import.meta.url), folder, { recursive: true });
  const path = join(folder, file);
  const source = await readFile(path, 'utf8');
  expect(source, `${file} no longer has the line to spoil`).toContain(find);
  await writeFile(path, source.replaceAll(find, put));
  return pathToFileURL(`${folder}/`);
}

describe('planted bugs are found by the model run', () => {
  test('control: scripts read from another folder, unspoiled, agree with the model', async () => {
    const luaFolder = await plant(NO_BUG);
    await fc.assert(
      fc.asyncProperty(history, (steps) => play(store.redis, steps, luaFolder)),
      { numRuns: 100 },
    );
  });

  test.each(BUGS)('$name', { timeout: 300_000 }, async (bug) => {
    const luaFolder = await plant(bug);
    const result = await fc.check(
      fc.asyncProperty(history, (steps) => play(store.redis, steps, luaFolder)),
      { numRuns: 1500, endOnFailure: true, seed: 1 },
    );
    // Red because store and model differ, not because something else broke.
    expect(result.failed).toBe(true);
    expect(String(result.errorInstance)).toMatch(/AssertionError|corrupt|damaged data/);
  });
});
