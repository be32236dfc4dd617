import { randomUUID } from 'node:crypto';
import type { Ack, UpPayload } from '@aisle/client/protocol';
import { describe, expect, test } from 'vitest';
import { adminCall, connectBuyers, plainChart, sellEvent, type Buyer } from '../helpers/buyers.js';
import { lettersOf, useSystem } from '../helpers/system.js';
import { loggedLetters, recount, redisLetters } from '../helpers/truth.js';
import { sleep, waitFor } from '../helpers/wait.js';

/*
 * The rush: many buyers, few seats, over sockets, through two server nodes on one Redis. I1, I4, I5, S4, F1–F8.
 */
const system = useSystem({ nodes: 2, workers: 1 });

interface Tally {
  won: string[];
  lost: Set<string>;
}

/** As the SDK does: what may be sent again is sent again, under the same request id (S7). */
async function sendUntilDecided<N extends 'hold' | 'hold-best'>(
  buyer: Buyer,
  name: N,
  payload: UpPayload<N>,
): Promise<Ack<N>> {
  for (;;) {
    const ack = await buyer.send(name, payload, 60_000);
    if (ack.ok || !ack.error.retryable) return ack;
    retries++;
    await sleep(ack.error.retryAfterMs ?? 200);
  }
}
let retries = 0;

/** Wants one seat, whichever; tries all of them, from one of its own on, until one is its or all are gone. */
async function buyOne(
  buyer: Buyer,
  eventId: string,
  seats: readonly string[],
  start: number,
  tally: Tally,
): Promise<void> {
  for (let i = 0; i < seats.length; i++) {
    const seat = seats[(start + i) % seats.length] ?? '';
    const ack = await sendUntilDecided(buyer, 'hold', { eventId, seats: [seat], requestId: randomUUID() });
    if (ack.ok) {
      tally.won.push(ack.hold.seats[0] ?? '');
      return;
    }
    if (ack.error.code !== 'SEAT_UNAVAILABLE') throw new Error(`${ack.error.code}: ${ack.error.message}`);
  }
  tally.lost.add(buyer.subject);
}

