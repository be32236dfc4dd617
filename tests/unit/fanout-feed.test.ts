import type { EventChanged, InventoryFrame, SeatsFrame } from '@aisle/client/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fanoutWorld, TICK_MS, type FanoutWorld } from '../helpers/fanout-world.js';
import { memoryEvent } from '../helpers/memory-event.js';

const EVENT = 'ev1';
let world: FanoutWorld;

async function open(mode: 'at-once' | 'by-hand' = 'at-once', seats = 10): Promise<void> {
  world = fanoutWorld(memoryEvent({ seats, areas: [50] }), mode);
  await vi.advanceTimersByTimeAsync(0);
}
const frames = (): SeatsFrame[] => world.broadcast.named('seats') as SeatsFrame[];
const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(async () => {
  await world.feed.close();
  vi.useRealTimers();
});

describe('F1 mirrors', () => {
  it('subscribes with the first viewer, answers joins from memory, and unsubscribes some seconds after the last', async () => {
    await open();
    expect(world.source.subscribed).toEqual([]);
    const first = world.viewer();
    await settle();
    expect(first.acks[0]).toMatchObject({
      eventId: EVENT,
      epoch: 1,
      seq: 0,
      status: 'on_sale',
      map: '10a',
      areas: [[50, 50]],
    });
    expect(world.source.subscribed).toEqual([EVENT]);
    for (let i = 0; i < 20; i++) world.viewer();
    await settle();
    expect(world.store.reads.snapshots).toBe(1);
    first.leave();
    await settle(20_000);
    expect(world.source.subscribed).toEqual([EVENT]);
  });

  it('ends with its last viewer, and begins again after', async () => {
    await open();
    const viewer = world.viewer();
    await settle();
    viewer.leave();
    await settle(5000);
    expect(world.source.subscribed).toEqual([EVENT]);
    await settle(20_000);
    expect(world.source.subscribed).toEqual([]);
    const reads = { ...world.store.reads };
    await settle(60_000);
    expect(world.store.reads).toEqual(reads);
    const again = world.viewer();
    await settle();
    expect(again.acks).toHaveLength(1);
    expect(world.source.subscribed).toEqual([EVENT]);
  });

  it('applies what was published while the snapshot was under way', async () => {
    await open();
    let release = (): void => undefined;
    world.store.replyDelay = () => new Promise<void>((resolve) => (release = resolve));
    const viewer = world.viewer();
    await settle();
    world.store.change(EVENT, { seats: [[3, 'h']] });
    world.store.replyDelay = () => Promise.resolve();
    release();
    await settle();
    expect(viewer.acks[0]).toMatchObject({ seq: 1, map: '3a1h6a' });
  });

  it('refuses with UNAVAILABLE while Redis is away, and serves once it is back', async () => {
    await open();
    world.store.away = true;
    await expect(world.feed.subscribe(EVENT, undefined, () => undefined)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    world.store.away = false;
    await settle();
    const viewer = world.viewer();
    await settle();
    expect(viewer.acks).toHaveLength(1);
  });
});

describe('F2 frames', () => {
  it('sends the first change at once, then one frame a tick', async () => {
    await open();
    world.viewer();
    await settle();
    world.store.change(EVENT, { seats: [[0, 'h']] });
    expect(frames()).toEqual([{ eventId: EVENT, epoch: 1, from: 0, to: 1, changes: [0, 'h'] }]);
    world.store.change(EVENT, { seats: [[1, 'h']] });
    world.store.change(EVENT, { seats: [[2, 's']], areas: [[0, 40]] });
    expect(frames()).toHaveLength(1);
    await settle(TICK_MS);
    expect(frames()[1]).toEqual({
      eventId: EVENT,
      epoch: 1,
      from: 1,
      to: 3,
      changes: [1, 'h', 2, 's'],
      areas: [0, 40],
    });
    await settle(10 * TICK_MS);
    expect(frames()).toHaveLength(2);
    world.store.change(EVENT, { seats: [[0, 'a']] });
    expect(frames()).toHaveLength(3);
  });

  it('never elides a–h–a', async () => {
    await open();
    const viewer = world.viewer();
    await settle();
    world.store.change(EVENT, { seats: [[9, 's']] });
    world.store.change(EVENT, { seats: [[4, 'h']] });
    world.store.change(EVENT, { seats: [[4, 'a']] });
    await settle(TICK_MS);
    expect(frames()[1]).toMatchObject({ from: 1, to: 3, changes: [4, 'a'] });
    expect(viewer.map.seq).toBe(3);
  });

  it('frames join without a gap, changes without seats included', async () => {
    await open();
    world.viewer();
    await settle();
    for (let i = 0; i < 200; i++) {
      world.store.change(EVENT, { seats: i % 3 === 0 ? [] : [[i % 10, i % 2 === 0 ? 'h' : 'a']] });
      await settle(7);
    }
    await settle(TICK_MS);
    const sent = frames();
    sent.forEach((frame, i) => expect(frame.from).toBe(i === 0 ? 0 : sent[i - 1]?.to));
    expect(sent.at(-1)?.to).toBe(200);
    expect(sent.length).toBeLessThan(40);
  });

  it('publicStates binary names held, reserved and blocked seats as s', async () => {
    world = fanoutWorld(memoryEvent({ seats: 4, publicStates: 'binary' }));
    const viewer = world.viewer();
    await settle();
    world.store.change(EVENT, {
      seats: [
        [0, 'h'],
        [1, 'r'],
        [2, 'b'],
      ],
    });
    await settle(TICK_MS);
    expect(frames()[0]?.changes).toEqual([0, 's', 1, 's', 2, 's']);
    expect((await world.feed.view(EVENT)).map).toBe('3s1a');
    expect(viewer.map.text).toBe('sssa');
    expect(Buffer.from((await world.feed.letters(EVENT, false)).letters).toString()).toBe('hrba');
  });

  it('does nothing for an event without viewers', async () => {
    await open();
    const viewer = world.viewer();
    await settle();
    viewer.leave();
    world.store.change(EVENT, { seats: [[0, 'h']] });
    await settle(5000);
    expect(world.broadcast.sent).toEqual([]);
  });
});

describe('F3 joining', () => {
  it('waits for the frame that is due and comes in with it, in one turn', async () => {
    await open();
    const first = world.viewer();
    await settle();
    world.store.change(EVENT, { seats: [[0, 'h']] });
    world.store.change(EVENT, { seats: [[1, 'h']] });
    const second = world.viewer();
    await settle(TICK_MS - 1);
    expect(second.acks).toHaveLength(0);
    await settle(1);
    expect(second.acks[0]).toMatchObject({ seq: 2, map: '2h8a' });
    world.store.change(EVENT, { seats: [[5, 's']] });
    await settle(TICK_MS);
    for (const { map } of [first, second]) {
      expect(map).toMatchObject({ seq: 3, early: 0, gaps: 0 });
      expect(map.text).toBe(world.store.letters(EVENT));
    }
  });

  it('answers with changes inside the ring, with the map beyond it or of another epoch', async () => {
    await open('at-once', 20);
    world.viewer();
    await settle();
    for (let i = 0; i < 100; i++) world.store.change(EVENT, { seats: [[i % 20, 'h']] });
    await settle(TICK_MS);
    const answers: object[] = [];
    const ask = async (position: { epoch: number; seq: number }): Promise<void> => {
      await world.feed.subscribe(EVENT, position, (answer) => answers.push(answer));
    };
    await ask({ epoch: 1, seq: 95 });
    expect(answers.at(-1)).toMatchObject({ seq: 100, changes: [15, 'h', 16, 'h', 17, 'h', 18, 'h', 19, 'h'] });
    await ask({ epoch: 1, seq: 100 });
    expect(answers.at(-1)).toMatchObject({ seq: 100, changes: [] });
    await ask({ epoch: 0, seq: 100 });
    expect(answers.at(-1)).toMatchObject({ map: '20h' });
    for (let i = 0; i < 100_000; i++) world.store.change(EVENT, { seats: [[i % 20, 'a']] });
    await settle(TICK_MS);
    await ask({ epoch: 1, seq: 100 });
    expect(answers.at(-1)).toMatchObject({ seq: 100_100, map: '20a' });
  });

  it('lets a crowd in over several turns, each at a boundary', async () => {
    await open();
    world.viewer();
    await settle();
    const crowd = Array.from({ length: 350 }, () => world.viewer());
    const before = world.metrics;
    for (let i = 0; i < 10; i++) {
      world.store.change(EVENT, { seats: [[i, 'h']] });
      await settle(3);
    }
    await settle(TICK_MS * 2);
    for (const { map, acks } of crowd) {
      expect(acks).toHaveLength(1);
      expect(map).toMatchObject({ early: 0, gaps: 0, seq: 10 });
    }
    expect((await before.subscriptions.get()).values[0]?.value).toBe(351);
  });
});

describe('F4 finding out', () => {
  it('a gap in the channel is mended at once, by a diff for those watching', async () => {
    await open('by-hand');
    const viewer = world.viewer();
    await settle();
    world.store.change(EVENT, { seats: [[0, 'h']] });
    world.source.drop();
    world.store.change(EVENT, { seats: [[1, 'h']] });
    world.source.deliver();
    await settle();
    expect(frames()).toEqual([{ eventId: EVENT, epoch: 1, from: 0, to: 2, changes: [0, 'h', 1, 'h'] }]);
    expect(viewer.map.text).toBe(world.store.letters(EVENT));
    expect(viewer.acks).toHaveLength(1);
  });

  it('a lost last message is found within 1.3 s of quiet', async () => {
    await open('by-hand');
    const viewer = world.viewer();
    await settle();
    world.store.change(EVENT, { seats: [[7, 's']] });
    world.source.drop();
    await settle(1300);
    expect(viewer.map.text).toBe(world.store.letters(EVENT));
  });

  it('a message that is merely late costs no snapshot', async () => {
    await open('by-hand');
    world.viewer();
    await settle();
    for (let i = 0; i < 40; i++) {
      world.store.change(EVENT, { seats: [[i % 10, 'h']] });
      await settle(80);
      world.source.deliver();
    }
    expect(world.store.reads.snapshots).toBe(1);
  });

  it('a reconnection takes a snapshot of every mirrored event', async () => {
    await open();
    const viewer = world.viewer();
    await settle();
    world.source.cut();
    world.store.change(EVENT, { seats: [[2, 's']] });
    world.source.reconnect();
    await settle();
    expect(viewer.map.text).toBe(world.store.letters(EVENT));
  });

  it('a subscriber ahead of the mirror forces it; a made-up position costs one small read, no snapshot', async () => {
    await open('by-hand');
    world.viewer();
    await settle();
    world.store.change(EVENT, { seats: [[2, 's']] });
    const answers: object[] = [];
    await world.feed.subscribe(EVENT, { epoch: 1, seq: 1 }, (answer) => answers.push(answer));
    expect(answers[0]).toMatchObject({ seq: 1, changes: [] });
    expect(world.store.reads.snapshots).toBe(2);
    const asking = Array.from({ length: 50 }, () =>
      world.feed.subscribe(EVENT, { epoch: 1, seq: 2 ** 50 }, (answer) => answers.push(answer)),
    );
    await settle();
    await Promise.all(asking);
    expect(answers[50]).toMatchObject({ seq: 1, map: '2a1s7a' });
    expect(world.store.reads.snapshots).toBe(2);
    expect(world.store.reads.positions).toBeLessThan(8);
  });

  it('beacons come after 2 s of silence and only where the mirror was just verified', async () => {
    await open('by-hand');
    world.viewer();
    await settle();
    await settle(1900);
    expect(world.broadcast.named('beacon')).toEqual([]);
    await settle(1400);
    expect(world.broadcast.named('beacon')).toEqual([{ eventId: EVENT, epoch: 1, seq: 0, status: 'on_sale' }]);
    world.store.away = true;
    await settle(10_000);
    const sure = world.broadcast.named('beacon').filter((beacon) => !('stale' in beacon));
    expect(sure).toHaveLength(1);
  });

  it('F9 a mirror that was not verified for 2 s is stale: said within a quarter second, to newcomers and over HTTP, and taken back at once', async () => {
    await open('by-hand');
    world.viewer();
    await settle();
    await settle(950);
    world.store.away = true;
    await settle(1000);
    expect(world.broadcast.named('beacon')).toEqual([]);
    expect(await world.feed.view(EVENT)).not.toHaveProperty('stale');
    await settle(1500);
    const stale = { eventId: EVENT, epoch: 1, seq: 0, status: 'on_sale', stale: true };
    expect(world.broadcast.named('beacon')).toEqual([stale]);
    const answers: object[] = [];
    const asking = world.feed.subscribe(EVENT, undefined, (answer) => answers.push(answer));
    await settle();
    await asking;
    expect(answers[0]).toMatchObject({ map: '10a', stale: true });
    expect(await world.feed.view(EVENT)).toMatchObject({ map: '10a', stale: true });
    // Again after each silence, so that clients know that the server itself is there.
    await settle(4500);
    expect(world.broadcast.named('beacon').length).toBeGreaterThanOrEqual(3);
    expect(world.broadcast.named('beacon').every((beacon) => 'stale' in beacon)).toBe(true);
    world.store.away = false;
    await settle(400);
    expect(world.broadcast.named('beacon').at(-1)).toEqual({ eventId: EVENT, epoch: 1, seq: 0, status: 'on_sale' });
    expect(await world.feed.view(EVENT)).not.toHaveProperty('stale');
  });

  it('F9 in a rush, where a frame is always due, a map is taken back to fresh all the same', async () => {
    await open();
    world.viewer();
    await settle();
    world.store.away = true;
    await settle(3000);
    expect(world.broadcast.named('beacon').at(-1)).toHaveProperty('stale', true);
    world.store.away = false;
    for (let i = 0; i < 300; i++) {
      world.store.change(EVENT, { seats: [[i % 10, i % 20 < 10 ? 'h' : 'a']] });
      await settle(5);
    }
    const beacons = world.broadcast.named('beacon');
    expect(beacons.at(-1)).toMatchObject({ eventId: EVENT, epoch: 1 });
    expect(beacons.at(-1)).not.toHaveProperty('stale');
  });

  it('F9 what Redis publishes shows that it is heard: no map is stale while changes come', async () => {
    await open();
    world.viewer();
    await settle();
    world.store.away = true;
    for (let i = 0; i < 10; i++) {
      world.store.change(EVENT, { seats: [[i, 's']] });
      await settle(1000);
    }
    expect(world.broadcast.named('beacon')).toEqual([]);
  });
});

describe('F5 a new epoch', () => {
  it('refreshes the mirror before telling clients, once', async () => {
    await open();
    const viewer = world.viewer();
    await settle();
    world.store.change(EVENT, { seats: [[0, 'h']] });
    await settle(TICK_MS);
    const live = { ...world.live, epoch: 2 };
    world.store.setLoading(EVENT, true);
    world.directory.put(live);
    await settle(3000);
    // Redis cannot say yet: the old map is kept and nothing is announced
    expect(world.broadcast.named('reload')).toEqual([]);
    expect((await world.feed.view(EVENT)).map).toBe('1h9a');
    world.store.load(live, 2);
    world.store.change(EVENT, { seats: [[9, 's']] });
    await settle(3000);
    expect(world.broadcast.named('reload')).toEqual([{ eventId: EVENT, epoch: 2, chartVersion: 1 }]);
    expect(viewer.map).toMatchObject({ epoch: 2, seq: 1 });
    expect(viewer.map.text).toBe('aaaaaaaaas');
  });

  it('notices by itself: from a message, and from the poll', async () => {
    await open('by-hand');
    const viewer = world.viewer();
    await settle();
    world.store.load(world.live, 2);
    world.store.change(EVENT, { seats: [[9, 's']] });
    world.source.deliver();
    await settle(TICK_MS);
    expect(viewer.map).toMatchObject({ epoch: 2, seq: 1 });
    world.store.load(world.live, 3);
    await settle(1300);
    expect(viewer.map).toMatchObject({ epoch: 3, seq: 0 });
    expect(world.broadcast.named('reload')).toHaveLength(2);
  });
});

describe('what else is sent', () => {
  it('inventory at most once a second, and only after a change', async () => {
    await open();
    world.viewer();
    await settle(5000);
    const sent = (): InventoryFrame[] => world.broadcast.named('inventory') as InventoryFrame[];
    expect(sent()).toEqual([]);
    for (let i = 0; i < 30; i++) {
      world.store.change(EVENT, { seats: [[i % 10, 'h']] });
      await settle(100);
    }
    expect(sent().length).toBeGreaterThanOrEqual(3);
    expect(sent().length).toBeLessThanOrEqual(4);
    await settle(5000);
    const last = sent().at(-1);
    expect(last).toEqual({ eventId: EVENT, epoch: 1, seq: 30, categories: { A: [10, 0, 10, 0], GA: [50, 0, 0, 50] } });
    const count = sent().length;
    await settle(5000);
    expect(sent()).toHaveLength(count);
  });

  it('event frames when status or version moves, once, whoever says it first', async () => {
    await open();
    world.viewer();
    await settle();
    world.store.setStatus(EVENT, 'paused');
    world.directory.put({ ...world.live, event: { ...world.live.event, status: 'paused', version: 2 } });
    await settle(3000);
    const sent = world.broadcast.named('event') as EventChanged[];
    expect(sent).toEqual([{ eventId: EVENT, status: 'paused', version: 2 }]);
    expect((await world.feed.view(EVENT)).status).toBe('paused');
  });

  it('P7 notes go to the holder alone and are no part of frames', async () => {
    await open();
    world.viewer();
    await settle();
    world.store.change(EVENT, { seats: [[0, 'a']], notes: [{ subject: 'ann', kind: 'expired', token: 'ev1.t' }] });
    expect(world.broadcast.sent.filter(({ name }) => name === 'hold')).toEqual([
      { room: 's:ann', name: 'hold', payload: { kind: 'expired', token: 'ev1.t', eventId: EVENT } },
    ]);
    expect(JSON.stringify(frames())).not.toContain('ann');
  });

  it('viewers are told to reload when the public states change', async () => {
    await open();
    const viewer = world.viewer();
    await settle();
    world.store.change(EVENT, { seats: [[0, 'h']] });
    await settle(TICK_MS);
    world.directory.put({ ...world.live, event: { ...world.live.event, publicStates: 'binary', version: 2 } });
    await settle(TICK_MS);
    expect(viewer.map.text).toBe('saaaaaaaaa');
  });
});

describe('views for REST', () => {
  it('share one snapshot for 250 ms where nobody watches', async () => {
    await open();
    const views = await Promise.all(Array.from({ length: 50 }, () => world.feed.view(EVENT)));
    expect(new Set(views.map(({ map }) => map))).toEqual(new Set(['10a']));
    expect(world.store.reads.snapshots).toBe(1);
    world.store.change(EVENT, { seats: [[0, 'h']] });
    await settle(200);
    expect((await world.feed.view(EVENT)).map).toBe('10a');
    await settle(60);
    expect((await world.feed.view(EVENT)).map).toBe('1h9a');
    expect((await world.feed.inventory(EVENT))[0]).toMatchObject({ total: 10, pending: 1, available: 9 });
    expect(world.store.reads.snapshots).toBe(2);
    expect(world.source.subscribed).toEqual([]);
  });

  it('come from the mirror where there is one', async () => {
    await open();
    world.viewer();
    await settle();
    world.store.change(EVENT, { seats: [[0, 'h']] });
    expect(await world.feed.view(EVENT)).toMatchObject({ map: '1h9a', seq: 1, areas: [[50, 50]] });
    expect(world.store.reads.snapshots).toBe(1);
  });

  it('fresh letters are read after the call, shared by those who asked together', async () => {
    await open();
    const [first, ...rest] = await Promise.all(Array.from({ length: 20 }, () => world.feed.letters(EVENT, true)));
    expect(first?.seq).toBe(0);
    expect(rest).toHaveLength(19);
    expect(world.store.reads.snapshots).toBe(2);
    world.store.change(EVENT, { seats: [[0, 'h']] });
    expect(Buffer.from((await world.feed.letters(EVENT, true)).letters).toString()).toBe('haaaaaaaaa');
  });

  it('a draft shows every place free, and cannot be watched', async () => {
    world = fanoutWorld(memoryEvent({ seats: 3, areas: [5], epoch: 0, status: 'draft' }));
    expect(await world.feed.view(EVENT)).toMatchObject({
      epoch: 0,
      seq: 0,
      map: '3a',
      areas: [[5, 5]],
      status: 'draft',
    });
    expect(await world.feed.inventory(EVENT)).toMatchObject([
      { total: 3, available: 3 },
      { total: 5, available: 5 },
    ]);
    await expect(world.feed.subscribe(EVENT, undefined, () => undefined)).rejects.toMatchObject({
      code: 'EVENT_STATE_CONFLICT',
    });
  });
});
