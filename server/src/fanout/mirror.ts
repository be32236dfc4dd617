import type { EventStatus } from '@aisle/client/protocol';
import type { SeatChangeEntry, SeatChanges } from '../domain/ports/seat-changes.js';
import type { CategoryCounts, StoreSnapshot } from '../domain/ports/seat-store.js';
import { codeOf, encodeCodes, publicLetter, toCodes, type PublicStates } from './letters.js';
import { ChangeRing } from './ring.js';
import type { Touched } from './touched.js';

/**
 * `applied`; `stale`: known already; `gap`: something before it is missing, or it does not fit the chart; `epoch`: of a
 * later epoch than the mirror.
 */
export type ApplyResult = 'applied' | 'stale' | 'gap' | 'epoch';

/**
 * Positions whose catch-up is kept ready. Those who come back after a cut come from few; a caller may name any of 16,000,
 * and each answer may be 100 KB.
 */
const MAX_CAUGHT_UP = 64;

/** One event as this node knows it: states, position, and the ring to catch clients up from (SPEC F1, F2). */
export class EventMirror {
  #letters: Uint8Array;
  #areas: number[];
  #inventory: CategoryCounts[];
  #epoch: number;
  #seq: number;
  #chartVersion: number;
  #status: EventStatus;
  #version: number;
  #encoded: { readonly states: PublicStates; readonly text: string } | null = null;
  /** `changes` answers by the position they start from; all of the present seq. */
  readonly #caughtUp = new Map<number, (number | string)[] | null>();
  readonly ring: ChangeRing;

  constructor(snapshot: StoreSnapshot, ring = new ChangeRing(snapshot.seq)) {
    this.ring = ring;
    this.#letters = toCodes(snapshot.letters);
    this.#areas = [...snapshot.areaAvailable];
    this.#inventory = [...snapshot.inventory];
    this.#epoch = snapshot.epoch;
    this.#seq = snapshot.seq;
    this.#chartVersion = snapshot.chartVersion;
    this.#status = snapshot.status;
    this.#version = snapshot.version;
  }

  /** Char codes by seatNo, full states. Not to be written. */
  get letters(): Uint8Array {
    return this.#letters;
  }
  get areas(): readonly number[] {
    return this.#areas;
  }
  get inventory(): readonly CategoryCounts[] {
    return this.#inventory;
  }
  get epoch(): number {
    return this.#epoch;
  }
  get seq(): number {
    return this.#seq;
  }
  get chartVersion(): number {
    return this.#chartVersion;
  }
  get status(): EventStatus {
    return this.#status;
  }
  get version(): number {
    return this.#version;
  }

  /** Takes in what is newer, seq by seq; an overlap with what is known does no harm. */
  apply(changes: SeatChanges, touched: Touched): ApplyResult {
    if (changes.epoch !== this.#epoch) return changes.epoch > this.#epoch ? 'epoch' : 'stale';
    if (changes.to <= this.#seq) return 'stale';
    if (changes.from > this.#seq) return 'gap';
    if (!changes.entries.every((entry) => this.#fits(entry))) return 'gap';
    for (const entry of changes.entries) {
      if (entry.seq > this.#seq) this.#applyEntry(entry, touched);
    }
    for (const [catNo, total, sold, pending, available] of changes.inventory) {
      const version = (this.#inventory[catNo]?.version ?? 0) + 1;
      this.#inventory[catNo] = { total, sold, pending, available, version };
    }
    this.#moveTo(changes.to);
    return 'applied';
  }

  /** Monotone by event version (SPEC R4). True: it moved. */
  setStatus(status: EventStatus, version: number): boolean {
    if (version <= this.#version) return false;
    this.#status = status;
    this.#version = version;
    return true;
  }

  /** Jumps to a later snapshot of the same epoch and chart; names in `touched` every place that differs. The ring is void. */
  jump(snapshot: StoreSnapshot, touched: Touched): void {
    const letters = toCodes(snapshot.letters);
    for (let seatNo = 0; seatNo < letters.length; seatNo++) {
      if (letters[seatNo] !== this.#letters[seatNo]) touched.seats.add(seatNo);
    }
    snapshot.areaAvailable.forEach((available, areaNo) => {
      if (available !== this.#areas[areaNo]) touched.areas.add(areaNo);
    });
    this.#letters = letters;
    this.#areas = [...snapshot.areaAvailable];
    this.#inventory = [...snapshot.inventory];
    this.ring.reset(snapshot.seq);
    this.#moveTo(snapshot.seq);
  }

  /** The run-length map, encoded once a seq. */
  map(states: PublicStates): string {
    if (this.#encoded?.states !== states) this.#encoded = { states, text: encodeCodes(this.#letters, states) };
    return this.#encoded.text;
  }

  /**
   * [seatNo, letter, …] that brings a client from `seq` to here; null: take the map, because the ring does not reach
   * back that far or because the map is shorter.
   */
  changesSince(seq: number, states: PublicStates): (number | string)[] | null {
    if (seq > this.#seq) return null;
    const known = this.#caughtUp.get(seq);
    if (known !== undefined) return known;
    const changes = this.#collect(seq, states);
    this.#remember(seq, changes);
    return changes;
  }

  #remember(seq: number, changes: (number | string)[] | null): void {
    for (const oldest of this.#caughtUp.keys()) {
      if (this.#caughtUp.size < MAX_CAUGHT_UP) break;
      this.#caughtUp.delete(oldest);
    }
    this.#caughtUp.set(seq, changes);
  }

  /** Public states changed: what is cached was made for others. */
  forgetEncoded(): void {
    this.#encoded = null;
    this.#caughtUp.clear();
    this.ring.reset(this.#seq);
  }

  #collect(seq: number, states: PublicStates): (number | string)[] | null {
    const entries = this.ring.since(seq);
    if (entries === null) return null;
    const seats = new Set<number>();
    for (const entry of entries) for (const [seatNo] of entry.seats) seats.add(seatNo);
    // A change costs about 8 characters on the wire ("12345,\"h\","): past the map's length the map is the cheaper answer.
    if (seats.size > 1000 && seats.size * 8 > this.map(states).length) return null;
    return this.lettersOf(seats, states);
  }

  lettersOf(seats: Iterable<number>, states: PublicStates): (number | string)[] {
    const changes: (number | string)[] = [];
    for (const seatNo of seats) changes.push(seatNo, publicLetter(this.#letters[seatNo] ?? 0, states));
    return changes;
  }

  areasOf(areas: Iterable<number>): number[] {
    const changes: number[] = [];
    for (const areaNo of areas) changes.push(areaNo, this.#areas[areaNo] ?? 0);
    return changes;
  }

  #fits(entry: SeatChangeEntry): boolean {
    return (
      entry.seats.every(([seatNo]) => seatNo >= 0 && seatNo < this.#letters.length) &&
      entry.areas.every(([areaNo]) => areaNo >= 0 && areaNo < this.#areas.length)
    );
  }

  #applyEntry(entry: SeatChangeEntry, touched: Touched): void {
    for (const [seatNo, letter] of entry.seats) {
      this.#letters[seatNo] = codeOf(letter);
      touched.seats.add(seatNo);
    }
    for (const [areaNo, available] of entry.areas) {
      this.#areas[areaNo] = available;
      touched.areas.add(areaNo);
    }
    this.ring.push(entry);
  }

  #moveTo(seq: number): void {
    this.#seq = seq;
    this.#encoded = null;
    this.#caughtUp.clear();
  }
}
