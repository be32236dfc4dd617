import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SeatEvent } from '@aisle/client/protocol';
import { createSwitchBoard } from '../../server/src/db/switches/switch-board.js';
import { setSwitch } from '../../server/src/db/switches/switches.js';
import { openDatabase } from '../../server/src/db/client.js';
import { createMetrics } from '../../server/src/platform/metrics.js';
import { refusal, startHttpWorld, type HttpWorld } from './support/http-world.js';
import { silent } from './support/store-world.js';
import { startTcpProxy } from '../helpers/tcp-proxy.js';

let world: HttpWorld;
let event: SeatEvent;
beforeAll(async () => {
  world = await startHttpWorld();
  event = await world.onSale();
});
afterAll(() => world.stop());

const rows = async (): Promise<unknown> => {
  const [counts] = await world.store.sql`
    SELECT (SELECT count(*)::integer FROM switches) AS switches, (SELECT count(*)::integer FROM switch_changes) AS changes`;
  return counts;
};
const good = { value: true, reason: 'because' };
const list = Array.from({ length: 10_001 }, (_, i) => `s${i}`);

describe('G6 G8 what cannot be switched', () => {
  test.each<[string, string, Record<string, unknown>, string, string[]]>([
    ['an unknown name', 'stop', good, 'INVALID_REQUEST', ['name']],
    ['no reason', 'pause', { value: true }, 'INVALID_REQUEST', ['reason']],
    ['an empty reason', 'pause', { value: true, reason: '  ' }, 'INVALID_REQUEST', ['reason']],
    ['no value', 'pause', { reason: 'because' }, 'INVALID_REQUEST', ['value']],
    ['a wrong value', 'pause', { ...good, value: 'yes' }, 'INVALID_REQUEST', ['value']],
    ['false', 'no_hold_best', { ...good, value: false }, 'INVALID_REQUEST', ['value']],
    ['an unknown field', 'pause', { ...good, until: 'noon' }, 'INVALID_REQUEST', ['until']],
    ['a rate of none', 'holds_per_second', { ...good, value: 0 }, 'INVALID_REQUEST', ['value']],
    ['a rate of a part', 'holds_per_second', { ...good, value: 2.5 }, 'INVALID_REQUEST', ['value']],
    ['a rate in words', 'holds_per_second', { ...good, value: '5' }, 'INVALID_REQUEST', ['value']],
    ['a subject that is none', 'deny_subject', { ...good, value: ['ann', 'a b'] }, 'INVALID_REQUEST', ['value.1']],
    ['nobody', 'deny_subject', { ...good, value: [] }, 'INVALID_REQUEST', ['value']],
    ['too many', 'deny_subject', { ...good, value: list }, 'INVALID_REQUEST', ['value']],
    ['no range', 'deny_address', { ...good, value: ['192.0.2.0/33'] }, 'INVALID_REQUEST', ['value.0']],
    ['everybody', 'deny_address', { ...good, value: ['::/0'] }, 'INVALID_REQUEST', ['value.0']],
    ['an event for what is for all', 'no_new_sessions', { ...good, eventId: 'evt_x' }, 'INVALID_REQUEST', ['eventId']],
    ['an event id that is none', 'pause', { ...good, eventId: 'a b' }, 'INVALID_REQUEST', ['eventId']],
  ])('G6 G8 %s', async (_, name, body, code, paths) => {
    const before = await rows();
    const answer = await world.call('PUT', `/v1/switches/${name}`, { body });
    expect(refusal(answer)).toMatchObject({ status: 400, code, paths });
    expect(await rows()).toEqual(before);
  });

  test('G6 an event that does not exist', async () => {
    const before = await rows();
    const body = { ...good, eventId: 'evt_nowhere' };
    for (const answer of [
      await world.call('PUT', '/v1/switches/pause', { body }),
      await world.call('DELETE', '/v1/switches/pause?eventId=evt_nowhere'),
      await world.call('POST', '/v1/subjects/ann/drop-holds', { body: { reason: 'because', eventId: 'evt_nowhere' } }),
    ])
      expect(refusal(answer)).toMatchObject({ status: 404, code: 'EVENT_NOT_FOUND' });
    expect(await rows()).toEqual(before);
  });

  test.each([
    ['DELETE', '/v1/switches/stop', 'name'],
    ['DELETE', '/v1/switches/pause?event=x', 'event'],
    ['DELETE', '/v1/switches/deny_subject?eventId=evt_x', 'eventId'],
    ['GET', '/v1/switches/changes?cursor=abc', 'cursor'],
    ['GET', '/v1/switches/changes?limit=0', 'limit'],
  ])('G6 %s %s', async (method, path, fault) => {
    expect(refusal(await world.call(method, path))).toMatchObject({ status: 400, paths: [fault] });
  });

  test('G9 drop-holds wants a subject and a reason', async () => {
    const drop = (subject: string, body: object) => world.call('POST', `/v1/subjects/${subject}/drop-holds`, { body });
    expect(refusal(await drop('ann', {}))).toMatchObject({ status: 400, paths: ['reason'] });
    expect(refusal(await drop('a%20b', { reason: 'x' }))).toMatchObject({ status: 400, paths: ['subject'] });
  });

  test('G6 G9 an admin alone may', async () => {
    const before = await rows();
    for (const token of [null, await world.guest()])
      for (const [method, path, body] of [
        ['GET', '/v1/switches', undefined],
        ['GET', '/v1/switches/changes', undefined],
        ['PUT', '/v1/switches/pause', good],
        ['DELETE', '/v1/switches/pause', undefined],
        ['POST', '/v1/subjects/ann/drop-holds', { reason: 'x' }],
      ] as const)
        expect((await world.call(method, path, { token, ...(body === undefined ? {} : { body }) })).status).toBe(
          token === null ? 401 : 403,
        );
    expect(await rows()).toEqual(before);
  });
});

