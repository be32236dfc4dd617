import type { Bounds } from './bounds.js';
import type { Frame } from './frame.js';

/** Device pixels a side: small enough to paint in a few ms, large enough that a screen takes some dozens. */
export const TILE_PX = 256;
/** From this many changed seats on, a tile is painted anew as a whole. */
const WHOLE_FROM_CHANGES = 60;

export interface TilePainter {
  /** What lies under the seats. */
  base(context: CanvasRenderingContext2D, frame: Frame): void;
  /** The seats that touch `box`. */
  seats(context: CanvasRenderingContext2D, frame: Frame, box: Bounds): void;
  /** Whether a seat is drawn at all at this many device pixels per chart unit. */
  shows(seatNo: number, scale: number, ratio: number): boolean;
  /** Where a seat may have left paint, in chart units. */
  seatBox(seatNo: number): Bounds;
}

/** A piece of a picture, in its pixels. */
export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface Tile {
  readonly frame: Frame;
  readonly context: CanvasRenderingContext2D;
  /** The ground without seats, made when the first seat changes: a change then costs one small copy. */
  ground: HTMLCanvasElement | undefined;
  readonly changed: Set<number>;
  /** What lies under the seats is another one: all is to be painted anew. */
  stale: boolean;
  usedAt: number;
}

/** The chart painted at one scale, cut into tiles that are painted when they are first seen and mended where seats change. */
export class TileLayer {
  readonly #tiles = new Map<string, Tile>();

  readonly #ratio: number;
  readonly #painter: TilePainter;

  constructor(
    /** Device pixels per chart unit. */
    readonly scale: number,
    ratio: number,
    painter: TilePainter,
  ) {
    this.#ratio = ratio;
    this.#painter = painter;
  }

  /** Tile columns and rows (inclusive) that cover a box. */
  cover(box: Bounds): { left: number; right: number; top: number; bottom: number } {
    const at = (value: number): number => Math.floor((value * this.scale) / TILE_PX);
    return { left: at(box.minX), right: at(box.maxX), top: at(box.minY), bottom: at(box.maxY) };
  }

  has(column: number, row: number): boolean {
    return this.#tiles.has(`${column}:${row}`);
  }

  /** The tile's picture, if painted. */
  picture(column: number, row: number, now: number): HTMLCanvasElement | undefined {
    const tile = this.#tiles.get(`${column}:${row}`);
    if (tile === undefined) return undefined;
    tile.usedAt = now;
    return tile.context.canvas;
  }

  paint(column: number, row: number, now: number): void {
    const context = newCanvas().getContext('2d', { alpha: false });
    if (context === null) return;
    const offsetX = column * TILE_PX;
    const offsetY = row * TILE_PX;
    const box = {
      minX: offsetX / this.scale,
      minY: offsetY / this.scale,
      maxX: (offsetX + TILE_PX) / this.scale,
      maxY: (offsetY + TILE_PX) / this.scale,
    };
    const frame: Frame = { scale: this.scale, offsetX, offsetY, ratio: this.#ratio, box };
    const tile = { frame, context, ground: undefined, changed: new Set<number>(), stale: false, usedAt: now };
    this.#paintWhole(tile);
    this.#tiles.set(`${column}:${row}`, tile);
  }

  #paintWhole(tile: Tile): void {
    this.#painter.base(tile.context, tile.frame);
    this.#painter.seats(tile.context, tile.frame, tile.frame.box);
    settle(tile.context.canvas);
    tile.stale = false;
    tile.changed.clear();
  }

  /** Notes the tiles a changed seat lies on. */
  touch(seatNo: number): void {
    if (!this.#painter.shows(seatNo, this.scale, this.#ratio)) return;
    const { left, right, top, bottom } = this.cover(this.#painter.seatBox(seatNo));
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) this.#tiles.get(`${column}:${row}`)?.changed.add(seatNo);
    }
  }

  /** What lies under the seats is another one in this box. */
  touchBox(box: Bounds): void {
    for (const tile of this.#tiles.values()) {
      const { minX, maxX, minY, maxY } = tile.frame.box;
      if (minX > box.maxX || maxX < box.minX || minY > box.maxY || maxY < box.minY) continue;
      tile.stale = true;
      giveBack(tile.ground);
      tile.ground = undefined;
    }
  }

