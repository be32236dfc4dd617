import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_PLACES, chartSchema, type Chart } from '@aisle/client/protocol';
import { canonicalHash, canonicalJson } from '../../server/src/domain/chart/canonical.js';
import { compileChart } from '../../server/src/domain/chart/compile.js';
import { MAX_LISTED_FAULTS } from '../../server/src/domain/chart/faults.js';
import { validateChart } from '../../server/src/domain/chart/validate.js';

const small = {
  format: 'aisle-chart/1',
  name: 'Small',
  categories: [{ key: 'A', label: 'Stalls' }],
  sections: [{ key: 'stalls', label: 'Stalls', focalPoint: { x: 0, y: -5 } }],
  seats: [
    { id: 'a', section: 'stalls', row: '1', number: '1', x: 0, y: 0, category: 'A' },
    { id: 'b', section: 'stalls', row: '1', number: '2', x: 1, y: 0, category: 'A', extra: { note: 'x' } },
  ],
  areas: [{ id: 'floor', label: 'Floor', category: 'A', capacity: 50, x: 0, y: 5, width: 10, height: 5 }],
};
type Change = (
  chart: Record<string, unknown> & { seats: Record<string, unknown>[]; areas: Record<string, unknown>[] },
) => void;
function faultsOf(change: Change): string[] {
  const copy = structuredClone(small);
  change(copy);
  const result = validateChart(copy);
  return result.ok ? [] : result.faults.map((fault) => `${fault.path} ${fault.code}`);
}

describe('C1 aisle-chart/1: a valid chart', () => {
  test('comes back with defaults and equals what the schema makes of it', () => {
    const result = validateChart(small);
    expect(result).toEqual({ ok: true, chart: chartSchema.parse(small) });
  });
  test('is a copy: changing the input later changes nothing', () => {
    const input = structuredClone(small);
    const result = validateChart(input);
    Object.assign(input.seats[0] ?? {}, { id: 'changed' });
    expect(result.ok && result.chart.seats[0]?.id).toBe('a');
  });
  test('may have areas alone, or seats alone', () => {
    expect(faultsOf((chart) => (chart.seats = []))).toEqual([]);
    expect(faultsOf((chart) => delete (chart as Partial<typeof chart>).areas)).toEqual([]);
  });
  test('may have 200,000 places', () => {
    expect(faultsOf((chart) => Object.assign(chart.areas[0] ?? {}, { capacity: MAX_PLACES - 2 }))).toEqual([]);
  });
});

