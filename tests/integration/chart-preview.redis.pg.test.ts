import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import type { ChartPreview, SeatEvent } from '@aisle/client/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainChart } from '../helpers/buyers.js';
import { projectRoot } from '../helpers/project-root.js';
import { eventBody, refusal, startHttpWorld, testChart, type Answer, type HttpWorld } from './support/http-world.js';

/** A chart file is looked at before an event is made of it. */

let world: HttpWorld;
beforeAll(async () => {
  world = await startHttpWorld();
}, 60_000);
afterAll(() => world.stop());

const ask = (body: unknown, options = {}): Promise<Answer> =>
  world.call('POST', '/v1/charts/preview', { body, ...options });
async function preview(body: unknown): Promise<ChartPreview> {
  const answer = await ask(body);
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return answer.body as ChartPreview;
}
const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(`${projectRoot}/tests/fixtures/charts/${name}`, 'utf8')) as unknown;
const chartsKept = async (): Promise<number> => {
  const [row] = await world.deps.sql<{ n: number }[]>`SELECT count(*)::integer AS n FROM charts`;
  return row?.n ?? -1;
};
const NO_CHART = { chart: null, seats: 0, areas: 0, places: 0, categories: 0, sections: 0 };

describe('POST /v1/charts/preview', () => {
  test('C1 a good chart is counted and comes back as POST /v1/events takes it; nothing is kept', async () => {
    const before = await chartsKept();
    const { chart, ...counts } = await preview(testChart());
    expect(counts).toMatchObject({ faults: [], faultsTotal: 0, seats: 10, areas: 1, places: 30, categories: 2 });
    expect(await chartsKept()).toBe(before);
    const made = await world.call('POST', '/v1/events', { body: eventBody({ chart }) });
    expect(made.status).toBe(201);
    const stored = await world.call('GET', `/v1/events/${(made.body as SeatEvent).id}/chart`);
    expect(stored.body).toEqual(chart);
  });

  test('C3 C4 drawings of seats.io and pretix become charts, with notes of what was guessed', async () => {
    for (const name of ['club.seatsio.json', 'hall.pretix.json']) {
      const { chart, faults, seats, places, categories, notes } = await preview(fixture(name));
      expect(faults).toEqual([]);
      expect(chart?.format).toBe('aisle-chart/1');
      expect(seats).toBe(chart?.seats.length);
      expect(places).toBeGreaterThanOrEqual(seats);
      expect(categories).toBeGreaterThan(0);
      expect(Array.isArray(notes)).toBe(true);
      const prices = Object.fromEntries((chart?.categories ?? []).map(({ key }) => [key, 100]));
      expect((await world.call('POST', '/v1/events', { body: eventBody({ chart, prices }) })).status).toBe(201);
    }
  });

  test('C1 faults come with their place and kind, a hundred at most, and how many there are', async () => {
    const chart = plainChart(1, 4);
    const [first, second] = chart.seats;
    const bad = { ...chart, seats: [first, { ...second, id: first?.id, category: 'none' }, { id: 'x' }] };
    const { faults, faultsTotal, ...rest } = await preview(bad);
    expect(rest).toEqual({ ...NO_CHART, notes: [] });
    expect(faultsTotal).toBe(faults.length);
    expect(faults.map(({ code, path }) => `${code} ${path}`)).toEqual(
      expect.arrayContaining(['DUPLICATE_ID seats.1.id', 'UNKNOWN_CATEGORY seats.1.category', 'MISSING seats.2.x']),
    );
    const many = await preview({
      ...chart,
      seats: chart.seats.concat(plainChart(30, 40).seats).map(() => ({ id: '' })),
    });
    expect(many.faultsTotal).toBeGreaterThan(1200);
    expect(many.faults.length).toBeLessThanOrEqual(100);
    expect(many.faults.every(({ path }) => path.startsWith('seats.'))).toBe(true);
    const inDrawing = await preview({ subChart: { rows: [{ seats: [{ x: 1 }] }] }, categories: { list: [{}] } });
    expect(inDrawing.chart).toBeNull();
    expect(inDrawing.faults[0]?.path).toBe('categories.list.0.key');
  });

  test('C1 nested too deep to walk: refused, not a fault of the server', async () => {
    const deep = (levels: number): string => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);
    for (const raw of [
      deep(100_000),
      `{"subChart":${deep(5_000)}}`,
      `{"format":"aisle-chart/1","extra":${deep(5_000)}}`,
    ]) {
      const answer = await world.call('POST', '/v1/charts/preview', {
        ...{ raw, headers: { 'content-type': 'application/json' } },
      });
      expect([answer.status, refusal(answer).code]).toEqual([400, 'INVALID_REQUEST']);
    }
  });

  test('C1 a category key under which no price could be set is a fault of the chart', async () => {
    const text = JSON.stringify(plainChart(1, 2)).replaceAll('"A"', '"__proto__"');
    const { chart, faults } = await preview(JSON.parse(text));
    expect(chart).toBeNull();
    expect(faults[0]).toMatchObject({ path: 'categories.0.key' });
  });

  test.each([[{}], [[]], ['a chart'], [7], [null], [{ format: 'aisle-chart/9' }], [{ zones: 1 }]])(
    'C1 %j is no chart, and the answer says what would be one',
    async (file) => {
      const { faults, faultsTotal, ...rest } = await preview(file);
      expect(rest).toEqual({ ...NO_CHART, notes: [] });
      expect(faultsTotal).toBeGreaterThan(0);
      expect(faults[0]?.message).not.toBe('');
    },
  );

  test('C1 G5 what is no JSON, or too large, is refused as at the creation of an event; so is who may not create one', async () => {
    const raw = (text: string, type = 'application/json') => ({
      body: undefined,
      raw: text,
      headers: { 'content-type': type },
    });
    const path = '/v1/charts/preview';
    expect(refusal(await world.call('POST', path, raw('{"format":')))).toMatchObject({ status: 400 });
    expect(refusal(await world.call('POST', path, raw('')))).toMatchObject({ code: 'INVALID_REQUEST' });
    expect(refusal(await world.call('POST', path, raw('id,x,y', 'text/csv')))).toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
    });
    const huge = raw('x'.repeat(64 * 1024 * 1024 + 1));
    expect(refusal(await world.call('POST', path, huge))).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(refusal(await ask(testChart(), { token: await world.guest() }))).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('C1 200,000 seats: others get their turn between reading, checking and writing out', async () => {
    const chart = plainChart(400, 500);
    const [healthy, done] = [[] as number[], { value: false }];
    const looking = preview(chart).finally(() => (done.value = true));
    for (let turns = 0; !done.value; turns++) {
      healthy.push((await world.call('GET', '/healthz')).status);
      await turn();
      if (turns > 100_000) throw new Error('the preview does not come');
    }
    const { seats, places, faultsTotal } = await looking;
    expect({ seats, places, faultsTotal }).toEqual({ seats: 200_000, places: 200_000, faultsTotal: 0 });
    expect(healthy.length).toBeGreaterThanOrEqual(3);
    expect(healthy.every((status) => status === 200)).toBe(true);
  });
});
