import type { Redis } from 'ioredis';
import { AisleError } from '@aisle/client/protocol';
import type * as port from '../domain/ports/seat-store.js';
import { redisFailure } from './failure.js';
import {
  decodeHold,
  packAreaPicks,
  packEffectAreas,
  packEffectSeats,
  packReleases,
  packSeatPicks,
} from './hold-codec.js';
import { keys } from './keys.js';
import { asStrings, decodeOutcome, toStatus } from './outcome-codec.js';
import { loadScript, runScript, type Script } from './scripts.js';

export interface RedisSeatStoreDeps {
  /** A connection from openCommandConnection. */
  readonly redis: Redis;
  /** False until this Redis is known to be the reconciled one (SPEC R1): then every call answers UNAVAILABLE unasked. */
  readonly isReady: () => boolean;
  /** The epoch Postgres gave the event; needed by reads that name no epoch themselves. */
  readonly epochOf: (eventId: string) => Promise<number>;
  /** Redis does not know an event that it was asked about: it may have lost everything. */
  readonly onUnknown?: () => void;
  /** Where the scripts are, ending in a slash; for tests that plant faults in them. */
  readonly luaFolder?: URL;
}

/** File names under lua/. */
const SCRIPTS = [
  ...(['hold', 'hold-best', 'extend', 'release', 'block', 'unblock', 'expire'] as const),
  ...(['reserve', 'unreserve', 'settle', 'transfer'] as const),
  ...(['holds', 'reserved', 'snapshot', 'configure'] as const),
] as const;
type ScriptName = (typeof SCRIPTS)[number];
type Decode<T> = (values: readonly string[], nowMs: number) => T;

const RETRY_AFTER_MS = 250;
/** A few ms of Redis, so that commands of buyers go in between. What moves between two pages is seen by the next look. */
const RESERVED_A_CALL = 500;
const tag = (eventId: string): string => `{${eventId}}`;
const numbers = (text: string | undefined): number[] =>
  text === undefined || text === '' ? [] : text.split(',').map(Number);
const unavailable = (reason: string): AisleError =>
  AisleError.of('UNAVAILABLE', { details: { reason }, retryAfterMs: RETRY_AFTER_MS });

/** domain/ports/seat-store.ts over Redis: one Lua script a command, decoded by one codec. */
export class RedisSeatStore implements port.SeatStore {
  readonly #deps: RedisSeatStoreDeps;
  readonly #scripts: Record<ScriptName, Script>;

  constructor(deps: RedisSeatStoreDeps) {
    this.#deps = deps;
    const loaded = SCRIPTS.map((name) => [name, loadScript(name, deps.luaFolder)] as const);
    this.#scripts = Object.fromEntries(loaded) as Record<ScriptName, Script>;
  }

  async hold(input: port.HoldInput): Promise<port.Outcome<port.StoredHold>> {
    const { eventId, seats, areas } = input;
    const catNos = [...new Set([...seats, ...areas].map((pick) => pick.catNo))];
    const declared = [
      keys.hold(eventId, input.holdToken ?? input.newToken),
      ...seats.map((seat) => keys.seat(eventId, seat.seatNo)),
      ...areas.map((area) => keys.area(eventId, area.areaNo)),
      ...catNos.map((catNo) => keys.inventory(eventId, input.categoryKeys[catNo] ?? '')),
    ];
    const args = [
      input.holdToken ?? '',
      input.newToken,
      input.fromBlock ? 1 : 0,
      ...this.#limits(input.limits),
      packSeatPicks(seats),
      packAreaPicks(areas),
      catNos.join(','),
    ];
    return this.#command(this.#scripts.hold, input, declared, args, this.#decodeHold(eventId));
  }

