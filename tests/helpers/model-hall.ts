import type { EventStatus, SeatLetter } from '@aisle/client/protocol';
import type { HeldArea, HeldSeat, Refusal } from '../../server/src/domain/ports/seat-store.js';

/**
 * The hall of one event as the model has it: places, holds, a clock that is turned by hand, and the rules of lapsing and of
 * giving back; nothing of keys, logs or publishing. The commands are model-seat-store.ts and model-orders.ts.
 */
export interface ModelHold {
  token: string;
  subject: string;
  state: 'held' | 'reserved' | 'expired';
  orderId: string | null;
  createdAt: number;
  expiresAt: number;
  maxExpiresAt: number;
  /** Its deadline before it was reserved. */
  heldUntil: number;
  seats: HeldSeat[];
  areas: HeldArea[];
}
export interface ModelArea {
  capacity: number;
  held: number;
  reserved: number;
  sold: number;
  blocked: number;
}
export interface ModelOptions {
  seatCategory: number[];
  areas: { catNo: number; capacity: number }[];
  holdMs: number;
  maxHoldMs: number;
  maxPlaces: number;
}

const OPPORTUNE_LIMIT = 20;
export const placesOf = (hold: ModelHold): number =>
  hold.seats.length + hold.areas.reduce((sum, area) => sum + area.quantity, 0);

export class ModelHall {
  now = 0;
  seq = 0;
  status: EventStatus = 'on_sale';
  readonly letters: SeatLetter[];
  readonly owners: (string | null)[];
  readonly areas: ModelArea[];
  readonly holds = new Map<string, ModelHold>();

  constructor(protected readonly options: ModelOptions) {
    this.letters = options.seatCategory.map(() => 'a');
    this.owners = options.seatCategory.map(() => null);
    this.areas = options.areas.map(({ capacity }) => ({ capacity, held: 0, reserved: 0, sold: 0, blocked: 0 }));
  }

  areaAvailable(areaNo: number): number {
    const { capacity, held, reserved, sold, blocked } = this.area(areaNo);
    return capacity - held - reserved - sold - blocked;
  }

  /** [total, sold, pending, available] recounted from the places themselves (I4). */
  inventory(catNo: number): [number, number, number, number] {
    let [total, sold, pending] = [0, 0, 0];
    this.letters.forEach((letter, seatNo) => {
      if (this.options.seatCategory[seatNo] !== catNo) return;
      if (letter !== 'b') total++;
      if (letter === 's') sold++;
      if (letter === 'h' || letter === 'r') pending++;
    });
    this.areas.forEach((area, areaNo) => {
      if (this.options.areas[areaNo]?.catNo !== catNo) return;
      total += area.capacity - area.blocked;
      sold += area.sold;
      pending += area.held + area.reserved;
    });
    return [total, sold, pending, total - sold - pending];
  }

  /** Returns how many holds were freed. */
  expire(): number {
    return this.expireDue(Number.POSITIVE_INFINITY);
  }

  holdsOf(subject: string): ModelHold[] {
    return [...this.holds.values()].filter(
      (hold) =>
        hold.subject === subject && (hold.state === 'reserved' || (hold.state === 'held' && hold.expiresAt > this.now)),
    );
  }

  protected area(areaNo: number): ModelArea {
    const area = this.areas[areaNo];
    if (area === undefined) throw new Error(`no area ${areaNo}`);
    return area;
  }

  protected find(
    token: string,
    input: { subject: string; staff: boolean },
  ): { hold: ModelHold } | { refusal: Refusal } {
    const hold = this.holds.get(token);
    if (hold === undefined || (hold.subject !== input.subject && !input.staff))
      return { refusal: { code: 'HOLD_NOT_FOUND' } };
    if (hold.state === 'expired') return { refusal: { code: 'HOLD_EXPIRED' } };
    if (hold.state === 'reserved') return { refusal: { code: 'HOLD_RESERVED', orderId: hold.orderId ?? '' } };
    if (hold.expiresAt <= this.now) {
      this.lapse(hold);
      return { refusal: { code: 'HOLD_EXPIRED' } };
    }
    return { hold };
  }

  protected newHold(token: string, subject: string): ModelHold {
    const maxExpiresAt = this.now + this.options.maxHoldMs;
    const expiresAt = Math.min(this.now + this.options.holdMs, maxExpiresAt);
    const times = { createdAt: this.now, expiresAt, maxExpiresAt, heldUntil: 0 };
    return { token, subject, state: 'held', orderId: null, ...times, seats: [], areas: [] };
  }

  protected overCap(subject: string, more: number, maxPlaces: number): Refusal | null {
    const limit = maxPlaces > 0 ? maxPlaces : this.options.maxPlaces;
    let holding = 0;
    for (const hold of this.holds.values()) {
      if (hold.subject === subject && hold.state !== 'expired') holding += placesOf(hold);
    }
    return holding + more > limit ? { code: 'LIMIT_EXCEEDED', limit, holding } : null;
  }

  protected giveBack(hold: ModelHold, seat: HeldSeat): void {
    if (this.owners[seat.seatNo] !== hold.token) return;
    this.letters[seat.seatNo] = seat.origin;
    this.owners[seat.seatNo] = null;
  }

  protected giveBackArea(hold: ModelHold, areaNo: number, quantity: number): void {
    let left = quantity;
    hold.areas = hold.areas.flatMap((row) => {
      const part = row.areaNo === areaNo ? Math.min(left, row.quantity) : 0;
      left -= part;
      this.area(row.areaNo)[hold.state === 'reserved' ? 'reserved' : 'held'] -= part;
      if (row.origin === 'b') this.area(row.areaNo).blocked += part;
      return row.quantity === part ? [] : [{ ...row, quantity: row.quantity - part }];
    });
  }

  protected lapse(hold: ModelHold): void {
    for (const seat of hold.seats) this.giveBack(hold, seat);
    for (const { areaNo, quantity } of hold.areas.map((area) => ({ ...area })))
      this.giveBackArea(hold, areaNo, quantity);
    hold.seats = [];
    hold.state = 'expired';
    this.seq++;
  }

  protected lapsed(): ModelHold[] {
    return [...this.holds.values()]
      .filter((hold) => hold.state === 'held' && hold.expiresAt <= this.now)
      .sort((a, b) => a.expiresAt - b.expiresAt || (a.token < b.token ? -1 : 1));
  }

  protected expireDue(limit = OPPORTUNE_LIMIT): number {
    const due = this.lapsed().slice(0, limit);
    for (const hold of due) this.lapse(hold);
    return due.length;
  }

  protected expireOwn(subject: string): void {
    for (const hold of this.lapsed()) if (hold.subject === subject) this.lapse(hold);
  }

  protected expireInTheWay(seatNo: number): void {
    const owner = this.owners[seatNo];
    const hold = owner === null || owner === undefined ? undefined : this.holds.get(owner);
    if (hold?.state === 'held' && hold.expiresAt <= this.now) this.lapse(hold);
  }
}
