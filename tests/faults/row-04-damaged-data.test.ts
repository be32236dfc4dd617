import type { Redis } from 'ioredis';
import { readdirSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { readAudit } from '../../server/src/redis/audit.js';
import { markBehind } from '../../server/src/redis/behind.js';
import { createReadCaches } from '../../server/src/redis/caches.js';
import { keys, LAYOUT_VERSION } from '../../server/src/redis/keys.js';
import { createLiveReads } from '../../server/src/redis/live-reads.js';
import {
  createEventLoad,
  findStraySeats,
  readHolds,
  type EventLoad,
  type FoundHold,
} from '../../server/src/redis/loader.js';
import { decodeLogEntry } from '../../server/src/redis/log-codec.js';
import { beginMark, completeMark } from '../../server/src/redis/mark.js';
import { usePrivateRedis } from '../helpers/private-redis.js';
import { DamageScene, DAN, EVENT } from './support/damage-scene.js';
import { reportRow } from './support/report.js';
import { FULL, times } from './support/scale.js';

/*
 * Row 4, S2: what each call of each script touches is listened to (MONITOR); then, for one key and one field of it after the
 * other, that value is made one of the wrong kind and the call is made again. It may be refused, with nothing changed at all; or
 * it may have had no need of that value, or mend it.
 */
const started = usePrivateRedis();
let redis: Redis;
let scene: DamageScene;

beforeAll(() => {
  redis = started.redis;
  scene = new DamageScene(redis);
});

/** A call, after what has to come before it. */
interface Call {
  readonly before?: () => Promise<unknown>;
  readonly call: () => Promise<unknown>;
}

const CARRIED: FoundHold = {
  ...{ token: DAN, subject: 'dan', state: 'reserved', orderId: 'ord_dan', createdAtMs: 1, expiresAtMs: 9e12 },
  ...{ maxExpiresAtMs: 9e12, reservedAtMs: 1, areas: [], seats: [{ seatNo: 6, catNo: 0, origin: 'a' }] },
};
const COUNTS = { capacity: 9, held: 0, reserved: 1, sold: 1, blocked: 1 };
const FLIPPED = {
  ...{ version: 2, status: 'on_sale', chartVersion: 1, layoutVersion: LAYOUT_VERSION, seats: 9, areas: 1 },
  ...{ categoryKeys: ['A', 'B'], holdMs: 1000, maxHoldMs: 2000, maxPlaces: 10, logLimit: 1000 },
};
const ORDER = { orderId: 'ord_1', eventId: EVENT, version: 2, tickets: [] };

/** What is not a command: loading, configuration, reads, caches. */
function others(): Record<string, Call> {
  const load = (): EventLoad => createEventLoad(redis, EVENT, 2);
  const caches = createReadCaches(redis);
  const before = (): Promise<unknown> => load().begin();
  const seen = [1, 2, 3].map((atMs) => ({ subject: `s${atMs}`, atMs }));
  let mark = '';
  return {
    'load-begin': { call: () => load().begin() },
    'load-map': { before, call: () => load().writeMap(new TextEncoder().encode('a'.repeat(9)), [0, 6]) },
    'load-counts': {
      before,
      call: () => load().writeCounts([COUNTS], [{ key: 'A', total: 9, sold: 1, pending: 1, available: 7 }], ['B']),
    },
    'load-holds': {
      before,
      call: () => load().writeHolds([CARRIED], [{ token: `${EVENT}.bob`, subject: 'bob', tombstone: true }]),
    },
    'load-flip': { before, call: () => load().flip(FLIPPED) },
    configure: {
      call: () =>
        scene.store.configure({
          ...{ eventId: EVENT, version: 5, status: 'paused', holdMs: 1, maxHoldMs: 2, maxPlaces: 3 },
        }),
    },
    behind: { call: () => markBehind(redis, EVENT, { found: 'test' }) },
    mark: {
      before: async () => (mark = await beginMark(redis)),
      call: () => completeMark(redis, mark, { evictedKeys: 0 }),
    },
    snapshot: { call: () => scene.store.snapshot(EVENT) },
    audit: { call: () => readAudit(redis, EVENT) },
    'load-strays': { call: () => findStraySeats(redis, EVENT, 9) },
    'load-read': { call: () => readHolds(redis, EVENT) },
    holders: { call: () => createLiveReads(redis).holders(EVENT) },
    holds: { call: () => scene.store.allHolds(EVENT, 0, 10) },
    'holds of a subject': { call: () => scene.store.holdsOf(EVENT, 'ann') },
    reserved: { call: () => scene.store.reservedHolds(EVENT, 10) },
    'cache-put': {
      before: () => caches.fillTickets('s1', [{ ...ORDER, version: 1 }]),
      call: () => caches.updateTickets('s1', [ORDER]),
    },
    'cache-seen': { before: () => caches.seen('other', seen), call: () => caches.seen(EVENT, seen) },
  };
}

async function prepare({ before }: Call): Promise<void> {
  await scene.lay();
  await before?.();
}

/** Keys that the scripts of a call touch, in the order of the first access. */
async function touched(call: Call): Promise<string[]> {
  await prepare(call);
  const monitor = await redis.monitor();
  const found: string[] = [];
  // Arguments that are keys: everything here but the mark and the caches has its event in braces.
  const isKey = (text: string): boolean => /[{:]/.test(text) && /^[\w:.-]*(\{\w+\})?[\w:.-]*$/.test(text);
  monitor.on('monitor', (_time: string, args: string[], _source: string, database: string) => {
    if (database === 'lua' || _source === 'lua') found.push(...args.slice(1).filter(isKey));
  });
  const ready = new Promise<void>((resolve) => {
    monitor.on('monitor', (_time: string, args: string[]) => {
      if (args[0]?.toUpperCase() === 'ECHO') resolve();
    });
  });
  await call.call();
  await redis.echo('over');
  await ready;
  monitor.disconnect();
  return [...new Set(found)].filter((key) => !key.startsWith('request:'));
}

type Damage = { readonly what: string; readonly plant: () => Promise<unknown> };

/** All that can be wrong with what is stored under a key; in short, its kind alone. */
async function damagesOf(key: string): Promise<Damage[]> {
  const kind = await redis.type(key);
  const other = async (): Promise<void> => {
    await redis.del(key);
    await (kind === 'string' ? redis.lpush(key, 'no') : redis.set(key, 'no'));
  };
  const damages: Damage[] = [{ what: `${key} of the wrong kind`, plant: other }];
  if (kind === 'none') damages.push({ what: `${key} a list`, plant: () => redis.lpush(key, 'no') });
  if (kind === 'string') damages.push({ what: `${key} other text`, plant: () => redis.set(key, 'x1') });
  if (FULL && kind === 'hash') {
    for (const field of await redis.hkeys(key)) {
      for (const value of ['x1', '']) {
        damages.push({ what: `${key} ${field} "${value}"`, plant: () => redis.hset(key, field, value) });
      }
      damages.push({ what: `${key} without ${field}`, plant: () => redis.hdel(key, field) });
    }
  }
  return damages;
}

const isRefused = (answer: unknown): boolean =>
  typeof answer === 'object' && answer !== null && 'ok' in answer && answer.ok === false;

/** Kinds of what came into the log after its first `known` entries. */
async function kindsSince(known: number): Promise<string[]> {
  const entries = await redis.xrange(keys.log(EVENT), '-', '+').catch(() => []);
  return entries.slice(known).map(([id, fields]) => decodeLogEntry(id, fields).kind);
}

async function changedBy(call: Call, { what, plant }: Damage, halfDone: string[]): Promise<'refused' | 'carried on'> {
  await prepare(call);
  await plant();
  const before = await scene.everything();
  const logged = await redis.xlen(keys.log(EVENT)).catch(() => 0);
  // null: it failed.
  const answer = await call.call().catch(() => null);
  if (answer !== null && !isRefused(answer)) return 'carried on';
  const after = await scene.everything();
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) => !key.startsWith('request:') && before.get(key)?.equals(after.get(key) ?? Buffer.from('')) !== true,
  );
  // Whoever is refused may have freed a hold that had lapsed (H2): that one whole, and logged.
  const lapsed = answer !== null && (await kindsSince(logged)).join() === 'expire';
  if (!lapsed && changed.length > 0) halfDone.push(`${what}: ${changed.join(' ')}`);
  return 'refused';
}

