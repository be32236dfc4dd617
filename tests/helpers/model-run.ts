import type { Redis } from 'ioredis';
import { expect } from 'vitest';
import type {
  AreaPick,
  CommandInput,
  OrderEffect,
  Outcome,
  StoredHold,
} from '../../server/src/domain/ports/seat-store.js';
import { keys } from '../../server/src/redis/keys.js';
import { RedisSeatStore } from '../../server/src/redis/seat-store.js';
import { placesOf, type ModelHold } from './model-hall.js';
import { ModelStore } from './model-orders.js';
import type { ModelAnswer } from './model-seat-store.js';
import { AREAS, CATEGORIES, HOLD_MS, MAX_HOLD_MS, SEAT_CATEGORY, STEP_MS, SUBJECTS, type Step } from './model-steps.js';
import { seedEvent } from './seed-event.js';

/*
 * All commands, at random, against real Redis and the plain model side by side: answers, map, areas, inventory, holds and
 * log must agree after every step. The clock is turned by steps of a minute and a half against holds of 100 s, so that the
 * few real ms between calls never decide anything. SPEC S2 S4 S7 H1 H2 H4 H6 H8 O1 O2 O3, I1 I4 I6.
 */
let runs = 0;

/** The store and the model, side by side. */
export class Pair {
  constructor(
    private readonly redis: Redis,
    luaFolder?: URL,
  ) {
    this.store = new RedisSeatStore({
      redis,
      isReady: () => true,
      epochOf: () => Promise.resolve(1),
      ...(luaFolder === undefined ? {} : { luaFolder }),
    });
  }

  readonly eventId = `e${runs++}`;
  readonly model = new ModelStore({
    seatCategory: SEAT_CATEGORY,
    areas: AREAS,
    holdMs: HOLD_MS,
    maxHoldMs: MAX_HOLD_MS,
    maxPlaces: 6,
  });
  readonly store: RedisSeatStore;
  readonly tokens: string[] = [];
  /** By id: an effect that comes again is the same effect. */
  readonly effects = new Map<number, OrderEffect>();
  version = 1;
  requests = 0;

  async start(): Promise<void> {
    await seedEvent(this.redis, {
      eventId: this.eventId,
      categoryKeys: CATEGORIES,
      seatCategory: SEAT_CATEGORY,
      areas: AREAS,
      holdMs: HOLD_MS,
      maxHoldMs: MAX_HOLD_MS,
      maxPlaces: 6,
    });
  }

  common(step: { subject: string; staff: boolean; id: number | null; kind: string }, content: unknown): CommandInput {
    return {
      eventId: this.eventId,
      epoch: 1,
      chartVersion: 1,
      subject: step.subject,
      actor: step.subject,
      staff: step.staff,
      requestId: step.id === null ? `own-${this.requests++}` : `again-${step.id}`,
      fingerprint: JSON.stringify([step.kind, content]),
    };
  }

  seats = (numbers: readonly number[]) => numbers.map((seat) => ({ seatNo: seat, catNo: SEAT_CATEGORY[seat] ?? 0 }));
  areas = (picks: readonly { areaNo: number; quantity: number; ticketType: string }[]): AreaPick[] =>
    picks.map(({ areaNo, quantity, ticketType }) => ({
      areaNo,
      quantity,
      catNo: AREAS[areaNo]?.catNo ?? 0,
      ...(ticketType === '' ? {} : { ticketType }),
    }));
  reserved(index: number): ModelHold | undefined {
    const holds = [...this.model.holds.values()].filter((hold) => hold.state === 'reserved');
    return holds[index % Math.max(1, holds.length)];
  }
  token = (index: number): string => this.tokens[index % Math.max(1, this.tokens.length)] ?? `${this.eventId}.none`;