  async holdBest(input: port.HoldBestInput): Promise<port.Outcome<port.StoredHold>> {
    const args = [
      '',
      input.newToken,
      input.quantity,
      ...this.#limits(input.limits),
      input.groups.map(packSeatPicks).join('|'),
      input.rankedAtSeq,
      input.exhaustive ? 1 : 0,
    ];
    const declared = [keys.hold(input.eventId, input.newToken)];
    return this.#command(this.#scripts['hold-best'], input, declared, args, this.#decodeHold(input.eventId));
  }

  async extend(input: port.HoldRefInput): Promise<port.Outcome<port.StoredHold>> {
    const declared = [keys.hold(input.eventId, input.token)];
    const args = [input.token, input.limits.holdMs];
    return this.#command(this.#scripts.extend, input, declared, args, this.#decodeHold(input.eventId));
  }

  async release(input: port.ReleaseInput): Promise<port.Outcome<port.StoredHold | null>> {
    const declared = [keys.hold(input.eventId, input.token)];
    const args = [input.token, input.seats.join(','), packReleases(input.areas)];
    return this.#command(this.#scripts.release, input, declared, args, this.#decodeRest(input.eventId));
  }

  async block(input: port.BlockInput): Promise<port.Outcome<port.BlockResult>> {
    return this.#block(this.#scripts.block, input);
  }

  async unblock(input: port.BlockInput): Promise<port.Outcome<port.BlockResult>> {
    return this.#block(this.#scripts.unblock, input);
  }