describe('the rush, over sockets through two nodes', () => {
  test.each([
    [10, 1],
    [1000, 2],
    [300, 10],
    [300, 299],
  ])(
    'I1 I4 I5: %i buyers, %i seats: as many winners as seats, SEAT_UNAVAILABLE for all others, every map agrees',
    { timeout: 240_000 },
    async (count, seatCount) => {
      const chart = plainChart(1, seatCount);
      const { id } = await sellEvent(system.aisle, chart);
      const seats = chart.seats.map((seat) => seat.id);
      const watchers = await Promise.all(system.aisle.urls.map((url) => system.watch(url, id)));
      const buyers = await connectBuyers(system.aisle, count, `b${seatCount}`);
      const tally: Tally = { won: [], lost: new Set() };
      await Promise.all(buyers.map((buyer, i) => buyOne(buyer, id, seats, Math.floor((i * 7919) % seatCount), tally)));
      buyers.forEach((buyer) => buyer.close());

      expect(tally.won.length).toBe(seatCount);
      expect(new Set(tally.won).size).toBe(seatCount);
      expect(tally.lost.size).toBe(count - seatCount);

      const truth = await redisLetters(system.redis, id);
      expect(truth).toBe('h'.repeat(seatCount));
      process.stdout.write(
        `rush: ${count} buyers on ${seatCount} seats: ${tally.won.length} winners, ${tally.lost.size} SEAT_UNAVAILABLE, ${retries} retried so far\n`,
      );
      const { stored, counted } = await recount(system.redis, id, 'A');
      expect(stored).toEqual(counted);
      for (const { map } of watchers)
        await waitFor(() => lettersOf(map) === truth, { what: 'the watching client’s map' });
      await waitFor(async () => (await loggedLetters(system.sql, id, seatCount)) === truth, {
        timeoutMs: 10_000,
        what: 'Postgres',
      });
      const view = await adminCall<{ categories: { available: number; pending: number }[] }>(
        system.aisle,
        'GET',
        `/events/${id}/inventory`,
      );
      expect(view.categories[0]).toMatchObject({ available: 0, pending: seatCount });
      watchers.forEach(({ close }) => close());
    },
  );

  test(
    'H7: 300 buyers asking at once for 2 of 600 seats in even rows, adjacent preferred: all get 2, side by side',
    { timeout: 120_000 },
    async () => {
      const chart = plainChart(30, 20);
      const { id } = await sellEvent(system.aisle, chart);
      const index = new Map(chart.seats.map((seat, no) => [seat.id, no]));
      const buyers = await connectBuyers(system.aisle, 300, 'pair');
      const answers = await Promise.all(
        buyers.map((buyer) =>
          sendUntilDecided(buyer, 'hold-best', {
            eventId: id,
            quantity: 2,
            adjacent: 'preferred',
            requestId: randomUUID(),
          }),
        ),
      );
      buyers.forEach((buyer) => buyer.close());
      const refused = answers.flatMap((ack) =>
        ack.ok ? [] : [`${ack.error.code} ${JSON.stringify(ack.error.details)}`],
      );
      expect(refused).toEqual([]);
      const groups = answers.flatMap((ack) =>
        ack.ok ? [ack.hold.seats.map((seat) => index.get(seat) ?? -1).sort((a, b) => a - b)] : [],
      );
      expect(new Set(groups.flat()).size).toBe(600);
      for (const [first = -1, second = -1] of groups) {
        expect(second - first).toBe(1);
        expect(Math.floor(first / 20)).toBe(Math.floor(second / 20));
      }
      expect(await redisLetters(system.redis, id)).toBe('h'.repeat(600));
    },
  );

  test('S4 H4 I7: groups overlapping each other are all or nothing', { timeout: 120_000 }, async () => {
    const chart = plainChart(4, 10);
    const { id } = await sellEvent(system.aisle, chart);
    const buyers = await connectBuyers(system.aisle, 60, 'group');
    const wanted = buyers.map((_, i) =>
      Array.from({ length: 2 + (i % 7) }, (_, k) => chart.seats[(i * 3 + k) % 40]?.id ?? ''),
    );
    const answers = await Promise.all(
      buyers.map((buyer, i) =>
        sendUntilDecided(buyer, 'hold', { eventId: id, seats: wanted[i] ?? [], requestId: randomUUID() }),
      ),
    );
    buyers.forEach((buyer) => buyer.close());
    const held: string[] = [];
    answers.forEach((ack, i) => {
      if (ack.ok) {
        expect([...ack.hold.seats].sort()).toEqual([...(wanted[i] ?? [])].sort());
        held.push(...ack.hold.seats);
      } else expect(ack.error.code).toBe('SEAT_UNAVAILABLE');
    });
    expect(new Set(held).size).toBe(held.length);
    expect([...(await redisLetters(system.redis, id))].filter((letter) => letter === 'h').length).toBe(held.length);
  });

  test(
    'areas: 300 buyers on a standing area of 100: 100 winners, AREA_FULL for the rest',
    { timeout: 120_000 },
    async () => {
      const chart = plainChart(1, 1, [{ id: 'floor', capacity: 100 }]);
      const { id } = await sellEvent(system.aisle, chart);
      const buyers = await connectBuyers(system.aisle, 300, 'floor');
      const answers = await Promise.all(
        buyers.map((buyer) =>
          sendUntilDecided(buyer, 'hold', {
            eventId: id,
            areas: [{ id: 'floor', quantity: 1 }],
            requestId: randomUUID(),
          }),
        ),
      );
      buyers.forEach((buyer) => buyer.close());
      const codes = answers.map((ack) => (ack.ok ? 'won' : ack.error.code));
      expect(codes.filter((code) => code === 'won').length).toBe(100);
      expect(codes.filter((code) => code === 'AREA_FULL').length).toBe(200);
      expect((await recount(system.redis, id, 'GA')).stored).toEqual([100, 0, 100, 0]);
    },
  );
});
