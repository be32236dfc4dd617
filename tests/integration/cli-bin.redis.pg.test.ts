import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keys } from '../../server/src/redis/keys.js';
import { askBroker } from '../helpers/broker.js';
import { projectRoot } from '../helpers/project-root.js';
import { waitFor } from '../helpers/wait.js';
import { aisle, aisleProcess } from './support/command-line.js';
import { startStoreWorld, type StoreWorld, type WorldEvent } from './support/store-world.js';

let world: StoreWorld;
let event: WorldEvent;
let env: Record<string, string>;
let folder: string;
beforeAll(async () => {
  [world] = await Promise.all([startStoreWorld(), askBroker('/build')]);
  event = await world.newEvent();
  await world.rebuilder.loadEvent(event.id, 'publish');
  env = { DATABASE_URL: world.databaseUrl, REDIS_URL: world.server.url };
  folder = mkdtempSync(path.join(tmpdir(), 'aisle-bin-'));
}, 60_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world.stop();
});

const manifest = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as {
  version: string;
  bin: Record<string, string>;
};
const bin = path.join(projectRoot, manifest.bin.aisle ?? '');

describe('the program aisle', () => {
  test('package.json names it, a link to it works from anywhere, and it says its version', async () => {
    const link = path.join(folder, 'aisle');
    symlinkSync(bin, link);
    const said = await aisleProcess({}, ['--version'], { bin: link, cwd: folder });
    expect(said).toMatchObject({ status: 0, out: [manifest.version], err: [] });
  });

  test('where nothing is built it says what to do', async () => {
    mkdirSync(path.join(folder, 'bin'));
    const copy = path.join(folder, 'bin', 'aisle.mjs');
    copyFileSync(bin, copy);
    const said = await aisleProcess({}, ['events'], { bin: copy });
    expect([said.status, said.err.join()]).toEqual([2, expect.stringContaining('npm run build')]);
  });

  test('--help lists every command, and each has examples of its own', async () => {
    const help = await aisleProcess({}, ['--help']);
    expect([help.status, help.err]).toEqual([0, []]);
    expect(help.out.join('\n')).toMatch(/Exit status: 0 .* 1 .* 2 .* 3 /);
    const commands = [...help.out.join('\n').matchAll(/^ {2}([a-z-]+)(?: \[options\]| {2,})/gm)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'help');
    expect(commands.toSorted()).toEqual([
      'doctor',
      'drift',
      'erase',
      'events',
      'holds',
      'keys',
      'migrate',
      'read-models',
      'replay',
      'switch',
      'sync',
    ]);
    const texts = await Promise.all(commands.map(async (name) => (await aisle({}, [name, '--help'])).out));
    for (const [i, text] of texts.entries())
      expect([commands[i], text.join('\n')]).toEqual([commands[i], expect.stringContaining('Examples:')]);
  });

  test('N6 a mistake is a sentence and status 2, never a stack', async () => {
    const wrong: [string[], string][] = [
      [['evnets'], 'Did you mean events?'],
      [['events', '--jsn'], 'Did you mean --json?'],
      [['holds', 'nowhere'], 'There is no event nowhere.'],
      [['switch', 'throw'], "unknown command 'throw'"],
      [['events', 'one', 'two'], 'too many arguments'],
    ];
    for (const [argv, words] of wrong) {
      const { status, out, err } = await aisle(env, argv);
      expect([argv, status, out]).toEqual([argv, 2, []]);
      expect(err.join('\n')).toContain(words);
    }
    const said = await aisleProcess(env, ['holds', 'nowhere']);
    expect([said.status, said.out, said.err]).toEqual([2, [], ['aisle: There is no event nowhere.']]);
  });

  test('standard output is for what was asked, so that it can be piped', async () => {
    const events = await aisleProcess(env, ['events', '--json']);
    expect([events.status, events.err]).toEqual([0, []]);
    expect(events.json<{ id: string }>().map(({ id }) => id)).toEqual([event.id]);
    const key = await aisleProcess(env, ['keys', 'create', '--name', 'piped', '--role', 'kiosk']);
    expect(key.out).toEqual([expect.stringMatching(/^ak_[a-z0-9]{16}_[A-Za-z0-9_-]{43}$/)]);
    const refused = await aisleProcess(env, ['erase', '--subject', 'x', '--reason', 'x']);
    expect([refused.status, refused.out]).toEqual([2, []]);
  });

  test('a store that is away is status 3; the doctor says which', async () => {
    const away = { ...env, DATABASE_URL: 'postgres://aisle@127.0.0.1:1/aisle' };
    expect((await aisleProcess(away, ['events'])).status).toBe(3);
    const doctor = await aisleProcess(away, ['doctor', '--json']);
    expect(doctor.status).toBe(3);
    const [{ checks } = { checks: [] }] = doctor.json<{ checks: { check: string; level: string }[] }>();
    expect(checks.filter(({ level }) => level === 'away').map(({ check }) => check)).toEqual(['postgres']);
  });

  test('N6 R2 whoever reads stops reading: the event under way is loaded to its end, the others are left', async () => {
    const ids = [event.id];
    for (let i = 0; i < 2; i++) {
      const more = await world.newEvent();
      await world.rebuilder.loadEvent(more.id, 'publish');
      ids.push(more.id);
    }
    const slow = { ...env, AISLE_FAILPOINTS: 'load-after-map=delay:700' };
    const said = await aisleProcess(slow, ['sync', ...ids, '--online'], { deaf: true });
    expect(said.status).toBe(0);
    const epochs: number[] = [];
    for (const id of ids) {
      expect(await world.redis.hget(keys.event(id), 'loading')).toBeNull();
      epochs.push((await world.store.snapshot(id)).epoch);
    }
    expect(epochs).toEqual([2, 2, 1]);
  }, 30_000);

  test('N6 Ctrl-C ends what waits, with 130', async () => {
    // No worker runs: the log never comes to Postgres, and replay waits for it.
    await world.hold(event, [1], { holdMs: 60_000 });
    const connected = (): Promise<unknown> =>
      waitFor(
        async () => {
          const [row] = await world.sql`
            SELECT 1 FROM pg_stat_activity WHERE application_name = 'aisle command line' AND datname = current_database()`;
          return row !== undefined;
        },
        { timeoutMs: 30_000, what: 'the command' },
      );
    const startedAt = performance.now();
    const said = await aisleProcess(env, ['replay', event.id], {
      started: (pid) => void connected().then(() => process.kill(pid, 'SIGINT')),
    });
    expect([said.status, said.out, said.err]).toEqual([130, [], []]);
    expect(performance.now() - startedAt).toBeLessThan(25_000);
  }, 40_000);
});
