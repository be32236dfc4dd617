import type { HeldArea, HeldSeat } from '../domain/ports/seat-store.js';
import type { EventTruth, KnownOrder, PendingItem, PendingOrder } from '../db/loading/claims.js';
import type { DroppedHold, FoundHold, LoadAreaCounts, LoadCategoryCounts } from '../redis/loader.js';
import type { ChartPlaces } from './chart-places.js';

const LETTER = { free: 97, held: 104, reserved: 114, sold: 115, blocked: 98 } as const; // a h r s b

/** What Redis is to hold: computed before anything is written, from Postgres and the holds that survived. */
export interface LoadPlan {
  /** One char code a seat. */
  readonly letters: Uint8Array;
  readonly areas: readonly LoadAreaCounts[];
  readonly categories: readonly LoadCategoryCounts[];
  /** Holds that go on, and those of open orders. */
  readonly carried: readonly FoundHold[];
  /** Holds of which Postgres claims every place, whose order has ended, or that name no place of this chart. */
  readonly dropped: readonly DroppedHold[];
  /** Carried holds that lost places. */
  readonly shrunk: number;
  /** Open orders whose hold Redis did not have. */
  readonly restored: number;
}

/**
 * Postgres is the truth for claims, sales and blocks, Redis for holds: a hold is carried with all that Postgres does not
 * claim for somebody else (SPEC R2). Lapsed holds are carried too: expiring them is the sweeper's, which logs it (L1).
 * A hold goes before a block it stands on: the place is its holder's until it lapses, and blocked after.
 *
 * Every open order has its reserved hold afterwards, made from the order where Redis lost it. A reserved hold whose order
 * has ended (`known`) goes: what its order became is in the claims. One whose order Postgres never saw stays reserved, until
 * its insert comes or the worker gives it up (SPEC O2).
 */
export function planLoad(
  chart: ChartPlaces,
  truth: EventTruth,
  found: readonly FoundHold[],
  known: ReadonlyMap<string, KnownOrder>,
): LoadPlan {
  const floor = new Floor(chart, truth);
  const byToken = new Map(found.map((hold) => [hold.token, hold]));
  const carried: FoundHold[] = [];
  const dropped: DroppedHold[] = [];
  let shrunk = 0;
  let restored = 0;
  for (const order of truth.pendingOrders) {
    const hold = floor.order(order, byToken.get(order.holdToken));
    if (hold === null) continue;
    carried.push(hold);
    if (!byToken.delete(order.holdToken)) restored++;
  }
  for (const hold of [...byToken.values()].sort(byPrecedence)) {
    const order = hold.state === 'reserved' ? known.get(hold.orderId) : undefined;
    if (order !== undefined) {
      const sold = order.holdToken === hold.token && !UNSOLD.has(order.status);
      dropped.push({ token: hold.token, subject: hold.subject, tombstone: !sold });
      continue;
    }
    const kept = floor.hold(hold);
    if (kept === null) dropped.push({ token: hold.token, subject: hold.subject, tombstone: true });
    else carried.push(kept);
    if (kept !== null && places(kept) < places(hold)) shrunk++;
  }
  const { letters, areas } = floor;
  return { letters, areas, categories: floor.categories(), carried, dropped, shrunk, restored };
}

const UNSOLD: ReadonlySet<KnownOrder['status']> = new Set(['expired', 'cancelled', 'failed']);

/** Reserved ones first, an order may stand on them; then whoever came first. */
const precedence = (hold: FoundHold): number => (hold.state === 'reserved' ? 0 : 1);
const byPrecedence = (a: FoundHold, b: FoundHold): number =>
  precedence(a) - precedence(b) || a.createdAtMs - b.createdAtMs || (a.token < b.token ? -1 : 1);

const places = (hold: FoundHold): number =>
  hold.seats.length + hold.areas.reduce((sum, area) => sum + area.quantity, 0);

