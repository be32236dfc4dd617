import type { SeatLetter } from '@aisle/client/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fanoutWorld } from '../helpers/fanout-world.js';
import { memoryEvent } from '../helpers/memory-event.js';

const EVENT = 'ev1';
const SEATS = 12;
const letter = fc.constantFrom<SeatLetter[]>('a', 'h', 'r', 's', 'b');

const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      seats: fc.uniqueArray(fc.tuple(fc.nat(SEATS - 1), letter), { maxLength: 4, selector: ([seatNo]) => seatNo }),
      seqs: fc.integer({ min: 1, max: 3 }),
      area: fc.option(fc.nat(50)),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('deliver' as const), count: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('drop' as const), count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reconnect' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('join' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), which: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('resubscribe' as const), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('epoch' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('away' as const), away: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('slow' as const), ms: fc.nat(200) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(1500) }) },
);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('I5 soon after quiet, every client has the store’s map', () => {
  it('F1–F8 whatever is lost, late, cut, reloaded or joined in whatever order', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
        const live = memoryEvent({ seats: SEATS, areas: [50] });
        const world = fanoutWorld(live, 'by-hand');
        const viewers = [world.viewer()];
        let epoch = 1;
        for (const action of steps) {
          switch (action.kind) {
            case 'change':
              world.store.change(EVENT, {
                seats: action.seats,
                seqs: action.seqs,
                areas: action.area === null ? [] : [[0, action.area]],
              });
              break;
            case 'deliver':
              world.source.deliver(action.count);
              break;
            case 'drop':
              world.source.drop(action.count);
              break;
            case 'cut':
              world.source.cut();
              break;
            case 'reconnect':
              world.source.reconnect();
              break;
            case 'join':
              viewers.push(world.viewer());
              break;
            case 'leave':
              if (action.which > 0 && action.which < viewers.length) viewers.splice(action.which, 1)[0]?.leave();
              break;
            case 'resubscribe':
              viewers[action.which % viewers.length]?.map.subscribe();
              break;
            case 'epoch':
              epoch++;
              world.store.load(live, epoch);
              world.directory.put({ ...live, epoch });
              break;
            case 'away':
              world.store.away = action.away;
              break;
            case 'slow':
              world.store.replyDelay = () => new Promise((resolve) => setTimeout(resolve, action.ms));
              break;
            case 'wait':
              await vi.advanceTimersByTimeAsync(action.ms);
              break;
          }
          // Changes may come several in one turn; anything else lets the node get on.
          if (action.kind !== 'change') await vi.advanceTimersByTimeAsync(0);
        }
        world.store.away = false;
        world.source.reconnect();
        // Clients whose subscribe was refused try again, as the SDK does.
        for (let second = 0; second < 6; second++) {
          for (const { map } of viewers) if (map.waiting) map.subscribe();
          await vi.advanceTimersByTimeAsync(1000);
          world.source.deliver();
        }
        const expected = world.store.letters(EVENT);
        const { seq } = world.store.position(EVENT);
        for (const { map } of viewers) {
          expect({
            text: map.text,
            areas: map.areas,
            epoch: map.epoch,
            seq: map.seq,
            early: map.early,
            gaps: map.gaps,
          }).toEqual({
            text: expected,
            areas: world.store.areas(EVENT),
            epoch,
            seq,
            early: 0,
            gaps: 0,
          });
        }
        await world.feed.close();
      }),
      { numRuns: 300 },
    );
  });
});
