import { describe, expect, test } from 'vitest';
import { decodeOutcome, ReplyError } from '../../server/src/redis/outcome-codec.js';
import { projectFiles } from '../helpers/project-files.js';

const value = (values: readonly string[], nowMs: number) => ({ values, nowMs });
const refusal = (...reply: string[]): unknown => decodeOutcome(['no', '3', '41', '1000', ...reply], value);

describe('S5 what scripts answer, as outcomes', () => {
  test('S5 ok: position, then the value with the clock of the answer', () => {
    expect(decodeOutcome(['ok', '3', '41', '1000', 'a', 'b'], value)).toEqual({
      ok: true,
      epoch: 3,
      seq: 41,
      replayed: false,
      value: { values: ['a', 'b'], nowMs: 1000 },
    });
  });

  test('S5 S7 a replay carries the position of then and the clock of now', () => {
    expect(decodeOutcome(['again', '9000', ['ok', '3', '41', '1000', 'a']], value)).toEqual({
      ok: true,
      epoch: 3,
      seq: 41,
      replayed: true,
      value: { values: ['a'], nowMs: 9000 },
    });
    expect(decodeOutcome(['again', '9000', ['no', '3', '41', '1000', 'NOT_ENOUGH_SEATS']], value)).toMatchObject({
      ok: false,
      replayed: true,
      refusal: { code: 'NOT_ENOUGH_SEATS' },
    });
  });

  test.each([
    [
      ['SEAT_UNAVAILABLE', '7', 'h', '9', 's'],
      {
        code: 'SEAT_UNAVAILABLE',
        seats: [
          { seatNo: 7, state: 'h' },
          { seatNo: 9, state: 's' },
        ],
      },
    ],
    [['AREA_FULL', '0', '3'], { code: 'AREA_FULL', areaNo: 0, available: 3 }],
    [['LIMIT_EXCEEDED', '10', '8'], { code: 'LIMIT_EXCEEDED', limit: 10, holding: 8 }],
    [['HOLD_RESERVED', 'ord_1'], { code: 'HOLD_RESERVED', orderId: 'ord_1' }],
    [['NOT_IN_HOLD', '1,2', ''], { code: 'NOT_IN_HOLD', seats: [1, 2], areas: [] }],
    [['EVENT_NOT_ON_SALE', 'paused'], { code: 'EVENT_NOT_ON_SALE', status: 'paused' }],
    [['UNAVAILABLE', 'loading'], { code: 'UNAVAILABLE', reason: 'loading' }],
    [['HOLD_EXPIRED'], { code: 'HOLD_EXPIRED' }],
    [['HOLD_NOT_FOUND'], { code: 'HOLD_NOT_FOUND' }],
    [['IDEMPOTENCY_MISMATCH'], { code: 'IDEMPOTENCY_MISMATCH' }],
  ])('S5 %j', (reply, expected) => {
    expect(refusal(...reply)).toEqual({ ok: false, epoch: 3, seq: 41, replayed: false, refusal: expected });
  });

  test('S5 every code that a script can refuse with has its outcome', () => {
    const scripts = projectFiles(['server/src/redis/lua'], /\.lua$/);
    const codes = new Set(
      scripts.flatMap(({ text }) =>
        [...text.matchAll(/(?:refuse\(|'0', '0', '0', )'([A-Z_]+)'/g)].map(([, code = '']) => code),
      ),
    );
    expect(codes.size).toBeGreaterThanOrEqual(10);
    // Enough details for any of them.
    const details: Record<string, string[]> = { SEAT_UNAVAILABLE: ['1', 'h'], EVENT_NOT_ON_SALE: ['paused'] };
    for (const code of codes)
      expect(refusal(code, ...(details[code] ?? ['1', '2'])), code).toMatchObject({ refusal: { code } });
  });

  test.each([
    ['an unknown code', ['no', '1', '1', '1', 'MADE_UP']],
    ['a letter that is none', ['no', '1', '1', '1', 'SEAT_UNAVAILABLE', '7', 'x']],
    ['another kind', ['maybe', '1', '1', '1']],
    ['no list', 'OK'],
    ['nothing', null],
    ['a replay of nothing', ['again', '1']],
  ])('S5 %s is an error of its own kind, never taken for an outcome', (_what, reply) => {
    expect(() => decodeOutcome(reply, value)).toThrow(ReplyError);
  });
});
