import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { replay, type LoggedMove } from '../../server/src/domain/replay.js';

const NONE = { held: 0, reserved: 0, sold: 0, blocked: 0 };
const seat = (seq: number, placeNo: number, from: LoggedMove['from'], to: LoggedMove['to']): LoggedMove => ({
  ...{ seq, placeKind: 'seat', placeNo, from, to, quantity: 1 },
});
const area = (
  seq: number,
  placeNo: number,
  from: LoggedMove['from'],
  to: LoggedMove['to'],
  quantity: number,
): LoggedMove => ({
  ...{ seq, placeKind: 'area', placeNo, from, to, quantity },
});

describe('L4 the map follows from the log', () => {
  test('L4 seats and areas end where the last change put them', () => {
    const done = replay({ letters: 'aab', areas: [NONE] }, [
      seat(1, 0, 'a', 'h'),
      area(2, 0, 'a', 'h', 3),
      seat(3, 0, 'h', 'r'),
      area(3, 0, 'h', 's', 2),
      seat(4, 0, 'r', 's'),
      seat(5, 2, 'b', 'a'),
    ]);
    expect(done.letters).toBe('saa');
    expect(done.areas).toEqual([{ held: 1, reserved: 0, sold: 2, blocked: 0 }]);
    expect(done.faults).toEqual([]);
  });

  test('L4 a change that does not join on is a fault that names it, and is applied all the same', () => {
    const done = replay({ letters: 'a', areas: [NONE] }, [
      seat(7, 0, 'h', 's'),
      area(8, 0, 'h', 'a', 1),
      area(9, 4, 'a', 'h', 1),
    ]);
    expect(done.letters).toBe('s');
    expect(done.faults).toEqual([
      { seq: 7, placeKind: 'seat', placeNo: 0, was: 'a', from: 'h' },
      { seq: 8, placeKind: 'area', placeNo: 0, was: 'held 0', from: 'h' },
      { seq: 9, placeKind: 'area', placeNo: 4, was: 'no such area', from: 'a' },
    ]);
  });

  test('L4 property: a change left out of the middle of a seat’s history never goes unnoticed', () => {
    const next: Record<LoggedMove['from'], readonly LoggedMove['to'][]> = {
      ...{ a: ['h', 'b'], h: ['a', 'r'], r: ['s', 'h', 'a'], s: ['a', 'b'], b: ['a', 'h'] },
    };
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 3, maxLength: 40 }), fc.nat(), (choices, hole) => {
        let letter: LoggedMove['from'] = 'a';
        const history = choices.map((choice, index) => {
          const options: readonly LoggedMove['to'][] = next[letter];
          const to = options[choice % options.length] ?? 'a';
          const move = seat(index + 1, 0, letter, to);
          letter = to;
          return move;
        });
        expect(replay({ letters: 'a', areas: [] }, history)).toMatchObject({ letters: letter, faults: [] });
        const at = 1 + (hole % (history.length - 2));
        const broken = history.filter((_move, index) => index !== at);
        expect(replay({ letters: 'a', areas: [] }, broken).faults.length).toBeGreaterThan(0);
      }),
    );
  });
});
