import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCommandConnection } from '../../server/src/redis/connection.js';
import { play, step } from '../helpers/model-run.js';
import { startRedis, type TestRedis } from '../helpers/redis.js';

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
];

let server: TestRedis;
let redis: Redis;
const folders: string[] = [];
beforeAll(async () => {
  server = await startRedis();
  redis = openCommandConnection(server.url);
  await new Promise((resolve) => redis.once('ready', resolve));
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
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
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), (history) => play(redis, history, luaFolder)),
      { numRuns: 100 },
    );
  });

  test.each(BUGS)('$name', { timeout: 60_000 }, async (bug) => {
    const luaFolder = await plant(bug);
    const result = await fc.check(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), (history) => play(redis, history, luaFolder)),
      { numRuns: 1500, endOnFailure: true, seed: 1 },
    );
    // Red because store and model differ, not because something else broke.
    expect(result.failed).toBe(true);
    expect(String(result.errorInstance)).toMatch(/AssertionError|corrupt|damaged data/);
  });
});