describe('G9 set, replaced, cleared', () => {
  test('G9 each change is a row, what was off already is none, pages go back to the first', async () => {
    const put = (value: unknown) =>
      world.call('PUT', '/v1/switches/holds_per_second', {
        body: { eventId: event.id, value, reason: String(value) },
      });
    expect((await put(5)).body).toMatchObject({
      name: 'holds_per_second',
      eventId: event.id,
      value: 5,
      setBy: 'admin',
      reason: '5',
    });
    await put(7);
    const { items } = (await world.call('GET', '/v1/switches')).body as { items: object[] };
    expect(items).toMatchObject([{ name: 'holds_per_second', value: 7 }]);
    const address = `/v1/switches/holds_per_second?eventId=${event.id}&reason=done`;
    expect((await world.call('DELETE', address)).status).toBe(204);
    expect((await world.call('DELETE', address)).status).toBe(204);
    const seen: unknown[] = [];
    for (let cursor = ''; ;) {
      const page = (await world.call('GET', `/v1/switches/changes?limit=1${cursor}`)).body as {
        items: { kind: string; value: unknown }[];
        nextCursor?: string;
      };
      seen.push(...page.items.map(({ kind, value }) => [kind, value]));
      if (page.nextCursor === undefined) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(seen).toEqual([
      ['cleared', null],
      ['set', 7],
      ['set', 5],
    ]);
  });
});

describe('Postgres away', () => {
  test('G6 the last known switches stay in force, and what came meanwhile is found afterwards', async () => {
    const url = new URL(world.store.databaseUrl);
    const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
    url.port = String(proxy.port);
    const sql = openDatabase(url.href);
    const set = (name: 'pause' | 'no_hold_best') =>
      setSwitch(world.store.sql, { name, eventId: null, value: true, actor: 'admin', reason: name });
    const board = createSwitchBoard({
      ...{ sql, logger: silent, metrics: createMetrics('board'), subscribe: () => undefined, pollMs: 50 },
    });
    await set('pause');
    await expect.poll(() => board.paused(event.id)).toEqual({ reason: 'pause' });
    proxy.refuse = true;
    proxy.cut();
    await set('no_hold_best');
    await expect(board.refresh()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(board.paused(event.id)).toEqual({ reason: 'pause' });
    expect(board.noHoldBest(event.id)).toBeNull();
    proxy.refuse = false;
    await expect.poll(() => board.noHoldBest(event.id), { timeout: 5000 }).toEqual({ reason: 'no_hold_best' });
    board.close();
    await sql.end({ timeout: 1 });
    await proxy.stop();
  });
});
