import type { Bounds } from './bounds.js';
import type { Frame } from './frame.js';

/** Device pixels a side: small enough to paint in a few ms, large enough that a screen takes some dozens. */
export const TILE_PX = 256;
/** From this many changed seats on, a tile is painted anew as a whole. */
const WHOLE_FROM_CHANGES = 60;

export interface TilePainter {
  /** What never changes. */
  base(context: CanvasRenderingContext2D, frame: Frame): void;
  /** The seats that touch `box`. */
  seats(context: CanvasRenderingContext2D, frame: Frame, box: Bounds): void;
  /** Where a seat may have left paint, in chart units. */
  seatBox(seatNo: number): Bounds;
}

interface Tile {
  readonly frame: Frame;
  readonly context: CanvasRenderingContext2D;
  /** The ground without seats, made when the first seat changes: a change then costs one small copy. */
  ground: HTMLCanvasElement | undefined;
  readonly changed: Set<number>;
  usedAt: number;
}

/** The chart painted at one scale, cut into tiles that are painted when they are first seen and mended where seats change. */
export class TileLayer {
  private readonly tiles = new Map<string, Tile>();

  constructor(
    /** Device pixels per chart unit. */
    readonly scale: number,
    private readonly ratio: number,
    private readonly painter: TilePainter,
  ) {}

  /** Tile columns and rows (inclusive) that cover a box. */
  cover(box: Bounds): { left: number; right: number; top: number; bottom: number } {
    const at = (value: number): number => Math.floor((value * this.scale) / TILE_PX);
    return { left: at(box.minX), right: at(box.maxX), top: at(box.minY), bottom: at(box.maxY) };
  }

  has(column: number, row: number): boolean {
    return this.tiles.has(`${column}:${row}`);
  }

  /** The tile's picture, if painted. */
  picture(column: number, row: number, now: number): HTMLCanvasElement | undefined {
    const tile = this.tiles.get(`${column}:${row}`);
    if (tile === undefined) return undefined;
    tile.usedAt = now;
    return tile.context.canvas;
  }

  paint(column: number, row: number, now: number): void {
    const canvas = newCanvas();
    const context = canvas.getContext('2d', { alpha: false });
    if (context === null) return;
    const offsetX = column * TILE_PX;
    const offsetY = row * TILE_PX;
    const frame: Frame = {
      scale: this.scale,
      offsetX,
      offsetY,
      ratio: this.ratio,
      box: {
        minX: offsetX / this.scale,
        minY: offsetY / this.scale,
        maxX: (offsetX + TILE_PX) / this.scale,
        maxY: (offsetY + TILE_PX) / this.scale,
      },
    };
    this.painter.base(context, frame);
    this.painter.seats(context, frame, frame.box);
    this.tiles.set(`${column}:${row}`, { frame, context, ground: undefined, changed: new Set(), usedAt: now });
  }

  /** Notes the tiles a changed seat lies on. */
  touch(seatNo: number): void {
    const { left, right, top, bottom } = this.cover(this.painter.seatBox(seatNo));
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) this.tiles.get(`${column}:${row}`)?.changed.add(seatNo);
    }
  }

  /** Brings a painted tile up to date. Returns whether there was anything to do. */
  mend(column: number, row: number): boolean {
    const tile = this.tiles.get(`${column}:${row}`);
    if (tile === undefined || tile.changed.size === 0) return false;
    const ground = (tile.ground ??= this.groundOf(tile));
    if (tile.changed.size >= WHOLE_FROM_CHANGES) {
      tile.context.drawImage(ground, 0, 0);
      this.painter.seats(tile.context, tile.frame, tile.frame.box);
    } else {
      for (const seatNo of tile.changed) this.mendSeat(tile, ground, seatNo);
    }
    tile.changed.clear();
    return true;
  }

  private mendSeat(tile: Tile, ground: HTMLCanvasElement, seatNo: number): void {
    const { context, frame } = tile;
    const box = this.painter.seatBox(seatNo);
    // One pixel more on each side: anti-aliased edges.
    const left = Math.max(Math.floor(box.minX * frame.scale - frame.offsetX) - 1, 0);
    const top = Math.max(Math.floor(box.minY * frame.scale - frame.offsetY) - 1, 0);
    const right = Math.min(Math.ceil(box.maxX * frame.scale - frame.offsetX) + 1, TILE_PX);
    const bottom = Math.min(Math.ceil(box.maxY * frame.scale - frame.offsetY) + 1, TILE_PX);
    const width = right - left;
    const height = bottom - top;
    if (width <= 0 || height <= 0) return;
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    context.drawImage(ground, left, top, width, height, left, top, width, height);
    this.painter.seats(context, frame, box);
    context.restore();
  }

  private groundOf(tile: Tile): HTMLCanvasElement {
    const canvas = newCanvas();
    const context = canvas.getContext('2d', { alpha: false });
    if (context !== null) this.painter.base(context, tile.frame);
    return canvas;
  }

  /** Lets go of the tiles not seen for longest, down to `keep`. */
  trim(keep: number): void {
    if (this.tiles.size <= keep) return;
    const oldest = [...this.tiles].sort(([, a], [, b]) => a.usedAt - b.usedAt).slice(0, this.tiles.size - keep);
    for (const [key, tile] of oldest) {
      // Frees the pixels now: browsers count canvas memory and collect late.
      tile.context.canvas.width = tile.context.canvas.height = 0;
      if (tile.ground !== undefined) tile.ground.width = tile.ground.height = 0;
      this.tiles.delete(key);
    }
  }
}

function newCanvas(): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = TILE_PX;
  return canvas;
}
