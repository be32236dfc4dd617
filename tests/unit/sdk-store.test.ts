import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Outcome } from '../../client-sdk/src/connection/socket.js';
import { DEFAULT_TIMEOUTS } from '../../client-sdk/src/options.js';
import { wireError, type SeatLetter, type SeatsFrame, type Subscribe } from '../../client-sdk/src/protocol/index.js';
import { EventFeed, type FeedEvent } from '../../client-sdk/src/store/feed.js';
import { MapStore } from '../../client-sdk/src/store/map-store.js';
import { World } from '../helpers/sdk-world.js';

const EVENT = 'evt';
const text = (letters: Uint8Array): string => String.fromCharCode(...letters);
const frame = (epoch: number, from: number, to: number, changes: (number | string)[] = []): SeatsFrame => ({
  eventId: EVENT,
  epoch,
  from,
  to,
  changes,
});
const ack = (extra: object) => ({
  eventId: EVENT,
  status: 'on_sale' as const,
  epoch: 3,
  seq: 10,
  chartVersion: 1,
  areas: [[100, 40]] as [number, number][],
  ...extra,
});

/** A store at epoch 3, seq 10, map "aaaa", one area with 40 of 100 left. */
function storeAt10(): MapStore {
  const store = new MapStore();
  store.answer(ack({ map: '4a' }), null, false);
  return store;
}

describe('the map and its rules (SPEC F8)', () => {
  test('F8 a frame of a lower epoch is dropped, of a higher one asks for the whole map', () => {
    const store = storeAt10();
    expect(store.frame(frame(2, 10, 11, [0, 's'])).kind).toBe('ignored');
    expect(store.frame(frame(4, 10, 11, [0, 's'])).kind).toBe('afresh');
    expect([text(store.letters), store.position]).toEqual(['aaaa', { epoch: 3, seq: 10 }]);
  });

  test('F8 to ≤ ours is dropped; from ≤ ours < to is applied whole; from > ours is a gap', () => {
    const store = storeAt10();
    expect(store.frame(frame(3, 8, 10, [0, 's'])).kind).toBe('ignored');
    expect(store.frame(frame(3, 11, 12, [0, 's'])).kind).toBe('gap');
    expect(text(store.letters)).toBe('aaaa');
    expect(store.frame(frame(3, 7, 12, [0, 'h', 3, 's']))).toEqual({
      kind: 'applied',
      change: {
        all: false,
        seats: [
          [0, 'h'],
          [3, 's'],
        ],
        areas: [],
        from: 10,
        to: 12,
      },
    });
    expect([text(store.letters), store.position]).toEqual(['haas', { epoch: 3, seq: 12 }]);
  });

  test('F8 before the first map frames mean nothing', () => {
    const store = new MapStore();
    expect(store.frame(frame(1, 0, 1, [0, 's'])).kind).toBe('ignored');
    expect(store.position).toBeNull();
  });

  test('areas: capacity stays, what is free follows the frames', () => {
    const store = storeAt10();
    store.frame({ ...frame(3, 10, 11), areas: [0, 39] });
    expect(store.areas).toEqual([{ capacity: 100, available: 39 }]);
  });

  test.each([
    ['an unknown seat', [0, 's', 4, 's']],
    ['a negative seat', [0, 's', -1, 's']],
    ['half a pair', [0, 's', 1]],
    ['no letter', [0, 's', 1, 'x']],
    ['an empty letter', [0, 's', 1, '']],
    ['swapped', ['s', 0]],
  ])('a frame with %s changes nothing at all and asks for the whole map', (_, changes) => {
    const store = storeAt10();
    expect(store.frame(frame(3, 10, 11, changes)).kind).toBe('afresh');
    expect([text(store.letters), store.position]).toEqual(['aaaa', { epoch: 3, seq: 10 }]);
  });

  test('changes are taken only onto the position they were asked for', () => {
    const store = storeAt10();
    expect(store.answer(ack({ seq: 12, changes: [1, 'h'] }), { epoch: 3, seq: 9 }, false).kind).toBe('afresh');
    expect(store.answer(ack({ seq: 12, changes: [1, 'h'] }), null, false).kind).toBe('afresh');
    expect(text(store.letters)).toBe('aaaa');
    const areas = [[100, 38]] as [number, number][];
    expect(store.answer(ack({ seq: 12, changes: [1, 'h'], areas }), { epoch: 3, seq: 10 }, false)).toEqual({
      kind: 'applied',
      change: { all: false, seats: [[1, 'h']], areas: [[0, 38]], from: 10, to: 12 },
    });
    expect(text(store.letters)).toBe('ahaa');
  });

  test('an answer older than our map is refused until it is the last resort', () => {
    const store = storeAt10();
    expect(store.answer(ack({ seq: 9, map: '4s' }), null, false).kind).toBe('behind');
    expect(store.answer(ack({ epoch: 2, seq: 99, map: '4s' }), null, false).kind).toBe('behind');
    expect(text(store.letters)).toBe('aaaa');
    expect(store.answer(ack({ seq: 9, map: '4s' }), null, true).kind).toBe('applied');
    expect(text(store.letters)).toBe('ssss');
  });

  test.each(['4', 'a', '2a3', '1z', '200001a', '-1a', ''])('map text %j: nothing is half-way applied', (map) => {
    const store = storeAt10();
    const verdict = store.answer(ack({ seq: 11, map }), null, false);
    // The empty text is a chart of areas alone.
    expect(verdict.kind).toBe(map === '' ? 'applied' : 'afresh');
    if (map !== '') expect(text(store.letters)).toBe('aaaa');
  });

  test('200,000 seats in one array, allocated once', () => {
    const store = new MapStore();
    store.answer(ack({ map: '200000a' }), null, false);
    const { letters } = store;
    expect(letters.length).toBe(200_000);
    store.answer(ack({ seq: 11, map: '100000s100000a' }), null, false);
    expect(store.letters).toBe(letters);
    expect([letters[99_999], letters[100_000]]).toEqual([115, 97]);
  });
});

