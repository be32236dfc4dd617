import type { Redis } from 'ioredis';
import { expect } from 'vitest';
import type { SeatChanges } from '../../../server/src/domain/ports/seat-changes.js';
import type {
  AreaPick,
  CommandInput,
  EffectPlace,
  OrderEffect,
  Outcome,
  StoredHold,
} from '../../../server/src/domain/ports/seat-store.js';
import { openCommandConnection } from '../../../server/src/redis/connection.js';
import { channels, keys } from '../../../server/src/redis/keys.js';
import { decodeLogEntry } from '../../../server/src/redis/log-codec.js';
import { RedisSeatStore } from '../../../server/src/redis/seat-store.js';
import { decodeChanges } from '../../../server/src/redis/subscriber.js';
import { startRedis } from '../../helpers/redis.js';
import { seedEvent, type SeedEvent } from '../../helpers/seed-event.js';

export const EVENT = 'e';
export const ORDER = 'ord_00000001';
export const token = (name: string): string => `${EVENT}.${name}`;

export const seat = (placeNo: number, catNo = 0): EffectPlace => ({ kind: 'seat', placeNo, catNo, quantity: 1 });
export const floor = (quantity: number): EffectPlace => ({ kind: 'area', placeNo: 0, catNo: 1, quantity });
export const back = (place: EffectPlace, to: 'a' | 'b' = 'a') => ({ ...place, to });
export function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.refusal));
  return outcome.value;
}

/** The scripts over a real Redis, one event of eight seats (category 0) and an area of nine places (category 1). */
export class ScriptWorld {
  requests = 0;
  effects = 0;
  readonly published: SeatChanges[] = [];

  private constructor(
    readonly redis: Redis,
    private readonly ears: Redis,
    private readonly end: () => Promise<void>,
    readonly store = new RedisSeatStore({ redis, isReady: () => true, epochOf: () => Promise.resolve(1) }),
  ) {
    ears.on('message', (_channel: string, text: string) => this.published.push(decodeChanges(EVENT, text)));
  }

  static async start(): Promise<ScriptWorld> {
    const server = await startRedis();
    const [redis, ears] = [openCommandConnection(server.url), openCommandConnection(server.url)];
    await Promise.all([redis, ears].map((each) => new Promise((resolve) => each.once('ready', resolve))));
    await ears.subscribe(channels.seatUpdates(EVENT));
    return new ScriptWorld(redis, ears, () => server.stop());
  }

  async stop(): Promise<void> {
    this.redis.disconnect();
    this.ears.disconnect();
    await this.end();
  }

  async reset(seed: Partial<SeedEvent> = {}): Promise<void> {
    await this.redis.flushall();
    const seatCategory = Array.from({ length: 8 }, () => 0);
    const areas = [{ catNo: 1, capacity: 9 }];
    await seedEvent(this.redis, { eventId: EVENT, categoryKeys: ['A', 'B'], seatCategory, areas, ...seed });
    this.published.length = 0;
  }

  common(subject = 'ann', staff = false): CommandInput {
    const requestId = `r${this.requests++}`;
    return { eventId: EVENT, epoch: 1, chartVersion: 1, subject, actor: subject, staff, requestId, fingerprint: 'f' };
  }

  /** The hold is `e.<name>`, of the subject of that name unless told otherwise. */
  async hold(name: string, seats: number[], quantity = 0, options: HoldOptions = {}): Promise<StoredHold> {
    const areas: AreaPick[] = quantity > 0 ? [{ areaNo: 0, catNo: 1, quantity }] : [];
    const limits = { maxPlaces: 10_000, holdMs: options.holdMs ?? 0, maxHoldMs: options.maxHoldMs ?? 0 };
    return valueOf(
      await this.store.hold({
        ...{ seats: seats.map((seatNo) => ({ seatNo, catNo: 0 })), areas, limits, categoryKeys: ['A', 'B'] },
        ...{ newToken: token(name), fromBlock: options.fromBlock ?? false },
        ...this.common(options.subject ?? name, options.fromBlock),
      }),
    );
  }

  block(seats: number[], quantity: number): Promise<Outcome<unknown>> {
    return this.store.block({
      ...{ seats: seats.map((seatNo) => ({ seatNo, catNo: 0 })), areas: [{ areaNo: 0, catNo: 1, quantity }] },
      ...{ label: '', reason: '', categoryKeys: ['A', 'B'] },
      ...this.common('clerk', true),
    });
  }

  reserve(name: string, options: Partial<CommandInput> & { orderId?: string; reserveMs?: number } = {}) {
    const { orderId = ORDER, reserveMs = 60_000, ...input } = options;
    return this.store.reserve({ ...this.common(name), ...input, token: token(name), orderId, reserveMs });
  }