  isStale(column: number, row: number): boolean {
    return this.#tiles.get(`${column}:${row}`)?.stale === true;
  }

  /** Brings a painted tile up to date. Returns the pieces of it that were painted anew. */
  mend(column: number, row: number): Rect[] {
    const tile = this.#tiles.get(`${column}:${row}`);
    if (tile === undefined || (tile.changed.size === 0 && !tile.stale)) return [];
    if (tile.stale) {
      this.#paintWhole(tile);
      return [WHOLE];
    }
    const ground = (tile.ground ??= this.#groundOf(tile));
    if (tile.changed.size >= WHOLE_FROM_CHANGES) {
      tile.context.drawImage(ground, 0, 0);
      this.#painter.seats(tile.context, tile.frame, tile.frame.box);
      tile.changed.clear();
      return [WHOLE];
    }
    const pieces: Rect[] = [];
    for (const seatNo of tile.changed) {
      const piece = this.#mendSeat(tile, ground, seatNo);
      if (piece !== undefined) pieces.push(piece);
    }
    tile.changed.clear();
    return pieces;
  }

  #mendSeat(tile: Tile, ground: HTMLCanvasElement, seatNo: number): Rect | undefined {
    const { context, frame } = tile;
    const box = this.#painter.seatBox(seatNo);
    // One pixel more on each side: anti-aliased edges.
    const left = Math.max(Math.floor(box.minX * frame.scale - frame.offsetX) - 1, 0);
    const top = Math.max(Math.floor(box.minY * frame.scale - frame.offsetY) - 1, 0);
    const right = Math.min(Math.ceil(box.maxX * frame.scale - frame.offsetX) + 1, TILE_PX);
    const bottom = Math.min(Math.ceil(box.maxY * frame.scale - frame.offsetY) + 1, TILE_PX);
    const width = right - left;
    const height = bottom - top;
    if (width <= 0 || height <= 0) return undefined;
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    context.drawImage(ground, left, top, width, height, left, top, width, height);
    this.#painter.seats(context, frame, box);
    context.restore();
    return { left, top, width, height };
  }

  #groundOf(tile: Tile): HTMLCanvasElement {
    const canvas = newCanvas();
    const context = canvas.getContext('2d', { alpha: false });
    if (context !== null) this.#painter.base(context, tile.frame);
    return canvas;
  }

  /** Lets go of the tiles not seen for longest, down to `keep`. */
  trim(keep: number): void {
    if (this.#tiles.size <= keep) return;
    const oldest = [...this.#tiles].sort(([, a], [, b]) => a.usedAt - b.usedAt).slice(0, this.#tiles.size - keep);
    for (const [key, tile] of oldest) {
      giveBack(tile.context.canvas);
      giveBack(tile.ground);
      this.#tiles.delete(key);
    }
  }
}

const WHOLE: Rect = { left: 0, top: 0, width: TILE_PX, height: TILE_PX };

let pixel: CanvasRenderingContext2D | null | undefined;
/**
 * Browsers note down what is painted and carry it out when the picture is used. Used at once, its cost falls where it is
 * counted: otherwise a frame that painted for 6 ms by the clock takes hundreds when its tiles are put on the screen.
 */
function settle(picture: HTMLCanvasElement): void {
  if (pixel === undefined) {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    pixel = canvas.getContext('2d');
  }
  pixel?.drawImage(picture, 0, 0, 1, 1, 0, 0, 1, 1);
}

/** Canvases out of use, of all maps on the page: making one costs as much as painting it, and a zoom needs dozens. */
const spare: HTMLCanvasElement[] = [];
const MOST_SPARE = 48;

function newCanvas(): HTMLCanvasElement {
  const used = spare.pop();
  if (used !== undefined) return used;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = TILE_PX;
  return canvas;
}

function giveBack(canvas: HTMLCanvasElement | undefined): void {
  if (canvas === undefined) return;
  if (spare.length < MOST_SPARE) spare.push(canvas);
  // Frees the pixels now: browsers count canvas memory and collect late.
  else canvas.width = canvas.height = 0;
}

/** To be called when a map is closed; another one on the page makes new ones. */
export function dropSpareTiles(): void {
  for (const canvas of spare.splice(0)) canvas.width = canvas.height = 0;
}
