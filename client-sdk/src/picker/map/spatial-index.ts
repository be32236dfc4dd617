import { EMPTY_BOUNDS, type Bounds, type Point } from './bounds.js';

/** Points a leaf holds at most: few enough to be exact, enough to keep the tree shallow (200,000 seats: 14 levels). */
const LEAF = 16;

/**
 * A k-d tree over points, packed in three typed arrays: however unevenly a chart is spread (stands a million seats
 * apart, all seats on one spot), a query looks at little more than it finds. Built once a chart (200,000 seats: some
 * 30 ms); queries allocate nothing. Points are named by their position in the arrays given (seatNo).
 */
export class SpatialIndex {
  readonly bounds: Bounds;
  readonly #items: Uint32Array;
  /** Of items[i], in that order: neighbours in the tree are neighbours in memory. */
  readonly #px: Float64Array;
  readonly #py: Float64Array;
  #found = -1;
  #foundSquare = 0;

  readonly #xs: Float64Array;
  readonly #ys: Float64Array;

  constructor(xs: Float64Array, ys: Float64Array) {
    this.#xs = xs;
    this.#ys = ys;
    const count = xs.length;
    this.#items = new Uint32Array(count);
    for (let i = 0; i < count; i++) this.#items[i] = i;
    this.#px = xs.slice();
    this.#py = ys.slice();
    let { minX, minY, maxX, maxY } = EMPTY_BOUNDS;
    for (let i = 0; i < count; i++) {
      const x = xs[i] ?? 0;
      const y = ys[i] ?? 0;
      if (x < minX) minX = x;
      if (x > maxX) maxX = x;
      if (y < minY) minY = y;
      if (y > maxY) maxY = y;
    }
    this.bounds = { minX, minY, maxX, maxY };
    this.#sort(0, count - 1, true);
  }

  #sort(left: number, right: number, byX: boolean): void {
    if (right - left < LEAF) return;
    const middle = (left + right) >> 1;
    this.#select(middle, left, right, byX ? this.#px : this.#py);
    this.#sort(left, middle - 1, !byX);
    this.#sort(middle + 1, right, !byX);
  }

  /** Floyd and Rivest's selection: afterwards the k-th is in its place, no smaller one after it, no larger one before. */
  #select(k: number, from: number, to: number, keys: Float64Array): void {
    let left = from;
    let right = to;
    while (right > left) {
      if (right - left > 600) {
        const n = right - left + 1;
        const m = k - left + 1;
        const z = Math.log(n);
        const s = 0.5 * Math.exp((2 * z) / 3);
        const sd = 0.5 * Math.sqrt((z * s * (n - s)) / n) * (m - n / 2 < 0 ? -1 : 1);
        const low = Math.max(left, Math.floor(k - (m * s) / n + sd));
        const high = Math.min(right, Math.floor(k + ((n - m) * s) / n + sd));
        this.#select(k, low, high, keys);
      }
      const pivot = keys[k] ?? 0;
      let i = left;
      let j = right;
      this.#swap(left, k);
      if ((keys[right] ?? 0) > pivot) this.#swap(left, right);
      while (i < j) {
        this.#swap(i, j);
        i++;
        j--;
        while ((keys[i] ?? 0) < pivot) i++;
        while ((keys[j] ?? 0) > pivot) j--;
      }
      if (keys[left] === pivot) this.#swap(left, j);
      else this.#swap(++j, right);
      if (j <= k) left = j + 1;
      if (k <= j) right = j - 1;
    }
  }

  #swap(a: number, b: number): void {
    const items = this.#items;
    const px = this.#px;
    const py = this.#py;
    const item = items[a] ?? 0;
    const x = px[a] ?? 0;
    const y = py[a] ?? 0;
    items[a] = items[b] ?? 0;
    px[a] = px[b] ?? 0;
    py[a] = py[b] ?? 0;
    items[b] = item;
    px[b] = x;
    py[b] = y;
  }

  /** Calls `visit` for each point inside the box, edges included. */
  within(box: Bounds, visit: (item: number) => void): void {
    this.#visitIn(box, visit, 0, this.#items.length - 1, true);
  }

  #visitIn(box: Bounds, visit: (item: number) => void, left: number, right: number, byX: boolean): void {
    const items = this.#items;
    const px = this.#px;
    const py = this.#py;
    if (right - left < LEAF) {
      for (let i = left; i <= right; i++) {
        const x = px[i] ?? 0;
        const y = py[i] ?? 0;
        if (x >= box.minX && x <= box.maxX && y >= box.minY && y <= box.maxY) visit(items[i] ?? 0);
      }
      return;
    }
    const middle = (left + right) >> 1;
    const x = px[middle] ?? 0;
    const y = py[middle] ?? 0;
    const [at, low, high] = byX ? [x, box.minX, box.maxX] : [y, box.minY, box.maxY];
    if (low <= at) this.#visitIn(box, visit, left, middle - 1, !byX);
    if (x >= box.minX && x <= box.maxX && y >= box.minY && y <= box.maxY) visit(items[middle] ?? 0);
    if (high >= at) this.#visitIn(box, visit, middle + 1, right, !byX);
  }

  /** The point nearest to `at`, not further than `reach`; the first of those as near; -1 for none. `except` is passed over. */
  nearest(at: Point, reach: number, except = -1): number {
    this.#found = -1;
    this.#foundSquare = reach * reach;
    this.#searchIn(at, except, 0, this.#items.length - 1, true);
    return this.#found;
  }

  /** How far it is from point `item` to the one nearest to it; Infinity when it is alone. */
  gapAt(item: number): number {
    const at = { x: this.#xs[item] ?? 0, y: this.#ys[item] ?? 0 };
    return this.nearest(at, Infinity, item) === -1 ? Infinity : Math.sqrt(this.#foundSquare);
  }

  /** With `except` (-1: none) any point on the very spot will do, so that a heap of seats is quickly done. */
  #searchIn(at: Point, except: number, left: number, right: number, byX: boolean): void {
    if (except !== -1 && this.#foundSquare === 0) return;
    if (right - left < LEAF) {
      for (let i = left; i <= right; i++) this.#compare(at, i, except);
      return;
    }
    const middle = (left + right) >> 1;
    const off = byX ? at.x - (this.#px[middle] ?? 0) : at.y - (this.#py[middle] ?? 0);
    this.#compare(at, middle, except);
    if (off <= 0) {
      this.#searchIn(at, except, left, middle - 1, !byX);
      if (off * off <= this.#foundSquare) this.#searchIn(at, except, middle + 1, right, !byX);
    } else {
      this.#searchIn(at, except, middle + 1, right, !byX);
      if (off * off <= this.#foundSquare) this.#searchIn(at, except, left, middle - 1, !byX);
    }
  }

  #compare(at: Point, i: number, except: number): void {
    const item = this.#items[i] ?? 0;
    if (item === except) return;
    const dx = (this.#px[i] ?? 0) - at.x;
    const dy = (this.#py[i] ?? 0) - at.y;
    const square = dx * dx + dy * dy;
    if (square > this.#foundSquare) return;
    if (square === this.#foundSquare && this.#found !== -1 && item > this.#found) return;
    this.#found = item;
    this.#foundSquare = square;
  }
}
