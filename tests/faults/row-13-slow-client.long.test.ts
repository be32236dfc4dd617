import type { SeatEvent, SeatsFrame, SubscribeAck } from '@aisle/client/protocol';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { DEFAULT_MAX_BACKPRESSURE_BYTES } from '../../server/src/gateway/engines/engine.js';
import { openQueueConnection } from '../../server/src/redis/connection.js';
import { ENGINES } from '../contract/engines.js';
import { plainChart, sellEvent } from '../helpers/buyers.js';
import { MapViewer } from '../helpers/map-viewer.js';
import { openClient, rawClient, type Client, type RawClient } from '../helpers/raw-client.js';
import { useSystem, type System } from '../helpers/system.js';
import { Traffic } from '../helpers/traffic.js';
import { redisLetters } from '../helpers/truth.js';
import { sleep, waitFor } from '../helpers/wait.js';
import { COLLECTING_OPTIONS } from './support/collecting.js';
import { metricOf } from './support/metrics-of.js';
import { reportRow } from './support/report.js';
import { times } from './support/scale.js';

/*
 * Row 13. Some of a hall's viewers stop reading while its seats change all the time: each of them is cut, none is fed a hole, and
 * the others see their changes as soon as in the minutes without stalled ones, which take turns with those with them. What a socket
 * has waiting is most when it is cut: the server's log tells it to the byte. Resident memory and lateness depend on the machine as
 * well: they are told, not judged.
 */
const VIEWERS = times(40, 100);
const STALLED = times(8, 20);
const TURNS = times(1, 3);
const CALM_MS = times(3000, 8000);
/** What the kernel keeps for a stalled socket, some megabytes, comes before the first byte that waits in the server. */
const CUT_WITHIN_MS = 120_000;
const SEATS = 12_000;
/** Frames of some 60 KB: what the kernel keeps fills in a hundred or two. */
const SEATS_A_CHANGE = 6000;
/** The frame that found more than the limit waiting stands behind it. */
const FRAME_BYTES = 100_000;
/** Before the first look, so that the changes kept to catch up from are as many as they ever get. */
const WARM_UP_CHANGES = 60;
const PAUSE_MS = 25;

/** A viewer in good health; how late each change reached it. */
class Viewer {
  readonly late: number[] = [];
  private constructor(
    readonly socket: Client,
    readonly map: MapViewer,
  ) {}

  static async open(url: string, eventId: string, sentAt: ReadonlyMap<number, number>): Promise<Viewer> {
    const socket = openClient(url);
    const map = new MapViewer(SEATS, (position) => {
      socket.emit('subscribe', { eventId, ...position }, (ack: SubscribeAck) => map.onAck(ack));
    });
    const viewer = new Viewer(socket, map);
    socket.on('seats', (frame: SeatsFrame) => {
      const at = sentAt.get(frame.to);
      if (at !== undefined) viewer.late.push(performance.now() - at);
      map.onSeats(frame);
    });
    await new Promise<void>((resolve) => socket.once('hello', () => resolve()));
    map.subscribe();
    await waitFor(() => !map.waiting, { what: 'a map', timeoutMs: 20_000 });
    return viewer;
  }
}

async function openStalled(url: string, eventId: string): Promise<RawClient> {
  const client = await rawClient(url);
  client.ws.send(`420["subscribe",{"eventId":"${eventId}"}]`);
  await waitFor(() => client.received.some((text) => text.startsWith('430')), { what: 'a map', timeoutMs: 20_000 });
  client.pause();
  return client;
}

/** Seats held and released, one change after the other, until told to stop. */
function keepChanging(traffic: Traffic, sentAt: Map<number, number>, seq: { value: number }): () => Promise<void> {
  let stopped = false;
  const seats = Array.from({ length: SEATS_A_CHANGE }, (_, i) => i * Math.floor(SEATS / SEATS_A_CHANGE));
  const changing = (async () => {
    let token: string | undefined;
    // Ends with everything released.
    while (!stopped || token !== undefined) {
      sentAt.set(++seq.value, performance.now());
      if (token === undefined) token = await traffic.hold(seats);
      else token = void (await traffic.release(token));
      await sleep(PAUSE_MS);
    }
  })();
  return async () => {
    stopped = true;
    await changing;
  };
}

const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))] ?? NaN;

/** What a stalled socket did get before it was cut: a map, then frames that join. */
function holesOf(client: RawClient): { frames: number; holes: number } {
  const answer = client.received.find((text) => text.startsWith('430'));
  const [ack] = JSON.parse((answer ?? '430[]').slice(3)) as [SubscribeAck];
  const frames = client.received
    .filter((text) => text.startsWith('42["seats"'))
    .map((text) => (JSON.parse(text.slice(2)) as [string, SeatsFrame])[1]);
  const starts = [ack.seq, ...frames.map(({ to }) => to)];
  return { frames: frames.length, holes: frames.filter(({ from }, i) => from > (starts[i] ?? 0)).length };
}