/** A feed on a line made of a queue: what is sent arrives when, and if, the test says so. */
class Line {
  readonly world: World;
  readonly feed: EventFeed;
  readonly events: FeedEvent[] = [];
  readonly asked: Subscribe[] = [];
  readonly unsubscribed: string[] = [];
  up = false;
  queue: (() => void)[] = [];
  suspected = false;
  #waiting: { payload: Subscribe; answer: (outcome: Outcome) => void } | null = null;
  #joined = false;
  #sent = 0;

  constructor(seats = 8) {
    this.world = new World(EVENT, seats);
    this.feed = new EventFeed(
      EVENT,
      {
        up: () => this.up,
        subscribe: (payload, timeoutMs, done) => {
          this.asked.push(payload);
          const timer = setTimeout(() => settle({ kind: 'timeout' }), timeoutMs);
          const settle = (outcome: Outcome): void => {
            clearTimeout(timer);
            if (this.#waiting?.answer === settle) this.#waiting = null;
            done(outcome);
          };
          this.#waiting = { payload, answer: settle };
        },
        unsubscribe: (eventId) => void this.unsubscribed.push(eventId),
        suspect: () => this.suspected,
      },
      DEFAULT_TIMEOUTS,
      (event) => void this.events.push(event),
      () => 0.5,
    );
  }

  connect(): void {
    this.up = true;
    this.feed.connected();
  }

  cut(): void {
    this.up = false;
    this.#joined = false;
    this.queue = [];
    this.#waiting?.answer({ kind: 'lost' });
    this.feed.cut();
  }

  /** The server answers a subscribe: flush, join, ack (SPEC F3). */
  answer(): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    this.flush();
    this.#waiting = null;
    this.#joined = true;
    this.#sent = this.world.seq;
    const value = { ok: true, ...this.world.subscribe(waiting.payload) };
    this.queue.push(() => waiting.answer({ kind: 'ack', value }));
  }

  refuse(error: object): void {
    this.#waiting?.answer({ kind: 'ack', value: { ok: false, error } });
  }