test(
  'S2 row 4: an error at each access of each script changes nothing',
  { timeout: FULL ? 900_000 : 60_000 },
  async () => {
    const calls: Record<string, Call> = others();
    for (const [name, call] of Object.entries(scene.calls)) calls[name] = { call };
    const scripts = readdirSync(new URL('../../server/src/redis/lua/', import.meta.url))
      .filter((file) => file.endsWith('.lua'))
      .map((file) => file.replace('.lua', ''));
    const covered = new Set(Object.keys(calls).map((name) => name.split(' ')[0]));
    expect(scripts.filter((script) => !covered.has(script))).toEqual([]);

    const halfDone: string[] = [];
    const tally = { keys: 0, refused: 0, 'carried on': 0 };
    for (const [name, call] of Object.entries(calls)) {
      const found = await touched(call);
      expect(found, name).not.toEqual([]);
      tally.keys += found.length;
      await prepare(call);
      const damages = (await Promise.all(found.map(damagesOf))).flat();
      for (const damage of damages) {
        tally[await changedBy(call, { ...damage, what: `${name}: ${damage.what}` }, halfDone)]++;
      }
    }
    expect(halfDone).toEqual([]);
    expect(tally.refused).toBeGreaterThan(times(100, 1000));
    reportRow({
      row: 4,
      what: 'every value that a script reads or writes made one of the wrong kind, one after the other',
      ran: `${scripts.length} scripts in ${Object.keys(calls).length} calls, ${tally.keys} keys, ${tally.refused + tally['carried on']} damages`,
      result: `${tally.refused} refused with 0 keys changed; ${tally['carried on']} had no need of it or mended it`,
    });
  },
);
