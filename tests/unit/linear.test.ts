import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { History, type Invocation, type Operation } from '../faults/support/history.js';
import { after, FREE, partOf, type SeatOperation, type SeatState } from '../faults/support/linear-model.js';
import { checkLinear, type LinearOptions } from '../faults/support/linear.js';

/** A history written by hand: each operation with its two times. */
class Script {
  now = 0;
  readonly history = new History(() => this.now);

  /** @param by null: no answer. */
  op(from: number, by: number | null, invocation: Invocation, answer?: (operation: Operation) => void): void {
    this.now = from;
    const operation = this.history.invoke(invocation);
    this.now = by ?? from;
    if (by === null) operation.unknown();
    else if (answer === undefined) operation.ok();
    else answer(operation);
  }
  hold(from: number, by: number | null, client: string, token: string, seats = ['A1'], expiresInMs = 300_000): void {
    this.op(from, by, { client, kind: 'hold', seats }, (op) => op.ok({ token, expiresInMs }));
  }
  refusedHold(from: number, by: number, client: string, seats = ['A1'], code = 'SEAT_UNAVAILABLE'): void {
    this.op(from, by, { client, kind: 'hold', seats }, (op) => op.refused(code));
  }
  release(from: number, by: number | null, client: string, token: string, seats = ['A1']): void {
    this.op(from, by, { client, kind: 'release', seats, token });
  }
  sell(from: number, by: number | null, client: string, token: string, order: string, seats = ['A1']): void {
    this.op(from, by, { client, kind: 'sell', seats, token, order });
  }
  see(from: number, by: number, letters: string, seats = ['A1']): void {
    this.op(from, by, { client: 'viewer', kind: 'see', seats }, (op) => op.ok({ letters }));
  }
  check(options: LinearOptions = {}) {
    return checkLinear(this.history, options);
  }
  /** The explanation of what is wrong. */
  fault(options: LinearOptions = {}): string {
    const result = this.check(options);
    expect(result.ok).toBe(false);
    return result.ok ? '' : result.explanation;
  }
}

let script: Script;
const fresh = (): Script => (script = new Script());

