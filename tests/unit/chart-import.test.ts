import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Chart, Point } from '@aisle/client/protocol';
import { compileChart } from '../../server/src/domain/chart/compile.js';
import {
  detectFormat,
  importChart,
  importCsv,
  importPretix,
  importSeatsio,
  type ImportResult,
} from '../../server/src/domain/chart/importers/index.js';
import { validateChart } from '../../server/src/domain/chart/validate.js';
import { main } from '../../launcher/src/import-chart.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/charts/${name}`, import.meta.url));
const textOf = (name: string): string => readFileSync(fixture(name), 'utf8');
const jsonOf = (name: string): Record<string, unknown> => JSON.parse(textOf(name)) as Record<string, unknown>;
const shared = (name: string): string => fileURLToPath(new URL(`../../../shared/charts/${name}`, import.meta.url));

function chartOf(result: ImportResult): Chart {
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  expect(validateChart(result.chart).ok).toBe(true);
  return result.chart;
}
const notesOf = (result: ImportResult): string => (result.ok ? result.notes.join('\n') : '');
const faultsOf = (result: ImportResult): string[] =>
  result.ok ? [] : result.faults.map((fault) => `${fault.path} ${fault.code}`);
/** Sets the value at a dotted path. */
function changed(source: unknown, path: string, value: unknown): unknown {
  const copy = structuredClone(source);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const holder = keys.reduce((at, key) => (at as Record<string, unknown>)[key], copy) as Record<string, unknown>;
  holder[last] = value;
  return copy;
}
function inside(outline: readonly Point[], { x, y }: Point): boolean {
  let odd = false;
  outline.forEach((a, i) => {
    const b = outline[(i + 1) % outline.length] ?? a;
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) odd = !odd;
  });
  return odd;
}