  async expire(input: port.ExpireInput): Promise<port.Outcome<port.ExpireResult>> {
    const { eventId } = input;
    return this.#step(
      this.#scripts.expire,
      eventId,
      [],
      [input.epoch, input.limit],
      ([released, places, worst, more, next = '', errors, ...reserved]) => ({
        released: Number(released),
        places: Number(places),
        worstLatenessMs: Number(worst),
        more: more === '1',
        nextExpiresAtMs: next === '' ? null : Number(next),
        errors: Number(errors),
        overdueReserved: reserved,
      }),
    );
  }

  async reserve(input: port.ReserveInput): Promise<port.Outcome<port.StoredHold>> {
    const declared = [keys.hold(input.eventId, input.token), keys.reservedIndex(input.eventId)];
    const args = [input.token, input.orderId, input.reserveMs];
    return this.#command(this.#scripts.reserve, input, declared, args, this.#decodeHold(input.eventId));
  }

  async unreserve(input: port.UnreserveInput): Promise<port.Outcome<port.StoredHold | null>> {
    const { eventId, epoch, token, orderId, actor, requestId, cause } = input;
    const args = [epoch, token, orderId, actor, requestId, cause];
    return this.#step(this.#scripts.unreserve, eventId, [keys.hold(eventId, token)], args, this.#decodeRest(eventId));
  }

  async settle(effect: port.OrderEffect): Promise<port.Outcome<port.SettleResult>> {
    const { eventId, epoch, kind, orderId, holdToken, subject, actor, requestId, cause, take, give } = effect;
    const args = [
      ...[epoch, kind, orderId, holdToken, subject, actor, requestId, cause],
      ...[packEffectSeats(take), packEffectAreas(take), packEffectSeats(give), packEffectAreas(give)],
    ];
    const declared = [keys.effect(eventId, effect.id)];
    return this.#step(this.#scripts.settle, eventId, declared, args, ([result, shrunk]) => ({
      result: result === 'applied' ? 'applied' : 'known',
      shrunk: Number(shrunk),
    }));
  }

  async transferHolds(input: port.TransferInput): Promise<port.Outcome<{ moved: number; left: number }>> {
    const { eventId, epoch, from, to, requestId, maxPlaces } = input;
    const declared = [keys.userHolds(eventId, from), keys.userHolds(eventId, to)];
    const args = [epoch, from, to, requestId, maxPlaces];
    return this.#step(this.#scripts.transfer, eventId, declared, args, ([moved, left]) => ({
      moved: Number(moved),
      left: Number(left),
    }));
  }

  async reservedHolds(eventId: string, limit: number): Promise<port.ReservedHold[]> {
    const epoch = await this.#deps.epochOf(eventId);
    const found: port.ReservedHold[] = [];
    for (let offset = 0; offset < limit; offset += RESERVED_A_CALL) {
      const page = Math.min(RESERVED_A_CALL, limit - offset);
      const declared = [keys.event(eventId), keys.reservedIndex(eventId)];
      const args = [tag(eventId), epoch, offset, page];
      const [kind, detail, size, ...values] = asStrings(await this.#run(this.#scripts.reserved, declared, args));
      if (kind !== 'ok') throw unavailable(detail ?? 'epoch');
      for (let i = 0; i < values.length; i += 5) {
        const [token = '', subject = '', orderId = '', reservedAt, expiresAt] = values.slice(i, i + 5);
        const times = { reservedAtMs: Number(reservedAt), expiresAtMs: Number(expiresAt), nowMs: Number(detail) };
        found.push({ token, subject, orderId, ...times });
      }
      if (Number(size) < page) break;
    }
    return found;
  }

  async getHold(eventId: string, token: string): Promise<port.StoredHold | null> {
    const found = await this.#holds(eventId, 'token', keys.hold(eventId, token), token, 1);
    return found[0] ?? null;
  }

  async holdsOf(eventId: string, subject: string): Promise<port.StoredHold[]> {
    return this.#holds(eventId, 'subject', keys.userHolds(eventId, subject), '', 0);
  }

  async allHolds(eventId: string, offset: number, limit: number): Promise<port.StoredHold[]> {
    return this.#holds(eventId, 'all', null, String(offset), limit);
  }

  async snapshot(eventId: string): Promise<port.StoreSnapshot> {
    const reply = asStrings(
      await this.#run(this.#scripts.snapshot, [keys.event(eventId), keys.map(eventId)], [tag(eventId)]),
    );
    if (reply[1] === 'epoch') this.#deps.onUnknown?.();
    if (reply[0] !== 'ok') throw unavailable(reply[1] ?? 'epoch');
    const [, epoch, seq, status, version, chartVersion, letters = '', areas, counts = ''] = reply;
    return {
      epoch: Number(epoch),
      seq: Number(seq),
      status: toStatus(status),
      version: Number(version),
      chartVersion: Number(chartVersion),
      letters,
      areaAvailable: numbers(areas),
      inventory: counts.split(';').map((row) => {
        const [total = 0, sold = 0, pending = 0, available = 0, rowVersion = 0] = numbers(row);
        return { total, sold, pending, available, version: rowVersion };
      }),
    };
  }

  async positions(eventIds: readonly string[]): Promise<(port.StorePosition | null)[]> {
    this.#gate();
    const pipeline = this.#deps.redis.pipeline();
    for (const eventId of eventIds) {
      pipeline.hmget(keys.event(eventId), 'epoch', 'seq', 'status', 'version', 'chartVersion', 'loading');
    }
    const replies = await pipeline.exec().catch((error: unknown) => {
      throw redisFailure(error);
    });
    return (replies ?? []).map(([error, values]) => {
      if (error !== null) throw redisFailure(error);
      const [epoch, seq, status, version, chartVersion, loading] = Array.isArray(values)
        ? (values as (string | null)[])
        : [];
      if (typeof epoch !== 'string' && typeof loading !== 'string') this.#deps.onUnknown?.();
      if (typeof epoch !== 'string' || typeof loading === 'string') return null;
      return {
        epoch: Number(epoch),
        seq: Number(seq),
        status: toStatus(status ?? undefined),
        version: Number(version),
        chartVersion: Number(chartVersion),
      };
    });
  }

  async configure(input: port.EventConfig): Promise<boolean> {
    const args = [tag(input.eventId), input.version, input.status, input.holdMs, input.maxHoldMs, input.maxPlaces];
    return Number(await this.#run(this.#scripts.configure, [keys.event(input.eventId)], args)) === 1;
  }

  #limits(limits: port.HoldLimits): number[] {
    return [limits.maxPlaces, limits.holdMs, limits.maxHoldMs];
  }

  #decodeHold(eventId: string): Decode<port.StoredHold> {
    return (values, nowMs) => decodeHold(eventId, values, nowMs);
  }
  /** null where nothing is left of the hold. */
  #decodeRest(eventId: string): Decode<port.StoredHold | null> {
    return (values, nowMs) => (values.length === 0 ? null : decodeHold(eventId, values, nowMs));
  }

  async #block(script: Script, input: port.BlockInput): Promise<port.Outcome<port.BlockResult>> {
    const extra = JSON.stringify({ label: input.label, reason: input.reason });
    const args = [packSeatPicks(input.seats), packAreaPicks(input.areas), extra];
    return this.#command(script, input, [], args, ([seats, areas = '']) => ({
      seats: numbers(seats),
      areas: (areas === '' ? [] : areas.split(',')).map((row) => {
        const [areaNo, quantity] = row.split(':').map(Number);
        return { areaNo: areaNo ?? 0, quantity: quantity ?? 0 };
      }),
    }));
  }

  async #holds(
    eventId: string,
    mode: 'token' | 'subject' | 'all',
    key: string | null,
    what: string,
    limit: number,
  ): Promise<port.StoredHold[]> {
    const epoch = await this.#deps.epochOf(eventId);
    const declared = [keys.event(eventId), keys.holdsIndex(eventId), key ?? keys.reservedIndex(eventId)];
    const reply = await this.#run(this.#scripts.holds, declared, [tag(eventId), epoch, mode, what, limit]);
    const [kind, detail] = asStrings(reply);
    if (kind !== 'ok') throw unavailable(detail ?? 'epoch');
    const rows = Array.isArray(reply) ? reply.slice(2) : [];
    return rows.map((row) => decodeHold(eventId, asStrings(row), Number(detail)));
  }

  async #command<T>(
    script: Script,
    input: port.CommandInput,
    declared: readonly string[],
    args: readonly (string | number)[],
    decode: Decode<T>,
  ): Promise<port.Outcome<T>> {
    const { eventId, subject, requestId } = input;
    const common = [
      keys.event(eventId),
      keys.map(eventId),
      keys.log(eventId),
      keys.holdsIndex(eventId),
      keys.userHolds(eventId, subject),
      keys.request(eventId, subject, requestId),
    ];
    const head = [
      tag(eventId),
      input.epoch,
      input.chartVersion,
      input.fingerprint,
      subject,
      input.actor,
      input.staff ? 1 : 0,
      requestId,
    ];
    return this.#outcome(await this.#run(script, [...common, ...declared], [...head, ...args]), decode);
  }

  /** A call of Aisle's own, nothing remembered: lua/lib/step.lua. */
  async #step<T>(
    script: Script,
    eventId: string,
    declared: readonly string[],
    args: readonly (string | number)[],
    decode: Decode<T>,
  ): Promise<port.Outcome<T>> {
    const common = [keys.event(eventId), keys.map(eventId), keys.log(eventId)];
    const indexes = [keys.holdsIndex(eventId), keys.reservedIndex(eventId)];
    return this.#outcome(
      await this.#run(script, [...common, ...indexes, ...declared], [tag(eventId), ...args]),
      decode,
    );
  }

  #outcome<T>(reply: unknown, decode: Decode<T>): port.Outcome<T> {
    const outcome = decodeOutcome(reply, decode);
    // Every event that is loaded has an epoch above 0.
    if (!outcome.ok && outcome.refusal.code === 'UNAVAILABLE' && outcome.epoch === 0) this.#deps.onUnknown?.();
    return outcome;
  }

  #gate(): void {
    if (!this.#deps.isReady()) throw unavailable('reconciling');
  }

  async #run(script: Script, declared: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    this.#gate();
    try {
      return await runScript(this.#deps.redis, script, declared, args);
    } catch (error) {
      throw redisFailure(error);
    }
  }
}
