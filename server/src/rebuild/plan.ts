import type { HeldArea, HeldSeat } from '../domain/ports/seat-store.js';
import type { EventTruth } from '../db/claims.js';
import type { DroppedHold, FoundHold, LoadAreaCounts, LoadCategoryCounts } from '../redis/loader.js';
import type { ChartPlaces } from './chart-places.js';

const LETTER = { free: 97, held: 104, reserved: 114, sold: 115, blocked: 98 } as const; // a h r s b

/** What Redis is to hold: computed before anything is written, from Postgres and the holds that survived. */
export interface LoadPlan {
  /** One char code a seat. */
  readonly letters: Uint8Array;
  readonly areas: readonly LoadAreaCounts[];
  readonly categories: readonly LoadCategoryCounts[];
  readonly carried: readonly FoundHold[];
  /** Holds of which Postgres claims every place, or that name no place of this chart. */
  readonly dropped: readonly DroppedHold[];
  /** Seats that an order has reserved though no hold of it is left. */
  readonly orderSeats: readonly (readonly [seatNo: number, orderId: string])[];
  /** Carried holds that lost places. */
  readonly shrunk: number;
}

/**
 * Postgres is the truth for claims, sales and blocks, Redis for holds: a hold is carried with all that Postgres does not
 * claim for somebody else (SPEC R2). Lapsed holds are carried too: expiring them is the sweeper's, which logs it (L1).
 * A hold goes before a block it stands on: the place is its holder's until it lapses, and blocked after.
 */
export function planLoad(chart: ChartPlaces, truth: EventTruth, found: readonly FoundHold[]): LoadPlan {
  const floor = new Floor(chart, truth);
  const carried: FoundHold[] = [];
  const dropped: DroppedHold[] = [];
  let shrunk = 0;
  // Reserved ones first, they have orders; then whoever came first.
  const order = (hold: FoundHold): number => (hold.state === 'reserved' ? 0 : 1);
  const sorted = [...found].sort(
    (a, b) => order(a) - order(b) || a.createdAtMs - b.createdAtMs || (a.token < b.token ? -1 : 1),
  );
  for (const hold of sorted) {
    const seats = hold.seats.flatMap((seat) => floor.seat(hold, seat));
    const areas = hold.areas.flatMap((area) => floor.area(hold, area));
    if (seats.length + areas.length === 0) {
      dropped.push({ token: hold.token, subject: hold.subject, tombstone: true });
      continue;
    }
    const kept = { ...hold, seats, areas };
    if (places(kept) < places(hold)) shrunk++;
    carried.push(kept);
  }
  return {
    letters: floor.letters,
    areas: floor.areas,
    categories: floor.categories(),
    carried,
    dropped,
    orderSeats: floor.orderSeats(),
    shrunk,
  };
}

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
  /** "areaNo orderId" → places of the order that no hold stands for yet. */
  readonly #areaReserved = new Map<string, number>();
  readonly #areaSold = new Map<string, number>();

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
      (state === 'sold' ? this.#areaSold : this.#areaReserved).set(`${areaNo} ${orderId}`, quantity);
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

  /** The seat as this hold keeps it; none where it is somebody else's by now. */
  seat(hold: FoundHold, seat: HeldSeat): HeldSeat[] {
    const { seatNo } = seat;
    const letter = this.letters[seatNo];
    if (letter === undefined || letter === LETTER.sold || this.#owned.has(seatNo)) return [];
    if (letter === LETTER.reserved && (hold.state !== 'reserved' || this.#reservedBy.get(seatNo) !== hold.orderId))
      return [];
    this.#owned.add(seatNo);
    this.letters[seatNo] = LETTER[hold.state];
    return [
      {
        ...seat,
        catNo: this.#chart.seatCategory[seatNo] ?? seat.catNo,
        origin: this.#blockedSeats.has(seatNo) ? 'b' : 'a',
      },
    ];
  }

  /** The same for places in an area: at most what fits beside the claims, from the block where it came from there. */
  area(hold: FoundHold, row: HeldArea): HeldArea[] {
    const area = this.areas[row.areaNo];
    if (area === undefined || row.quantity <= 0) return [];
    const catNo = this.#chart.areaCategory[row.areaNo] ?? row.catNo;
    const kept = (origin: 'a' | 'b', quantity: number): HeldArea[] =>
      quantity > 0 ? [{ ...row, catNo, origin, quantity }] : [];
    if (hold.state === 'reserved') {
      // Its order's places are counted already; only what the order did not get to claim comes on top.
      const sold = take(this.#areaSold, `${row.areaNo} ${hold.orderId}`, row.quantity);
      const claimed = take(this.#areaReserved, `${row.areaNo} ${hold.orderId}`, row.quantity - sold);
      const more = Math.min(row.quantity - sold - claimed, room(area));
      area.reserved += more;
      return kept(row.origin, claimed + more);
    }
    const free = Math.min(
      row.origin === 'a' ? row.quantity : row.quantity - Math.min(row.quantity, area.blocked),
      room(area),
    );
    const blocked = Math.min(row.quantity - free, area.blocked);
    area.blocked -= blocked;
    area.held += free + blocked;
    return [...kept('a', free), ...kept('b', blocked)];
  }

  orderSeats(): [number, string][] {
    return [...this.#reservedBy].filter(([seatNo]) => !this.#owned.has(seatNo));
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
    this.letters.forEach((letter, seatNo) => {
      const pending = letter === LETTER.held || letter === LETTER.reserved;
      add(
        this.#chart.seatCategory[seatNo],
        letter === LETTER.free ? 1 : 0,
        pending ? 1 : 0,
        letter === LETTER.sold ? 1 : 0,
      );
    });
    this.areas.forEach((area, areaNo) => {
      add(this.#chart.areaCategory[areaNo], room(area), area.held + area.reserved, area.sold);
    });
    return counts;
  }
}

const room = (area: LoadAreaCounts): number =>
  Math.max(0, area.capacity - area.held - area.reserved - area.sold - area.blocked);

function take(from: Map<string, number>, key: string, wanted: number): number {
  const taken = Math.min(from.get(key) ?? 0, wanted);
  from.set(key, (from.get(key) ?? 0) - taken);
  return taken;
}