describe('C3 seats.io', () => {
  const result = importSeatsio(jsonOf('club.seatsio.json'));
  const chart = chartOf(result);
  const seat = (id: string) => chart.seats.find((each) => each.id === id);

  test('labels are those of seats.io itself: section, row or table, seat', () => {
    expect(chart.seats.map((each) => each.id)).toEqual([
      'A-1',
      'A-2',
      'A-2 (2)',
      'Bar-B-1',
      'T1-1',
      'T1-2',
      'T2-1',
      'K9',
      'Gallery-A-1',
      'Gallery-A-2',
      'Gallery-B-1',
      'Gallery (2)-A-1',
    ]);
    expect(notesOf(result)).toContain('"A-2" became "A-2 (2)"');
    expect(notesOf(result)).toContain('"Gallery (2)"');
  });
  test('the category is that of the seat, else of its row or table, else of its section, else by label', () => {
    const category = (id: string) => seat(id)?.category;
    expect([category('A-1'), category('T1-1'), category('Gallery-A-1'), category('Bar-B-1')]).toEqual([
      '3',
      '1',
      '1',
      '1',
    ]);
    expect(chart.categories.map(({ key, label, color }) => [key, label, color])).toEqual([
      ['1', 'Tables', '#aa3355'],
      ['std', 'Standing', '#33aa55'],
      ['3', 'Wheelchairs', '#3355aa'],
    ]);
  });
  test('accessible (by seat or category), companion, restricted view, entrances and other features', () => {
    expect(seat('A-1')).toMatchObject({ accessible: true });
    expect(seat('A-2')).toMatchObject({ companion: true, extra: { hearingImpaired: true } });
    expect(seat('A-2')?.accessible).toBeUndefined();
    expect(seat('A-2 (2)')).toMatchObject({ restrictedView: true, entrance: 'Door 2', row: 'A', number: '2' });
    expect(chart.sections.find((section) => section.key === 'Gallery')?.entrance).toBe('Stairs');
  });
  test('chairs of tables become seats, a booth becomes one seat, with notes', () => {
    expect(seat('T1-2')).toMatchObject({ row: 'T1', number: '2', x: 60, y: 180, extra: { table: 'T1' } });
    expect(seat('K9')).toMatchObject({ x: 350, y: 200, category: '1', extra: { booth: true } });
    expect(notesOf(result)).toMatch(/tables booked as a whole.*T1/);
    expect(notesOf(result)).toMatch(/booths became one seat each/);
  });
  test('areas: rectangle, polygon, turned ellipse; one without capacity is left out', () => {
    const [pit, nook, rail] = chart.areas;
    expect(chart.areas.map((area) => [area.id, area.capacity])).toEqual([
      ['Pit', 250],
      ['Nook', 12],
      ['Gallery-Rail', 8],
    ]);
    expect(pit).toMatchObject({ x: 150, y: 240, width: 100, height: 40 });
    expect(pit?.outline).toBeUndefined();
    expect(nook).toMatchObject({
      x: 10,
      y: 210,
      width: 40,
      height: 40,
      outline: [
        { x: 10, y: 210 },
        { x: 50, y: 210 },
        { x: 30, y: 250 },
      ],
    });
    expect(rail?.outline?.length).toBeGreaterThan(20);
    expect(rail?.section).toBe('Gallery');
    expect(notesOf(result)).toContain('areas without capacity are left out (Closed)');
  });
  test('floors drawn over each other are moved apart whole: seats, outlines, areas, focal points', () => {
    const down = (seat('Gallery-A-1')?.y ?? 0) - (39 + 11);
    expect(down).toBeGreaterThan(240);
    expect(seat('Gallery-A-1')?.x).toBe(99 + 11);
    const [, gallery, second] = chart.sections;
    expect(gallery?.outline?.[0]).toEqual({ x: 100, y: 40 + down });
    expect(gallery?.focalPoint).toEqual({ x: 200, y: 10 + down });
    expect(second).toMatchObject({ focalPoint: { x: 500, y: -40 + down }, extra: { zone: 'North side' } });
    for (const each of chart.seats.filter(({ section }) => section?.startsWith('Gallery'))) {
      expect(inside(chart.sections.find(({ key }) => key === each.section)?.outline ?? [], each)).toBe(true);
    }
    expect(chart.focalPoint).toEqual({ x: 200, y: 10 });
  });
  test('shapes and texts are kept as decoration', () => {
    expect(chart.shapes.map((shape) => [shape.type, shape.role])).toEqual([
      ['ellipse', 'table'],
      ['polygon', 'table'],
      ['polygon', 'booth'],
      ['rect', 'stage'],
      ['ellipse', 'shape'],
      ['polygon', 'shape'],
      ['text', 'text'],
    ]);
    expect(chart.shapes[3]).toMatchObject({ x: 140, y: 0, width: 120, height: 30, radius: 4, label: 'Stage' });
    expect(notesOf(result)).toContain('decorations of an unknown kind are left out (hologram)');
  });
  test('a section drawn at another scale fits its outline', () => {
    const half = (file: unknown, path: string, factor: number): unknown => changed(file, path, factor);
    let file: unknown = half(jsonOf('club.seatsio.json'), 'sectionScaleFactor', 50);
    const inner = 'subChartFloors.1.sections.0.subChart';
    file = changed(changed(file, `${inner}.width`, 204), `${inner}.rows.0.seats.1.x`, 62);
    const scaled = chartOf(importSeatsio(file));
    expect(scaled.seats.find((each) => each.id === 'Gallery-A-2')?.x).toBe(99 + 31);
  });
  test('without a focal point the middle of the stage is taken', () => {
    const plain = changed(changed(jsonOf('club.seatsio.json'), 'subChartFloors.0.focalPoint', null), 'zones', {
      list: [],
    });
    expect(chartOf(importSeatsio(plain)).focalPoint).toEqual({ x: 200, y: 15 });
  });

  const seatPath = 'subChartFloors.1.sections.0.subChart.rows.0.seats.1';
  test.each<[string, unknown, string]>([
    [`${seatPath}.x`, null, `${seatPath}.x NOT_FINITE`],
    [`${seatPath}.y`, 'far', `${seatPath}.y NOT_FINITE`],
    [`${seatPath}.categoryKey`, 77, `${seatPath}.categoryKey UNKNOWN_CATEGORY`],
    [
      'subChartFloors.0.generalAdmissionAreas.0.capacity',
      null,
      'subChartFloors.0.generalAdmissionAreas.0.capacity WRONG_VALUE',
    ],
    ['subChartFloors.0.generalAdmissionAreas.0.center', null, 'subChartFloors.0.generalAdmissionAreas.0 NOT_FINITE'],
    ['categories.list.1.key', 1, 'categories.list.1.key DUPLICATE_KEY'],
    ['categories.list.0.key', null, 'categories.list.0.key MISSING'],
    ['subChartFloors', [], 'subChart MISSING'],
    ['subChartFloors', [7], 'subChart MISSING'],
  ])('%s = %j is a fault that says where', (path, value, expected) => {
    expect(faultsOf(importSeatsio(changed(jsonOf('club.seatsio.json'), path, value)))).toContain(expected);
  });
  test('seats without any category can still be sold', () => {
    const file = changed(
      changed(jsonOf('club.seatsio.json'), 'subChartFloors.0.tables.0.categoryKey', null),
      'subChartFloors.0.booths',
      [],
    );
    const imported = importSeatsio(file);
    expect(chartOf(imported).seats.find((each) => each.id === 'T1-1')?.category).toBe('uncategorised');
    expect(notesOf(imported)).toContain('uncategorised');
  });
  test('sections nested without end are a fault', () => {
    let section: unknown = { label: 'x', topLeft: { x: 0, y: 0 }, subChart: {} };
    for (let i = 0; i < 1000; i++) section = { label: 'x', topLeft: { x: 0, y: 0 }, subChart: { sections: [section] } };
    expect(faultsOf(importSeatsio({ subChart: { sections: [section] } })).join()).toContain('TOO_DEEP');
  });
  test('20,000 seats of one label are made unique in a moment', () => {
    const seats = Array.from({ length: 20_000 }, (_, x) => ({ x, y: 0, label: '1', categoryKey: 1 }));
    const chartOfOne = chartOf(
      importSeatsio({ categories: { list: [{ key: 1, label: 'A' }] }, subChart: { rows: [{ label: 'A', seats }] } }),
    );
    expect(chartOfOne.seats.at(-1)?.id).toBe('A-1 (20000)');
  });
});

