import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileChart } from '../../server/src/domain/chart/compile.js';
import { addBlocks, createBlockLedger, listBlocks } from '../../server/src/db/events/blocks.js';
import { readChart } from '../../server/src/db/events/charts.js';
import { openDatabase, sqlState, transaction, type Sql } from '../../server/src/db/client.js';
import { dueTransitions, findEvent, transition, type EventFields } from '../../server/src/db/events/events.js';
import { createEvent } from '../../server/src/db/events/write-event.js';
import { plainChart } from '../helpers/buyers.js';
import { createTestDatabase, type TestDatabase } from '../helpers/postgres.js';

let database: TestDatabase;
let sql: Sql;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = openDatabase(database.url);
});
afterAll(async () => {
  await sql.end({ timeout: 1 });
  await database.drop();
});

const chart = compileChart(plainChart(2, 5, [{ id: 'floor', capacity: 20 }]));
const FIELDS: EventFields = {
  ...{ name: 'Test', timezone: 'UTC', currency: 'EUR', publicStates: 'full', startsAt: '2031-01-01T00:00:00Z' },
  ...{ endsAt: null, description: null, venue: null, externalId: null, saleStartsAt: null, saleEndsAt: null },
  ...{ holdSeconds: 300, maxHoldSeconds: 900, reserveSeconds: 900, maxSeatsPerSubject: 10, prices: { A: 1, GA: 2 } },
};
const make = async (changes: Partial<EventFields> = {}): Promise<string> => {
  const result = await createEvent(sql, { fields: { ...FIELDS, ...changes }, chart, actor: 'test' });
  if (result.kind !== 'created') throw new Error(result.kind);
  return result.event.id;
};
const stateOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => sqlState(error),
  );
const RESTRICT_VIOLATION = '23001';

describe('a chart version is immutable', () => {
  test('no update, no delete, no truncate of charts and versions, by whatever statement', async () => {
    const id = await make();
    const statements = [
      `UPDATE charts SET document = 'x' WHERE hash = '${chart.hash}'`,
      `DELETE FROM charts WHERE hash = '${chart.hash}'`,
      'TRUNCATE charts CASCADE',
      `UPDATE event_charts SET version = 2 WHERE event_id = '${id}'`,
      `UPDATE event_charts SET chart_hash = chart_hash WHERE event_id = '${id}'`,
      `DELETE FROM event_charts WHERE event_id = '${id}'`,
      'TRUNCATE event_charts CASCADE',
      `UPDATE event_changes SET actor = 'other' WHERE event_id = '${id}'`,
      `DELETE FROM event_changes WHERE event_id = '${id}'`,
    ];
    for (const statement of statements)
      expect(await stateOf(sql.unsafe(statement)), statement).toBe(RESTRICT_VIOLATION);
    expect(await readChart(sql, chart.hash)).toEqual(chart.chart);
  });

  test('an event cannot point at a version that does not exist', async () => {
    const id = await make();
    expect(await stateOf(sql`UPDATE events SET chart_version = 2 WHERE id = ${id}`)).toBe('23503');
  });

  test('200,000 seats take little room and come back whole', async () => {
    const seats = Array.from({ length: 200_000 }, (_, i) => ({
      id: `s${i}`,
      x: i % 500,
      y: Math.floor(i / 500),
      category: 'A',
    }));
    const big = compileChart({ ...plainChart(1, 1), seats });
    const result = await createEvent(sql, { fields: { ...FIELDS, prices: { A: 1 } }, chart: big, actor: 'test' });
    expect(result.kind).toBe('created');
    const [row] = await sql<
      { bytes: number; places: number }[]
    >`SELECT length(document) AS bytes, places FROM charts WHERE hash = ${big.hash}`;
    expect(row?.places).toBe(200_000);
    expect(row?.bytes).toBeLessThan(3_000_000);
    expect((await readChart(sql, big.hash)).seats[199_999]).toEqual(seats[199_999]);
  });
});

