import { setTimeout as sleep } from 'node:timers/promises';
import type { Hold, Order, SeatEvent } from '@aisle/client/protocol';
import { afterAll, describe, expect, test } from 'vitest';
import type { TestNode } from '../helpers/aisle.js';
import { adminCall, Buyer, plainChart, sellEvent } from '../helpers/buyers.js';
import { lettersOf, useSystem } from '../helpers/system.js';
import { recount, redisLetters } from '../helpers/truth.js';
import { waitFor } from '../helpers/wait.js';
import { reportRow } from './support/report.js';
import { times } from './support/scale.js';

/**
 * A server frozen (SIGSTOP) with commands on their way to it and in the midst of one, past the deadlines of holds and orders;
 * other nodes sell what it held. When it wakes it carries on where it was: nothing of that may be a confirmation.
 */

/** The shortest that an event may have. */
const DEADLINE_S = 5;
const FROZEN_MS = 7000;
/** Half a second in which the process can be caught in the midst of a command. */
const CATCH_MS = 500;
const system = useSystem({ nodes: 1, workers: 1, readyTimeoutMs: 60_000 });

interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}
async function post(url: string, path: string, body: object): Promise<Reply> {
  const response = await fetch(`${url}/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${system.aisle.adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const codeOf = ({ body }: Reply): unknown => (body.error as { code?: string } | undefined)?.code;
const paymentOf = (order: Order, reference: string): object => ({
  payment: { reference, amountMinor: order.totalMinor, currency: order.currency },
});

const survivor = (): { urls: string[]; adminKey: string } => ({
  urls: [system.aisle.urls[0] ?? ''],
  adminKey: system.aisle.adminKey,
});
const newEvent = (): Promise<SeatEvent> =>
  sellEvent(survivor(), plainChart(1, 8), {
    ...{ holdSeconds: DEADLINE_S, maxHoldSeconds: 60, reserveSeconds: DEADLINE_S },
  });
async function held(event: SeatEvent, seats: readonly string[]): Promise<Hold> {
  return adminCall<Hold>(survivor(), 'POST', '/inventory/holds', { eventId: event.id, seats });
}
async function ordered(event: SeatEvent, seats: readonly string[]): Promise<Order> {
  const { token } = await held(event, seats);
  return adminCall<Order>(survivor(), 'POST', '/orders', { eventId: event.id, holdToken: token });
}

/** Every seat has at most one live ticket, Redis shows what Postgres implies, and the counts are a recount. */
async function whole(event: SeatEvent): Promise<void> {
  await waitFor(
    async () => {
      const [row] = await system.sql<{ open: number }[]>`
        SELECT count(*)::integer AS open FROM orders WHERE event_id = ${event.id} AND (status = 'pending' OR settled_at IS NULL)`;
      const letters = await redisLetters(system.redis, event.id);
      const live = await system.sql<{ no: number }[]>`
        SELECT place_no AS no FROM tickets WHERE event_id = ${event.id} AND status = 'valid'`;
      expect(new Set(live.map(({ no }) => no)).size).toBe(live.length);
      const implied = [...'aaaaaaaa'].map((letter, no) => (live.some((ticket) => ticket.no === no) ? 's' : letter));
      if (row?.open !== 0 || letters !== implied.join('')) throw new Error(`${row?.open ?? -1} open, ${letters}`);
      return true;
    },
    { what: 'a whole event', timeoutMs: 30_000, intervalMs: 100 },
  );
  const { stored, counted } = await recount(system.redis, event.id, 'A');
  expect(stored).toEqual(counted);
}

async function frozen<T>(node: TestNode, meanwhile: () => Promise<T>): Promise<T> {
  await node.kill('SIGSTOP');
  try {
    const since = performance.now();
    const result = await meanwhile();
    await sleep(Math.max(0, FROZEN_MS - (performance.now() - since)));
    return result;
  } finally {
    await node.kill('SIGCONT');
  }
}
const free = async (event: SeatEvent): Promise<void> => {
  await waitFor(async () => (await redisLetters(system.redis, event.id)) === 'aaaaaaaa', {
    ...{ what: 'everything to lapse elsewhere', timeoutMs: 20_000 },
  });
};

let late = 0;
const asked: string[] = [];

// All of them sleep at the same time.
describe.concurrent('row 15', () => {
  test(
    'I1 I3 H4 O2 commands that waited for a frozen server are too late when it wakes',
    { timeout: 120_000 },
    async () => {
      const node = await system.aisle.addNode();
      for (let round = 0; round < times(1, 20); round++) {
        const event = await newEvent();
        const buyer = await Buyer.connect(node.url, `frozen-${round}`, system.aisle.authSecret);
        const watcher = await system.watch(node.url, event.id);
        const mine = await buyer.send('hold', { eventId: event.id, seats: ['r0-0', 'r0-1'] });
        const second = await buyer.send('hold', { eventId: event.id, seats: ['r0-2'] });
        if (!mine.ok || !second.ok) throw new Error('not held');
        const order = await ordered(event, ['r0-4', 'r0-5']);
        const { told, rival } = await frozen(node, async () => {
          // Into its socket buffers: it has them when it wakes.
          const waiting = [
            buyer.send('extend', { eventId: event.id, holdToken: mine.hold.token }, 60_000),
            buyer.send('reserve', { eventId: event.id, holdToken: second.hold.token }, 60_000),
            post(node.url, `/orders/${order.id}/confirm`, paymentOf(order, `late-${round}`)),
            post(node.url, '/orders', { eventId: event.id, holdToken: mine.hold.token }),
          ] as const;
          await free(event);
          const rival = await post(system.aisle.urls[0] ?? '', '/bookings', {
            ...{ eventId: event.id, seats: ['r0-0', 'r0-1', 'r0-2', 'r0-4', 'r0-5'] },
          });
          return { told: waiting, rival };
        });
        expect(rival.status).toBe(201);
        const [extend, reserve, confirm, place] = await Promise.all(told);
        // UNAVAILABLE: it woke to connections that are older than their patience. Nothing of it is a yes.
        const gone = ['HOLD_EXPIRED', 'HOLD_NOT_FOUND', 'UNAVAILABLE'];
        for (const answer of [extend, reserve]) {
          expect(answer).toMatchObject({ ok: false });
          if (!answer.ok) expect(gone).toContain(answer.error.code);
        }
        const settledConfirm =
          confirm.status === 503
            ? await post(system.aisle.urls[0] ?? '', `/orders/${order.id}/confirm`, paymentOf(order, `late-${round}`))
            : confirm;
        expect(settledConfirm).toMatchObject({
          status: 410,
          body: { error: { code: 'ORDER_EXPIRED', details: { refundRequired: true } } },
        });
        expect(gone).toContain(codeOf(place));
        late += 4;
        await whole(event);
        const truth = await redisLetters(system.redis, event.id);
        expect(truth).toBe('sssassaa');
        await waitFor(() => !watcher.map.stale && lettersOf(watcher.map) === truth, {
          what: 'the map of who was on it',
        });
        watcher.close();
        buyer.close();
      }
      await node.kill('SIGTERM');
    },
  );

  test.each(
    [
      ...(['reserve-before-insert', 'confirm-before-commit'] as const),
      ...(['reserve-after-lua', 'reserve-in-transaction', 'reserve-before-commit'] as const),
      ...(['confirm-in-transaction', 'confirm-after-commit', 'settle-before-lua'] as const),
    ].slice(0, times(0, 8)),
  )('O1 O2 O3 I1 frozen in the midst of a command, at %s', { timeout: 120_000 }, async (point) => {
    const node = await system.aisle.addNode({ AISLE_FAILPOINTS: `${point}=delay:${CATCH_MS}` });
    const event = await newEvent();
    const placing = point.startsWith('reserve');
    const hold = placing ? await held(event, ['r0-0', 'r0-1']) : null;
    const order = placing ? null : await ordered(event, ['r0-0', 'r0-1']);
    const answering =
      order === null
        ? post(node.url, '/orders', { eventId: event.id, holdToken: hold?.token })
        : post(node.url, `/orders/${order.id}/confirm`, paymentOf(order, `midst-${point}`));
    await sleep(CATCH_MS / 2);
    const rivals = await frozen(node, async () => {
      await sleep(FROZEN_MS);
      // Whoever wants them now: either these are the frozen one's for good, or free again.
      return post(system.aisle.urls[0] ?? '', '/bookings', { eventId: event.id, seats: ['r0-0', 'r0-1'] });
    });
    const first = await answering;
    // "Nobody knows" is asked again, as a shop does; under the same reference it is the same payment.
    const answer =
      order !== null && first.status === 503
        ? await post(system.aisle.urls[0] ?? '', `/orders/${order.id}/confirm`, paymentOf(order, `midst-${point}`))
        : first;
    const won = rivals.status === 201;
    const said = first === answer ? '' : `${first.status}, then `;
    asked.push(`${point}: ${said}${answer.status}${won ? ', sold to another meanwhile' : ''}`);
    // What was said is so: confirmed, and nobody else has it; or not confirmed.
    if (order !== null && answer.status === 200) expect(won).toBe(false);
    if (order !== null && won) expect(answer).toMatchObject({ body: { error: { details: { refundRequired: true } } } });
    if (placing && won) expect(answer.status).not.toBe(201);
    await whole(event);
    const [row] = await system.sql<{ sold: number }[]>`
      SELECT count(*)::integer AS sold FROM tickets WHERE event_id = ${event.id} AND status = 'valid'`;
    expect(row?.sold).toBe(won || (order !== null && answer.status === 200) ? 2 : 0);
    await node.kill('SIGTERM');
  });
});

afterAll(() => {
  reportRow({
    row: 15,
    what: `server frozen ${FROZEN_MS / 1000} s past the deadlines, others sell what it held`,
    ran: `${late} commands waiting for it, ${asked.length} caught in their midst`,
    result: ['0 stale confirmations', ...asked].join('; '),
  });
});