describe('C1 aisle-chart/1: each fault by itself, with its path and a stable code', () => {
  const seat =
    (more: object): Change =>
    (chart) =>
      void Object.assign(chart.seats[1] ?? {}, more);
  const area =
    (more: object): Change =>
    (chart) =>
      void Object.assign(chart.areas[0] ?? {}, more);
  const top =
    (more: object): Change =>
    (chart) =>
      void Object.assign(chart, more);
  test.each<[string, Change, string[]]>([
    ['two seats of one id', seat({ id: 'a' }), ['seats.1.id DUPLICATE_ID']],
    ['a seat and an area of one id', area({ id: 'a' }), ['areas.0.id DUPLICATE_ID']],
    ['a category of no key', seat({ category: 'Z' }), ['seats.1.category UNKNOWN_CATEGORY']],
    [
      'a category named like a property of objects',
      seat({ category: '__proto__' }),
      ['seats.1.category UNKNOWN_CATEGORY'],
    ],
    ['a section of no key', seat({ section: 'nowhere' }), ['seats.1.section UNKNOWN_SECTION']],
    ['an area in no section', area({ section: 'nowhere' }), ['areas.0.section UNKNOWN_SECTION']],
    ['x is NaN', seat({ x: Number.NaN }), ['seats.1.x NOT_FINITE']],
    ['x is null, as JSON writes NaN', seat({ x: null }), ['seats.1.x NOT_FINITE']],
    ['y is Infinity', seat({ y: Infinity }), ['seats.1.y NOT_FINITE']],
    ['y is missing', seat({ y: undefined }), ['seats.1.y MISSING']],
    ['y is text', seat({ y: '7' }), ['seats.1.y WRONG_TYPE']],
    ['x is beyond all measure', seat({ x: 1e300 }), ['seats.1.x OUT_OF_RANGE']],
    ['an empty id', seat({ id: '' }), ['seats.1.id EMPTY']],
    ['a number as id', seat({ id: 7 }), ['seats.1.id WRONG_TYPE']],
    ['an id too long', seat({ id: 'x'.repeat(129) }), ['seats.1.id TOO_LONG']],
    ['a NUL in an id', seat({ id: 'a\u0000b' }), ['seats.1.id BAD_TEXT']],
    ['half a surrogate pair in a row', seat({ row: '\ud800' }), ['seats.1.row BAD_TEXT']],
    ['an unknown key', seat({ colour: 'red' }), ['seats.1.colour UNKNOWN_KEY']],
    ['accessible is text', seat({ accessible: 'yes' }), ['seats.1.accessible WRONG_TYPE']],
    ['a capacity of none', area({ capacity: 0 }), ['areas.0.capacity OUT_OF_RANGE']],
    ['a capacity of a half', area({ capacity: 1.5 }), ['areas.0.capacity WRONG_TYPE']],
    ['a capacity of a billion', area({ capacity: 1e9 }), ['areas.0.capacity TOO_MANY_PLACES']],
    ['200,001 places together', area({ capacity: MAX_PLACES - 1 }), ['areas TOO_MANY_PLACES']],
    ['no places', top({ seats: [], areas: [] }), ['seats NO_PLACES']],
    [
      'no categories',
      top({ categories: [] }),
      [
        'categories TOO_FEW',
        'seats.0.category UNKNOWN_CATEGORY',
        'seats.1.category UNKNOWN_CATEGORY',
        'areas.0.category UNKNOWN_CATEGORY',
      ],
    ],
    [
      'two categories of one key',
      top({
        categories: [
          { key: 'A', label: '' },
          { key: 'A', label: '' },
        ],
      }),
      ['categories.1.key DUPLICATE_KEY'],
    ],
    [
      'two sections of one key',
      top({
        sections: [
          { key: 'stalls', label: '' },
          { key: 'stalls', label: '' },
        ],
      }),
      ['sections.1.key DUPLICATE_KEY'],
    ],
    ['another format', top({ format: 'aisle-chart/9' }), ['format WRONG_FORMAT']],
    ['seats is an object', top({ seats: {} }), ['seats WRONG_TYPE']],
    ['a seat is null', (chart) => void (chart.seats[1] = null as never), ['seats.1 WRONG_TYPE']],
    ['a shape of no known type', top({ shapes: [{ type: 'cloud' }] }), ['shapes.0.type WRONG_VALUE']],
    ['NaN deep in extra', seat({ extra: { a: [{ b: Number.NaN }] } }), ['seats.1.extra.a.0.b NOT_FINITE']],
  ])('%s', (_, change, expected) => {
    expect(faultsOf(change)).toEqual(expected);
  });

  test('what is not JSON in extra', () => {
    const result = validateChart({ ...small, seats: [{ ...small.seats[0], extra: { a: () => 1 } }] });
    expect(result.ok ? [] : result.faults.map((fault) => `${fault.path} ${fault.code}`)).toEqual([
      'seats.0.extra.a WRONG_TYPE',
    ]);
  });

  test('all faults of a chart at once, a faulty frame included', () => {
    const found = faultsOf((chart) => {
      delete chart.name;
      Object.assign(chart.seats[0] ?? {}, { x: null, category: 'Z' });
      Object.assign(chart.areas[0] ?? {}, { id: 'b' });
    });
    expect(found).toEqual(['name MISSING', 'seats.0.x NOT_FINITE', 'areas.0.id DUPLICATE_ID']);
  });

  test.each([[null], [undefined], [7], ['chart'], [[]], [{}], [true]])('%j is no chart, and no exception', (input) => {
    const result = validateChart(input);
    expect(result.ok).toBe(false);
  });

  test('at most 100 are listed, the last of them counts the rest', () => {
    const seats = Array.from({ length: 500 }, (_, i) => ({ id: `s${i}`, x: null, y: 0, category: 'A' }));
    const result = validateChart({ ...small, seats });
    if (result.ok) throw new Error('it must not be valid');
    expect(result.total).toBe(500);
    expect(result.faults).toHaveLength(MAX_LISTED_FAULTS);
    expect(result.faults.at(-1)?.code).toBe('MORE_FAULTS');
    expect(result.faults.at(-1)?.message).toContain('401');
  });

  test('200,000 seats wrong throughout are given up early', () => {
    const seats = Array.from({ length: MAX_PLACES }, () => ({ id: '', x: null, y: null, category: 'Z', what: 1 }));
    const result = validateChart({ ...small, seats });
    if (result.ok) throw new Error('it must not be valid');
    expect(result.total).toBeLessThan(11_000);
    expect(result.faults.at(-1)?.message).toContain('at least');
  });
});

