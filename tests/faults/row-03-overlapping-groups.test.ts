import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { openCommandConnection } from '../../server/src/redis/connection.js';
import { RedisSeatStore } from '../../server/src/redis/seat-store.js';
import { connectBuyers, plainChart, sellEvent, type Buyer } from '../helpers/buyers.js';
import { between, random } from '../helpers/random.js';
import { useSystem } from '../helpers/system.js';
import { recount, redisLetters } from '../helpers/truth.js';
import { untilDecided } from './support/decided.js';
import { History } from './support/history.js';
import { checkLinear } from './support/linear.js';
import { reportRow } from './support/report.js';
import { FULL, times } from './support/scale.js';

/* Row 3 on real parts: groups of 2 to 8 that overlap, over sockets, through two nodes. In process: tests/unit/interleavings. */
const system = useSystem({ nodes: 2, workers: 1 });
const HOLDS = Number(process.env.FAULT_HOLDS ?? times(600, 100_000));
const BUYERS = 30;
const SEATS = 40;
const ROUNDS_A_HISTORY = 50;
const SEED = Number(process.env.FAULT_SEED ?? Date.now() % 2 ** 31);

interface Group {
  readonly buyer: Buyer;
  readonly token: string;
  readonly seats: readonly string[];
}

/** Null: refused. */
async function hold(history: History, buyer: Buyer, eventId: string, seats: string[]): Promise<Group | null> {
  const operation = history.invoke({ client: buyer.subject, kind: 'hold', seats });
  const ack = await untilDecided(buyer, 'hold', { eventId, seats, requestId: randomUUID() });
  if (ack.ok) {
    const { token, expiresInMs, seats: granted } = ack.hold;
    operation.ok({ token, expiresInMs, seats: granted });
    return { buyer, token, seats: granted };
  }
  expect(ack.error.code).toBe('SEAT_UNAVAILABLE');
  const named = ack.error.details?.seats as string[];
  expect(seats).toEqual(expect.arrayContaining(named));
  operation.refused(ack.error.code, named);
  return null;
}

async function release(history: History, eventId: string, { buyer, token, seats }: Group): Promise<void> {
  const operation = history.invoke({ client: buyer.subject, kind: 'release', seats, token });
  const ack = await untilDecided(buyer, 'release', { eventId, holdToken: token, requestId: randomUUID() });
  expect(ack).toMatchObject({ ok: true });
  operation.ok();
}

test(
  `S4 H4 I4 I7 row 3: ${HOLDS} holds of overlapping groups of 2 to 8 (FAULT_SEED=${SEED}): 0 partial`,
  { timeout: FULL ? 1_200_000 : 60_000 },
  async () => {
    const chart = plainChart(1, SEATS);
    const ids = chart.seats.map((seat) => seat.id);
    const { id, maxSeatsPerSubject } = await sellEvent(system.aisle, chart);
    expect(maxSeatsPerSubject).toBeGreaterThanOrEqual(8);
    const buyers = await connectBuyers(system.aisle, BUYERS, 'group');
    const redis = openCommandConnection(system.aisle.redis.url);
    const store = new RedisSeatStore({ redis, isReady: () => true, epochOf: () => Promise.resolve(1) });
    const dice = random(SEED);
    let history = new History();
    const tally = { asked: 0, granted: 0, seatsGranted: 0, rounds: 0 };
    let held: Group[] = [];
    while (tally.asked < HOLDS) {
      // Some of the round before go while others already ask again.
      const leaving = held.filter(() => between(dice, 0, 2) > 0);
      const free = buyers.filter((buyer) => !held.some((group) => group.buyer === buyer));
      const asking = free.map((buyer) => {
        const first = between(dice, 0, SEATS - 1);
        const seats = Array.from(
          { length: between(dice, 2, 8) },
          (_, i) => ids[(first + i * (1 + (first % 3))) % SEATS] ?? '',
        );
        return hold(history, buyer, id, [...new Set(seats)]);
      });
      const [answers] = await Promise.all([
        Promise.all(asking),
        ...leaving.map((group) => release(history, id, group)),
      ]);
      const granted = answers.filter((group) => group !== null);
      held = [...held.filter((group) => !leaving.includes(group)), ...granted];
      tally.asked += answers.length;
      tally.granted += granted.length;
      tally.seatsGranted += granted.reduce((sum, { seats }) => sum + seats.length, 0);
      tally.rounds++;
      await expectWhole(store, id, ids, held, history);
      if (tally.rounds % ROUNDS_A_HISTORY === 0) {
        for (const group of held) await release(history, id, group);
        held = [];
        expect(checkLinear(history)).toMatchObject({ ok: true });
        expect(await redisLetters(system.redis, id)).toBe('a'.repeat(SEATS));
        history = new History();
      }
    }
    expect(checkLinear(history)).toMatchObject({ ok: true });
    const { stored, counted } = await recount(system.redis, id, 'A');
    expect(stored).toEqual(counted);
    redis.disconnect();
    buyers.forEach((buyer) => buyer.close());
    expect(tally.granted).toBeGreaterThan(HOLDS / 50);
    reportRow({
      row: 3,
      what: `${BUYERS} buyers on 2 nodes hold overlapping groups of 2 to 8 of ${SEATS} seats; compared with Redis after each round`,
      ran: `${tally.asked.toLocaleString('en')} holds in ${tally.rounds.toLocaleString('en')} rounds, seed ${SEED}`,
      result: `${tally.granted.toLocaleString('en')} granted whole, ${(tally.asked - tally.granted).toLocaleString('en')} refused whole, 0 partial; histories linearizable`,
    });
  },
);

/** Between rounds nothing is under way: Redis has exactly the groups that were granted, each whole. */
async function expectWhole(
  store: RedisSeatStore,
  eventId: string,
  ids: readonly string[],
  held: readonly Group[],
  history: History,
): Promise<void> {
  const stored = (await store.allHolds(eventId, 0, 1000)).map(({ token, subject, seats }) => ({
    ...{ token, client: subject },
    seats: seats.map(({ seatNo }) => ids[seatNo] ?? '').sort(),
  }));
  history.sight(stored);
  const byToken = <T extends { token: string }>(a: T, b: T): number => (a.token < b.token ? -1 : 1);
  const expected = held.map(({ token, buyer, seats }) => ({ token, client: buyer.subject, seats: [...seats].sort() }));
  expect(stored.sort(byToken)).toEqual(expected.sort(byToken));
  const letters = [...(await store.snapshot(eventId)).letters];
  const taken = new Set(held.flatMap(({ seats }) => seats));
  expect(letters).toEqual(ids.map((id) => (taken.has(id) ? 'h' : 'a')));
}
