import type {
  OrderEffect,
  Refusal,
  ReserveInput,
  SettleResult,
  TransferInput,
  UnreserveInput,
} from '../../server/src/domain/ports/seat-store.js';
import { placesOf, type ModelHold } from './model-hall.js';
import { ModelSeatStore, refuse, type ModelAnswer } from './model-seat-store.js';

type Answer<T> = { ok: true; value: T } | { ok: false; refusal: Refusal };

/** What orders do to holds and places, once more and plainly (SPEC O1 to O3). */
export class ModelStore extends ModelSeatStore {
  readonly epoch = 1;
  readonly #effects = new Set<number>();

  reserve(
    input: Pick<ReserveInput, 'subject' | 'staff' | 'requestId' | 'fingerprint' | 'token' | 'orderId' | 'reserveMs'>,
  ): ModelAnswer {
    return this.remembered(input, () => {
      const found = this.find(input.token, input);
      if ('refusal' in found) {
        const hold = this.holds.get(input.token);
        const again = found.refusal.code === 'HOLD_RESERVED' && hold?.orderId === input.orderId;
        return again ? { ok: true, value: hold } : refuse(found.refusal);
      }
      if (this.status !== 'on_sale' && this.status !== 'paused')
        return refuse({ code: 'EVENT_NOT_ON_SALE', status: this.status });
      const { hold } = found;
      this.#turn(hold, 'reserved');
      hold.orderId = input.orderId;
      hold.heldUntil = hold.expiresAt;
      hold.expiresAt = this.now + input.reserveMs;
      this.seq++;
      return { ok: true, value: hold };
    });
  }

  unreserve({ token, orderId }: Pick<UnreserveInput, 'token' | 'orderId'>): ModelAnswer {
    const hold = this.holds.get(token);
    if (hold?.state !== 'reserved' || hold.orderId !== orderId) {
      const live = hold?.state === 'reserved' || (hold?.state === 'held' && hold.expiresAt > this.now);
      return { ok: true, value: live ? (hold ?? null) : null };
    }
    this.#turn(hold, 'held');
    hold.orderId = null;
    hold.expiresAt = Math.max(Math.min(this.now + this.options.holdMs, hold.maxExpiresAt), hold.heldUntil);
    this.seq++;
    if (hold.expiresAt > this.now) return { ok: true, value: hold };
    this.lapse(hold);
    return { ok: true, value: null };
  }

  settle(effect: OrderEffect): Answer<SettleResult> {
    if (effect.epoch > this.epoch) return refuse({ code: 'UNAVAILABLE', reason: 'epoch' });
    if (effect.epoch < this.epoch || this.#effects.has(effect.id))
      return { ok: true, value: { result: 'known', shrunk: 0 } };
    this.#effects.add(effect.id);
    const hold = this.holds.get(effect.holdToken);
    const own = hold?.state === 'reserved' && hold.orderId === effect.orderId ? hold : null;
    let shrunk = 0;
    let changed = false;
    if (effect.kind === 'released') {
      if (own !== null) this.#endHold(own);
      changed = own !== null;
    }
    if (effect.kind === 'sold' || effect.kind === 'exchanged') {
      const robbed = this.#sellSeats(effect, own);
      shrunk = robbed.shrunk;
      changed = [robbed.changed, this.#sellAreas(effect, own), own !== null].includes(true);
      if (own !== null) {
        this.#endHold(own);
        this.holds.delete(own.token);
      }
    }
    if (this.#giveBackSold(effect)) changed = true;
    if (changed) this.seq++;
    return { ok: true, value: { result: changed ? 'applied' : 'known', shrunk } };
  }

  transfer({ from, to, maxPlaces }: Pick<TransferInput, 'from' | 'to' | 'maxPlaces'>): { moved: number; left: number } {
    const result = { moved: 0, left: 0 };
    if (from === to) return result;
    this.expireOwn(from);
    this.expireOwn(to);
    const oldestFirst = this.holdsOf(from).sort((a, b) => a.createdAt - b.createdAt || (a.token < b.token ? -1 : 1));
    for (const hold of oldestFirst) {
      if (this.overCap(to, placesOf(hold), maxPlaces) !== null) {
        result.left++;
        continue;
      }
      hold.subject = to;
      result.moved++;
      this.seq++;
    }
    return result;
  }

  #turn(hold: ModelHold, state: 'held' | 'reserved'): void {
    for (const { seatNo } of hold.seats) this.letters[seatNo] = state === 'held' ? 'h' : 'r';
    for (const { areaNo, quantity } of hold.areas) {
      this.area(areaNo)[hold.state === 'reserved' ? 'reserved' : 'held'] -= quantity;
      this.area(areaNo)[state] += quantity;
    }
    hold.state = state;
  }

  /** What it still has goes back; it is expired. */
  #endHold(hold: ModelHold): void {
    this.lapse(hold);
    this.seq--; // one change with what ended it
  }

  #sellSeats(effect: OrderEffect, own: ModelHold | null): { shrunk: number; changed: boolean } {
    const robbed = new Set<ModelHold>();
    let changed = false;
    for (const { placeNo } of effect.take.filter(({ kind }) => kind === 'seat')) {
      if (this.letters[placeNo] === 's') continue;
      const owner = this.holds.get(this.owners[placeNo] ?? '');
      if (owner !== undefined) {
        owner.seats = owner.seats.filter(({ seatNo }) => seatNo !== placeNo);
        if (owner !== own) robbed.add(owner);
      }
      this.letters[placeNo] = 's';
      this.owners[placeNo] = null;
      changed = true;
    }
    for (const hold of robbed) if (placesOf(hold) === 0) hold.state = 'expired';
    return { shrunk: robbed.size, changed };
  }

  #sellAreas(effect: OrderEffect, own: ModelHold | null): boolean {
    let changed = false;
    for (const { placeNo, quantity } of effect.take.filter(({ kind }) => kind === 'area')) {
      const area = this.area(placeNo);
      let left = quantity;
      own?.areas.forEach((row, index) => {
        const part = row.areaNo === placeNo ? Math.min(left, row.quantity) : 0;
        left -= part;
        area.reserved -= part;
        area.sold += part;
        own.areas[index] = { ...row, quantity: row.quantity - part };
      });
      if (effect.holdToken === '') {
        const free = Math.min(left, this.areaAvailable(placeNo));
        left -= free;
        area.sold += free;
      }
      changed ||= left < quantity;
    }
    return changed;
  }

  #giveBackSold(effect: OrderEffect): boolean {
    let changed = false;
    for (const { kind, placeNo, quantity, to } of effect.give) {
      if (kind === 'seat') {
        if (this.letters[placeNo] !== 's') continue;
        this.letters[placeNo] = to;
        changed = true;
        continue;
      }
      const area = this.area(placeNo);
      const part = Math.min(quantity, area.sold);
      area.sold -= part;
      if (to === 'b') area.blocked += part;
      changed ||= part > 0;
    }
    return changed;
  }
}
