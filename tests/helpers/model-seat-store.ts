import type { EventStatus, SeatLetter } from '@aisle/client/protocol';
import type {
  AreaPick,
  BlockInput,
  HeldArea,
  HeldSeat,
  HoldBestInput,
  HoldInput,
  HoldRefInput,
  ReleaseInput,
  Refusal,
  SeatPick,
} from '../../server/src/domain/ports/seat-store.js';

/**
 * The seat rules once more, as plainly as they can be said, without Redis: what the scripts are compared with. It knows
 * one event, a clock that is turned by hand, and nothing of keys, logs or publishing.
 */
export interface ModelHold {
  token: string;
  subject: string;
  state: 'held' | 'expired';
  createdAt: number;
  expiresAt: number;
  maxExpiresAt: number;
  seats: HeldSeat[];
  areas: HeldArea[];
}
export type ModelAnswer =
  | { ok: true; value: ModelHold | null | { seats: number[]; areas: { areaNo: number; quantity: number }[] } }
  | { ok: false; refusal: Refusal };
interface ModelArea {
  capacity: number;
  held: number;
  blocked: number;
}

export interface ModelOptions {
  seatCategory: number[];
  areas: { catNo: number; capacity: number }[];
  holdMs: number;
  maxHoldMs: number;
  maxPlaces: number;
}

const refuse = (refusal: Refusal): ModelAnswer => ({ ok: false, refusal });
const OPPORTUNE_LIMIT = 20;

export class ModelSeatStore {
  now = 0;
  seq = 0;
  status: EventStatus = 'on_sale';
  readonly letters: SeatLetter[];
  readonly owners: (string | null)[];
  readonly areas: ModelArea[];
  readonly holds = new Map<string, ModelHold>();
  readonly #requests = new Map<string, { fingerprint: string; answer: ModelAnswer }>();
  readonly #options: ModelOptions;

  constructor(options: ModelOptions) {
    this.#options = options;
    this.letters = options.seatCategory.map(() => 'a');
    this.owners = options.seatCategory.map(() => null);
    this.areas = options.areas.map(({ capacity }) => ({ capacity, held: 0, blocked: 0 }));
  }

  areaAvailable(areaNo: number): number {
    const area = this.#area(areaNo);
    return area.capacity - area.held - area.blocked;
  }

  /** [total, sold, pending, available] recounted from the places themselves (I4). */
  inventory(catNo: number): [number, number, number, number] {
    let total = 0;
    let pending = 0;
    this.letters.forEach((letter, seatNo) => {
      if (this.#options.seatCategory[seatNo] !== catNo) return;
      if (letter !== 'b') total++;
      if (letter === 'h') pending++;
    });
    this.areas.forEach((area, areaNo) => {
      if (this.#options.areas[areaNo]?.catNo !== catNo) return;
      total += area.capacity - area.blocked;
      pending += area.held;
    });
    return [total, 0, pending, total - pending];
  }

  hold(input: HoldInput): ModelAnswer {
    return this.#remembered(input, () => {
      if (this.status !== 'on_sale') return refuse({ code: 'EVENT_NOT_ON_SALE', status: this.status });
      let hold: ModelHold | null = null;
      if (input.holdToken !== undefined) {
        const found = this.#find(input.holdToken, input);
        if ('refusal' in found) return refuse(found.refusal);
        hold = found.hold;
      }
      this.#expireDue();
      const subject = hold?.subject ?? input.subject;
      this.#expireOwn(subject);
      const source: SeatLetter = input.fromBlock ? 'b' : 'a';
      for (const seat of input.seats) this.#expireInTheWay(seat.seatNo);
      const wanted = input.seats.filter((seat) => hold === null || this.owners[seat.seatNo] !== hold.token);
      const taken = wanted.filter((seat) => this.letters[seat.seatNo] !== source);
      if (taken.length > 0) return refuse({ code: 'SEAT_UNAVAILABLE', seats: this.#states(taken) });
      const full = this.#fullArea(input.areas, input.fromBlock);
      if (full !== null) return refuse(full);
      const more = wanted.length + input.areas.reduce((sum, area) => sum + area.quantity, 0);
      hold ??= this.#newHold(input.newToken, input.subject);
      if (more === 0) return { ok: true, value: hold };
      const over = this.#overCap(subject, more, input.limits.maxPlaces);
      if (over !== null) return refuse(over);
      return this.#grant(hold, wanted, input.areas, source);
    });
  }

  holdBest(input: HoldBestInput): ModelAnswer {
    return this.#remembered(input, () => {
      if (this.status !== 'on_sale') return refuse({ code: 'EVENT_NOT_ON_SALE', status: this.status });
      const before = this.seq;
      this.#expireDue();
      this.#expireOwn(input.subject);
      const over = this.#overCap(input.subject, input.quantity, input.limits.maxPlaces);
      if (over !== null) return refuse(over);
      for (const group of input.groups) {
        if (group.every((seat) => this.letters[seat.seatNo] === 'a')) {
          return this.#grant(this.#newHold(input.newToken, input.subject), group, [], 'a');
        }
      }
      if (this.seq !== before || input.rankedAtSeq !== before || !input.exhaustive) {
        return refuse({ code: 'UNAVAILABLE', reason: 'stale' });
      }
      return refuse({ code: 'NOT_ENOUGH_SEATS' });
    });
  }

