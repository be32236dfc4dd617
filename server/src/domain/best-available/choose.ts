import type { SeatIndex } from './seat-index.js';
import type { Windows } from './adjacent.js';

/** The script looks at no more candidates than this (SPEC H7). */
export const MAX_GROUPS = 64;
/** The nearest ones every buyer tries first; the others are drawn further and further out, each buyer others. */
const NEAREST_GROUPS = 24;
/** Bands are counted in 16 bits, and the table of them must stay small. */
const MAX_BANDS = 4096;

/**
 * Up to 64 windows of the best tier, best first. Groups whose mean distance differs by less than one seat's width are equal
 * and come in random order. Where there are more than 64, the list thins out with distance (ranks spaced by a constant
 * factor): 300 buyers who ranked the same map at the same moment still find a free group each, and a lone buyer gets the
 * nearest all the same. Answers first positions.
 */
export function chooseWindows(
  index: SeatIndex,
  windows: Windows,
  random: () => number,
): { starts: number[]; all: boolean } {
  const { starts, bandStart } = sortByBand(index, windows);
  const total = starts.length;
  const drawer = new Drawer(starts, bandStart, random);
  if (total <= MAX_GROUPS) return { starts: drawer.drawNearest(total), all: true };
  const chosen = drawer.drawNearest(NEAREST_GROUPS);
  const rest = MAX_GROUPS - NEAREST_GROUPS;
  for (let i = 0; i < rest; i++) {
    const rank = NEAREST_GROUPS * (total / NEAREST_GROUPS) ** ((i + random()) / rest);
    chosen.push(drawer.drawAround(Math.min(total - 1, Math.floor(rank))));
  }
  return { starts: chosen, all: false };
}

/** Counting sort of the best tier's windows by band of distance. */
function sortByBand(index: SeatIndex, { count, bestTier }: Windows): { starts: Int32Array; bandStart: Int32Array } {
  const { start, score, tier, band, sorted } = index.scratch;
  let least = Infinity;
  let most = -Infinity;
  for (let i = 0; i < count; i++) {
    if (tier[i] !== bestTier) continue;
    least = Math.min(least, score[i] ?? 0);
    most = Math.max(most, score[i] ?? 0);
  }
  const width = Math.max(index.spacing, (most - least) / (MAX_BANDS - 1));
  const bandStart = new Int32Array(MAX_BANDS + 1);
  for (let i = 0; i < count; i++) {
    if (tier[i] !== bestTier) continue;
    const b = Math.floor(((score[i] ?? 0) - least) / width);
    band[i] = b;
    bandStart[b + 1] = (bandStart[b + 1] ?? 0) + 1;
  }
  for (let b = 0; b < MAX_BANDS; b++) bandStart[b + 1] = (bandStart[b + 1] ?? 0) + (bandStart[b] ?? 0);
  const next = bandStart.slice();
  for (let i = 0; i < count; i++) {
    if (tier[i] !== bestTier) continue;
    const b = band[i] ?? 0;
    const slot = next[b] ?? 0;
    sorted[slot] = start[i] ?? 0;
    next[b] = slot + 1;
  }
  return { starts: sorted.subarray(0, bandStart[MAX_BANDS] ?? 0), bandStart };
}

/** Draws without replacement, at random within a band: what was drawn is swapped to the band's front. */
class Drawer {
  readonly #starts: Int32Array;
  readonly #bandStart: Int32Array;
  readonly #drawn: Int32Array;
  readonly #random: () => number;

  constructor(starts: Int32Array, bandStart: Int32Array, random: () => number) {
    this.#starts = starts;
    this.#bandStart = bandStart;
    this.#drawn = new Int32Array(MAX_BANDS);
    this.#random = random;
  }

  drawNearest(count: number): number[] {
    const chosen: number[] = [];
    for (let b = 0; b < MAX_BANDS && chosen.length < count; b++) {
      while (chosen.length < count && this.#left(b) > 0) chosen.push(this.#draw(b));
    }
    return chosen;
  }

  /** One of the band in which `rank` falls, else of the next further out that has any left, else of a nearer one. */
  drawAround(rank: number): number {
    let band = 0;
    while ((this.#bandStart[band + 1] ?? 0) <= rank) band++;
    for (let b = band; b < MAX_BANDS; b++) if (this.#left(b) > 0) return this.#draw(b);
    for (let b = band - 1; b >= 0; b--) if (this.#left(b) > 0) return this.#draw(b);
    throw new RangeError('drew more groups than there are');
  }

  #left(band: number): number {
    return (this.#bandStart[band + 1] ?? 0) - (this.#bandStart[band] ?? 0) - (this.#drawn[band] ?? 0);
  }

  #draw(band: number): number {
    const drawn = this.#drawn[band] ?? 0;
    const front = (this.#bandStart[band] ?? 0) + drawn;
    const pick = front + Math.floor(this.#random() * this.#left(band));
    const value = this.#starts[pick] ?? 0;
    this.#starts[pick] = this.#starts[front] ?? 0;
    this.#starts[front] = value;
    this.#drawn[band] = drawn + 1;
    return value;
  }
}