describe('I7: histories that can be explained', () => {
  test('I7: held, refused to another, released, held by the other, sold, seen sold, refunded, blocked, held as a house seat', () => {
    fresh();
    script.hold(0, 2, 'ann', 'T1');
    script.refusedHold(3, 5, 'bob');
    script.release(6, 8, 'ann', 'T1');
    script.hold(9, 10, 'bob', 'T2');
    script.sell(11, 13, 'bob', 'T2', 'O1');
    script.see(14, 15, 's');
    script.op(16, 17, { client: 'desk', kind: 'cancel', seats: ['A1'], order: 'O1' });
    script.op(18, 19, { client: 'desk', kind: 'block', seats: ['A1'] });
    script.refusedHold(20, 21, 'ann');
    script.op(22, 23, { client: 'desk', kind: 'hold', seats: ['A1'], fromBlock: true }, (op) => op.ok({ token: 'T3' }));
    script.release(24, 25, 'desk', 'T3');
    script.see(26, 27, 'b');
    script.op(28, 29, { client: 'desk', kind: 'unblock', seats: ['A1'] });
    script.see(30, 31, 'a');
    expect(script.check()).toEqual({ ok: true, seats: 1, ops: 14 });
  });

  test('I7: of two at the same time either may have been first, whatever the order of the answers', () => {
    fresh();
    script.refusedHold(0, 5, 'bob');
    script.hold(1, 9, 'ann', 'T1');
    script.release(9, 20, 'ann', 'T1');
    script.hold(7, 8, 'cid', 'T2');
    expect(script.fault()).toContain('cid hold T2');
    fresh();
    script.hold(1, 9, 'ann', 'T1');
    script.refusedHold(0, 5, 'bob');
    script.release(10, 20, 'ann', 'T1');
    script.hold(11, 12, 'cid', 'T2');
    expect(script.check().ok).toBe(true);
  });

  test('I7: what changes nothing at one place in the order may be needed at another', () => {
    fresh();
    script.hold(0, 1, 'ann', 'T1');
    script.hold(0, 1, 'ann', 'T1');
    script.release(0, 1, 'ann', 'T1');
    script.see(2, 3, 'h');
    expect(script.check()).toMatchObject({ ok: true });
  });

  test('I7: what nobody heard of may have happened, late, or never', () => {
    for (const later of ['taken', 'free'] as const) {
      fresh();
      script.op(0, null, { client: 'ann', kind: 'hold', seats: ['A1'], lastsMs: 60_000 });
      if (later === 'taken') script.refusedHold(50, 51, 'bob');
      script.op(60, null, { client: 'ann', kind: 'release', seats: ['A1'], token: 'T0' });
      if (later === 'free') script.hold(70, 71, 'cid', 'T2');
      expect(script.check()).toMatchObject({ ok: true });
    }
    // One that took effect after it was given up.
    fresh();
    script.hold(0, 1, 'ann', 'T1');
    script.release(2, null, 'ann', 'T1');
    script.history.operations[1]?.unknown();
    script.see(10, 11, 'h');
    script.hold(20, 21, 'bob', 'T2');
    expect(script.check()).toMatchObject({ ok: true });
    // UNAVAILABLE says nothing either.
    fresh();
    script.refusedHold(0, 1, 'ann', ['A1'], 'UNAVAILABLE');
    script.refusedHold(5, 6, 'bob');
    expect(script.check()).toMatchObject({ ok: true });
  });

  test('H1 H2: a hold may lapse from its deadline on, and need not', () => {
    fresh();
    script.hold(0, 2, 'ann', 'T1', ['A1'], 1000);
    script.refusedHold(1500, 1501, 'bob');
    script.hold(1600, 1601, 'bob', 'T2');
    script.op(1700, 1701, { client: 'ann', kind: 'release', seats: ['A1'], token: 'T1' }, (op) =>
      op.refused('HOLD_EXPIRED'),
    );
    expect(script.check()).toMatchObject({ ok: true });
    fresh();
    script.hold(0, 2, 'ann', 'T1', ['A1'], 1000);
    script.op(500, 501, { client: 'ann', kind: 'extend', seats: ['A1'], token: 'T1' }, (op) =>
      op.ok({ expiresInMs: 1000 }),
    );
    script.hold(1100, 1101, 'bob', 'T2');
    expect(script.fault()).toContain('bob hold T2');
  });

  test('O1 O3: reserved outlasts the hold; confirmed it is sold; an order that lapses gives it back', () => {
    fresh();
    script.hold(0, 1, 'ann', 'T1', ['A1'], 1000);
    const reserve: Invocation = { client: 'ann', kind: 'reserve', seats: ['A1'], token: 'T1', order: 'O1' };
    script.op(10, 11, reserve, (op) => op.ok({ expiresInMs: 5000 }));
    script.refusedHold(2000, 2001, 'bob');
    script.op(3000, 3001, { client: 'ann', kind: 'confirm', seats: ['A1'], order: 'O1' });
    script.see(9000, 9001, 's');
    expect(script.check()).toMatchObject({ ok: true });
    fresh();
    script.hold(0, 1, 'ann', 'T1', ['A1'], 1000);
    script.op(10, 11, reserve, (op) => op.ok({ expiresInMs: 5000 }));
    script.hold(2000, 2001, 'bob', 'T2');
    expect(script.fault()).toContain('reserved by T1 for O1');
  });

  test('core rule: Redis may lose a hold where it was lost, or bring back one that was released', () => {
    const losses = [{ from: 100, to: 200 }];
    fresh();
    script.hold(0, 2, 'ann', 'T1');
    script.hold(250, 251, 'bob', 'T2');
    script.op(260, 261, { client: 'ann', kind: 'release', seats: ['A1'], token: 'T1' }, (op) =>
      op.refused('HOLD_NOT_FOUND'),
    );
    expect(script.check({ losses })).toMatchObject({ ok: true });
    expect(script.fault({ losses: [] })).toContain('bob hold T2');
    fresh();
    script.hold(0, 2, 'ann', 'T1');
    script.release(50, 51, 'ann', 'T1');
    script.refusedHold(250, 251, 'bob');
    expect(script.check({ losses: [{ from: 100, to: 200, rewound: true }] })).toMatchObject({ ok: true });
    expect(script.check({ losses })).toMatchObject({ ok: false });
  });

  test('O3: with settleMs a sale reaches Redis a while after it was answered', () => {
    fresh();
    script.hold(0, 2, 'ann', 'T1');
    script.sell(3, 4, 'ann', 'T1', 'O1');
    script.see(10, 11, 'r');
    expect(script.check({ settleMs: 1000 })).toMatchObject({ ok: true });
    expect(script.check()).toMatchObject({ ok: false });
  });

  test('200 seats × 200 operations, one in ten unknown, within a second', () => {
    fresh();
    for (let seat = 0; seat < 200; seat++) {
      const seats = [`A${seat}`];
      for (let round = 0, at = 0; round < 40; round++, at += 20) {
        script.hold(at, at + 6, 'ann', `T${seat}-${round}`, seats);
        for (let other = 0; other < 3; other++) script.refusedHold(at + 5 + other, at + 9, `b${other}`, seats);
        if (round % 2 === 0) script.release(at + 10, at + 14, 'ann', `T${seat}-${round}`, seats);
        else script.op(at + 10, null, { client: 'ann', kind: 'release', seats, token: `T${seat}-${round}` });
      }
    }
    const { user: before } = process.cpuUsage();
    expect(script.check()).toEqual({ ok: true, seats: 200, ops: 40_000 });
    // Of the processor's time, for the machine may be busy.
    expect((process.cpuUsage().user - before) / 1000).toBeLessThan(1000);
  });

  test('500 who ask for one seat at the same time, 499 refused: no search at all', () => {
    fresh();
    for (let buyer = 0; buyer < 499; buyer++) script.refusedHold(0, 100 + buyer, `b${buyer}`);
    script.hold(0, 600, 'winner', 'T1');
    expect(script.check({ maxSteps: 10 })).toMatchObject({ ok: true });
  });
});

