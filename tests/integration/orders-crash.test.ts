import { afterAll, describe, expect, test } from 'vitest';
import { ORDER_FAILPOINTS, type OrderFailpoint } from '../../server/src/platform/order-failpoints.js';
import type { TestNode } from '../helpers/aisle.js';
import { useSystem } from '../helpers/system.js';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js';
import { waitFor } from '../helpers/wait.js';
import {
  CAPACITY,
  FREE,
  Sale,
  settledWithin30s,
  SOLD,
  STANDING,
  stateOf,
  type MaybeAnswer,
  type SaleState,
} from './support/order-crash.js';

/** A server killed at every step of reserve and confirm, and Postgres cut off at COMMIT, with the worker running. */

const system = useSystem({ nodes: 1, workers: 1 });
const survivor = (): string => system.aisle.urls[0] ?? '';

type Step = (sale: Sale, url: string) => Promise<MaybeAnswer>;
const reserveStep: Step = (sale, url) => sale.place(url);
const wrongTotal: Step = (sale, url) => sale.place(url, { totalMinor: 1 });
const confirmStep: Step = (sale, url) => sale.confirm(url);
const bookStep: Step = (sale, url) => sale.book(url);

function stepOf(point: OrderFailpoint): Step {
  if (point === 'unreserve-before-lua') return wrongTotal;
  if (point === 'book-after-hold') return bookStep;
  return point.startsWith('reserve') ? reserveStep : confirmStep;
}
/** The step is committed at these: what was paid is sold, whoever asks again or not. */
const COMMITTED: ReadonlySet<OrderFailpoint> = new Set([
  'confirm-after-commit',
  'settle-before-lua',
  'settle-after-lua',
  'settle-after-done',
  // Inside the transaction that marks the effect as done, long after the one that sold.
  'settle-before-done',
]);

/** Runs a sale up to the failpoint on a server that dies there. Nobody was told anything. */
async function crash(point: OrderFailpoint): Promise<Sale> {
  const node = await system.aisle.addNode({ AISLE_FAILPOINTS: `${point}=exit` });
  const sale = await Sale.start(system);
  const step = stepOf(point);
  if (step !== bookStep) await sale.hold();
  if (step === confirmStep) expect(await sale.place(survivor())).toMatchObject({ status: 201 });
  const answer = await step(sale, node.url);
  expect(await node.ended).toBe('SIGKILL');
  expect(node.logs()).toContain(`failpoint ${point}: exit`);
  expect(answer).toBeNull();
  return sale;
}