  extend(input: HoldRefInput): ModelAnswer {
    return this.#remembered(input, () => {
      if (this.status !== 'on_sale' && this.status !== 'paused')
        return refuse({ code: 'EVENT_NOT_ON_SALE', status: this.status });
      const found = this.#find(input.token, input);
      if ('refusal' in found) return refuse(found.refusal);
      const until = Math.min(this.now + this.#options.holdMs, found.hold.maxExpiresAt);
      if (until > found.hold.expiresAt) {
        found.hold.expiresAt = until;
        this.seq++;
      }
      return { ok: true, value: found.hold };
    });
  }

  release(input: ReleaseInput): ModelAnswer {
    return this.#remembered(input, () => {
      const found = this.#find(input.token, input);
      if ('refusal' in found) return refuse(found.refusal);
      const { hold } = found;
      const all = input.seats.length + input.areas.length === 0;
      const strangers = input.seats.filter((seatNo) => !hold.seats.some((seat) => seat.seatNo === seatNo));
      const held = (areaNo: number): number =>
        hold.areas.filter((area) => area.areaNo === areaNo).reduce((sum, area) => sum + area.quantity, 0);
      const strangeAreas = input.areas.filter((area) => held(area.areaNo) < area.quantity).map((area) => area.areaNo);
      if (strangers.length + strangeAreas.length > 0)
        return refuse({ code: 'NOT_IN_HOLD', seats: strangers, areas: strangeAreas });
      const leaving = all ? hold.seats.map((seat) => seat.seatNo) : input.seats;
      for (const seat of hold.seats.filter(({ seatNo }) => leaving.includes(seatNo))) this.#giveBack(hold, seat);
      hold.seats = hold.seats.filter(({ seatNo }) => !leaving.includes(seatNo));
      for (const { areaNo, quantity } of all ? hold.areas.map((area) => ({ ...area })) : input.areas)
        this.#giveBackArea(hold, areaNo, quantity);
      this.seq++;
      if (hold.seats.length + hold.areas.length === 0) {
        this.holds.delete(hold.token);
        return { ok: true, value: null };
      }
      return { ok: true, value: hold };
    });
  }

  block(input: BlockInput): ModelAnswer {
    return this.#block(input, 'a', 'b');
  }

  unblock(input: BlockInput): ModelAnswer {
    return this.#block(input, 'b', 'a');
  }

  /** Returns how many holds were freed. */
  expire(): number {
    return this.#expireDue(Number.POSITIVE_INFINITY);
  }

  holdsOf(subject: string): ModelHold[] {
    return [...this.holds.values()].filter(
      (hold) => hold.subject === subject && hold.state === 'held' && hold.expiresAt > this.now,
    );
  }

  #remembered(
    input: { subject: string; requestId: string; fingerprint: string },
    decide: () => ModelAnswer,
  ): ModelAnswer {
    const key = `${input.subject} ${input.requestId}`;
    const earlier = this.#requests.get(key);
    if (earlier !== undefined) {
      return earlier.fingerprint === input.fingerprint ? earlier.answer : refuse({ code: 'IDEMPOTENCY_MISMATCH' });
    }
    const answer = structuredClone(decide());
    if (answer.ok || answer.refusal.code !== 'UNAVAILABLE')
      this.#requests.set(key, { fingerprint: input.fingerprint, answer });
    return answer;
  }

  #area(areaNo: number): ModelArea {
    const area = this.areas[areaNo];
    if (area === undefined) throw new Error(`no area ${areaNo}`);
    return area;
  }

  #states(seats: readonly SeatPick[]): { seatNo: number; state: SeatLetter }[] {
    return seats.map(({ seatNo }) => ({ seatNo, state: this.letters[seatNo] ?? 'a' }));
  }

  #find(token: string, input: { subject: string; staff: boolean }): { hold: ModelHold } | { refusal: Refusal } {
    const hold = this.holds.get(token);
    if (hold === undefined || (hold.subject !== input.subject && !input.staff))
      return { refusal: { code: 'HOLD_NOT_FOUND' } };
    if (hold.state === 'expired') return { refusal: { code: 'HOLD_EXPIRED' } };
    if (hold.expiresAt <= this.now) {
      this.#expire(hold);
      return { refusal: { code: 'HOLD_EXPIRED' } };
    }
    return { hold };
  }

  #newHold(token: string, subject: string): ModelHold {
    const maxExpiresAt = this.now + this.#options.maxHoldMs;
    const expiresAt = Math.min(this.now + this.#options.holdMs, maxExpiresAt);
    return { token, subject, state: 'held', createdAt: this.now, expiresAt, maxExpiresAt, seats: [], areas: [] };
  }

  #overCap(subject: string, more: number, maxPlaces: number): Refusal | null {
    const limit = maxPlaces > 0 ? maxPlaces : this.#options.maxPlaces;
    let holding = 0;
    for (const hold of this.holds.values()) {
      if (hold.subject !== subject || hold.state !== 'held') continue;
      holding += hold.seats.length + hold.areas.reduce((sum, area) => sum + area.quantity, 0);
    }
    return holding + more > limit ? { code: 'LIMIT_EXCEEDED', limit, holding } : null;
  }

  #fullArea(picks: readonly AreaPick[], fromBlock: boolean): Refusal | null {
    const asked = new Map<number, number>();
    for (const { areaNo, quantity } of picks) {
      const sum = (asked.get(areaNo) ?? 0) + quantity;
      asked.set(areaNo, sum);
      if (!fromBlock && this.areaAvailable(areaNo) < sum) this.#expireDue(500);
      const room = fromBlock ? this.#area(areaNo).blocked : this.areaAvailable(areaNo);
      if (room < sum) return { code: 'AREA_FULL', areaNo, available: room };
    }
    return null;
  }

  #grant(hold: ModelHold, seats: readonly SeatPick[], areas: readonly AreaPick[], origin: 'a' | 'b'): ModelAnswer {
    for (const seat of seats) {
      this.letters[seat.seatNo] = 'h';
      this.owners[seat.seatNo] = hold.token;
      hold.seats.push({ ...seat, origin });
    }
    for (const area of areas) {
      const same = hold.areas.findIndex(
        (row) => row.areaNo === area.areaNo && row.origin === origin && row.ticketType === area.ticketType,
      );
      const row = hold.areas[same];
      if (row !== undefined) hold.areas[same] = { ...row, quantity: row.quantity + area.quantity };
      else hold.areas.push({ ...area, origin });
      this.#area(area.areaNo).held += area.quantity;
      if (origin === 'b') this.#area(area.areaNo).blocked -= area.quantity;
    }
    this.holds.set(hold.token, hold);
    this.seq++;
    return { ok: true, value: hold };
  }

  #giveBack(hold: ModelHold, seat: HeldSeat): void {
    if (this.owners[seat.seatNo] !== hold.token) return;
    this.letters[seat.seatNo] = seat.origin;
    this.owners[seat.seatNo] = null;
  }

  #giveBackArea(hold: ModelHold, areaNo: number, quantity: number): void {
    let left = quantity;
    hold.areas = hold.areas.flatMap((row) => {
      const part = row.areaNo === areaNo ? Math.min(left, row.quantity) : 0;
      left -= part;
      this.#area(row.areaNo).held -= part;
      if (row.origin === 'b') this.#area(row.areaNo).blocked += part;
      return row.quantity === part ? [] : [{ ...row, quantity: row.quantity - part }];
    });
  }

  #expire(hold: ModelHold): void {
    for (const seat of hold.seats) this.#giveBack(hold, seat);
    for (const { areaNo, quantity } of hold.areas.map((area) => ({ ...area })))
      this.#giveBackArea(hold, areaNo, quantity);
    hold.seats = [];
    hold.state = 'expired';
    this.seq++;
  }

  #lapsed(): ModelHold[] {
    return [...this.holds.values()]
      .filter((hold) => hold.state === 'held' && hold.expiresAt <= this.now)
      .sort((a, b) => a.expiresAt - b.expiresAt || (a.token < b.token ? -1 : 1));
  }

  #expireDue(limit = OPPORTUNE_LIMIT): number {
    const due = this.#lapsed().slice(0, limit);
    for (const hold of due) this.#expire(hold);
    return due.length;
  }

  #expireOwn(subject: string): void {
    for (const hold of this.#lapsed()) if (hold.subject === subject) this.#expire(hold);
  }

  #expireInTheWay(seatNo: number): void {
    const owner = this.owners[seatNo];
    const hold = owner === null || owner === undefined ? undefined : this.holds.get(owner);
    if (hold?.state === 'held' && hold.expiresAt <= this.now) this.#expire(hold);
  }

  #block(input: BlockInput, from: SeatLetter, to: SeatLetter): ModelAnswer {
    return this.#remembered(input, () => {
      for (const { seatNo } of input.seats) this.#expireInTheWay(seatNo);
      const taken = input.seats.filter(({ seatNo }) => this.letters[seatNo] !== from && this.letters[seatNo] !== to);
      if (taken.length > 0) return refuse({ code: 'SEAT_UNAVAILABLE', seats: this.#states(taken) });
      const full = this.#fullArea(input.areas, from === 'b');
      if (full !== null) return refuse(full);
      const moving = input.seats.map(({ seatNo }) => seatNo).filter((seatNo) => this.letters[seatNo] === from);
      for (const seatNo of moving) this.letters[seatNo] = to;
      for (const { areaNo, quantity } of input.areas) this.#area(areaNo).blocked += to === 'b' ? quantity : -quantity;
      if (moving.length + input.areas.length > 0) this.seq++;
      return {
        ok: true,
        value: { seats: moving, areas: input.areas.map(({ areaNo, quantity }) => ({ areaNo, quantity })) },
      };
    });
  }
}