/** Real files that stay where they are; the fixtures above exercise the same code where they are absent. */
describe.runIf(existsSync(shared('race-track.seatsio.json')))('C3 seats.io: real charts', () => {
  test('race-track: 8,897 seats in 4 stands at their right places', () => {
    const chart = chartOf(importChart(readFileSync(shared('race-track.seatsio.json'), 'utf8')));
    const outlines = new Map(chart.sections.map((section) => [section.key, section.outline ?? []]));
    expect(chart.seats).toHaveLength(8897);
    expect([...outlines.keys()]).toEqual(['Goal Stand 4', 'Goal Stand 3', 'MT1', 'MT3']);
    expect(chart.seats.filter((seat) => !inside(outlines.get(seat.section ?? '') ?? [], seat))).toEqual([]);
    expect([...outlines.keys()].map((key) => chart.seats.filter((seat) => seat.section === key).length)).toEqual([
      650, 2215, 2418, 3614,
    ]);
    expect(chart.seats[0]).toMatchObject({
      id: 'Goal Stand 4-A-1',
      row: 'A',
      number: '1',
      x: 40411.23,
      y: 22994.06,
      category: '1',
    });
    expect(chart.sections.map((section) => section.focalPoint?.x)).toEqual([15445.45, 15445.45, 43627.27, 43627.27]);
    const compiled = compileChart(chart);
    expect(compiled.runs).toHaveLength(131);
    expect([...compiled.categoryTotals]).toEqual([2865, 6032]);
  });
  test('small-theatre: 32 seats and two areas of 100', () => {
    const chart = chartOf(importChart(readFileSync(shared('small-theatre.seatsio.json'), 'utf8')));
    expect(chart.seats.map((seat) => seat.id).slice(0, 9)).toEqual([
      'A-1',
      'A-2',
      'A-3',
      'A-4',
      'A-5',
      'A-6',
      'A-7',
      'A-8',
      'B-1',
    ]);
    expect(chart.seats.filter((seat) => seat.accessible).map((seat) => seat.id)).toEqual(['A-7']);
    expect(chart.areas.map((area) => [area.id, area.capacity, area.ellipse])).toEqual([
      ['GA1', 100, true],
      ['GA2', 100, true],
    ]);
    expect(chart.focalPoint).toEqual({ x: 225, y: 33.23 });
  });
});

