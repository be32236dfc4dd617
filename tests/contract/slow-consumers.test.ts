import { subscribeAckSchema, type SeatsFrame, type SubscribeAck } from '@aisle/client/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_MAX_BACKPRESSURE_BYTES } from '../../server/src/gateway/engines/engine.js';
import { MapViewer } from '../helpers/map-viewer.js';
import { memoryEvent } from '../helpers/memory-event.js';
import { startMemoryNode, type MemoryNode } from '../helpers/memory-node.js';
import { ask, connectClient, next, rawClient, type Client } from '../helpers/raw-client.js';
import { ENGINES } from './engines.js';

const EVENT = 'ev1';
const SEATS = 20_000;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Frames of about 100 KB, so that what the kernel buffers (some MB on loopback) fills in seconds. */
function flood(node: MemoryNode): NodeJS.Timeout {
  let round = 0;
  return setInterval(() => {
    round++;
    const seats = Array.from({ length: 10_000 }, (_, i): [number, 'h' | 'a'] => [i * 2, round % 2 === 0 ? 'h' : 'a']);
    node.store.change(EVENT, { seats });
  }, 20);
}

describe.each(ENGINES)('slow consumers on the %s engine', (engine) => {
  let node: MemoryNode;
  const sockets: Client[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.close();
    await node.close();
  });

  it('F7 a stalled socket is cut, without holes before; the others miss nothing', { timeout: 60_000 }, async () => {
    node = await startMemoryNode({ engine, events: [memoryEvent({ seats: SEATS })] });
    const watcher = (await connectClient(node.url)).socket;
    sockets.push(watcher);
    const map = new MapViewer(SEATS, (position) => {
      watcher.emit('subscribe', { eventId: EVENT, ...position }, (ack: SubscribeAck) => map.onAck(ack));
    });
    watcher.on('seats', (frame: SeatsFrame) => map.onSeats(frame));
    map.subscribe();
    const stalled = await rawClient(node.url);
    stalled.ws.send(`420["subscribe",{"eventId":"${EVENT}"}]`);
    await expect.poll(() => stalled.received.some((text) => text.startsWith('430'))).toBe(true);
    stalled.pause();

    const timer = flood(node);
    const worst = { bytes: 0 };
    const slow = [...node.engine.io.sockets.sockets.values()].find(({ id }) => id !== watcher.id);
    const watch = setInterval(() => {
      if (slow?.connected === true) worst.bytes = Math.max(worst.bytes, node.engine.buffered(slow));
    }, 5);
    await expect.poll(() => node.engine.io.sockets.sockets.size, { timeout: 40_000, interval: 50 }).toBe(1);
    clearInterval(timer);
    clearInterval(watch);
    expect(worst.bytes).toBeGreaterThan(0);
    // One frame may stand above the limit before it is noticed.
    expect(worst.bytes).toBeLessThanOrEqual(DEFAULT_MAX_BACKPRESSURE_BYTES + 200_000);
    const cut = (await node.metrics.disconnectsTotal.get()).values.find(
      ({ labels }) => labels.reason === 'back-pressure',
    );
    expect(cut?.value).toBe(1);

    await expect.poll(() => map.seq, { timeout: 10_000 }).toBe(node.store.position(EVENT).seq);
    expect(map).toMatchObject({ early: 0, gaps: 0 });
    expect(map.text).toBe(node.store.letters(EVENT));

    // What the stalled one did get joins without a hole: cut, never fed holes.
    stalled.resume();
    await stalled.closed;
    const frames = stalled.received
      .filter((text) => text.startsWith('42["seats"'))
      .map((text) => (JSON.parse(text.slice(2)) as [string, SeatsFrame])[1]);
    expect(frames.length).toBeGreaterThan(0);
    frames.forEach((frame, i) => expect(frame.from).toBe(i === 0 ? 0 : frames[i - 1]?.to));
  });

  it('F7 a healthy client that asks for many maps at once is served, not cut', { timeout: 60_000 }, async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `ev${i}`);
    node = await startMemoryNode({ engine, events: ids.map((id) => memoryEvent({ id, seats: 100_000 })) });
    // No two alike side by side: 200 KB a map, 4 MB in all.
    for (const id of ids)
      node.store.change(id, { seats: Array.from({ length: 50_000 }, (_, i): [number, 's'] => [i * 2, 's']) });
    const { socket } = await connectClient(node.url);
    sockets.push(socket);
    const answers = await Promise.all(ids.map((eventId) => ask(socket, 'subscribe', { eventId })));
    for (const answer of answers) expect(answer).toMatchObject({ ok: true, seq: 1 });
    expect(String(answers[0]?.map).length).toBe(200_000);
  });

  it('a client that was cut comes back and catches up', { timeout: 60_000 }, async () => {
    node = await startMemoryNode({ engine, events: [memoryEvent({ seats: SEATS })] });
    const client = (await connectClient(node.url)).socket;
    sockets.push(client);
    const first = subscribeAckSchema.parse(await ask(client, 'subscribe', { eventId: EVENT }));
    for (const socket of node.engine.io.sockets.sockets.values()) socket.conn.close();
    await next(client, 'disconnect');
    for (let i = 0; i < 100; i++) node.store.change(EVENT, { seats: [[i, 's']] });
    await sleep(50);
    const again = (await connectClient(node.url)).socket;
    sockets.push(again);
    expect(await ask(again, 'subscribe', { eventId: EVENT, epoch: first.epoch, seq: first.seq })).toMatchObject({
      seq: 100,
      changes: expect.any(Array) as unknown[],
    });
  });
});
