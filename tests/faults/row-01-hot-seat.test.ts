import { expect, test } from 'vitest';
import { connectBuyers, plainChart, sellEvent, type Buyer } from '../helpers/buyers.js';
import { useSystem } from '../helpers/system.js';
import { recount, redisLetters } from '../helpers/truth.js';
import { untilDecided } from './support/decided.js';
import { History } from './support/history.js';
import { checkLinear } from './support/linear.js';
import { reportRow } from './support/report.js';
import { FULL, times } from './support/scale.js';

/* Row 1: everyone wants the same seat at the same moment, over sockets, through two nodes. */
const system = useSystem({ nodes: 2, workers: 1 });
const CLIENTS = times(100, 500);
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? times(15, 1000));
/** Histories are looked at in pieces: 500 × 1,000 answers would not fit in mind at once. */
const ROUNDS_A_HISTORY = 25;
const SEAT = 'r0-0';

async function ask(history: History, buyer: Buyer, eventId: string, round: number): Promise<string | null> {
  const operation = history.invoke({ client: buyer.subject, kind: 'hold', seats: [SEAT] });
  const ack = await untilDecided(buyer, 'hold', { eventId, seats: [SEAT], requestId: `round-${round}` });
  if (ack.ok) {
    operation.ok({ token: ack.hold.token, expiresInMs: ack.hold.expiresInMs, seats: ack.hold.seats });
    return ack.hold.token;
  }
  operation.refused(ack.error.code, [SEAT]);
  expect(ack.error.code).toBe('SEAT_UNAVAILABLE');
  return null;
}

test(
  `I1 I4 I7 row 1: ${CLIENTS} clients, 1 seat, ${ROUNDS} rounds: one winner each`,
  { timeout: FULL ? 900_000 : 60_000 },
  async () => {
    const { id } = await sellEvent(system.aisle, plainChart(1, 1));
    const buyers = await connectBuyers(system.aisle, CLIENTS, 'hot');
    let history = new History();
    let [answers, slowestMs] = [0, 0];
    const winners = new Set<string>();
    const began = performance.now();
    for (let round = 1; round <= ROUNDS; round++) {
      const roundBegan = performance.now();
      // Not always the same one first.
      const order = buyers
        .map((_, i) => buyers[(i + round * 37) % buyers.length])
        .filter((buyer) => buyer !== undefined);
      const tokens = await Promise.all(order.map((buyer) => ask(history, buyer, id, round)));
      slowestMs = Math.max(slowestMs, performance.now() - roundBegan);
      answers += tokens.length;
      const won = tokens.flatMap((token, i) => (token === null ? [] : [{ token, buyer: order[i] }]));
      expect(won).toHaveLength(1);
      expect(await redisLetters(system.redis, id)).toBe('h');
      const { token = '', buyer } = won[0] ?? {};
      if (buyer === undefined) throw new Error('nobody won');
      winners.add(buyer.subject);
      const release = history.invoke({ client: buyer.subject, kind: 'release', seats: [SEAT], token });
      const released = await untilDecided(buyer, 'release', {
        eventId: id,
        holdToken: token,
        requestId: `free-${round}`,
      });
      expect(released).toMatchObject({ ok: true });
      release.ok();
      if (round % ROUNDS_A_HISTORY === 0 || round === ROUNDS) {
        expect(checkLinear(history)).toMatchObject({ ok: true });
        history = new History();
      }
    }
    const seconds = (performance.now() - began) / 1000;
    buyers.forEach((buyer) => buyer.close());
    const { stored, counted } = await recount(system.redis, id, 'A');
    expect(stored).toEqual(counted);
    reportRow({
      row: 1,
      what: `${CLIENTS} clients on 2 nodes ask for 1 seat at once`,
      ran: `${ROUNDS.toLocaleString('en')} rounds, ${answers.toLocaleString('en')} answers`,
      result:
        `one winner each (${winners.size} different ones), all others SEAT_UNAVAILABLE; histories linearizable; ` +
        `slowest round ${Math.round(slowestMs)} ms; ${Math.round(answers / seconds)} answers a second`,
    });
  },
);
