import { describe, expect, test } from 'vitest';
import { compareClaims, type ClaimedPlaces } from '../../server/src/domain/consistency.js';

const claimed = (changes: Partial<ClaimedPlaces>): ClaimedPlaces => ({
  seats: [],
  areas: [],
  unsettled: new Set(),
  ...changes,
});
const sold = (seatNo: number, orderId = 'o1') => ({ seatNo, orderId, state: 'sold' as const });
const area = (count: number) => ({ held: 0, reserved: 0, sold: count, blocked: 0 });

describe('L5 each order against Redis', () => {
  test('L5 nothing to say where the map shows what was sold', () => {
    expect(
      compareClaims(
        'ass',
        [area(2)],
        claimed({ seats: [sold(1), sold(2)], areas: [{ areaNo: 0, claimed: 3, sold: 2 }] }),
      ),
    ).toEqual([]);
  });

  test('L5 a sold seat that Redis shows otherwise is named with its order', () => {
    expect(compareClaims('ah', [], claimed({ seats: [sold(1)] }))).toEqual([
      { kind: 'not_sold', seatNo: 1, orderId: 'o1', letter: 'h' },
    ]);
  });

  test('L5 an order whose effect is still open is not judged', () => {
    expect(compareClaims('a', [], claimed({ seats: [sold(0)], unsettled: new Set(['o1']) }))).toEqual([]);
  });

  test('L5 R3 a seat that Redis calls sold and nobody bought is named, whatever else is under way', () => {
    const found = compareClaims('s', [], claimed({ unsettled: new Set(['another']) }));
    expect(found).toEqual([{ kind: 'sold_unclaimed', seatNo: 0 }]);
  });

  test('L5 an area’s sold places are compared once every order is settled', () => {
    const areas = [{ areaNo: 0, claimed: 5, sold: 5 }];
    expect(compareClaims('', [area(4)], claimed({ areas }))).toEqual([
      { kind: 'area_sold', areaNo: 0, redis: 4, postgres: 5 },
    ]);
    expect(compareClaims('', [area(4)], claimed({ areas, unsettled: new Set(['o']) }))).toEqual([]);
    expect(compareClaims('', [area(1)], claimed({}))).toEqual([
      { kind: 'area_sold', areaNo: 0, redis: 1, postgres: 0 },
    ]);
  });

  test('L5 reserved seats are their order’s business, not this check’s', () => {
    expect(compareClaims('ra', [], claimed({ seats: [{ seatNo: 1, orderId: 'o', state: 'reserved' }] }))).toEqual([]);
  });
});