describe.each(ENGINES)('row 13 on the %s engine', (engine) => {
  const env = { NODE_OPTIONS: COLLECTING_OPTIONS };
  const system: System = useSystem({ engine, nodes: 1, workers: 1, readyTimeoutMs: 50_000, env });
  const viewers: Viewer[] = [];
  const sentAt = new Map<number, number>();
  let event: SeatEvent;
  let url = '';

  beforeAll(async () => {
    url = system.aisle.urls[0] ?? '';
    event = await sellEvent(system.aisle, plainChart(100, SEATS / 100));
    for (let i = 0; i < VIEWERS - STALLED; i++) viewers.push(await Viewer.open(url, event.id, sentAt));
  }, 120_000);
  afterAll(() => {
    for (const { socket } of viewers) socket.close();
  });

  const cuts = (): Promise<number> => metricOf(url, 'aisle_disconnects_total', { reason: 'back-pressure' });

  /** What each socket that was cut as too slow had waiting then, in bytes. */
  const waitingAtCuts = (): number[] =>
    [...(system.aisle.nodes[0]?.logs() ?? '').matchAll(/"waitingBytes":(\d+)/g)].map(([, bytes]) => Number(bytes));

  /** One turn with or without stalled sockets: the others' p99, and the most memory that the server had. */
  async function turn(stalled: number, traffic: Traffic, seq: { value: number }) {
    const clients = await Promise.all(Array.from({ length: stalled }, () => openStalled(url, event.id)));
    const before = await cuts();
    for (const viewer of viewers) viewer.late.length = 0;
    let rss = 0;
    const stop = keepChanging(traffic, sentAt, seq);
    const began = performance.now();
    while (performance.now() - began < CALM_MS || (await cuts()) - before < stalled) {
      rss = Math.max(rss, await metricOf(url, 'process_resident_memory_bytes'));
      if (performance.now() - began > CUT_WITHIN_MS) break;
      await sleep(200);
    }
    await stop();
    const cut = (await cuts()) - before;
    for (const client of clients) client.resume();
    await Promise.all(clients.map(({ closed }) => closed));
    const late = viewers.flatMap((viewer) => viewer.late);
    return { p99: quantile(late, 0.99), p50: quantile(late, 0.5), rss, cut, clients };
  }

  test('F7 F8 stalled sockets are cut without holes; all others have every change', { timeout: 600_000 }, async () => {
    // Without time-outs: what is asked is done once, however slow the machine.
    const redis = openQueueConnection(system.aisle.redis.url);
    onTestFinished(() => redis.disconnect());
    const traffic = await Traffic.open(redis, system.sql, event.id, ['A']);
    const seq = { value: (await system.redis.hget(`event:{${event.id}}`, 'seq').then(Number)) || 0 };
    while (seq.value < WARM_UP_CHANGES) await turn(0, traffic, seq);
    const calm: Awaited<ReturnType<typeof turn>>[] = [];
    const stalled: Awaited<ReturnType<typeof turn>>[] = [];
    for (let i = 0; i < TURNS; i++) {
      calm.push(await turn(0, traffic, seq));
      stalled.push(await turn(STALLED, traffic, seq));
    }
    const letters = await redisLetters(system.redis, event.id);
    for (const { map } of viewers) {
      await waitFor(() => map.seq === seq.value, { what: 'the last change', timeoutMs: 20_000 });
      expect(map).toMatchObject({ early: 0, gaps: 0 });
      expect(map.text === letters).toBe(true);
    }
    const seen = stalled.flatMap(({ clients }) => clients).map(holesOf);
    expect(seen.filter(({ holes }) => holes > 0)).toEqual([]);
    expect(Math.min(...seen.map(({ frames }) => frames))).toBeGreaterThan(0);
    expect(stalled.map(({ cut }) => cut)).toEqual(stalled.map(() => STALLED));

    const waiting = waitingAtCuts();
    expect(waiting).toHaveLength(STALLED * TURNS);
    expect(Math.max(...waiting)).toBeLessThanOrEqual(DEFAULT_MAX_BACKPRESSURE_BYTES + FRAME_BYTES);

    const median = (of: readonly number[]): number => quantile(of, 0.5);
    const [without, withThem] = [median(calm.map(({ p99 }) => p99)), median(stalled.map(({ p99 }) => p99))];
    const rss = [calm, stalled].map((turns) => Math.max(...turns.map((turn) => turn.rss)) / 1e6);
    reportRow({
      row: 13,
      what: `${STALLED} of ${VIEWERS} viewers stop reading (${engine})`,
      ran: `${TURNS} turns with and ${TURNS} without them, ${seq.value.toLocaleString('en')} changes of ${SEATS_A_CHANGE} seats`,
      result:
        `0 holes, all ${waiting.length} cut with at most ${(Math.max(...waiting) / 1e6).toFixed(2)} MB waiting, all others exact; ` +
        `resident memory at most ${rss.map((mb) => mb.toFixed(0)).join(' MB without and ')} MB with them; others' p99 ` +
        `${without.toFixed(0)} ms without and ${withThem.toFixed(0)} ms with them (depends on the machine)`,
    });
  });
});
