import { describe, expect, test } from 'vitest';
import { jsonFault } from '../../web/src/admin/create/json-fault.js';
import { moneyInput, parseMoney } from '../../web/src/admin/kit/money.js';
import { toIso, toLocal } from '../../web/src/admin/kit/zoned-time.js';
import { SWITCH_KINDS } from '../../web/src/admin/system/switch-kinds.js';
import { isPerEvent, SWITCHES } from '../../server/src/domain/switches.js';

/* What people type and choose in the admin's pages, before any server sees it. */
describe('money', () => {
  test.each([
    ['45', 'EUR', 4500],
    ['45.5', 'EUR', 4550],
    ['45,50', 'EUR', 4550],
    ['1 250', 'EUR', 125_000],
    ['0', 'EUR', 0],
    ['4500', 'JPY', 4500],
    ['1.234', 'KWD', 1234],
  ])('%s %s', (text, currency, minor) => {
    expect(parseMoney(text, currency)).toBe(minor);
    expect(parseMoney(moneyInput(minor, currency), currency)).toBe(minor);
  });

  // "1,000" could be one or a thousand: asked again rather than guessed.
  test.each([
    ['1,000', 'EUR'],
    ['45.5', 'JPY'],
    ['-5', 'EUR'],
    ['', 'EUR'],
    ['free', 'EUR'],
    ['1e3', 'EUR'],
    ['99999999999', 'EUR'],
  ])('%s %s is no amount', (text, currency) => {
    expect(parseMoney(text, currency)).toBeUndefined();
  });
});

describe('times of the event’s own zone', () => {
  test.each([
    ['2031-05-01T19:30', 'Europe/Vienna', '2031-05-01T17:30:00.000Z'],
    ['2031-01-01T19:30', 'Europe/Vienna', '2031-01-01T18:30:00.000Z'],
    ['2031-03-30T03:30', 'Europe/Vienna', '2031-03-30T01:30:00.000Z'],
    ['2031-05-01T19:30', 'Asia/Kolkata', '2031-05-01T14:00:00.000Z'],
    ['2031-05-01T19:30', 'UTC', '2031-05-01T19:30:00.000Z'],
  ])('%s in %s', (local, zone, iso) => {
    expect(toIso(local, zone)).toBe(iso);
    expect(toLocal(iso, zone)).toBe(local);
  });

  test('a time that the clocks pass over, and a zone that is none, are told', () => {
    expect(toIso('2031-03-30T02:30', 'Europe/Vienna')).toBeUndefined();
    expect(toIso('2031-03-30T02:30', 'Europe/Nowhere')).toBeUndefined();
  });
});

describe('a file that is no JSON', () => {
  test.each([
    ['{"a": [}', 1, 'a value or ] should stand here'],
    ['{\n"a": 1\n"b": 2}', 3, 'a comma or } should stand here'],
    ['{\n"a" 1}', 2, 'a colon should stand here'],
    ["{\n'a': 1}", 2, 'a name in quotes or } should stand here'],
    ['{"a": 1,\n}', 2, 'a name in quotes should stand here'],
    ['{"a": 1}\n\nx', 3, 'the file should end here'],
    ['{"a": NaN, "b": 2}', 1, 'a value should stand here'],
    ['[1, 2\n', 2, 'the file ends too early'],
    ['{"a": "unfini', 1, 'the file ends too early'],
    ['{"a": tru', 1, 'the file ends too early'],
  ])('%j: line %i, %s', (text, line, expected) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(jsonFault(text)).toMatchObject({ line, expected });
  });

  test('what is JSON has no fault', () => {
    const text = JSON.stringify({ a: [1, -2.5e3, true, null, 'x"\\\n'], b: {}, c: [] }, null, 2);
    expect(jsonFault(text)).toBeUndefined();
  });
});

test('the page of the live switches has every switch of the server, and the same ones for a single event', () => {
  expect(SWITCH_KINDS.map(({ name, perEvent }) => [name, perEvent]).sort()).toEqual(
    SWITCHES.map((name) => [name, isPerEvent(name)]).sort(),
  );
});
