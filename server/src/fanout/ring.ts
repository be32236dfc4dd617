import type { SeatChangeEntry } from '../domain/ports/seat-changes.js';

/** Enough for minutes of a rush, too few for a client that slept through 100,000 changes: that one takes a map. */
const MAX_ENTRIES = 16_384;
/** Estimated heap of what is kept, per event. */
const MAX_BYTES = 4 * 1024 * 1024;
const ENTRY_BYTES = 80;
const PLACE_BYTES = 40;
/** Places of dropped entries are cut off the array in batches, so that dropping stays O(1). */
const COMPACT_AFTER = 1024;
/** Stands where an entry was until then: a thousand dropped ones, of thousands of seats each, would be hundreds of megabytes. */
const DROPPED: SeatChangeEntry = { seq: 0, seats: [], areas: [] };

/**
 * The last changes of one event, one entry a seq, bounded by entries and by bytes. Holds everything in (floor, to]:
 * a client at or above `floor` can be caught up from it (SPEC F2).
 */
export class ChangeRing {
  #entries: SeatChangeEntry[] = [];
  #start = 0;
  #bytes = 0;
  #floor: number;

  constructor(
    floor: number,
    private readonly limits: { readonly entries: number; readonly bytes: number } = {
      entries: MAX_ENTRIES,
      bytes: MAX_BYTES,
    },
  ) {
    this.#floor = floor;
  }

  /** The lowest position that can still be caught up. */
  get floor(): number {
    return this.#floor;
  }

  get size(): number {
    return this.#entries.length - this.#start;
  }

  /** Entries come in seq order. A seq that touched no place needs no entry. */
  push(entry: SeatChangeEntry): void {
    this.#entries.push(entry);
    this.#bytes += weight(entry);
    while (this.size > 0 && (this.size > this.limits.entries || this.#bytes > this.limits.bytes)) this.#dropOldest();
  }

  /** Everything before `floor` is unknown from now on. */
  reset(floor: number): void {
    this.#entries = [];
    this.#start = 0;
    this.#bytes = 0;
    this.#floor = floor;
  }

  /** The entries after `seq`, oldest first; null: it is not all here any more. */
  since(seq: number): readonly SeatChangeEntry[] | null {
    if (seq < this.#floor) return null;
    let low = this.#start;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle];
      if (entry !== undefined && entry.seq <= seq) low = middle + 1;
      else high = middle;
    }
    return this.#entries.slice(low);
  }

  #dropOldest(): void {
    const oldest = this.#entries[this.#start];
    if (oldest === undefined) return;
    this.#floor = oldest.seq;
    this.#bytes -= weight(oldest);
    this.#entries[this.#start++] = DROPPED;
    if (this.#start < COMPACT_AFTER) return;
    this.#entries.splice(0, this.#start);
    this.#start = 0;
  }
}

const weight = (entry: SeatChangeEntry): number =>
  ENTRY_BYTES + PLACE_BYTES * (entry.seats.length + entry.areas.length);