describe('I7: histories that cannot', () => {
  test('I1: two holders at once', () => {
    fresh();
    script.hold(0, 2, 'ann', 'T1');
    script.hold(3, 5, 'bob', 'T2');
    expect(script.fault()).toBe(
      [
        'seat A1: no order of its 2 operations explains all answers. The longest that does so far:',
        '  #0 ann hold T1 [0.0, 2.0] ok → held by T1',
        'then the seat is held by T1, and none of these can have been answered as it was:',
        '  #1 bob hold T2 [3.0, 5.0] ok',
      ].join('\n'),
    );
  });

  test('core rule: a hold granted while sold, in whatever is lost', () => {
    fresh();
    script.hold(0, 2, 'ann', 'T1');
    script.sell(3, 5, 'ann', 'T1', 'O1');
    script.hold(600, 601, 'bob', 'T2');
    expect(script.fault({ losses: [{ from: 100, to: 500, rewound: true }] })).toContain('sold to O1');
  });

  test('a release that was called only after the seat had been granted to another', () => {
    fresh();
    script.hold(0, 1, 'ann', 'T1');
    script.hold(2, 3, 'bob', 'T2');
    script.release(4, 5, 'ann', 'T1');
    expect(script.fault()).toContain('#1 bob hold T2');
    // Also where nobody knows how the release ended.
    fresh();
    script.hold(0, 1, 'ann', 'T1');
    script.hold(2, 3, 'bob', 'T2');
    script.release(4, null, 'ann', 'T1');
    script.history.operations[2]?.unknown();
    expect(script.fault()).toContain('#1 bob hold T2');
  });

  test('O1: a sale without a hold, and one by a hold that had lapsed and gone to another', () => {
    fresh();
    script.sell(3, 5, 'ann', 'T1', 'O1');
    expect(script.fault()).toContain('then the seat is free');
    fresh();
    script.hold(0, 2, 'ann', 'T1', ['A1'], 100);
    script.hold(200, 201, 'bob', 'T2');
    script.sell(210, 211, 'ann', 'T1', 'O1');
    expect(script.fault()).toContain('#2 ann sell T1 O1');
  });

  test('a value seen after a completed overwrite', () => {
    fresh();
    script.hold(0, 2, 'ann', 'T1');
    script.see(3, 4, 'a');
    expect(script.fault()).toContain('viewer see a');
    fresh();
    script.hold(0, 2, 'ann', 'T1');
    script.release(3, 4, 'ann', 'T1');
    script.see(5, 6, 'h');
    expect(script.fault()).toContain('viewer see h');
  });

  test('refused for a seat that was free all the while; told that a hold is not there while it is', () => {
    fresh();
    script.hold(0, 1, 'ann', 'T1');
    script.release(2, 3, 'ann', 'T1');
    script.refusedHold(4, 5, 'bob');
    expect(script.fault()).toContain('refused: not free');
    fresh();
    script.hold(0, 1, 'ann', 'T1');
    script.op(2, 3, { client: 'ann', kind: 'release', seats: ['A1'], token: 'T1' }, (op) =>
      op.refused('HOLD_NOT_FOUND'),
    );
    expect(script.fault()).toContain('refused: not held');
  });

  test('I3: with lingerMs a hold that is still there long after its deadline', () => {
    fresh();
    script.hold(0, 2, 'ann', 'T1', ['A1'], 1000);
    script.refusedHold(7000, 7001, 'bob');
    expect(script.fault({ lingerMs: 5000 })).toContain('refused: not free');
    expect(script.check()).toMatchObject({ ok: true });
  });

  test('I6: an unknown hold explains one holder, not two', () => {
    fresh();
    script.op(0, null, { client: 'ann', kind: 'hold', seats: ['A1'], lastsMs: 60_000 });
    script.refusedHold(1, 2, 'bob');
    script.hold(3, 4, 'cid', 'T1');
    expect(script.fault()).toContain('cid hold T1');
  });

  test('a bound: gives up and says so', () => {
    fresh();
    for (let i = 0; i < 30; i++) script.op(i, null, { client: `c${i}`, kind: 'hold', seats: ['A1'] });
    script.see(100, 101, 's');
    expect(script.fault({ maxSteps: 50 })).toMatch(/gave up after 50 steps over 31 operations/);
  });
});

