import { setTimeout as sleep } from 'node:timers/promises';
import { answerCalls } from '../harness/calls.js';
import { AskingSocket } from './asking-socket.js';
import { inGroups } from './raw-socket.js';
import { Tally, type SoakCount } from './soak-tally.js';
import { visit, type Shop } from './soak-visit.js';

export interface BuyerCalls {
  connect: { ask: BuyersWish; answer: { sockets: number } };
  /** Visits go on until `stop`. perSecond: calls, all together; null: as fast as they are answered. */
  run: { ask: { lanes: number; perSecond: number | null }; answer: object };
  /** What was counted since the last reading. */
  read: { ask: object; answer: SoakCount };
  /** Ends when the last visit has. */
  stop: { ask: object; answer: object };
}
export interface BuyersWish {
  readonly ports: readonly number[];
  readonly tokens: readonly string[];
  readonly adminKey: string;
  readonly eventId: string;
  readonly seats: number;
  readonly area: string;
}

/** How long a lane waits for its turn at most before it looks again whether the run is over. */
const TURN_MS = 5;
const REPLY_TIMEOUT_MS = 10_000;

let buyers: { socket: AskingSocket; readonly port: number; readonly token: string }[] = [];
let shop: Shop | undefined;
let running: { stopped: boolean; lanes: Promise<void>[] } = { stopped: true, lanes: [] };
const tally = new Tally();

answerCalls<BuyerCalls>({
  async connect(wish) {
    const places = wish.tokens.map((token, i) => ({ token, port: wish.ports[i % wish.ports.length] ?? 0 }));
    buyers = await inGroups(places, async (place) => ({
      ...place,
      socket: await AskingSocket.open(place.port, place.token),
    }));
    shop = { ...wish, urls: wish.ports.map((port) => `http://127.0.0.1:${port}`), sold: [] };
    return { sockets: buyers.length };
  },
  async run({ lanes, perSecond }) {
    const round: typeof running = { stopped: false, lanes: [] };
    const turn = pacer(perSecond, () => round.stopped);
    round.lanes = Array.from({ length: lanes }, () => lane(round, turn));
    running = round;
    return {};
  },
  async read() {
    return tally.read();
  },
  async stop() {
    running.stopped = true;
    await Promise.all(running.lanes);
    return {};
  },
});

async function lane(round: { readonly stopped: boolean }, turn: () => Promise<void>): Promise<void> {
  while (!round.stopped && shop !== undefined) {
    const buyer = buyers[Math.floor(Math.random() * buyers.length)];
    if (buyer === undefined) return;
    // A socket that was cut comes back, as a browser's does.
    if (!buyer.socket.isOpen) {
      tally.reconnected();
      buyer.socket = await AskingSocket.open(buyer.port, buyer.token).catch(async () => {
        await sleep(100);
        return buyer.socket;
      });
      continue;
    }
    await visit(shop, tally, turn, (name, payload) => buyer.socket.ask(name, payload, REPLY_TIMEOUT_MS));
  }
}

/** Resolves when the next call may go. */
function pacer(perSecond: number | null, stopped: () => boolean): () => Promise<void> {
  if (perSecond === null) return () => Promise.resolve();
  let next = performance.now();
  return async () => {
    const at = (next = Math.max(next + 1000 / perSecond, performance.now() - 1000));
    while (!stopped() && performance.now() < at) await sleep(Math.min(TURN_MS, Math.max(1, at - performance.now())));
  };
}
