import { afterEach, expect, test, vi } from 'vitest';
import { block } from '../../server/src/commands/block.js';
import type { CommandDeps } from '../../server/src/commands/index.js';
import type { Actor } from '../../server/src/domain/actor.js';
import { compileChart } from '../../server/src/domain/chart/compile.js';
import type { LiveEvent } from '../../server/src/domain/event.js';
import { plainChart } from '../helpers/buyers.js';

afterEach(() => {
  vi.useRealTimers();
});

const clerk: Actor = {
  subject: 'clerk',
  role: 'box_office',
  expiresAtMs: null,
  events: null,
  maxSeats: null,
  tokenId: null,
};

test('O6 a load that outlasts a block: UNAVAILABLE, and the ledger has the places once', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
  const chart = compileChart(plainChart(1, 2, [{ id: 'floor', capacity: 10 }]));
  let epoch = 1;
  const live = (): LiveEvent => ({
    event: {
      ...{ id: 'evt_a', name: 'A', status: 'on_sale', version: 1, startsAt: '2030-01-01T00:00:00Z', timezone: 'UTC' },
      ...{ currency: 'EUR', prices: {}, chartVersion: 1, holdSeconds: 300, maxHoldSeconds: 900, reserveSeconds: 900 },
      ...{ maxSeatsPerSubject: 10, publicStates: 'full', createdAt: '', updatedAt: '' },
    },
    chart,
    epoch,
  });
  const ledger: number[] = [];
  let scripts = 0;
  const unused = (): never => {
    throw new Error('a block asks for nothing else');
  };
  const deps: CommandDeps = {
    // Every look finds Postgres at a later epoch: a load that begins again and again.
    directory: {
      get: () => Promise.resolve(live()),
      refresh: () => Promise.resolve((epoch++, live())),
      ...{ peek: unused, onChange: unused },
    },
    store: {
      block: () => {
        scripts++;
        const refusal = { code: 'UNAVAILABLE', reason: 'epoch' } as const;
        return Promise.resolve({ ok: false, epoch: 0, seq: 0, replayed: false, refusal });
      },
      positions: () => Promise.resolve([{ epoch, seq: 0, status: 'on_sale', version: 1, chartVersion: 1 }]),
      ...{ unblock: unused, hold: unused, holdBest: unused, extend: unused, release: unused, expire: unused },
      ...{ reserve: unused, unreserve: unused, settle: unused, reservedHolds: unused, transferHolds: unused },
      ...{ getHold: unused, holdsOf: unused, allHolds: unused, snapshot: unused, configure: unused },
    },
    blocks: {
      add: ({ areas }) => {
        const at = ledger.push(areas[0]?.quantity ?? 0) - 1;
        return Promise.resolve(() => Promise.resolve(void ledger.splice(at, 1)));
      },
      remove: unused,
    },
    feed: { letters: unused },
    random: unused,
  };
  const answer = block(deps, clerk, 'evt_a', { areas: [{ id: 'floor', quantity: 4 }] });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(await answer).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE', retryable: true } });
  expect(scripts).toBeGreaterThan(10);
  expect(ledger).toEqual([4]);
});