/** Every order of every choice of the unanswered ones, tried one by one. */
function explainable(left: readonly SeatOperation[], state: SeatState = FREE): boolean {
  if (left.every(({ must }) => !must)) return true;
  return left.some((operation) => {
    const others = left.filter((other) => other !== operation);
    if (others.some(({ must, by }) => must && by < operation.from)) return false;
    const next = after(state, operation);
    return next !== null && explainable(others, next);
  });
}

test('I7: the search agrees with trying every order, on 4,000 random histories of up to 7 operations', () => {
  const what = fc.oneof(
    fc.tuple(fc.constantFrom('hold', 'release'), fc.constantFrom('ok', 'ok', 'refused', 'unknown')),
    fc.tuple(fc.constantFrom('see', 'sell', 'cancel'), fc.constant('ok')),
    fc.tuple(fc.constant('block'), fc.constant('unknown')),
  );
  const call = fc.record({
    what,
    from: fc.nat(12),
    lasts: fc.nat(6),
    token: fc.constantFrom('T0', 'T1'),
    letter: fc.constantFrom('a', 'h', 's'),
  });
  const verdicts = { yes: 0, no: 0 };
  fc.assert(
    fc.property(fc.array(call, { minLength: 2, maxLength: 7 }), (calls) => {
      fresh();
      for (const {
        what: [kind, answer],
        from,
        lasts,
        token,
        letter,
      } of calls) {
        const invocation = {
          client: 'c',
          kind,
          seats: ['A1'],
          order: 'O',
          lastsMs: 1e9,
          ...(kind === 'hold' ? {} : { token }),
        };
        script.op(from, from + lasts + 0.5, invocation, (op) => {
          if (answer === 'unknown') op.unknown();
          else if (answer === 'refused') op.refused(kind === 'hold' ? 'SEAT_UNAVAILABLE' : 'HOLD_NOT_FOUND');
          else op.ok({ token, letters: letter, expiresInMs: 1e9 });
        });
      }
      const parts = script.history.operations.flatMap((op) => partOf(op, 'A1', { losses: [], settleMs: 0 }) ?? []);
      const expected = explainable(parts);
      verdicts[expected ? 'yes' : 'no']++;
      expect(script.check().ok).toBe(expected);
    }),
    { numRuns: 4000 },
  );
  expect(Math.min(verdicts.yes, verdicts.no)).toBeGreaterThan(150);
});

describe('I7: groups', () => {
  test('a group granted in part, by its answer', () => {
    fresh();
    script.op(0, 1, { client: 'ann', kind: 'hold', seats: ['A1', 'A2', 'A3'] }, (op) =>
      op.ok({ token: 'T1', seats: ['A1', 'A3'] }),
    );
    expect(script.fault()).toBe('#0 ann hold A1 A2 A3: granted in part, without A2');
  });

  test('a group half held, seen in the store: known by its token, or of a call that nobody heard of', () => {
    fresh();
    script.hold(0, 1, 'ann', 'T1', ['A1', 'A2']);
    script.history.sight([{ token: 'T1', client: 'ann', seats: ['A1'] }]);
    expect(script.fault()).toContain('hold T1 of ann has A1: no group that was asked for whole (asked: #0 A1 A2)');
    fresh();
    script.op(0, null, { client: 'ann', kind: 'hold', seats: ['A1', 'A2'] });
    script.history.sight([{ token: 'T9', client: 'ann', seats: ['A2'] }]);
    expect(script.fault()).toContain('has A2');
  });

  test('whole, added to, or partly released by its holder: all or nothing all the same', () => {
    fresh();
    script.hold(0, 1, 'ann', 'T1', ['A1', 'A2']);
    script.op(2, 3, { client: 'ann', kind: 'hold', seats: ['A3', 'A4'], token: 'T1' }, (op) =>
      op.ok({ token: 'T1', seats: ['A1', 'A2', 'A3', 'A4'] }),
    );
    script.release(4, 5, 'ann', 'T1', ['A2']);
    script.op(6, null, { client: 'bob', kind: 'hold', seats: ['A5', 'A6'] });
    script.history.sight([
      { token: 'T1', client: 'ann', seats: ['A1', 'A3', 'A4'] },
      { token: 'T9', client: 'bob', seats: ['A5', 'A6'] },
    ]);
    expect(script.check()).toMatchObject({ ok: true, seats: 6 });
  });
});