  async apply(step: Step): Promise<void> {
    const limits = { maxPlaces: 0, holdMs: 0, maxHoldMs: 0 };
    // In order of creation also as text.
    const newToken = `${this.eventId}.t${String(this.tokens.length).padStart(3, '0')}`;
    switch (step.kind) {
      case 'hold': {
        if (!step.fromBlock && step.seats.length + step.areas.length === 0) return;
        const input = {
          ...this.common(step, [
            [step.seats, step.seatType],
            step.areas,
            step.token === null ? null : this.token(step.token),
            step.fromBlock,
          ]),
          seats: this.seats(step.seats).map((seat) =>
            step.seatType === '' ? seat : { ...seat, ticketType: step.seatType },
          ),
          areas: this.areas(step.areas),
          newToken,
          // Staff may have more in their own name, which is no leave to give a buyer more.
          limits: { ...limits, maxPlaces: step.staff ? 8 : 0 },
          categoryKeys: CATEGORIES,
          fromBlock: step.staff && step.fromBlock,
          ...(step.token === null ? {} : { holdToken: this.token(step.token) }),
        };
        return this.compareHold(this.model.hold(input), await this.store.hold(input));
      }
      case 'hold-best': {
        const rankedAtSeq = step.fresh ? this.model.seq : this.model.seq - 1;
        const input = {
          ...this.common(step, [step.groups, step.exhaustive]),
          quantity: 2,
          groups: step.groups.map(this.seats),
          rankedAtSeq,
          exhaustive: step.exhaustive,
          newToken,
          limits,
          categoryKeys: CATEGORIES,
        };
        return this.compareHold(this.model.holdBest(input), await this.store.holdBest(input));
      }
      case 'extend': {
        // A few real ms since the hold would move its deadline by as many; the model's clock would not.
        await this.wait(1);
        const input = { ...this.common(step, this.token(step.token)), token: this.token(step.token), limits };
        return this.compareHold(this.model.extend(input), await this.store.extend(input));
      }
      case 'release': {
        const part = step.all ? { seats: [], areas: [] } : { seats: step.seats, areas: step.areas };
        const input = { ...this.common(step, [this.token(step.token), part]), token: this.token(step.token), ...part };
        return this.compareHold(this.model.release(input), await this.store.release(input));
      }
      case 'block':
      case 'unblock': {
        const input = {
          ...this.common(step, [step.seats, step.areas]),
          seats: this.seats(step.seats),
          areas: this.areas(step.areas),
          label: 'x',
          reason: '"y"',
          categoryKeys: CATEGORIES,
        };
        return this.compare(this.model[step.kind](input), await this.store[step.kind](input));
      }
      case 'reserve': {
        const orderId = `ord_${step.order}`;
        const input = {
          ...this.common(step, [this.token(step.token), orderId]),
          ...{ token: this.token(step.token), orderId, reserveMs: 2 * STEP_MS },
        };
        return this.compareHold(this.model.reserve(input), await this.store.reserve(input));
      }
      case 'unreserve': {
        const hold = step.own ? this.reserved(step.token) : undefined;
        const input = {
          token: hold?.token ?? this.token(step.token),
          orderId: hold?.orderId ?? `ord_${step.order}`,
        };
        const by = { eventId: this.eventId, epoch: 1, actor: 'system', requestId: 'x', cause: 'x' };
        return this.compareHold(this.model.unreserve(input), await this.store.unreserve({ ...by, ...input }));
      }
      case 'settle': {
        const effect = this.effects.get(step.id) ?? this.effect(step);
        this.effects.set(step.id, effect);
        return this.compare(this.model.settle(effect), await this.store.settle(effect));
      }
      case 'transfer': {
        const input = { from: step.from, to: step.to, maxPlaces: step.maxPlaces };
        const moved = await this.store.transferHolds({ eventId: this.eventId, epoch: 1, requestId: 'x', ...input });
        expect(moved).toMatchObject({ ok: true, value: this.model.transfer(input) });
        return;
      }
      case 'expire': {
        const outcome = await this.store.expire({ eventId: this.eventId, epoch: 1, limit: 100 });
        expect(outcome).toMatchObject({ ok: true, value: { released: this.model.expire(), errors: 0 } });
        return;
      }
      case 'wait':
        return this.wait(step.steps);
      case 'status':
        this.model.status = step.status;
        this.version++;
        await this.store.configure({
          eventId: this.eventId,
          version: this.version,
          status: step.status,
          holdMs: HOLD_MS,
          maxHoldMs: MAX_HOLD_MS,
          maxPlaces: 6,
        });
        return;
    }
  }

  effect(step: Extract<Step, { kind: 'settle' }>): OrderEffect {
    const hold = step.own ? this.reserved(step.token ?? 0) : undefined;
    const holdToken = hold?.token ?? (step.token === null ? '' : this.token(step.token));
    const seatPlace = (placeNo: number) =>
      ({ kind: 'seat', placeNo, catNo: SEAT_CATEGORY[placeNo] ?? 0, quantity: 1 }) as const;
    const areaPlace = ({ areaNo, quantity }: { areaNo: number; quantity: number }) =>
      ({ kind: 'area', placeNo: areaNo, catNo: AREAS[areaNo]?.catNo ?? 0, quantity }) as const;
    const seats = hold !== undefined ? hold.seats.map(({ seatNo }) => seatNo) : step.seats;
    const taking = step.effect === 'sold' || step.effect === 'exchanged';
    const giving = step.effect === 'returned' || step.effect === 'exchanged';
    const given = [...step.giveSeats.map(seatPlace), ...step.giveAreas.map(areaPlace)];
    return {
      ...{ id: step.id, eventId: this.eventId, epoch: step.epoch, kind: step.effect, holdToken },
      orderId: hold?.orderId ?? `ord_${step.order}`,
      take: taking ? [...seats.map(seatPlace), ...(hold?.areas ?? step.areas).map(areaPlace)] : [],
      give: giving ? given.map((place) => ({ ...place, to: step.to })) : [],
      ...{ cause: 'x', subject: 'ann', actor: 'system', requestId: 'x' },
    };
  }

