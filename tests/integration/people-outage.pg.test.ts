import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createApiKeys, newApiKey, type ApiKeys } from '../../server/src/auth/api-keys.js';
import { createRevocations, type Revocations } from '../../server/src/auth/revocations.js';
import { createSessions } from '../../server/src/auth/sessions.js';
import { insertApiKey, revokeApiKey } from '../../server/src/db/people/api-keys.js';
import { openDatabase, ping, type Sql } from '../../server/src/db/client.js';
import type { Actor } from '../../server/src/domain/actor.js';
import { createTestDatabase, type TestDatabase } from '../helpers/postgres.js';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js';
import { silent } from './support/store-world.js';

/** Longer than a key that was right is trusted unasked. */
const LATER_MS = 4000;

let database: TestDatabase;
let proxy: TcpProxy;
/** Past the proxy, for what other nodes do. */
let direct: Sql;
let sql: Sql;
let nowMs = Date.now();
const clock = (): number => nowMs;

const makeKey = async (): Promise<{ id: string; key: string }> => {
  const made = newApiKey();
  await insertApiKey(direct, {
    ...{ id: made.id, secretHash: made.secretHash, name: 'test', role: 'kiosk', subject: made.id },
    ...{ events: null, createdBy: 'test', expiresAt: null },
  });
  return { id: made.id, key: made.tokenOf(made.id) };
};
const open: Revocations[] = [];
const newList = (
  changes: { pollMs?: number; tell?: () => Promise<void>; subscribe?: (l: () => void) => void } = {},
) => {
  const list = createRevocations({
    ...{ sql, logger: silent, tell: () => Promise.resolve(), subscribe: () => undefined, pollMs: 60_000 },
    ...changes,
  });
  open.push(list);
  return list;
};
const known = (list: Revocations, actor: Actor): boolean | null => {
  try {
    return list.isRevoked(actor);
  } catch {
    return null;
  }
};
const actorOf = (subject: string, issuedAtMs: number | null): Actor => ({
  ...{ subject, role: 'customer' as const, expiresAtMs: null, events: null, maxSeats: null, tokenId: 'x', issuedAtMs },
});

beforeAll(async () => {
  database = await createTestDatabase();
  const url = new URL(database.url);
  proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  direct = openDatabase(database.url, { max: 2 });
  url.hostname = '127.0.0.1';
  url.port = String(proxy.port);
  sql = openDatabase(url.href, { max: 2 });
});
beforeEach(() => {
  nowMs = Date.now();
});
afterEach(async () => {
  for (const list of open.splice(0)) list.close();
  proxy.refuse = false;
  await expect.poll(() => codeOf(ping(sql))).toBeNull();
});
afterAll(async () => {
  await sql.end({ timeout: 1 });
  await direct.end({ timeout: 1 });
  await proxy.stop();
  await database.drop();
});
const away = (): void => {
  proxy.refuse = true;
  proxy.cut();
};
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => (error as { code?: unknown }).code,
  );