describe('C1 aisle-chart/1: hostile input', () => {
  test('__proto__ keys are refused outside extra and dropped inside, and pollute nothing', () => {
    const text = JSON.stringify(small).replace(
      '"note":"x"',
      '"__proto__":{"polluted":1},"deep":{"__proto__":{"polluted":1},"kept":1}',
    );
    const result = validateChart(JSON.parse(text));
    expect(result.ok && JSON.stringify(result.chart.seats[1]?.extra)).toBe('{"deep":{"kept":1}}');
    const deep = result.ok ? result.chart.seats[1]?.extra?.deep : undefined;
    expect(Object.getPrototypeOf(deep)).toBe(Object.prototype);
    const outside = validateChart(
      JSON.parse(JSON.stringify(small).replace('"id":"a"', '"id":"a","__proto__":{"polluted":1}')),
    );
    expect(outside.ok ? [] : outside.faults.map((fault) => `${fault.path} ${fault.code}`)).toEqual([
      'seats.0.__proto__ UNKNOWN_KEY',
    ]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
  test('keys and ids named __proto__, constructor, toString are ordinary names, but for a category that no price could name', () => {
    const names = ['__proto__', 'constructor', 'toString'];
    const categories = ['hasOwnProperty', 'constructor', 'toString'];
    const chart = {
      ...small,
      categories: categories.map((key) => ({ key, label: key })),
      sections: names.map((key) => ({ key, label: key })),
      seats: names.map((name, x) => ({ id: name, section: name, row: name, x, y: 0, category: categories[x] })),
      areas: [],
    };
    const result = validateChart(chart);
    if (!result.ok) throw new Error(JSON.stringify(result.faults));
    const compiled = compileChart(result.chart);
    expect(
      names.map((name, no) => [compiled.seatNo(name), compiled.catNo(categories[no] ?? ''), compiled.hasSection(name)]),
    ).toEqual([
      [0, 0, true],
      [1, 1, true],
      [2, 2, true],
    ]);
    const unnameable = validateChart({ ...chart, categories: [...chart.categories, { key: '__proto__', label: 'x' }] });
    expect(unnameable.ok ? [] : unnameable.faults.map(({ path }) => path)).toEqual(['categories.3.key']);
    expect(compiled.seatNo('valueOf')).toBeUndefined();
  });
  test('extra nested 100,000 deep is a fault, not a stack overflow', () => {
    const text = JSON.stringify(small).replace('"x"}', `${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
    const result = validateChart(JSON.parse(text));
    expect(result.ok ? [] : result.faults.map((fault) => fault.code)).toEqual(['TOO_DEEP']);
  });
  test('whatever comes in: no exception, and what the schema refuses is refused', () => {
    const odd = fc.oneof(fc.anything(), fc.constantFrom(null, Number.NaN, Infinity, -0, '', '__proto__', [], {}));
    const place = fc.record(
      {
        id: fc.oneof(fc.string(), odd),
        x: fc.oneof(fc.double(), odd),
        y: fc.integer(),
        category: fc.constantFrom('A', 'B'),
      },
      { requiredKeys: [] },
    );
    const chart = fc.record(
      {
        format: fc.constant('aisle-chart/1'),
        name: fc.string(),
        categories: fc.oneof(odd, fc.constant(small.categories)),
        sections: odd,
        seats: fc.oneof(odd, fc.array(place)),
        areas: odd,
        shapes: odd,
        extra: odd,
        focalPoint: odd,
      },
      { requiredKeys: ['format'] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything({ withNullPrototype: true }), chart), (input) => {
        const result = validateChart(input);
        if (!chartSchema.safeParse(input).success) expect(result.ok).toBe(false);
        if (result.ok) expect(chartSchema.safeParse(result.chart).success).toBe(true);
        else expect(result.faults.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});

describe('compiling a chart', () => {
  const compiled = (chart: unknown) => {
    const result = validateChart(chart);
    if (!result.ok) throw new Error(JSON.stringify(result.faults));
    return compileChart(result.chart);
  };
  /** A chart of one row, seats at these places in this order, named by their place. */
  const row = (places: readonly (readonly [number, number])[], more: (i: number) => object = () => ({})): Chart =>
    chartSchema.parse({
      ...small,
      sections: [{ key: 'stalls', label: '' }],
      areas: [],
      seats: places.map(([x, y], i) => ({
        id: String(i),
        section: 'stalls',
        row: '1',
        number: String(i + 1),
        x,
        y,
        category: 'A',
        ...more(i),
      })),
    });
  const runsOf = (chart: Chart): number[][] => compileChart(chart).runs.map((run) => [...run.seats]);

  test('C2 numbers places by their order and counts them by category', () => {
    const chart = compiled({
      ...small,
      categories: [
        { key: 'B', label: '' },
        { key: 'A', label: '' },
      ],
    });
    expect([chart.seatCount, chart.areaCount, chart.seatNo('b'), chart.areaNo('floor'), chart.catNo('A')]).toEqual([
      2, 1, 1, 0, 1,
    ]);
    expect([...chart.categoryTotals]).toEqual([0, 52]);
    expect([...chart.seatCategory, ...chart.areaCategory, ...chart.areaCapacity]).toEqual([1, 1, 1, 50]);
    expect([chart.hasSection('stalls'), chart.hasSection('other')]).toEqual([true, false]);
  });

  test('the hash does not depend on the order of keys, and on everything else', () => {
    const reversed = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(reversed)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .reverse()
                .map(([k, v]) => [k, reversed(v)]),
            )
          : value;
    const hash = compiled(small).hash;
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(compiled(reversed(small)).hash).toBe(hash);
    expect(compiled({ ...small, name: 'Other' }).hash).not.toBe(hash);
    expect(compiled({ ...small, seats: [...small.seats].reverse() }).hash).not.toBe(hash);
  });
  test('canonical JSON is JSON of the same value with sorted keys', () => {
    expect(canonicalJson({ b: [1, { z: null, y: undefined }], a: { d: 'ä', c: -0 } })).toBe(
      '{"a":{"c":0,"d":"ä"},"b":[1,{"z":null}]}',
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalHash(value)).toBe(canonicalHash(JSON.parse(canonicalJson(value))));
      }),
    );
  });

  test('C6 a row is cut at aisles, and where a seat is missing', () => {
    expect(
      runsOf(
        row([
          [0, 0],
          [1, 0],
          [2, 0],
          [5, 0],
          [6, 0],
          [8, 0],
          [9, 0],
        ]),
      ),
    ).toEqual([
      [0, 1, 2],
      [3, 4],
      [5, 6],
    ]);
  });
  test('C6 uneven spacing is no aisle', () => {
    expect(
      runsOf(
        row([
          [0, 0],
          [1, 0],
          [2.3, 0],
          [3.3, 0],
          [4.7, 0],
        ]),
      ),
    ).toHaveLength(1);
  });
  test('a row spaced wider than its section is whole, two seats far apart are no row', () => {
    const wide = row(
      [
        [0, 0],
        [1, 0],
        [2, 0],
        [3, 0],
        [0, 5],
        [2, 5],
        [4, 5],
        [0, 9],
        [20, 9],
      ],
      (i) => ({ row: i < 4 ? '1' : i < 7 ? '2' : '3' }),
    );
    expect(runsOf(wide)).toEqual([[0, 1, 2, 3], [4, 5, 6], [7], [8]]);
  });
  test('rows of one name in different sections are different rows', () => {
    const chart = chartSchema.parse({
      ...small,
      sections: [
        { key: 'l', label: '' },
        { key: 'r', label: '' },
      ],
      areas: [],
      seats: [0, 1, 2, 3].map((x) => ({ id: String(x), section: x < 2 ? 'l' : 'r', row: '1', x, y: 0, category: 'A' })),
    });
    expect(runsOf(chart)).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });
  test('odd numbers left, even numbers right: sorted along the row', () => {
    expect(
      runsOf(
        row([
          [10, 0],
          [11, 0],
          [9, 0],
          [12, 0],
          [8, 0],
          [13, 0],
        ]),
      ),
    ).toEqual([[4, 2, 0, 1, 3, 5]]);
  });
  test('an arc keeps together, shuffled or not', () => {
    const arc = Array.from({ length: 30 }, (_, i): [number, number] => [10 * Math.sin(i / 10), -10 * Math.cos(i / 10)]);
    expect(runsOf(row(arc))).toEqual([Array.from({ length: 30 }, (_, i) => i)]);
    const order = Array.from({ length: 30 }, (_, i) => (i * 7) % 30);
    const shuffled = runsOf(
      row(
        order.map((i) => arc[i] ?? [0, 0]),
        (i) => ({ number: String((i * 3) % 11) }),
      ),
    );
    expect(shuffled).toHaveLength(1);
    const along = shuffled[0]?.map((seatNo) => order[seatNo] ?? -1) ?? [];
    expect(along[0] === 0 ? along : along.reverse()).toEqual(Array.from({ length: 30 }, (_, i) => i));
  });
  test('any straight row, shuffled, comes out in order', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(
          Array.from({ length: 12 }, (_, i) => i),
          { minLength: 12 },
        ),
        fc.double({ min: 0, max: 3, noNaN: true }),
        (order, angle) => {
          const runs = runsOf(row(order.map((i) => [i * Math.cos(angle), i * Math.sin(angle)])));
          const along = runs[0]?.map((seatNo) => order[seatNo] ?? -1) ?? [];
          expect(along[0] === 0 ? along : along.reverse()).toEqual(Array.from({ length: 12 }, (_, i) => i));
        },
      ),
    );
  });
  test('seats without a row stand side by side where they are level and close', () => {
    expect(
      runsOf(
        row(
          [
            [0, 0],
            [1, 0],
            [2, 0],
            [0, 3],
            [1, 3],
          ],
          () => ({ row: undefined }),
        ),
      ),
    ).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
  });
  test('accessible and companion seats are part of their run', () => {
    expect(
      runsOf(
        row(
          [
            [0, 0],
            [1, 0],
            [2, 0],
          ],
          (i) => ({ accessible: i === 0, companion: i === 1 }),
        ),
      ),
    ).toEqual([[0, 1, 2]]);
  });
  test('distances are squared, to the focal point of the section, else of the chart, else to the middle', () => {
    const at = (more: object): number[] => [...(compiled({ ...small, ...more }).runs[0]?.distance ?? [])];
    expect(at({})).toEqual([25, 26]);
    expect(at({ sections: [{ key: 'stalls', label: '' }], focalPoint: { x: 1, y: 2 } })).toEqual([5, 4]);
    expect(at({ sections: [{ key: 'stalls', label: '' }] })).toEqual([0.25, 0.25]);
  });
  test('every seat is in exactly one run, whatever the chart', () => {
    const seat = fc.record({
      x: fc.integer({ min: 0, max: 30 }),
      y: fc.integer({ min: 0, max: 5 }),
      row: fc.option(fc.constantFrom('A', 'B'), { nil: undefined }),
      section: fc.option(fc.constant('stalls'), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(seat, { minLength: 1, maxLength: 60 }), (seats) => {
        const chart = compiled({
          ...small,
          areas: [],
          seats: seats.map((each, i) => ({ ...each, id: String(i), category: 'A' })),
        });
        expect(chart.runs.flatMap((run) => [...run.seats]).sort((a, b) => a - b)).toEqual(seats.map((_, i) => i));
      }),
    );
  });
});
