import type { SeatLetter } from '@aisle/client/protocol';
import type {
  AreaPick,
  BlockInput,
  HoldBestInput,
  HoldInput,
  HoldRefInput,
  ReleaseInput,
  Refusal,
  SeatPick,
} from '../../server/src/domain/ports/seat-store.js';
import { ModelHall, type ModelHold } from './model-hall.js';

export type ModelAnswer<T = ModelHold | null | BlockAnswer> = { ok: true; value: T } | { ok: false; refusal: Refusal };
interface BlockAnswer {
  seats: number[];
  areas: { areaNo: number; quantity: number }[];
}
export const refuse = (refusal: Refusal): { ok: false; refusal: Refusal } => ({ ok: false, refusal });

/** The commands of buyers and staff once more, as plainly as they can be said: what the scripts are compared with. */
export class ModelSeatStore extends ModelHall {
  readonly #requests = new Map<string, { fingerprint: string; answer: ModelAnswer }>();

  hold(input: HoldInput): ModelAnswer {
    return this.remembered(input, () => {
      if (this.status !== 'on_sale') return refuse({ code: 'EVENT_NOT_ON_SALE', status: this.status });
      let hold: ModelHold | null = null;
      if (input.holdToken !== undefined) {
        const found = this.find(input.holdToken, input);
        if ('refusal' in found) return refuse(found.refusal);
        hold = found.hold;
      }
      this.expireDue();
      const subject = hold?.subject ?? input.subject;
      this.expireOwn(subject);
      const source: SeatLetter = input.fromBlock ? 'b' : 'a';
      for (const seat of input.seats) this.expireInTheWay(seat.seatNo);
      const wanted = input.seats.filter((seat) => hold === null || this.owners[seat.seatNo] !== hold.token);
      const taken = wanted.filter((seat) => this.letters[seat.seatNo] !== source);
      if (taken.length > 0) return refuse({ code: 'SEAT_UNAVAILABLE', seats: this.#states(taken) });
      const full = this.#fullArea(input.areas, input.fromBlock);
      if (full !== null) return refuse(full);
      const more = wanted.length + input.areas.reduce((sum, area) => sum + area.quantity, 0);
      hold ??= this.newHold(input.newToken, input.subject);
      const retyped = hold.seats.map((seat) => {
        const asked = input.seats.find(({ seatNo }) => seatNo === seat.seatNo)?.ticketType;
        return asked === undefined || asked === seat.ticketType ? seat : { ...seat, ticketType: asked };
      });
      const changed = retyped.some((seat, index) => seat !== hold?.seats[index]);
      if (more === 0 && !changed) return { ok: true, value: hold };
      const over =
        more === 0 ? null : this.overCap(subject, more, subject === input.subject ? input.limits.maxPlaces : 0);
      if (over !== null) return refuse(over);
      hold.seats = retyped;
      return this.#grant(hold, wanted, input.areas, source);
    });
  }

  holdBest(input: HoldBestInput): ModelAnswer {
    return this.remembered(input, () => {
      if (this.status !== 'on_sale') return refuse({ code: 'EVENT_NOT_ON_SALE', status: this.status });
      const before = this.seq;
      this.expireDue();
      this.expireOwn(input.subject);
      const over = this.overCap(input.subject, input.quantity, input.limits.maxPlaces);
      if (over !== null) return refuse(over);
      for (const group of input.groups) {
        if (group.every((seat) => this.letters[seat.seatNo] === 'a')) {
          return this.#grant(this.newHold(input.newToken, input.subject), group, [], 'a');
        }
      }
      if (this.seq !== before || input.rankedAtSeq !== before || !input.exhaustive) {
        return refuse({ code: 'UNAVAILABLE', reason: 'stale' });
      }
      return refuse({ code: 'NOT_ENOUGH_SEATS' });
    });
  }

  extend(input: HoldRefInput): ModelAnswer {
    return this.remembered(input, () => {
      if (this.status !== 'on_sale' && this.status !== 'paused')
        return refuse({ code: 'EVENT_NOT_ON_SALE', status: this.status });
      const found = this.find(input.token, input);
      if ('refusal' in found) return refuse(found.refusal);
      const until = Math.min(this.now + this.options.holdMs, found.hold.maxExpiresAt);
      if (until > found.hold.expiresAt) {
        found.hold.expiresAt = until;
        this.seq++;
      }
      return { ok: true, value: found.hold };
    });
  }

  release(input: ReleaseInput): ModelAnswer {
    return this.remembered(input, () => {
      const found = this.find(input.token, input);
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
      for (const seat of hold.seats.filter(({ seatNo }) => leaving.includes(seatNo))) this.giveBack(hold, seat);
      hold.seats = hold.seats.filter(({ seatNo }) => !leaving.includes(seatNo));
      for (const { areaNo, quantity } of all ? hold.areas.map((area) => ({ ...area })) : input.areas)
        this.giveBackArea(hold, areaNo, quantity);
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

  protected remembered(
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

  #states(seats: readonly SeatPick[]): { seatNo: number; state: SeatLetter }[] {
    return seats.map(({ seatNo }) => ({ seatNo, state: this.letters[seatNo] ?? 'a' }));
  }

  #fullArea(picks: readonly AreaPick[], fromBlock: boolean): Refusal | null {
    const asked = new Map<number, number>();
    for (const { areaNo, quantity } of picks) {
      const sum = (asked.get(areaNo) ?? 0) + quantity;
      asked.set(areaNo, sum);
      if (!fromBlock && this.areaAvailable(areaNo) < sum) this.expireDue(500);
      const room = fromBlock ? this.area(areaNo).blocked : this.areaAvailable(areaNo);
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
      this.area(area.areaNo).held += area.quantity;
      if (origin === 'b') this.area(area.areaNo).blocked -= area.quantity;
    }
    this.holds.set(hold.token, hold);
    this.seq++;
    return { ok: true, value: hold };
  }

  #block(input: BlockInput, from: SeatLetter, to: SeatLetter): ModelAnswer {
    return this.remembered(input, () => {
      for (const { seatNo } of input.seats) this.expireInTheWay(seatNo);
      const taken = input.seats.filter(({ seatNo }) => this.letters[seatNo] !== from && this.letters[seatNo] !== to);
      if (taken.length > 0) return refuse({ code: 'SEAT_UNAVAILABLE', seats: this.#states(taken) });
      const full = this.#fullArea(input.areas, from === 'b');
      if (full !== null) return refuse(full);
      const moving = input.seats.map(({ seatNo }) => seatNo).filter((seatNo) => this.letters[seatNo] === from);
      for (const seatNo of moving) this.letters[seatNo] = to;
      for (const { areaNo, quantity } of input.areas) this.area(areaNo).blocked += to === 'b' ? quantity : -quantity;
      if (moving.length + input.areas.length > 0) this.seq++;
      return {
        ok: true,
        value: { seats: moving, areas: input.areas.map(({ areaNo, quantity }) => ({ areaNo, quantity })) },
      };
    });
  }
}