describe('A1 keys while Postgres is away', () => {
  test('known ones go on, unknown ones are UNAVAILABLE: neither let in nor called wrong', async () => {
    const keys: ApiKeys = createApiKeys({ sql, clock, logger: silent });
    const [seen, unseen] = [await makeKey(), await makeKey()];
    expect(await keys.authenticate(seen.key)).toMatchObject({ role: 'kiosk', tokenId: seen.id });
    away();
    nowMs += LATER_MS;
    expect(await keys.authenticate(seen.key)).toMatchObject({ role: 'kiosk', tokenId: seen.id });
    expect(await codeOf(keys.authenticate(unseen.key))).toBe('UNAVAILABLE');
    expect(await codeOf(keys.authenticate(`${seen.key.slice(0, -2)}AA`))).toBe('UNAVAILABLE');
    expect(await codeOf(keys.authenticate('ak_half'))).toBe('UNAUTHENTICATED');
  });

  test('a key revoked before is refused all the same, though it was known', async () => {
    const keys = createApiKeys({ sql, clock, logger: silent });
    const revocations = newList();
    const sessions = createSessions({
      ...{ adminKey: 'x'.repeat(30), roleClaim: 'role', maxRole: 'customer', clock, keys, revocations },
    });
    await expect.poll(() => known(revocations, actorOf('anybody', 0))).toBe(false);
    const { id, key } = await makeKey();
    expect(await sessions.authenticate(key)).toMatchObject({ tokenId: id });
    await revokeApiKey(direct, id, 'test');
    await revocations.changed();
    away();
    nowMs += LATER_MS;
    expect(await codeOf(sessions.authenticate(key))).toBe('UNAUTHENTICATED');
  });

  test('without any notice a revoked key is refused within seconds', async () => {
    const keys = createApiKeys({ sql, clock, logger: silent });
    const { id, key } = await makeKey();
    await keys.authenticate(key);
    await direct`UPDATE api_keys SET revoked_at = now() WHERE id = ${id}`;
    nowMs += LATER_MS;
    expect(await codeOf(keys.authenticate(key))).toBe('UNAUTHENTICATED');
  });
});

describe('A9 the list of what is revoked', () => {
  test('never read: UNAVAILABLE, so that nobody who was revoked gets in through a restart', async () => {
    away();
    const list = newList({ pollMs: 50 });
    expect(() => list.isRevoked(actorOf('ann', 0))).toThrow(/could not be checked/);
    proxy.refuse = false;
    await expect.poll(() => known(list, actorOf('ann', 0))).toBe(false);
  });

  test('Postgres away: nothing is revoked, and the caller is told so', async () => {
    const list = newList();
    await expect.poll(() => known(list, actorOf('ben', 0))).toBe(false);
    away();
    const revocation = { kind: 'subject', name: 'ben', notBeforeMs: nowMs, actor: 'test' } as const;
    expect(await codeOf(list.revoke(revocation))).toBe('UNAVAILABLE');
    expect(list.isRevoked(actorOf('ben', 0))).toBe(false);
  });

  test('a notice that was lost is made good by the poll; one that cannot be sent spoils nothing', async () => {
    const [here, there] = [
      newList({ tell: () => Promise.reject(new Error('Redis is away')) }),
      newList({ pollMs: 50 }),
    ];
    let heard = 0;
    there.onRevoked(() => (heard += 1));
    await here.revoke({ kind: 'subject', name: 'carla', notBeforeMs: nowMs, actor: 'test' });
    await expect.poll(() => known(there, actorOf('carla', nowMs))).toBe(true);
    expect(heard).toBeGreaterThanOrEqual(1);
    // To the millisecond: the session that is made next is good. Keys are not meant.
    expect(there.isRevoked(actorOf('carla', nowMs + 1))).toBe(false);
    expect(there.isRevoked(actorOf('carla', null))).toBe(false);
    // A JWT that does not say when it was issued may be from before.
    expect(there.isRevoked(actorOf('carla', 0))).toBe(true);
  });

  test('an earlier revocation does not weaken a later one, and rows go when no token can be that old', async () => {
    const list = newList();
    await direct`
      INSERT INTO revocations (kind, name, not_before, actor, at)
      VALUES ('subject', 'ancient', now(), 'test', now() - interval '32 days'),
        ('subject', 'old', now(), 'test', now() - interval '29 days')`;
    for (const notBeforeMs of [nowMs, nowMs - 1000])
      await list.revoke({ kind: 'subject', name: 'dora', notBeforeMs, actor: 'test' });
    await expect.poll(() => known(list, actorOf('dora', nowMs))).toBe(true);
    const later = newList();
    await expect.poll(() => known(later, actorOf('dora', nowMs))).toBe(true);
    const rows = await direct<
      { name: string }[]
    >`SELECT DISTINCT name FROM revocations WHERE name IN ('ancient', 'old')`;
    expect(rows.map(({ name }) => name)).toEqual(['old']);
  });
});
