import { boundsOf, isEmpty, type Bounds, type Point } from './bounds.js';

/** Seats a grid cell holds on average: few enough to be exact, enough to keep the grid small (200,000 seats: 25,000 cells). */
const SEATS_PER_CELL = 8;
const MAX_CELLS_A_SIDE = 2048;

/**
 * A uniform grid over points, packed in two typed arrays. Built once a chart; queries allocate nothing. Points are named
 * by their position in the arrays given (seatNo).
 */
export class SpatialIndex {
  readonly bounds: Bounds;
  private readonly columns: number;
  private readonly rows: number;
  private readonly cell: number;
  /** items of cell c: items[starts[c]] … items[starts[c + 1] - 1] */
  private readonly starts: Uint32Array;
  private readonly items: Uint32Array;

  constructor(
    private readonly xs: Float64Array,
    private readonly ys: Float64Array,
  ) {
    const count = xs.length;
    const box = boundsOf(pointsOf(xs, ys));
    this.bounds = box;
    const width = isEmpty(box) ? 0 : box.maxX - box.minX;
    const height = isEmpty(box) ? 0 : box.maxY - box.minY;
    const longer = Math.max(width, height);
    const even = Math.sqrt(
      (Math.max(width, longer / 1000) * Math.max(height, longer / 1000) * SEATS_PER_CELL) / Math.max(count, 1),
    );
    this.cell = Math.max(even, longer / MAX_CELLS_A_SIDE) || 1;
    this.columns = Math.floor(width / this.cell) + 1;
    this.rows = Math.floor(height / this.cell) + 1;
    this.starts = new Uint32Array(this.columns * this.rows + 1);
    this.items = new Uint32Array(count);
    this.fill(count);
  }

  private fill(count: number): void {
    const { starts, items } = this;
    const cells = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      const cell = this.row(this.ys[i] ?? 0) * this.columns + this.column(this.xs[i] ?? 0);
      cells[i] = cell;
      starts[cell + 1] = (starts[cell + 1] ?? 0) + 1;
    }
    for (let c = 1; c < starts.length; c++) starts[c] = (starts[c] ?? 0) + (starts[c - 1] ?? 0);
    const next = starts.slice();
    for (let i = 0; i < count; i++) {
      const cell = cells[i] ?? 0;
      const at = next[cell] ?? 0;
      items[at] = i;
      next[cell] = at + 1;
    }
  }

  private column(x: number): number {
    return Math.min(Math.max(Math.floor((x - this.bounds.minX) / this.cell), 0), this.columns - 1);
  }

  private row(y: number): number {
    return Math.min(Math.max(Math.floor((y - this.bounds.minY) / this.cell), 0), this.rows - 1);
  }

  /** Calls `visit` for each point inside the box, edges included. */
  within(box: Bounds, visit: (item: number) => void): void {
    if (this.items.length === 0 || box.maxX < this.bounds.minX || box.minX > this.bounds.maxX) return;
    if (box.maxY < this.bounds.minY || box.minY > this.bounds.maxY) return;
    const lastColumn = this.column(box.maxX);
    const lastRow = this.row(box.maxY);
    for (let row = this.row(box.minY); row <= lastRow; row++) {
      const first = this.starts[row * this.columns + this.column(box.minX)] ?? 0;
      const end = this.starts[row * this.columns + lastColumn + 1] ?? 0;
      for (let at = first; at < end; at++) {
        const item = this.items[at] ?? 0;
        const x = this.xs[item] ?? 0;
        const y = this.ys[item] ?? 0;
        if (x >= box.minX && x <= box.maxX && y >= box.minY && y <= box.maxY) visit(item);
      }
    }
  }

  /** The point nearest to `at`, not further than `reach`; -1 for none. `except` is passed over. */
  nearest(at: Point, reach: number, except = -1): number {
    let best = -1;
    let bestSquare = reach * reach;
    this.within({ minX: at.x - reach, maxX: at.x + reach, minY: at.y - reach, maxY: at.y + reach }, (item) => {
      if (item === except) return;
      const square = ((this.xs[item] ?? 0) - at.x) ** 2 + ((this.ys[item] ?? 0) - at.y) ** 2;
      if (square > bestSquare || (square === bestSquare && best !== -1 && item > best)) return;
      best = item;
      bestSquare = square;
    });
    return best;
  }

  /** How far it is from point `item` to the one nearest to it; Infinity when it is alone. Widens its search as it goes. */
  gapAt(item: number): number {
    const at = { x: this.xs[item] ?? 0, y: this.ys[item] ?? 0 };
    const far = 2 * Math.hypot(this.bounds.maxX - this.bounds.minX, this.bounds.maxY - this.bounds.minY) + this.cell;
    for (let reach = this.cell; reach < far * 2; reach *= 2) {
      const other = this.nearest(at, reach, item);
      if (other !== -1) return Math.hypot((this.xs[other] ?? 0) - at.x, (this.ys[other] ?? 0) - at.y);
    }
    return Infinity;
  }
}

function* pointsOf(xs: Float64Array, ys: Float64Array): Generator<Point> {
  for (let i = 0; i < xs.length; i++) yield { x: xs[i] ?? 0, y: ys[i] ?? 0 };
}