describe('C4 pretix', () => {
  const result = importPretix(jsonOf('hall.pretix.json'));
  const chart = chartOf(result);

  test('a seat stands at zone + row + seat position and is known by its guid', () => {
    expect(
      chart.seats.map(({ id, section, row, number, x, y, category }) => [id, section, row, number, x, y, category]),
    ).toEqual([
      ['guid-1', 'Parquet', '1', '1', 110, 85, 'Front'],
      ['guid-2', 'Parquet', '1', '2', 135, 86.5, 'Front'],
      ['Parquet-2-7', 'Parquet', '2', '7', 103, 120, 'uncategorised'],
      ['guid-x', undefined, 'X', '1', 0, 300, 'Back'],
    ]);
    expect(chart.name).toBe('Village Hall');
    expect(chart.sections.map((section) => section.key)).toEqual(['Parquet']);
    expect(notesOf(result)).toContain('seats without seat_guid');
  });
  test('areas are decoration, and the stage is the focal point', () => {
    expect(chart.areas).toEqual([]);
    expect(chart.shapes.map((shape) => shape.type)).toEqual([
      'rect',
      'text',
      'polygon',
      'ellipse',
      'ellipse',
      'polygon',
      'text',
    ]);
    expect(chart.shapes[0]).toEqual({
      type: 'rect',
      x: 120,
      y: 20,
      width: 200,
      height: 40,
      fill: '#cccccc',
      stroke: '#000000',
      role: 'stage',
    });
    expect(chart.shapes[2]).toMatchObject({
      points: [
        { x: 100, y: 80 },
        { x: 100, y: 90 },
        { x: 80, y: 90 },
        { x: 80, y: 80 },
      ],
    });
    expect(chart.focalPoint).toEqual({ x: 220, y: 40 });
    expect(notesOf(result)).toContain('(cloud)');
  });

  const seatPath = 'zones.0.rows.0.seats.1';
  test.each<[string, unknown, string]>([
    [`${seatPath}.seat_guid`, 'guid-1', `${seatPath}.seat_guid DUPLICATE_ID`],
    [`${seatPath}.category`, 'Nowhere', `${seatPath}.category UNKNOWN_CATEGORY`],
    [`${seatPath}.position`, null, `${seatPath}.position MISSING`],
    [`${seatPath}.position.y`, null, `${seatPath}.position.y NOT_FINITE`],
    ['zones.0.position', undefined, 'zones.0.position MISSING'],
    ['zones', {}, 'zones MISSING'],
    ['categories.1.name', 'Front', 'categories.1.name DUPLICATE_KEY'],
  ])('%s = %j is a fault that says where', (path, value, expected) => {
    expect(faultsOf(importPretix(changed(jsonOf('hall.pretix.json'), path, value)))).toContain(expected);
  });
});