  async wait(steps: number): Promise<void> {
    this.model.now += steps * STEP_MS;
    await this.redis.hset(keys.event(this.eventId), 'clockOffsetMs', String(this.model.now));
  }

  compare(expected: ModelAnswer<unknown>, actual: Outcome<unknown>): void {
    if (expected.ok) expect(actual).toMatchObject({ ok: true, value: expected.value });
    else expect(actual).toMatchObject({ ok: false, refusal: expected.refusal });
  }

  compareHold(expected: ModelAnswer, actual: Outcome<StoredHold | null>): void {
    if (!expected.ok || expected.value === null || !actual.ok || actual.value === null) {
      this.compare(expected, actual);
      return;
    }
    const hold = expected.value as ModelHold;
    this.sameHold(hold, actual.value);
    if (!this.tokens.includes(hold.token)) this.tokens.push(hold.token);
  }

  sameHold(expected: ModelHold, actual: StoredHold): void {
    const { createdAtMs, expiresAtMs, maxExpiresAtMs } = actual;
    expect({
      ...{ token: actual.token, subject: actual.subject, state: actual.state, orderId: actual.orderId },
      seats: [...actual.seats],
      areas: [...actual.areas],
    }).toEqual({
      ...{ token: expected.token, subject: expected.subject, state: expected.state, orderId: expected.orderId },
      seats: expected.seats,
      areas: expected.areas,
    });
    // Real time passes between calls; the turned clock moves in steps far larger.
    expect(Math.abs(expiresAtMs - createdAtMs - (expected.expiresAt - expected.createdAt))).toBeLessThan(STEP_MS / 2);
    expect(maxExpiresAtMs - createdAtMs).toBe(MAX_HOLD_MS);
  }

  async sameState(): Promise<void> {
    const snapshot = await this.store.snapshot(this.eventId);
    expect(snapshot.letters).toBe(this.model.letters.join(''));
    expect(snapshot.seq).toBe(this.model.seq);
    expect(snapshot.areaAvailable).toEqual(AREAS.map((_, areaNo) => this.model.areaAvailable(areaNo)));
    expect(snapshot.inventory.map(({ total, sold, pending, available }) => [total, sold, pending, available])).toEqual(
      CATEGORIES.map((_, catNo) => this.model.inventory(catNo)),
    );
    for (const subject of SUBJECTS) {
      const holds = await this.store.holdsOf(this.eventId, subject);
      expect(holds.map((hold) => hold.token).sort()).toEqual(
        this.model
          .holdsOf(subject)
          .map((hold) => hold.token)
          .sort(),
      );
    }
  }

  /** Nothing is left behind: owners, index and caps name exactly the live holds; the log has one entry a seq, whole. */
  async sameRemains(): Promise<void> {
    const live = [...this.model.holds.values()].filter((hold) => hold.state !== 'expired');
    const tokens = (state: 'held' | 'reserved') =>
      live
        .filter((hold) => hold.state === state)
        .map((hold) => hold.token)
        .sort();
    const owners = await Promise.all(
      SEAT_CATEGORY.map((_, seat) => this.redis.hget(keys.seat(this.eventId, seat), 'token')),
    );
    expect(owners).toEqual(this.model.owners);
    const indexed = async (key: string) => (await this.redis.zrange(key, '0', '-1')).sort();
    expect(await indexed(keys.holdsIndex(this.eventId))).toEqual(tokens('held'));
    expect(await indexed(keys.reservedIndex(this.eventId))).toEqual(tokens('reserved'));
    const waiting = await this.store.reservedHolds(this.eventId, 100);
    expect(waiting.map(({ token, orderId }) => [token, orderId]).sort()).toEqual(
      tokens('reserved').map((token) => [token, this.model.holds.get(token)?.orderId]),
    );
    const caps = await Promise.all(
      SUBJECTS.map((subject) => this.redis.hgetall(keys.userHolds(this.eventId, subject))),
    );
    expect(Object.assign({}, ...caps)).toEqual(
      Object.fromEntries(live.map((hold) => [hold.token, String(placesOf(hold))])),
    );
    const log = await this.redis.xrange(keys.log(this.eventId), '-', '+');
    expect(log.map(([entry]) => entry)).toEqual(log.map((_, index) => `1-${index + 1}`));
    expect(log.length).toBe(this.model.seq);
  }
}

async function clean(redis: Redis, eventId: string): Promise<void> {
  const found = await redis.keys(`*{${eventId}}*`);
  if (found.length > 0) await redis.del(...found);
}

/** Rejects where store and model differ. */
export async function play(redis: Redis, steps: readonly Step[], luaFolder?: URL): Promise<void> {
  const pair = new Pair(redis, luaFolder);
  await pair.start();
  for (const each of steps) {
    await pair.apply(each);
    await pair.sameState();
  }
  await pair.sameRemains();
  await clean(redis, pair.eventId);
}