describe('transitions', () => {
  test('of 10 at once one moves, the others find it there', async () => {
    const id = await make();
    const results = await Promise.all(
      Array.from({ length: 10 }, () => transition(sql, id, 'publish', { actor: 'test' })),
    );
    expect(results.filter(({ kind }) => kind === 'moved')).toHaveLength(1);
    expect(results.filter(({ kind }) => kind === 'same')).toHaveLength(9);
    expect((await findEvent(sql, id))?.event.version).toBe(2);
    expect(await transition(sql, 'nowhere', 'open', { actor: 'test' })).toEqual({ kind: 'not_found' });
  });

  test('saleStartsAt and saleEndsAt ask for theirs when due, and for nothing else', async () => {
    const past = new Date(Date.now() - 60_000).toISOString();
    const earlier = new Date(Date.now() - 120_000).toISOString();
    const future = new Date(Date.now() + 60_000).toISOString();
    const published = async (changes: Partial<EventFields>, ...steps: ('open' | 'pause')[]): Promise<string> => {
      const id = await make(changes);
      for (const step of ['publish', ...steps] as const) await transition(sql, id, step, { actor: 'test' });
      return id;
    };
    const opens = await published({ saleStartsAt: past, saleEndsAt: future });
    const closes = await published({ saleEndsAt: past }, 'open');
    const closesPaused = await published({ saleEndsAt: past }, 'open', 'pause');
    await published({ saleStartsAt: future });
    await published({ saleStartsAt: past }, 'open', 'pause');
    await published({ saleStartsAt: earlier, saleEndsAt: past });
    await make({ saleStartsAt: past });
    const due = await dueTransitions(sql);
    expect(due.toSorted((a, b) => a.eventId.localeCompare(b.eventId))).toEqual(
      [
        { eventId: opens, step: 'open' },
        { eventId: closes, step: 'close' },
        { eventId: closesPaused, step: 'close' },
      ].toSorted((a, b) => a.eventId.localeCompare(b.eventId)),
    );
    for (const { eventId, step } of due)
      expect((await transition(sql, eventId, step, { actor: 'schedule' })).kind).toBe('moved');
    expect(await dueTransitions(sql)).toEqual([]);
  });
});

describe('the block ledger (SPEC O6)', () => {
  const house = { label: 'house', reason: 'press', actor: 'clerk' };
  const shown = async (eventId: string) =>
    (await listBlocks(sql, eventId)).map(({ kind, placeNo, quantity }) => `${kind} ${placeNo} ${quantity}`);

  test('adds, leaves what was blocked, takes back exactly what it added', async () => {
    const eventId = await make();
    await addBlocks(sql, { eventId, seats: [1, 2], areas: [{ areaNo: 0, quantity: 3 }], ...house });
    const ledger = createBlockLedger(sql);
    const undo = await ledger.add({
      eventId,
      seats: [2, 3, 3],
      areas: [{ areaNo: 0, quantity: 4 }],
      ...house,
      label: 'late',
    });
    expect(await shown(eventId)).toEqual(['seat 1 1', 'seat 2 1', 'seat 3 1', 'area 0 7']);
    await undo();
    expect(await shown(eventId)).toEqual(['seat 1 1', 'seat 2 1', 'area 0 3']);
    expect((await listBlocks(sql, eventId))[0]).toMatchObject({ label: 'house', reason: 'press', actor: 'clerk' });
  });

  test('removes what is there, gives back exactly that', async () => {
    const eventId = await make();
    const ledger = createBlockLedger(sql);
    await ledger.add({ eventId, seats: [1, 2], areas: [{ areaNo: 0, quantity: 3 }], ...house });
    const undo = await ledger.remove({
      eventId,
      seats: [2, 4],
      areas: [{ areaNo: 0, quantity: 9 }],
      label: '',
      reason: '',
      actor: 'x',
    });
    expect(await shown(eventId)).toEqual(['seat 1 1']);
    await undo();
    expect(await shown(eventId)).toEqual(['seat 1 1', 'seat 2 1', 'area 0 3']);
    expect((await listBlocks(sql, eventId))[1]).toMatchObject({ label: 'house', actor: 'clerk' });
  });

  test('10,000 seats in one call; crossing calls do not deadlock', async () => {
    const eventId = await make();
    const ledger = createBlockLedger(sql);
    const seats = Array.from({ length: 10_000 }, (_, i) => i);
    const calls = [seats, seats.toReversed(), seats, seats.toReversed()];
    await Promise.all(calls.map((list) => ledger.add({ eventId, seats: list, areas: [], ...house })));
    expect(await listBlocks(sql, eventId)).toHaveLength(10_000);
    await Promise.all(calls.map((list) => ledger.remove({ eventId, seats: list, areas: [], ...house })));
    expect(await listBlocks(sql, eventId)).toEqual([]);
  });
});

test('a transaction that throws leaves nothing and keeps its error', async () => {
  const id = await make();
  const work = transaction(sql, async (tx) => {
    await tx`UPDATE events SET name = 'gone' WHERE id = ${id}`;
    throw new RangeError('no');
  });
  await expect(work).rejects.toThrow(RangeError);
  expect((await findEvent(sql, id))?.event.name).toBe('Test');
});