/** General admission never over capacity: what is left can be sold, one more cannot. */
async function standingLeft(sale: Sale, sold: boolean): Promise<void> {
  const other = async (quantity: number): Promise<number> => {
    const response = await fetch(`${survivor()}/v1/bookings`, {
      method: 'POST',
      headers: { authorization: `Bearer ${system.aisle.adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ eventId: sale.event.id, areas: [{ id: 'floor', quantity }] }),
    });
    return response.status;
  };
  const left = CAPACITY - (sold ? STANDING : 0);
  expect(await other(left + 1)).toBe(409);
  expect(await other(left)).toBe(201);
  expect(await other(1)).toBe(409);
  expect((await stateOf(sale)).area).toEqual({ claimed: CAPACITY, sold: CAPACITY });
}

interface Watched {
  readonly what: string;
  readonly sale: Sale;
  readonly sold: boolean;
  readonly settled: Promise<{ state: SaleState; ms: number }>;
}
const watched: Watched[] = [];
const watch = (what: string, sale: Sale, sold: boolean): void => {
  watched.push({ what, sale, sold, settled: settledWithin30s(sale, [sold ? SOLD : FREE]) });
};

describe('a server killed', () => {
  test.each(ORDER_FAILPOINTS)('O1 O2 O3 at %s, and nobody asks again', { timeout: 60_000 }, async (point) => {
    watch(`${point}, left alone`, await crash(point), COMMITTED.has(point));
  });

  test.each(ORDER_FAILPOINTS)('O1 O3 I6 at %s, and the same call comes again', { timeout: 60_000 }, async (point) => {
    const sale = await crash(point);
    const step = stepOf(point);
    const again = await step(sale, survivor());
    if (step === wrongTotal) {
      expect(again).toMatchObject({ status: 409, body: { error: { code: 'PRICE_CHANGED' } } });
      watch(`${point}, again`, sale, false);
      return;
    }
    expect(again).toMatchObject({ status: step === confirmStep ? 200 : 201 });
    if (step === reserveStep) expect(await sale.confirm(survivor())).toMatchObject({ status: 200 });
    watch(`${point}, again`, sale, true);
  });

  test(
    'O2 O3 I1 I2 within 30 s: no seat is stuck, no paid order lost, general admission not over capacity',
    { timeout: 120_000 },
    async () => {
      expect(watched).toHaveLength(2 * ORDER_FAILPOINTS.length);
      for (const { what, sale, sold, settled } of watched) {
        const { state, ms } = await settled;
        expect({ what, ...state }).toEqual({ what, ...(sold ? SOLD : FREE), orders: state.orders });
        expect(state.orders, what).toBeLessThanOrEqual(1);
        expect(ms, what).toBeLessThan(30_000);
        await standingLeft(sale, sold);
      }
    },
  );
});

describe('Postgres cut off at COMMIT', () => {
  let proxy: TcpProxy | undefined;
  afterAll(() => proxy?.stop());

  /** A server that reaches Postgres through the proxy and pauses before it commits. */
  async function pausing(point: OrderFailpoint): Promise<{ node: TestNode; proxy: TcpProxy }> {
    const direct = new URL(system.aisle.databaseUrl);
    await proxy?.stop();
    proxy = await startTcpProxy({ host: direct.hostname, port: Number(direct.port) });
    const through = new URL(direct);
    through.hostname = '127.0.0.1';
    through.port = String(proxy.port);
    const env = { DATABASE_URL: through.href, AISLE_FAILPOINTS: `${point}=delay:1000` };
    return { node: await system.aisle.addNode(env), proxy };
  }
  /** The transaction has done all its work and waits at the failpoint. */
  const untilPaused = (): Promise<unknown> =>
    waitFor(
      async () => {
        const rows = await system.sql`
          SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
            AND state = 'idle in transaction' AND clock_timestamp() - state_change > interval '300 milliseconds'`;
        return rows.length > 0;
      },
      { timeoutMs: 5000, what: 'a transaction that waits' },
    );

  test.each([
    ['reserve-before-commit', 'its answer lost', true],
    ['reserve-before-commit', 'before it arrives', false],
    ['confirm-before-commit', 'its answer lost', true],
    ['confirm-before-commit', 'before it arrives', false],
  ] as const)(
    'O1 O3 I2 at %s, %s: UNAVAILABLE, nothing said that is not so; the same call again settles it',
    { timeout: 90_000 },
    async (point, _how, arrives) => {
      const { node, proxy: between } = await pausing(point);
      const reserving = point === 'reserve-before-commit';
      const sale = await Sale.start(system);
      await sale.hold();
      if (!reserving) expect(await sale.place(survivor())).toMatchObject({ status: 201 });
      const answering = reserving ? sale.place(node.url) : sale.confirm(node.url);
      await untilPaused();
      if (arrives) between.swallowReplies = true;
      else between.cut();
      between.refuse = true;
      const answer = await answering;
      expect(answer).toMatchObject({ status: 503, body: { error: { code: 'UNAVAILABLE', retryable: true } } });
      if (arrives) expect(between.swallowed).toBeGreaterThan(0);
      between.cut();
      const { claims } = await stateOf(sale);
      expect(claims).toBe(reserving ? (arrives ? 'rr' : '') : arrives ? 'ss' : 'rr');
      expect(await (reserving ? sale.place(survivor()) : sale.confirm(survivor()))).toMatchObject({
        status: reserving ? 201 : 200,
      });
      if (reserving) expect(await sale.confirm(survivor())).toMatchObject({ status: 200 });
      const { state } = await settledWithin30s(sale, [SOLD]);
      expect(state).toEqual({ ...SOLD, orders: 1 });
      expect(node.running).toBe(true);
    },
  );
});

test(
  'O3 the worker killed between Redis and its mark: another one goes on, and the effect is one',
  { timeout: 90_000 },
  async () => {
    const sale = await crash('confirm-after-commit');
    const [first] = system.aisle.workers;
    await first?.kill();
    const doomed = system.aisle.addWorker({ AISLE_FAILPOINTS: 'settle-after-lua=exit' });
    expect(await doomed.ended).toBe('SIGKILL');
    expect(doomed.logs()).toContain('failpoint settle-after-lua: exit');
    system.aisle.addWorker();
    const { state } = await settledWithin30s(sale, [SOLD]);
    expect(state).toEqual({ ...SOLD, orders: 1 });
  },
);