  /** One frame for all that changed since the last. */
  flush(): void {
    const { world } = this;
    if (this.#sent > world.seq) this.#sent = 0;
    if (this.#joined && this.#sent < world.seq) {
      const sent = world.frame(this.#sent, world.seq);
      this.queue.push(() => this.feed.frame(sent));
    }
    this.#sent = world.seq;
  }

  beacon(): void {
    const { epoch, seq, status, doubted } = this.world;
    const beacon = { eventId: EVENT, epoch, seq, status, ...(doubted ? ({ stale: true } as const) : {}) };
    if (this.#joined) this.queue.push(() => this.feed.beacon(beacon));
  }

  deliver(): void {
    this.queue.shift()?.();
  }

  deliverAll(): void {
    while (this.queue.length > 0) this.deliver();
  }

  live(): this {
    this.connect();
    this.answer();
    this.deliverAll();
    return this;
  }

  get exact(): boolean {
    const { letters, position } = this.feed.store;
    return text(letters) === this.world.text && position?.epoch === this.world.epoch && position.seq === this.world.seq;
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the feed', () => {
  test('F8 frames that arrive while a subscribe is in flight are buffered and applied after the answer', () => {
    const line = new Line();
    line.connect();
    line.answer();
    line.world.change([[0, 'h']]);
    line.flush();
    line.queue.reverse();
    line.deliverAll();
    expect(line.exact).toBe(true);
    expect(line.asked).toHaveLength(1);
  });

  test('F8 a gap asks again from where the map stands, and the frame that showed it is not lost', () => {
    const line = new Line().live();
    vi.advanceTimersByTime(1_000);
    line.world.change([[0, 'h']]);
    line.flush();
    line.queue.pop();
    line.world.change([[1, 'h']]);
    line.flush();
    line.deliverAll();
    expect(line.asked.at(-1)).toEqual({ eventId: EVENT, epoch: 1, seq: 0 });
    expect(line.feed.stale).toBe(true);
    line.answer();
    line.deliverAll();
    expect([line.exact, line.feed.stale]).toEqual([true, false]);
  });

  test('F8 a beacon ahead of the map asks again, but only after 200 ms: a frame of that tick may be on its way', () => {
    const line = new Line().live();
    vi.advanceTimersByTime(1_000);
    line.world.change([[0, 'h']]);
    line.beacon();
    line.deliverAll();
    vi.advanceTimersByTime(199);
    expect(line.asked).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(line.asked).toHaveLength(2);

    const other = new Line().live();
    other.world.change([[0, 'h']]);
    other.beacon();
    other.flush();
    other.deliverAll();
    vi.advanceTimersByTime(1_000);
    expect([other.exact, other.asked.length]).toEqual([true, 1]);
  });

  test('F9 a server that cannot check its map says so: stale, with the map on screen, until a beacon or an answer without it', () => {
    const line = new Line().live();
    line.world.doubted = true;
    line.beacon();
    line.beacon();
    line.deliverAll();
    expect([line.exact, line.feed.stale]).toEqual([true, true]);
    line.cut();
    line.live();
    expect([line.exact, line.feed.stale]).toEqual([true, true]);
    line.world.doubted = false;
    line.beacon();
    line.deliverAll();
    expect(line.feed.stale).toBe(false);
    expect(line.events.filter(({ name }) => name === 'stale').map(({ value }) => value)).toEqual([false, true, false]);
    // Doubted, cut, and sure again when it comes back: the answer says so.
    line.world.doubted = true;
    line.beacon();
    line.deliverAll();
    line.cut();
    line.world.doubted = false;
    line.live();
    expect(line.feed.stale).toBe(false);
  });

  test('silence for 5 s asks again from where the map stands, and calls nothing stale yet', () => {
    const line = new Line().live();
    vi.advanceTimersByTime(4_000);
    line.beacon();
    line.deliverAll();
    vi.advanceTimersByTime(4_999);
    expect(line.asked).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(line.asked.at(-1)).toEqual({ eventId: EVENT, epoch: 1, seq: 0 });
    expect(line.feed.stale).toBe(false);
    // No answer either: the line is asked about, then asked again with backoff.
    vi.advanceTimersByTime(DEFAULT_TIMEOUTS.ackMs);
    expect(line.feed.stale).toBe(true);
    vi.advanceTimersByTime(1_000);
    expect(line.asked).toHaveLength(3);
  });

  test('F5 reload: a fresh map after a random wait of up to 2 s; a stream of reloads does not put it off', () => {
    const line = new Line().live();
    const reload = { eventId: EVENT, epoch: 2, chartVersion: 1 };
    line.world.newEpoch();
    line.feed.reload(reload);
    vi.advanceTimersByTime(900);
    line.feed.reload(reload);
    // A frame of the new epoch meanwhile must not make everybody ask at once.
    line.feed.frame(frame(2, 0, 1, [0, 's']));
    expect([line.asked.length, line.feed.stale]).toEqual([1, true]);
    vi.advanceTimersByTime(100);
    expect(line.asked.at(-1)).toEqual({ eventId: EVENT });
    line.answer();
    line.deliverAll();
    expect(line.exact).toBe(true);
    expect(line.events.filter(({ name }) => name === 'reload')).toHaveLength(2);
    line.feed.reload({ ...reload, epoch: 1 });
    expect(line.feed.stale).toBe(false);
  });

  test('F8 the position is kept across a cut: it resumes by changes, stale meanwhile', () => {
    const line = new Line().live();
    line.cut();
    expect(line.feed.stale).toBe(true);
    for (let i = 0; i < 50; i++) line.world.change([[i % 8, i % 2 === 0 ? 'h' : 's']]);
    line.connect();
    expect(line.asked.at(-1)).toEqual({ eventId: EVENT, epoch: 1, seq: 0 });
    line.answer();
    line.deliverAll();
    expect([line.exact, line.feed.stale]).toEqual([true, false]);
    expect(line.events.filter(({ name }) => name === 'change').at(-1)?.value).toMatchObject({
      all: false,
      from: 0,
      to: 50,
    });
  });

  test('a server that sends nonsense for ever is asked with backoff, not in a storm', () => {
    const line = new Line().live();
    for (let i = 0; i < 600; i++) {
      line.feed.frame(frame(1, line.world.seq, line.world.seq + 1, [999, 'a']));
      line.answer();
      line.deliverAll();
      vi.advanceTimersByTime(100);
    }
    expect(line.asked.length).toBeLessThan(60);
  });

  test('a refusal that is not retryable is told once and tried with the next connection; a retryable one is retried', () => {
    const line = new Line();
    line.connect();
    line.refuse(wireError('UNAVAILABLE', { retryAfterMs: 700 }));
    vi.advanceTimersByTime(699);
    expect(line.asked).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(line.asked).toHaveLength(2);
    line.refuse(wireError('EVENT_NOT_FOUND'));
    vi.advanceTimersByTime(60_000);
    expect(line.asked).toHaveLength(2);
    expect(line.feed.error?.code).toBe('EVENT_NOT_FOUND');
    line.cut();
    line.live();
    expect([line.exact, line.feed.error]).toEqual([true, null]);
  });

  test('an answer behind our map is asked for again, and taken at last: the server has the last word', () => {
    const line = new Line();
    for (let i = 0; i < 5; i++) line.world.change([[0, 's']]);
    line.live();
    line.cut();
    line.world.newEpoch();
    line.world.epoch = 1;
    line.world.letters.fill('b');
    line.connect();
    for (let i = 0; i < 20; i++) {
      line.answer();
      line.deliverAll();
      vi.advanceTimersByTime(1_000);
    }
    expect(line.exact).toBe(true);
    expect(line.asked.slice(1, 5).map(({ seq }) => seq)).toEqual([5, 5, 5, undefined]);
  });

  test('closing unsubscribes, stops every timer and says nothing more', () => {
    const line = new Line().live();
    line.feed.close();
    const events = line.events.length;
    line.feed.frame(frame(1, 0, 1, [0, 's']));
    expect([line.unsubscribed, line.events.length, vi.getTimerCount()]).toEqual([[EVENT], events, 0]);
  });

  test('inventory: older frames are dropped, categories merge, another epoch starts anew', () => {
    const { feed } = new Line();
    const at = (epoch: number, seq: number, categories: Record<string, [number, number, number, number]>): void =>
      feed.inventoryFrame({ eventId: EVENT, epoch, seq, categories });
    at(1, 5, { A: [10, 1, 2, 7], B: [5, 0, 0, 5] });
    at(1, 4, { A: [10, 0, 0, 10] });
    at(1, 6, { B: [5, 1, 0, 4] });
    expect(feed.inventory).toEqual({
      A: { total: 10, sold: 1, pending: 2, available: 7 },
      B: { total: 5, sold: 1, pending: 0, available: 4 },
    });
    at(2, 0, { A: [10, 1, 0, 9] });
    expect(Object.keys(feed.inventory)).toEqual(['A']);
  });
});

type Step =
  | { do: 'change'; seat: number; letter: SeatLetter }
  | {
      do:
        | 'flush'
        | 'deliver'
        | 'drop'
        | 'twice'
        | 'swap'
        | 'again'
        | 'answer'
        | 'beacon'
        | 'cut'
        | 'connect'
        | 'epoch'
        | 'reload';
    }
  | { do: 'time'; ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      seat: fc.nat(7),
      letter: fc.constantFrom<SeatLetter>('a', 'h', 'r', 's', 'b'),
    }),
  },
  { weight: 12, arbitrary: fc.record({ do: fc.constantFrom('flush' as const, 'deliver' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('drop' as const, 'twice' as const, 'swap' as const, 'again' as const) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('answer' as const, 'beacon' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('cut' as const, 'connect' as const, 'epoch' as const, 'reload' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.constantFrom(1, 60, 250, 1_000, 6_000) }),
  },
);

/** What the map was at every (epoch, seq) there ever was. */
class History {
  readonly #maps = new Map<string, string>();
  note({ epoch, seq, text }: World): void {
    this.#maps.set(`${epoch}-${seq}`, text);
  }
  check({ feed }: Line): void {
    const { position, letters } = feed.store;
    if (position !== null) expect(text(letters)).toBe(this.#maps.get(`${position.epoch}-${position.seq}`));
  }
}

function take(line: Line, history: History, step: Step, old: (() => void)[]): void {
  const { world, queue } = line;
  if (step.do === 'change') world.change([[step.seat, step.letter]]);
  else if (step.do === 'flush') line.flush();
  else if (step.do === 'deliver') {
    const next = queue.shift();
    if (next !== undefined) old.push(next);
    next?.();
  } else if (step.do === 'drop') queue.shift();
  else if (step.do === 'twice' && queue[0] !== undefined) queue.unshift(queue[0]);
  else if (step.do === 'swap') queue.splice(0, 2, ...queue.slice(0, 2).reverse());
  else if (step.do === 'again') old[old.length >> 1]?.();
  else if (step.do === 'answer') line.answer();
  else if (step.do === 'beacon') line.beacon();
  else if (step.do === 'cut') line.cut();
  else if (step.do === 'connect' && !line.up) line.connect();
  else if (step.do === 'epoch') {
    world.newEpoch();
    world.letters.reverse();
  } else if (step.do === 'reload') line.feed.reload({ eventId: EVENT, epoch: world.epoch, chartVersion: 1 });
  else if (step.do === 'time') vi.advanceTimersByTime(step.ms);
  history.note(world);
}

test('F8 I5 whatever is lost, doubled, reordered or cut: the map is that of its position at every step, and exact after quiet', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 1, max: 20 }), (steps, ringSize) => {
      vi.clearAllTimers();
      const line = new Line();
      const history = new History();
      line.world.ringSize = ringSize;
      history.note(line.world);
      const old: (() => void)[] = [];
      line.live();
      for (const step of steps) {
        take(line, history, step, old);
        history.check(line);
      }
      if (!line.up) line.connect();
      // Quiet: a beacon each 2 s, every question answered. Longest: three answers behind, each after a backoff of 5 s.
      for (let second = 0; second < 30; second++) {
        line.flush();
        if (second % 2 === 0) line.beacon();
        line.answer();
        line.deliverAll();
        vi.advanceTimersByTime(1_000);
        history.check(line);
      }
      expect([line.exact, line.feed.stale]).toEqual([true, false]);
      line.feed.close();
      expect(vi.getTimerCount()).toBe(0);
    }),
    { numRuns: 2_000 },
  );
});