describe('C5 CSV', () => {
  test('seats and areas, column names as people write them', () => {
    const result = importCsv(textOf('hall.csv'));
    const chart = chartOf(result);
    expect(chart.seats.map((seat) => seat.id)).toEqual([
      'Stalls-A-1',
      'Stalls-A-2',
      'Stalls-A-3',
      'Stalls-B-1',
      'Stalls, rear-C-1',
    ]);
    expect(chart.seats[1]).toEqual({
      id: 'Stalls-A-2',
      section: 'Stalls',
      row: 'A',
      number: '2',
      x: 20,
      y: 0,
      category: 'Best',
      accessible: true,
      entrance: 'North',
    });
    expect(chart.seats[2]).toMatchObject({ companion: true });
    expect(chart.seats[3]).toMatchObject({ y: 24.5, restrictedView: true });
    expect(chart.areas).toEqual([
      {
        id: 'Floor-Standing',
        label: 'Standing',
        section: 'Floor',
        category: 'Standing',
        capacity: 300,
        x: -50,
        y: 100,
        width: 140,
        height: 40,
      },
    ]);
    expect(chart.categories.map((category) => category.key)).toEqual(['Best', 'Rest', 'Standing']);
    expect(notesOf(result)).toBe('unknown columns are ignored ("Remark")');
  });
  test.each([',', ';', '\t', '|'])('separated by %j, with a byte order mark and Windows line ends', (delimiter) => {
    const table = [
      ['id', 'x', 'y', 'category'],
      ['a', '1', '2', 'A'],
      ['b', '3', '4', 'A'],
    ];
    expect(
      chartOf(importCsv(`\uFEFF${table.map((row) => row.join(delimiter)).join('\r\n')}`)).seats.map((seat) => seat.id),
    ).toEqual(['a', 'b']);
  });
  test('decimal commas where semicolons separate', () => {
    expect(chartOf(importCsv('id;x;y;category\na;1,5;-2,25;A')).seats[0]).toMatchObject({ x: 1.5, y: -2.25 });
  });
  test('without positions rows are laid out facing a stage, with a note', () => {
    const rows = [
      'section,row,number,category,capacity',
      'S,A,10,x,',
      'S,A,9,x,',
      'S,B,1,x,',
      'T,A,1,x,',
      'F,,1,x,200',
    ];
    const result = importCsv(rows.join('\n'));
    const chart = chartOf(result);
    expect(notesOf(result)).toContain('there are no positions');
    const [ten, nine, back, other] = chart.seats;
    expect((ten?.x ?? 0) - (nine?.x ?? 0)).toBe(20);
    expect(ten?.y).toBe(nine?.y);
    expect((back?.y ?? 0) > (ten?.y ?? 0) && (other?.y ?? 0) > (back?.y ?? 0)).toBe(true);
    expect((chart.areas[0]?.y ?? 0) > (other?.y ?? 0)).toBe(true);
    expect(chart.shapes.some((shape) => shape.role === 'stage')).toBe(true);
    expect(compileChart(chart).runs.map((run) => run.seats.length)).toEqual([2, 1, 1]);
  });
  test.each<[string, string, string]>([
    ['a position that is no number', 'id,x,y\na,1,2\nb,one,2', 'line 3, column x NOT_FINITE'],
    ['a position missing on one line', 'id,x,y\na,1,2\nb,,2', 'line 3, column x MISSING'],
    ['an id twice', 'id,x,y\na,1,2\nb,1,2\na,1,2', 'line 4, column id DUPLICATE_ID'],
    ['a seat twice', 'section,row,number\nS,A,1\nS,A,1', 'line 3, column number DUPLICATE_ID'],
    ['nothing to name a seat by', 'id,x,y\n,1,2', 'line 2, column id MISSING'],
    ['a flag neither yes nor no', 'id,accessible\na,perhaps', 'line 2, column accessible WRONG_VALUE'],
    ['half a place', 'id,capacity\na,1.5', 'line 2, column capacity WRONG_VALUE'],
    ['no place', 'id,capacity\na,0', 'line 2, column capacity WRONG_VALUE'],
    ['a negative size', 'id,capacity,width\na,5,-1', 'line 2, column width OUT_OF_RANGE'],
    ['more cells than columns', 'id,x,y\na,1,2,3', 'line 2 TOO_MANY'],
    ['a column twice', 'id,x,X,y\na,1,1,2', 'line 1, column x DUPLICATE_KEY'],
    ['a quote never closed', 'id,x,y\n"a,1,2', 'line 2 NOT_CSV'],
    ['a header alone', 'id,x,y', 'line 2 NO_PLACES'],
    ['no header', '1,2,3\n4,5,6', 'line 1 NOT_CSV'],
    ['nothing', '', 'line 1 EMPTY'],
    ['a line after one of several', 'id,x,y\n"a\nb",1,2\nc,?,2', 'line 4, column x NOT_FINITE'],
  ])('%s is a fault that names line and column', (_, text, expected) => {
    expect(faultsOf(importCsv(text))).toContain(expected);
  });
});

