import type { Socket } from 'node:net';
import type { Ack, SeatEvent } from '@aisle/client/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { ENGINES } from '../contract/engines.js';
import { Buyer, plainChart, sellEvent } from '../helpers/buyers.js';
import { useSystem } from '../helpers/system.js';
import { recount } from '../helpers/truth.js';
import { sleep } from '../helpers/wait.js';
import { COLLECTING_OPTIONS } from './support/collecting.js';
import { drawFrame } from './support/hostile-frames.js';
import { HOSTILE_REQUESTS, sendHostileRequests } from './support/hostile-http.js';
import { metricOf } from './support/metrics-of.js';
import { reportRow } from './support/report.js';
import { times } from './support/scale.js';

/*
 * Row 24. Hundreds of sockets send what no client would, connections are opened and left half open, bodies never end; meanwhile a
 * buyer holds and releases as ever. Nothing ends, nothing is left unhandled, and the memory is given back.
 */
const FRAMES = times(600, 100_000);
const SOCKETS = times(40, 300);
const ROUNDS_OF_HTTP = times(1, 10);
/** Sent before the first look, so that what is made once is there. */
const WARM_UP = times(400, 20_000);
const SETTLE_MS = times(1000, 15_000);
const IDLE_SOCKETS = times(10, 100);
const FRAMES_A_SOCKET = 40;
const ERROR_LEVEL = 50;
describe.each(ENGINES)('row 24 on the %s engine', (engine) => {
  const system = useSystem({
    engine,
    nodes: 1,
    workers: 1,
    limits: 'off',
    readyTimeoutMs: 50_000,
    env: { NODE_OPTIONS: COLLECTING_OPTIONS },
  });
  let event: SeatEvent;
  let url = '';
  beforeAll(async () => {
    url = system.aisle.urls[0] ?? '';
    event = await sellEvent(system.aisle, plainChart(10, 10));
  }, 60_000);

  const socketUrl = (): string => `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;

  /** One connection: joins as a viewer and sends until it is cut; answers how many went out. */
  function attack(most: number): Promise<number> {
    return new Promise((resolve) => {
      const socket = new WebSocket(socketUrl());
      let sent = 0;
      const end = (): void => {
        socket.terminate();
        resolve(sent);
      };
      const next = (): void => {
        if (socket.readyState !== WebSocket.OPEN || sent >= most) return end();
        sent++;
        socket.send(drawFrame(event.id), () => setImmediate(next));
      };
      socket.on('open', () => {
        if (Math.random() < 0.9) socket.send('40{}');
        next();
      });
      socket.on('error', () => undefined);
      socket.on('close', end);
    });
  }
  /** Answers how many it were: what a cut socket did not send another one does. */
  async function attackWith(frames: number): Promise<number> {
    let sum = 0;
    const lane = async (): Promise<void> => {
      while (sum < frames) {
        const sent = await attack(FRAMES_A_SOCKET);
        sum += sent;
      }
    };
    await Promise.all(Array.from({ length: SOCKETS }, lane));
    return sum;
  }

  /** Opened and left so: WebSockets that never join, HTTP requests that never end. */
  function leaveHalfOpen(): () => void {
    const idle = Array.from({ length: IDLE_SOCKETS }, () => new WebSocket(socketUrl()).on('error', () => undefined));
    const requests: Socket[] = [];
    for (let round = 0; round < ROUNDS_OF_HTTP; round++)
      requests.push(...sendHostileRequests(system.aisle.nodes[0]?.port ?? 0));
    return () => {
      for (const socket of idle) socket.terminate();
      for (const socket of requests) socket.destroy();
    };
  }

  /** An honest buyer, all the while. */
  async function keepBuying(stopped: () => boolean): Promise<{ bought: number; refused: string[] }> {
    const buyer = await Buyer.connect(url, 'honest', system.aisle.authSecret);
    const seen = { bought: 0, refused: [] as string[] };
    const note = (ack: Ack<'hold'> | Ack<'release'>): void => {
      if (ack.ok) seen.bought++;
      else if (!ack.error.retryable) seen.refused.push(ack.error.code);
    };
    while (!stopped()) {
      const ack = await buyer.send('hold', { eventId: event.id, seats: ['r9-9'] });
      note(ack);
      if (ack.ok) note(await buyer.send('release', { eventId: event.id, holdToken: ack.hold.token }));
      await sleep(20);
    }
    buyer.close();
    return seen;
  }

  /** The least of some seconds without load. */
  async function memory(): Promise<{ rss: number; heap: number }> {
    const seen = { rss: Infinity, heap: Infinity };
    const until = performance.now() + SETTLE_MS;
    while (performance.now() < until) {
      seen.rss = Math.min(seen.rss, await metricOf(url, 'process_resident_memory_bytes'));
      seen.heap = Math.min(seen.heap, await metricOf(url, 'nodejs_heap_size_used_bytes'));
      await sleep(100);
    }
    return seen;
  }

  test(
    `G5 G6 ${FRAMES} hostile frames: nothing ends, nothing unhandled, buyers are served`,
    { timeout: 900_000 },
    async () => {
      await attackWith(WARM_UP);
      const before = await memory();
      let stopped = false;
      const buying = keepBuying(() => stopped);
      const close = leaveHalfOpen();
      const storm = attackWith(FRAMES);
      const frames = await storm;
      stopped = true;
      const { bought, refused } = await buying;
      close();
      const after = await memory();

      const [node] = system.aisle.nodes;
      expect(node?.running).toBe(true);
      expect(refused).toEqual([]);
      expect(bought).toBeGreaterThan(0);
      const errors = (node?.logs() ?? '').split('\n').filter((line) => levelOf(line) >= ERROR_LEVEL);
      expect(errors.slice(0, 3)).toEqual([]);
      expect(await metricOf(url, 'aisle_connections')).toBe(0);
      expect(await metricOf(url, 'aisle_subscriptions')).toBe(0);
      const { stored, counted } = await recount(system.redis, event.id, 'A');
      expect(stored).toEqual(counted);
      // A process that is not warm yet still fills its caches: room for that in short runs.
      expect(after.heap).toBeLessThan(before.heap * 1.1 + times(5e6, 3e6));
      const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
      reportRow({
        row: 24,
        what: `hostile frames from ${SOCKETS} sockets, half-open handshakes and endless bodies (${engine})`,
        ran: `${frames.toLocaleString('en')} frames, ${HOSTILE_REQUESTS * ROUNDS_OF_HTTP} requests`,
        result:
          `0 crashes, 0 errors in the log; an honest buyer's ${bought} calls all served meanwhile; heap ${mb(before.heap)} before, ` +
          `${mb(after.heap)} after; resident ${mb(before.rss)} before, ${mb(after.rss)} after`,
      });
    },
  );
});

/** Of a line of the log; a line that is none of ours, as Node's own last words, counts as an error. */
function levelOf(line: string): number {
  if (line.trim() === '') return 0;
  try {
    const { level } = JSON.parse(line) as { level?: unknown };
    return typeof level === 'number' ? level : level === 'error' || level === 'fatal' ? ERROR_LEVEL : 0;
  } catch {
    return /warning/i.test(line) ? 0 : ERROR_LEVEL;
  }
}