  unreserve(name: string, orderId = ORDER) {
    const by = { actor: 'system', requestId: 'x', cause: 'price' };
    return this.store.unreserve({ eventId: EVENT, epoch: 1, token: token(name), orderId, ...by });
  }

  effect(kind: OrderEffect['kind'], more: Partial<OrderEffect> = {}): OrderEffect {
    return {
      ...{ id: ++this.effects, orderId: ORDER, eventId: EVENT, epoch: 1, kind, holdToken: '', take: [], give: [] },
      ...{ cause: 'test', subject: 'ann', actor: 'system', requestId: 'x' },
      ...more,
    };
  }

  transfer(from: string, to: string, maxPlaces = 0) {
    return this.store.transferHolds({ eventId: EVENT, epoch: 1, from, to, requestId: 'x', maxPlaces });
  }

  async letters(): Promise<string> {
    return (await this.store.snapshot(EVENT)).letters;
  }
  area(): Promise<Record<string, string>> {
    return this.redis.hgetall(keys.area(EVENT, 0));
  }
  turnClock(ms: number): Promise<number> {
    return this.redis.hset(keys.event(EVENT), 'clockOffsetMs', ms);
  }
  async log() {
    return (await this.redis.xrange(keys.log(EVENT), '-', '+')).map(([id, fields]) => decodeLogEntry(id, fields));
  }
  /** Kinds and tokens of what holders were told since `reset`. */
  async notes(): Promise<string[]> {
    await this.heard();
    return this.published.flatMap(({ notes }) =>
      notes.map(({ subject, kind, token: of }) => `${subject} ${kind} ${of}`),
    );
  }
  /** All that was published before is in `published`. */
  async heard(): Promise<void> {
    await this.ears.ping();
  }

  async everything(): Promise<Record<string, string>> {
    const all = (await this.redis.keys('*')).filter((key) => !/^(request|effect):/.test(key)).sort();
    const dumps = await Promise.all(all.map((key) => this.redis.dumpBuffer(key)));
    return Object.fromEntries(all.map((key, i) => [key, dumps[i]?.toString('base64') ?? '']));
  }

  /** I4 I6: map, area, inventory and caps say the same; every held or reserved seat has its owner, no other has one. */
  async expectWhole(): Promise<void> {
    const { letters, inventory } = await this.store.snapshot(EVENT);
    const { capacity, held, reserved, sold, blocked } = await this.area();
    const seats = (which: string): number => [...letters].filter((letter) => which.includes(letter)).length;
    const left = Number(capacity) - Number(held) - Number(reserved) - Number(sold) - Number(blocked);
    const pending = Number(held) + Number(reserved);
    const counts = inventory.map((row) => [row.total, row.sold, row.pending, row.available]);
    expect(counts).toEqual([
      [seats('ahrs'), seats('s'), seats('hr'), seats('a')],
      [Number(capacity) - Number(blocked), Number(sold), pending, left],
    ]);
    const holds = await this.store.allHolds(EVENT, 0, 10_000);
    const own = new Map(holds.flatMap((hold) => hold.seats.map(({ seatNo }) => [seatNo, hold] as const)));
    for (const [seatNo, letter] of [...letters].entries()) {
      const hold = own.get(seatNo);
      expect(letter === 'h' || letter === 'r', `seat ${seatNo}`).toBe(hold !== undefined);
      if (hold !== undefined) expect(letter).toBe(hold.state === 'held' ? 'h' : 'r');
      expect(await this.redis.hget(keys.seat(EVENT, seatNo), 'token')).toBe(hold?.token ?? null);
    }
    const places = (hold: StoredHold) => hold.seats.length + hold.areas.reduce((sum, row) => sum + row.quantity, 0);
    expect(holds.reduce((sum, hold) => sum + places(hold), 0)).toBe(seats('hr') + pending);
    for (const subject of new Set(holds.map((hold) => hold.subject))) {
      const mine = holds.filter((hold) => hold.subject === subject);
      expect(await this.redis.hgetall(keys.userHolds(EVENT, subject))).toEqual(
        Object.fromEntries(mine.map((hold) => [hold.token, String(places(hold))])),
      );
    }
    const indexed = (key: string) => this.redis.zrange(key, 0, '-1', 'WITHSCORES');
    const expected = (state: string) =>
      [...holds]
        .filter((hold) => hold.state === state)
        .sort((a, b) => a.expiresAtMs - b.expiresAtMs || (a.token < b.token ? -1 : 1))
        .flatMap((hold) => [hold.token, String(hold.expiresAtMs)]);
    expect(await indexed(keys.holdsIndex(EVENT))).toEqual(expected('held'));
    expect(await indexed(keys.reservedIndex(EVENT))).toEqual(expected('reserved'));
  }
}
interface HoldOptions {
  readonly subject?: string;
  readonly holdMs?: number;
  readonly maxHoldMs?: number;
  readonly fromBlock?: boolean;
}