describe('finding out the format', () => {
  test.each([
    ['club.seatsio.json', 'The Club'],
    ['hall.pretix.json', 'Village Hall'],
    ['hall.csv', 'Imported chart'],
  ])('%s is recognised by its content', (name, expected) => {
    expect(chartOf(importChart(textOf(name))).name).toBe(expected);
  });
  test('an aisle-chart/1 passes through', () => {
    const chart = chartOf(importChart(textOf('hall.csv')));
    expect(chartOf(importChart(JSON.stringify(chart)))).toEqual(chart);
    expect(detectFormat(chart)).toBe('aisle');
  });
  test.each([
    ['', 'EMPTY'],
    ['  \n', 'EMPTY'],
    ['{"a":', 'NOT_JSON'],
    ['{}', 'WRONG_FORMAT'],
    ['[]', 'WRONG_FORMAT'],
    ['Dear Sir or Madam', 'NOT_CSV'],
  ])('%j is refused', (text, code) => {
    expect(faultsOf(importChart(text))).toEqual([` ${code}`]);
  });
  test('whatever comes in: no exception, and never an invalid chart', () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom(null, [], {}, 1e308, -1, '', 'x'.repeat(300), '\u0000', '__proto__'),
    );
    const place = fc.dictionary(
      fc.constantFrom(
        'x',
        'y',
        'label',
        'categoryKey',
        'position',
        'seat_guid',
        'category',
        'center',
        'radius1',
        'width',
        'height',
        'capacity',
        'points',
        'shape',
        'text',
        'rotationAngle',
      ),
      value,
    );
    const list = fc.oneof(value, fc.array(place, { maxLength: 3 }));
    const row = fc.record(
      { label: value, row_number: value, position: fc.constantFrom({ x: 1, y: 1 }, undefined), seats: list },
      { requiredKeys: [] },
    );
    const part = fc.record(
      {
        name: value,
        label: value,
        position: fc.constant({ x: 1, y: 2 }),
        rows: fc.oneof(value, fc.array(row, { maxLength: 3 })),
        tables: fc.array(row, { maxLength: 3 }),
        booths: list,
        areas: list,
        generalAdmissionAreas: list,
        shapes: list,
        texts: list,
        topLeft: fc.constant({ x: 0, y: 0 }),
      },
      { requiredKeys: [] },
    );
    const file = fc.record(
      {
        name: value,
        categories: fc.constantFrom({ list: [{ key: 1, label: 'x' }] }, [{ name: 'x' }]),
        zones: fc.oneof(value, fc.array(part, { maxLength: 3 })),
        subChart: fc.oneof(value, part),
        subChartFloors: fc.oneof(value, fc.array(part, { maxLength: 3 })),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(value, file),
        fc.constantFrom('seatsio', 'pretix', 'csv', 'aisle', 'auto'),
        (input, format) => {
          const result = importChart(JSON.stringify(input), format);
          if (result.ok) expect(validateChart(result.chart).ok).toBe(true);
          else expect(result.faults.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '1', ';', 'x', 'id') }),
        (text) => void importCsv(`id,x,y,capacity\n${text}`),
      ),
    );
  });
});

describe('import-chart', () => {
  async function run(argv: readonly string[], stdin = ''): Promise<{ status: number; out: string; err: string[] }> {
    let out = '';
    const err: string[] = [];
    const terminal = {
      stdin: Readable.from([stdin]),
      out: (chunk: string) => void (out += chunk),
      err: (line: string) => void err.push(line),
    };
    return { status: await main(argv, terminal), out, err };
  }

  test('writes the chart to standard output and notes to standard error', async () => {
    const { status, out, err } = await run([fixture('hall.csv')]);
    expect(status).toBe(0);
    expect(validateChart(JSON.parse(out)).ok).toBe(true);
    expect(err).toEqual(['note: unknown columns are ignored ("Remark")', '5 seats, 1 areas']);
  });
  test('reads standard input and writes a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aisle-import-'));
    try {
      const out = join(folder, 'chart.json');
      const { status } = await run(['--from', 'pretix', '--out', out, '-'], textOf('hall.pretix.json'));
      expect(status).toBe(0);
      expect(validateChart(JSON.parse(await readFile(out, 'utf8'))).ok).toBe(true);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
  test('faults: status 1, one a line, nothing written', async () => {
    const { status, out, err } = await run(['-'], 'id,x,y\na,1,2\nb,one,two\na,3,4');
    expect([status, out]).toEqual([1, '']);
    expect(err).toEqual([
      'standard input: line 3, column x: must be a finite number, but is "one" [NOT_FINITE]',
      'standard input: line 3, column y: must be a finite number, but is "two" [NOT_FINITE]',
      'standard input: line 4, column id: "a" is on line 2 already [DUPLICATE_ID]',
    ]);
  });
  test.each([
    [[]],
    [['--frm', 'csv', 'x']],
    [['--from', 'excel', 'x']],
    [['a', 'b']],
    [['/no/such/file']],
    [['--from']],
    [[tmpdir()]],
  ])('%j is wrong usage: status 2, a sentence, no stack trace', async (argv) => {
    const { status, out, err } = await run(argv);
    expect([status, out]).toEqual([2, '']);
    expect(err.join('\n')).toMatch(/^import-chart: /);
    expect(err.join('\n')).not.toMatch(/\n\s+at /);
  });
  test('a file that cannot be written is said so', async () => {
    const { status, err } = await run(['--out', '/no/such/folder/chart.json', fixture('hall.csv')]);
    expect(status).toBe(2);
    expect(err.at(-1)).toContain('cannot write');
  });
  test('--help says how', async () => {
    const { status, out } = await run(['--help']);
    expect(status).toBe(0);
    expect(out).toContain('--from');
  });
});
