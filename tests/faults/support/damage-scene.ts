import type { Redis } from 'ioredis';
import type { CommandInput, OrderEffect } from '../../../server/src/domain/ports/seat-store.js';
import { RedisSeatStore } from '../../../server/src/redis/seat-store.js';
import { seedEvent } from '../../helpers/seed-event.js';

/** The event whose data is damaged, its categories, and the tokens of its holds. */
export const EVENT = 'damage';
export const KEYS_OF_A = ['A', 'B'];
export const ANN = `${EVENT}.ann`;
export const DAN = `${EVENT}.dan`;
/** Of a hold that is yet to be made. */
export const NEXT = `${EVENT}.next`;
export const LIMITS = { maxPlaces: 0, holdMs: 0, maxHoldMs: 0 };
export const seats = (...numbers: number[]) => numbers.map((seatNo) => ({ seatNo, catNo: 0 }));
export const areas = (quantity: number) => [{ areaNo: 0, catNo: 1, quantity }];
const seat = (placeNo: number) => ({ kind: 'seat', placeNo, catNo: 0, quantity: 1 }) as const;
const FLOOR = { kind: 'area', placeNo: 0, catNo: 1, quantity: 1 } as const;
const effect = (kind: OrderEffect['kind'], more: Partial<OrderEffect>): OrderEffect => ({
  ...{ id: 1, orderId: 'ord_dan', eventId: EVENT, epoch: 1, kind, holdToken: '', take: [], give: [], cause: 'x' },
  ...{ subject: 'dan', actor: 'x', requestId: 'x' },
  ...more,
});

/** A hall in which something of everything is going on, and every command of the seat store to be called there. */
export class DamageScene {
  readonly store: RedisSeatStore;
  #requests = 0;

  constructor(readonly redis: Redis) {
    this.store = new RedisSeatStore({ redis, isReady: () => true, epochOf: () => Promise.resolve(1) });
  }

  common(): CommandInput {
    const requestId = `r${this.#requests++}`;
    const by = { subject: 'ann', actor: 'ann', staff: true };
    return { eventId: EVENT, epoch: 1, chartVersion: 1, ...by, requestId, fingerprint: 'f' };
  }

  /** By the name of the script, with what is special about the call after it. */
  readonly calls: Record<string, () => Promise<unknown>> = {
    hold: () =>
      this.store.hold({
        ...this.common(),
        seats: seats(4, 5),
        areas: areas(2),
        newToken: NEXT,
        fromBlock: false,
        limits: LIMITS,
        categoryKeys: KEYS_OF_A,
      }),
    'hold adding': () =>
      this.store.hold({
        ...this.common(),
        seats: seats(4),
        areas: areas(1),
        holdToken: ANN,
        newToken: NEXT,
        fromBlock: false,
        limits: LIMITS,
        categoryKeys: KEYS_OF_A,
      }),
    'hold over a lapsed one': () =>
      this.store.hold({
        ...this.common(),
        seats: seats(2),
        areas: [],
        newToken: NEXT,
        fromBlock: false,
        limits: LIMITS,
        categoryKeys: KEYS_OF_A,
      }),
    'hold-best': () =>
      this.store.holdBest({
        ...this.common(),
        quantity: 2,
        groups: [seats(4, 5)],
        rankedAtSeq: 0,
        exhaustive: true,
        newToken: NEXT,
        limits: LIMITS,
        categoryKeys: KEYS_OF_A,
      }),
    extend: () => this.store.extend({ ...this.common(), token: ANN, limits: LIMITS }),
    release: () => this.store.release({ ...this.common(), token: ANN, seats: [], areas: [] }),
    'release in part': () =>
      this.store.release({ ...this.common(), token: ANN, seats: [0], areas: [{ areaNo: 0, quantity: 1 }] }),
    expire: () => this.store.expire({ eventId: EVENT, epoch: 1, limit: 10 }),
    block: () =>
      this.store.block({
        ...this.common(),
        seats: seats(4),
        areas: areas(1),
        label: '',
        reason: '',
        categoryKeys: KEYS_OF_A,
      }),
    unblock: () =>
      this.store.unblock({
        ...this.common(),
        seats: seats(7),
        areas: areas(1),
        label: '',
        reason: '',
        categoryKeys: KEYS_OF_A,
      }),
    reserve: () => this.store.reserve({ ...this.common(), token: ANN, orderId: 'ord_ann', reserveMs: 1000 }),
    unreserve: () =>
      this.store.unreserve({
        ...{ eventId: EVENT, epoch: 1, token: DAN, orderId: 'ord_dan' },
        actor: 'x',
        requestId: 'x',
        cause: 'x',
      }),
    'settle sold': () => this.store.settle(effect('sold', { holdToken: DAN, take: [seat(5), seat(0), FLOOR] })),
    'settle released': () => this.store.settle(effect('released', { holdToken: DAN })),
    'settle returned': () =>
      this.store.settle(
        effect('returned', {
          give: [
            { ...seat(8), to: 'a' },
            { ...FLOOR, to: 'b' },
          ],
        }),
      ),
    'settle exchanged': () =>
      this.store.settle(
        effect('exchanged', { holdToken: DAN, take: [seat(5), FLOOR], give: [{ ...seat(8), to: 'a' }] }),
      ),
    transfer: () =>
      this.store.transferHolds({ eventId: EVENT, epoch: 1, from: 'ann', to: 'dan', requestId: 'x', maxPlaces: 0 }),
  };

  /**
   * Ann holds seats 0, 1 and two places of the area; Bob's hold of seats 2, 3 has lapsed; seat 7 and a place are blocked; Dan's
   * hold of seat 6 and a place is reserved; seat 8 and a place are sold.
   */
  async lay(): Promise<void> {
    await this.redis.flushall();
    await seedEvent(this.redis, {
      eventId: EVENT,
      categoryKeys: KEYS_OF_A,
      seatCategory: [0, 0, 0, 0, 0, 0, 0, 0, 0],
      areas: [{ catNo: 1, capacity: 9 }],
    });
    const hold = { fromBlock: false, limits: LIMITS, categoryKeys: KEYS_OF_A };
    await this.store.hold({ ...this.common(), ...hold, seats: seats(0, 1), areas: areas(2), newToken: ANN });
    const dan = { ...this.common(), subject: 'dan' };
    await this.store.hold({ ...dan, ...hold, seats: seats(6), areas: areas(1), newToken: DAN });
    await this.store.reserve({ ...dan, requestId: 'reserve', token: DAN, orderId: 'ord_dan', reserveMs: 1000 });
    await this.store.settle({ ...effect('sold', { take: [seat(8), FLOOR] }), id: 9 });
    await this.store.hold({
      ...this.common(),
      ...hold,
      subject: 'bob',
      seats: seats(2, 3),
      areas: areas(1),
      newToken: `${EVENT}.bob`,
      limits: { ...LIMITS, holdMs: 1, maxHoldMs: 1 },
    });
    await this.store.block({
      ...this.common(),
      seats: seats(7),
      areas: areas(1),
      label: '',
      reason: '',
      categoryKeys: KEYS_OF_A,
    });
    await new Promise((resolve) => setTimeout(resolve, 3));
  }

  /** Every key, as it is stored. */
  async everything(): Promise<Map<string, Buffer>> {
    const all = (await this.redis.keys('*')).sort();
    const dumps = await Promise.all(all.map((key) => this.redis.dumpBuffer(key)));
    return new Map(all.map((key, i) => [key, dumps[i] ?? Buffer.from('')]));
  }
}
