import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { expect } from 'vitest';
import type { AreaPick, CommandInput, Outcome, StoredHold } from '../../server/src/domain/ports/seat-store.js';
import { keys } from '../../server/src/redis/keys.js';
import { RedisSeatStore } from '../../server/src/redis/seat-store.js';
import { ModelSeatStore, type ModelAnswer, type ModelHold } from './model-seat-store.js';
import { seedEvent } from './seed-event.js';

/*
 * All commands, at random, against real Redis and the plain model side by side: answers, map, areas, inventory, holds and
 * log must agree after every step. The clock is turned by steps of a minute and a half against holds of 100 s, so that the
 * few real ms between calls never decide anything. SPEC S2 S4 S7 H1 H2 H4 H6 H8, I1 I4 I6.
 */
const SEAT_CATEGORY = [0, 0, 0, 0, 1, 1, 1, 1, 1, 1];
const AREAS = [
  { catNo: 1, capacity: 6 },
  { catNo: 2, capacity: 4 },
];
const CATEGORIES = ['A', 'B', 'GA'];
const HOLD_MS = 100_000;
const MAX_HOLD_MS = 250_000;
const STEP_MS = 30_000;
const SUBJECTS = ['ann', 'bob', 'cid'];

let runs = 0;

const seatNo = fc.nat({ max: SEAT_CATEGORY.length - 1 });
const seatSet = fc.uniqueArray(seatNo, { maxLength: 4 });
const areaPicks = fc.uniqueArray(
  fc.record({
    areaNo: fc.nat({ max: 1 }),
    quantity: fc.integer({ min: 1, max: 4 }),
    ticketType: fc.constantFrom('', 'half, price:1'),
  }),
  {
    maxLength: 2,
    selector: (pick) => `${pick.areaNo}${pick.ticketType}`,
  },
);
const who = { subject: fc.constantFrom(...SUBJECTS), staff: fc.boolean() };
/** Which of the tokens made so far; those of others too. */
const which = fc.nat({ max: 7 });
/** Some requests are sent again under an id used before, with the same or with other content. */
const id = fc.option(fc.nat({ max: 5 }), { nil: null, freq: 4 });

/** One step of a history. */
export const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('hold' as const),
      ...who,
      id,
      seats: seatSet,
      areas: areaPicks,
      token: fc.option(which, { nil: null, freq: 2 }),
      fromBlock: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('hold-best' as const),
      ...who,
      id,
      groups: fc.array(fc.uniqueArray(seatNo, { minLength: 2, maxLength: 2 }), { maxLength: 3 }),
      fresh: fc.boolean(),
      exhaustive: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('extend' as const), ...who, id, token: which }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('release' as const),
      ...who,
      id,
      token: which,
      seats: seatSet,
      areas: fc.constantFrom<{ areaNo: number; quantity: number }[]>(
        [],
        [{ areaNo: 0, quantity: 1 }],
        [{ areaNo: 1, quantity: 2 }],
      ),
      all: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('block' as const, 'unblock' as const),
      ...who,
      id,
      seats: seatSet,
      areas: areaPicks,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('expire' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), steps: fc.integer({ min: 1, max: 5 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('status' as const),
      status: fc.constantFrom('on_sale' as const, 'on_sale' as const, 'paused' as const, 'closed' as const),
    }),
  },
);
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

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
  readonly model = new ModelSeatStore({
    seatCategory: SEAT_CATEGORY,
    areas: AREAS,
    holdMs: HOLD_MS,
    maxHoldMs: MAX_HOLD_MS,
    maxPlaces: 6,
  });
  readonly store: RedisSeatStore;
  readonly tokens: string[] = [];
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
  token = (index: number): string => this.tokens[index % Math.max(1, this.tokens.length)] ?? `${this.eventId}.none`;

  async apply(step: Step): Promise<void> {
    const limits = { maxPlaces: 0, holdMs: 0, maxHoldMs: 0 };
    const newToken = `${this.eventId}.t${this.tokens.length}`;
    switch (step.kind) {
      case 'hold': {
        if (!step.fromBlock && step.seats.length + step.areas.length === 0) return;
        const input = {
          ...this.common(step, [
            step.seats,
            step.areas,
            step.token === null ? null : this.token(step.token),
            step.fromBlock,
          ]),
          seats: this.seats(step.seats),
          areas: this.areas(step.areas),
          newToken,
          limits,
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

  async wait(steps: number): Promise<void> {
    this.model.now += steps * STEP_MS;
    await this.redis.hset(keys.event(this.eventId), 'clockOffsetMs', String(this.model.now));
  }

  compare(expected: ModelAnswer, actual: Outcome<unknown>): void {
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
      token: actual.token,
      subject: actual.subject,
      seats: [...actual.seats],
      areas: [...actual.areas],
    }).toEqual({
      token: expected.token,
      subject: expected.subject,
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
    const live = [...this.model.holds.values()].filter((hold) => hold.state === 'held');
    const owners = await Promise.all(
      SEAT_CATEGORY.map((_, seat) => this.redis.hget(keys.seat(this.eventId, seat), 'token')),
    );
    expect(owners).toEqual(this.model.owners);
    expect((await this.redis.zrange(keys.holdsIndex(this.eventId), '0', '-1')).sort()).toEqual(
      live.map((hold) => hold.token).sort(),
    );
    const caps = await Promise.all(
      SUBJECTS.map((subject) => this.redis.hgetall(keys.userHolds(this.eventId, subject))),
    );
    expect(Object.assign({}, ...caps)).toEqual(
      Object.fromEntries(
        live.map((hold) => [
          hold.token,
          String(hold.seats.length + hold.areas.reduce((sum, area) => sum + area.quantity, 0)),
        ]),
      ),
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
