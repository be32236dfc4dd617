import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Buyer, plainChart, sellEvent } from '../helpers/buyers.js';
import { lettersOf, useSystem } from '../helpers/system.js';
import { Traffic } from '../helpers/traffic.js';
import { redisLetters } from '../helpers/truth.js';
import { waitFor } from '../helpers/wait.js';

/* What a watcher missed comes back: by deltas, by a fresh map, or by the nodes' own looks at Redis. F1, F4, F8, I5. Pub/sub cut
 * each second: faults, row 12. */
const SEATS = 2000;
const system = useSystem({ nodes: 2, workers: 1 });

const pool = Array.from({ length: SEATS }, (_, seatNo) => seatNo);

async function onSale(): Promise<{ id: string; traffic: Traffic }> {
  const { id } = await sellEvent(system.aisle, plainChart(40, SEATS / 40));
  return { id, traffic: await Traffic.open(system.redis, system.sql, id, ['A']) };
}

describe('a client that was cut off', () => {
  test.each([
    [100, 'changes'],
    [100_000, 'map'],
  ] as const)(
    'F8: for %i changes resumes by %s, and ends with the exact map',
    { timeout: 180_000 },
    async (count, kind) => {
      const { id, traffic } = await onSale();
      const url = system.aisle.urls[0] ?? '';
      // Somebody else goes on watching on this node: the event stays mirrored.
      const other = await system.watch(url, id);
      const first = await Buyer.connect(url, 'cut', system.aisle.authSecret);
      const before = await first.send('subscribe', { eventId: id });
      if (!before.ok) throw new Error(before.error.code);
      first.close();

      await traffic.changes(count, pool);
      const again = await Buyer.connect(url, 'cut', system.aisle.authSecret);
      await waitFor(async () => lettersOf(other.map) === (await redisLetters(system.redis, id)), { timeoutMs: 10_000 });
      const answer = await again.send('subscribe', { eventId: id, epoch: before.epoch, seq: before.seq });
      if (!answer.ok) throw new Error(answer.error.code);
      expect(answer.seq).toBe(before.seq + count);
      expect({ changes: answer.changes !== undefined, map: answer.map !== undefined }).toEqual({
        changes: kind === 'changes',
        map: kind === 'map',
      });
      if (answer.changes !== undefined) {
        const letters = ['a'.repeat(SEATS)].join('').split('');
        for (let i = 0; i < answer.changes.length; i += 2)
          letters[Number(answer.changes[i])] = String(answer.changes[i + 1]);
        expect(letters.join('')).toBe(await redisLetters(system.redis, id));
        expect(answer.changes.length / 2).toBeLessThanOrEqual(count);
      }
      process.stdout.write(`resume after ${count} changes: ${kind}, ${JSON.stringify(answer).length} bytes\n`);
      again.close();
      other.close();
    },
  );

  test('F4 I5: the last message before silence lost: within 3 s', { timeout: 60_000 }, async () => {
    const { id, traffic } = await onSale();
    const watchers = await Promise.all(system.aisle.urls.map((url) => system.watch(url, id)));
    for (const round of [0, 1, 2]) {
      // On one connection, one after the other: nobody can have subscribed again in between.
      const kill = system.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      const hold = traffic.hold([round * 7], `last${round}`);
      expect(Number(await kill)).toBeGreaterThan(0);
      await hold;
      const truth = await redisLetters(system.redis, id);
      const silentAt = Date.now();
      for (const { map } of watchers)
        await waitFor(() => lettersOf(map) === truth, { timeoutMs: 3000, what: 'the lost last change' });
      process.stdout.write(`last message lost: found after ${Date.now() - silentAt} ms\n`);
    }
    watchers.forEach((watcher) => watcher.close());
  });

  test(
    'F4 I5: a last message that Redis never delivered, with every connection whole: within 3 s',
    { timeout: 60_000 },
    async () => {
      const { id } = await onSale();
      const watchers = await Promise.all(system.aisle.urls.map((url) => system.watch(url, id)));
      const silent = await unpublished();
      const traffic = await Traffic.open(system.redis, system.sql, id, ['A'], silent.folder);
      for (const round of [0, 1, 2]) {
        await traffic.hold([round * 7], `unheard${round}`);
        const truth = await redisLetters(system.redis, id);
        const silentAt = Date.now();
        for (const { map } of watchers)
          await waitFor(() => lettersOf(map) === truth, { timeoutMs: 3000, what: 'the change nobody heard of' });
        process.stdout.write(`last message never published: found after ${Date.now() - silentAt} ms\n`);
      }
      watchers.forEach((watcher) => watcher.close());
      await silent.remove();
    },
  );
});

/** The scripts without their PUBLISH. */
async function unpublished(): Promise<{ folder: URL; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'aisle-lua-'));
  await cp(new URL('../../server/src/redis/lua/', import.meta.url), folder, { recursive: true });
  const path = join(folder, 'lib/tx.lua');
  const source = await readFile(path, 'utf8');
  const spoiled = source.replace('    publish(from, to)\n', '');
  expect(spoiled).not.toBe(source);
  await writeFile(path, spoiled);
  return { folder: pathToFileURL(`${folder}/`), remove: () => rm(folder, { recursive: true }) };
}