type Counts = { -readonly [K in keyof LoadAreaCounts]: LoadAreaCounts[K] };

/** The hall while it is being filled: first what Postgres says, then hold by hold. */
class Floor {
  readonly letters: Uint8Array;
  readonly areas: Counts[];
  readonly #chart: ChartPlaces;
  readonly #blockedSeats = new Set<number>();
  /** seatNo → the order that has it reserved. */
  readonly #reservedBy = new Map<number, string>();
  readonly #owned = new Set<number>();
  /** "areaNo orderId" → places of the open order that no hold stands for yet. */
  readonly #areaReserved = new Map<string, number>();

  constructor(chart: ChartPlaces, truth: EventTruth) {
    this.#chart = chart;
    this.letters = new Uint8Array(chart.seatCount).fill(LETTER.free);
    this.areas = Array.from(chart.areaCapacity, (capacity) => ({
      capacity,
      held: 0,
      reserved: 0,
      sold: 0,
      blocked: 0,
    }));
    this.#fillClaims(truth);
    this.#fillBlocks(truth);
  }

  #fillClaims(truth: EventTruth): void {
    for (const { seatNo, orderId, state } of truth.seatClaims) {
      if (seatNo >= this.letters.length) continue;
      this.letters[seatNo] = LETTER[state];
      if (state === 'reserved') this.#reservedBy.set(seatNo, orderId);
    }
    for (const { areaNo, claimed, sold } of truth.areaClaims) {
      const area = this.areas[areaNo];
      if (area === undefined) continue;
      area.sold = sold;
      area.reserved = claimed - sold;
    }
    for (const { areaNo, orderId, quantity, state } of truth.areaOrderClaims) {
      if (state === 'reserved') this.#areaReserved.set(`${areaNo} ${orderId}`, quantity);
    }
  }

  #fillBlocks(truth: EventTruth): void {
    for (const { kind, placeNo, quantity } of truth.blocks) {
      const area = kind === 'area' ? this.areas[placeNo] : undefined;
      if (area !== undefined) area.blocked = Math.min(quantity, room(area));
      if (kind !== 'seat' || placeNo >= this.letters.length) continue;
      this.#blockedSeats.add(placeNo);
      if (this.letters[placeNo] === LETTER.free) this.letters[placeNo] = LETTER.blocked;
    }
  }

  /** The reserved hold of an open order: exactly what it claims. null: it claims nothing of this chart. */
  order(order: PendingOrder, found: FoundHold | undefined): FoundHold | null {
    const seats = order.items.flatMap((item) => (item.kind === 'seat' ? this.#orderSeat(order.orderId, item) : []));
    const areas = order.items.flatMap((item) => (item.kind === 'area' ? this.#orderArea(order.orderId, item) : []));
    if (seats.length + areas.length === 0) return null;
    const { holdToken: token, orderId } = order;
    const createdAtMs = order.createdAt.getTime();
    const expiresAtMs = order.expiresAt.getTime();
    return {
      ...{ token, orderId, state: 'reserved', expiresAtMs, seats, areas },
      // Redis knows better who has it by now: a guest may have signed in since.
      subject: found?.subject ?? order.subject,
      createdAtMs: found?.createdAtMs ?? createdAtMs,
      maxExpiresAtMs: found?.maxExpiresAtMs ?? expiresAtMs,
      reservedAtMs: found !== undefined && found.reservedAtMs > 0 ? found.reservedAtMs : createdAtMs,
    };
  }

  #orderSeat(orderId: string, { placeNo: seatNo, catNo, ticketType }: PendingItem): HeldSeat[] {
    if (this.#reservedBy.get(seatNo) !== orderId || this.#owned.has(seatNo)) return [];
    this.#owned.add(seatNo);
    return [this.#held({ seatNo, catNo, ...typed(ticketType) })];
  }

  /** Its places are counted among the claims already, and what came from a block is out of the block. */
  #orderArea(orderId: string, { placeNo: areaNo, catNo, quantity, origin, ticketType }: PendingItem): HeldArea[] {
    const claimed = take(this.#areaReserved, `${areaNo} ${orderId}`, quantity);
    if (claimed === 0 || this.areas[areaNo] === undefined) return [];
    return [
      { areaNo, catNo: this.#chart.areaCategory[areaNo] ?? catNo, quantity: claimed, origin, ...typed(ticketType) },
    ];
  }

  /** A hold with what is left of it beside the claims; null: nothing. */
  hold(hold: FoundHold): FoundHold | null {
    const seats = hold.seats.flatMap((seat) => this.#seat(hold, seat));
    const areas = hold.areas.flatMap((area) => this.#area(hold, area));
    return seats.length + areas.length === 0 ? null : { ...hold, seats, areas };
  }

  #seat(hold: FoundHold, seat: HeldSeat): HeldSeat[] {
    const letter = this.letters[seat.seatNo];
    if (letter !== LETTER.free && letter !== LETTER.blocked) return [];
    this.letters[seat.seatNo] = LETTER[hold.state];
    return [this.#held(seat)];
  }

  #held(seat: Omit<HeldSeat, 'origin'>): HeldSeat {
    const catNo = this.#chart.seatCategory[seat.seatNo] ?? seat.catNo;
    return { ...seat, catNo, origin: this.#blockedSeats.has(seat.seatNo) ? 'b' : 'a' };
  }

  /** At most what fits beside the claims, from the block where it came from there. */
  #area(hold: FoundHold, row: HeldArea): HeldArea[] {
    const area = this.areas[row.areaNo];
    if (area === undefined || row.quantity <= 0) return [];
    const catNo = this.#chart.areaCategory[row.areaNo] ?? row.catNo;
    const kept = (origin: 'a' | 'b', quantity: number): HeldArea[] =>
      quantity > 0 ? [{ ...row, catNo, origin, quantity }] : [];
    const free = Math.min(
      row.origin === 'a' ? row.quantity : row.quantity - Math.min(row.quantity, area.blocked),
      room(area),
    );
    const blocked = row.origin === 'a' ? 0 : Math.min(row.quantity - free, area.blocked);
    area.blocked -= blocked;
    area[hold.state] += free + blocked;
    return [...kept('a', free), ...kept('b', blocked)];
  }

  /** Recounted from the places themselves (I4). */
  categories(): LoadCategoryCounts[] {
    const counts = this.#chart.categoryKeys.map((key) => ({ key, total: 0, sold: 0, pending: 0, available: 0 }));
    const add = (catNo: number | undefined, free: number, pending: number, sold: number): void => {
      const count = counts[catNo ?? -1];
      if (count === undefined) return;
      count.total += free + pending + sold;
      count.available += free;
      count.pending += pending;
      count.sold += sold;
    };
    const { seatCategory } = this.#chart;
    for (let seatNo = 0; seatNo < this.letters.length; seatNo++) {
      const letter = this.letters[seatNo];
      const pending = letter === LETTER.held || letter === LETTER.reserved;
      add(seatCategory[seatNo], letter === LETTER.free ? 1 : 0, pending ? 1 : 0, letter === LETTER.sold ? 1 : 0);
    }
    this.areas.forEach((area, areaNo) => {
      add(this.#chart.areaCategory[areaNo], room(area), area.held + area.reserved, area.sold);
    });
    return counts;
  }
}

const typed = (ticketType: string | null): { ticketType?: string } => (ticketType === null ? {} : { ticketType });

const room = (area: LoadAreaCounts): number =>
  Math.max(0, area.capacity - area.held - area.reserved - area.sold - area.blocked);

function take(from: Map<string, number>, key: string, wanted: number): number {
  const taken = Math.min(from.get(key) ?? 0, wanted);
  from.set(key, (from.get(key) ?? 0) - taken);
  return taken;
}
