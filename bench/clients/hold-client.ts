import { ascending, percentile } from '../harness/stats.js';
import { answerCalls } from '../harness/calls.js';
import { inGroups, RawSocket } from './raw-socket.js';

export interface HoldCalls {
  connect: { ask: { port: number; tokens: string[] }; answer: { sockets: number } };
  run: { ask: HoldRun; answer: HoldRunResult };
}
export interface HoldRun {
  readonly eventId: string;
  /** Holds in all: each socket takes its turn until they are used up. */
  readonly holds: number;
  /** Requests under way at once. */
  readonly inFlight: number;
  readonly seats: number;
}
export interface HoldRunResult {
  readonly ok: number;
  /** Anything but ok, by its first 200 characters. */
  readonly refused: string[];
  readonly elapsedMs: number;
  /** From sending to the ack, in ms. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Coprime to any number of seats we use: a walk over the whole chart that never meets a seat twice. */
const STRIDE = 7919;
const ACK_OK = /^43\d*\[\{"ok":true/;

let sockets: RawSocket[] = [];

answerCalls<HoldCalls>({
  async connect({ port, tokens }) {
    sockets = await inGroups(tokens, (token) => RawSocket.open(port, { token, protocol: 1 }));
    return { sockets: sockets.length };
  },
  run: (ask) => run(ask),
});

/** Closed loop: `inFlight` lanes, each sends the next hold on the next free socket when its last one is answered. */
function run({ eventId, holds, inFlight, seats }: HoldRun): Promise<HoldRunResult> {
  const latencies = new Float64Array(holds);
  const refused: string[] = [];
  let sent = 0;
  let answered = 0;
  let ok = 0;
  return new Promise((resolve) => {
    const began = performance.now();
    const sendNext = (): void => {
      if (sent >= holds) return;
      const number = sent++;
      const socket = sockets[number % sockets.length]!;
      const ackStart = `43${number}[`;
      const sentAt = performance.now();
      socket.onFrame = (text) => {
        if (!text.startsWith(ackStart)) return;
        latencies[answered++] = performance.now() - sentAt;
        if (ACK_OK.test(text)) ok++;
        else if (refused.length < 5) refused.push(text.slice(0, 200));
        if (answered === holds) finish();
        else sendNext();
      };
      const seat = (number * STRIDE) % seats;
      socket.send(
        `42${number}["hold",{"eventId":"${eventId}","seats":["s${seat}"],"requestId":"req-${number}-${seat}"}]`,
      );
    };
    const finish = (): void => {
      const elapsedMs = performance.now() - began;
      const sorted = ascending(latencies);
      const at = (p: number): number => percentile(sorted, p);
      resolve({ ok, refused, elapsedMs, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) });
    };
    for (let lane = 0; lane < inFlight; lane++) sendNext();
  });
}
