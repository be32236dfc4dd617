import type { Camera, Viewport } from './camera.js';
import { grow, type Bounds } from './bounds.js';
import { TILE_PX, TileLayer, type TilePainter } from './tile-layer.js';

/** Main-thread time a frame may spend on painting tiles; a frame has 16.7. */
const PAINT_BUDGET_MS = 7;
/** Scale unchanged for this long: worth painting sharp tiles for it. */
const SETTLED_MS = 120;
/** While zooming, stretched tiles serve until they are off by this much. */
const STRETCH = 1.7;
const KEEP_MARGIN = 2;
/** Above so many tiles on screen none are painted ahead: canvas memory (256 KB each) is scarce on phones. */
const AHEAD_UP_TO = 80;

/**
 * The seats and their surroundings as layers of tiles: an overview that always covers the chart, the layer for the
 * present zoom, and the one before it while that is being painted. Panning copies pictures; it paints no seats.
 */
export class TiledMap {
  private overview: TileLayer | undefined;
  private current: TileLayer | undefined;
  private previous: TileLayer | undefined;
  private scaleSince = 0;
  private lastScale = 0;

  constructor(
    private readonly painter: TilePainter,
    private readonly bounds: Bounds,
    private readonly ground: () => string,
  ) {}

  /** All is out of date: other colours, another chart, another pixel ratio. */
  reset(): void {
    for (const layer of this.layers()) layer.trim(0);
    this.overview = this.current = this.previous = undefined;
  }

  touch(seatNos: Iterable<number>): void {
    const layers = this.layers();
    for (const seatNo of seatNos) for (const layer of layers) layer.touch(seatNo);
  }

  private layers(): TileLayer[] {
    return [...new Set([this.overview, this.previous, this.current])].filter((layer) => layer !== undefined);
  }

  /**
   * Draws the camera's view onto `context`. Returns whether more is to be done in a further frame (tiles not painted yet,
   * or stretched ones to be painted sharp).
   */
  draw(
    context: CanvasRenderingContext2D,
    camera: Camera,
    viewport: Viewport,
    ratio: number,
    fitScale: number,
    now: number,
  ): boolean {
    const scale = camera.scale * ratio;
    this.overview ??= new TileLayer(fitScale * ratio, ratio, this.painter);
    const waiting = this.chooseLayer(scale, ratio, now);
    const layer = this.current ?? this.overview;
    const view = viewIn(camera, viewport);
    const until = performance.now() + PAINT_BUDGET_MS;
    const missing = this.complete(layer, view, camera, until, now);
    context.fillStyle = this.ground();
    if (missing.length > 0) this.drawBeneath(context, layer, missing, camera, viewport, ratio, until, now);
    this.blit(context, layer, view, camera, viewport, ratio, now);
    if (missing.length === 0) {
      this.drop(this.previous);
      this.previous = undefined;
    }
    const ahead = missing.length === 0 && !waiting && this.paintAhead(layer, view, until, now);
    return missing.length > 0 || waiting || ahead;
  }

  /** Moves on to a layer of the present scale when the zoom rests or has gone far. Returns whether it is still waiting to. */
  private chooseLayer(scale: number, ratio: number, now: number): boolean {
    if (scale !== this.lastScale) {
      this.lastScale = scale;
      this.scaleSince = now;
    }
    const held = this.current?.scale ?? 0;
    if (held === scale) return false;
    const off = held === 0 ? Infinity : Math.max(scale / held, held / scale);
    if (off < STRETCH && now - this.scaleSince < SETTLED_MS) return true;
    this.drop(this.previous);
    this.previous = this.current;
    const same = this.overview !== undefined && Math.abs(this.overview.scale / scale - 1) < 1e-6;
    this.current = same ? this.overview : new TileLayer(scale, ratio, this.painter);
    return false;
  }

  private drop(layer: TileLayer | undefined): void {
    if (layer !== undefined && layer !== this.overview && layer !== this.current) layer.trim(0);
  }

  /** Paints and mends visible tiles, the middle first, while the budget lasts. Returns those still missing. */
  private complete(layer: TileLayer, view: Bounds, camera: Camera, until: number, now: number): Slot[] {
    const slots = slotsOf(layer, clipTo(view, grow(this.bounds, TILE_PX / layer.scale)));
    const middle = { column: (camera.x * layer.scale) / TILE_PX - 0.5, row: (camera.y * layer.scale) / TILE_PX - 0.5 };
    const far = (slot: Slot): number => (slot.column - middle.column) ** 2 + (slot.row - middle.row) ** 2;
    const missing: Slot[] = [];
    for (const slot of slots.sort((a, b) => far(a) - far(b))) {
      if (layer.has(slot.column, slot.row)) layer.mend(slot.column, slot.row);
      else if (missing.length === 0 && performance.now() < until) layer.paint(slot.column, slot.row, now);
      else missing.push(slot);
    }
    layer.trim(slots.length * KEEP_MARGIN + 64);
    return missing;
  }

  /** Older layers, stretched, where the present one has gaps: the map never flashes empty. */
  private drawBeneath(
    context: CanvasRenderingContext2D,
    layer: TileLayer,
    gaps: Slot[],
    camera: Camera,
    viewport: Viewport,
    ratio: number,
    until: number,
    now: number,
  ): void {
    // prettier-ignore
    context.save();
    context.beginPath();
    const toPixel = pixelsOf(layer, camera, viewport, ratio);
    for (const { column, row } of gaps) {
      const x = toPixel.x(column);
      const y = toPixel.y(row);
      context.rect(x, y, toPixel.x(column + 1) - x, toPixel.y(row + 1) - y);
    }
    context.clip();
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    const view = viewIn(camera, viewport);
    for (const beneath of [this.overview, this.previous]) {
      if (beneath === undefined || beneath === layer) continue;
      for (const { column, row } of slotsOf(beneath, clipTo(view, this.bounds))) {
        if (!beneath.has(column, row) && beneath === this.overview && performance.now() < until)
          beneath.paint(column, row, now);
        else beneath.mend(column, row);
      }
      this.blit(context, beneath, view, camera, viewport, ratio, now, false);
    }
    context.restore();
  }

  private blit(
    context: CanvasRenderingContext2D,
    layer: TileLayer,
    view: Bounds,
    camera: Camera,
    viewport: Viewport,
    ratio: number,
    now: number,
    fillOutside = true,
  ): void {
    // prettier-ignore
    const toPixel = pixelsOf(layer, camera, viewport, ratio);
    const painted = clipTo(view, grow(this.bounds, TILE_PX / layer.scale));
    const { left, right, top, bottom } = layer.cover(painted);
    if (fillOutside) fillAround(context, toPixel.x(left), toPixel.y(top), toPixel.x(right + 1), toPixel.y(bottom + 1));
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const picture = layer.picture(column, row, now);
        if (picture === undefined) continue;
        const x = toPixel.x(column);
        const y = toPixel.y(row);
        context.drawImage(picture, x, y, toPixel.x(column + 1) - x, toPixel.y(row + 1) - y);
      }
    }
  }

  /** One tile past the edge, when there is nothing better to do: a pan then finds it painted. */
  private paintAhead(layer: TileLayer, view: Bounds, until: number, now: number): boolean {
    if (slotsOf(layer, view).length > AHEAD_UP_TO) return false;
    const wide = clipTo(grow(view, TILE_PX / layer.scale), this.bounds);
    for (const { column, row } of slotsOf(layer, wide)) {
      if (layer.has(column, row)) continue;
      if (performance.now() >= until) return true;
      layer.paint(column, row, now);
    }
    return false;
  }
}

interface Slot {
  readonly column: number;
  readonly row: number;
}

function slotsOf(layer: TileLayer, box: Bounds): Slot[] {
  if (box.minX > box.maxX || box.minY > box.maxY) return [];
  const { left, right, top, bottom } = layer.cover(box);
  const slots: Slot[] = [];
  for (let row = top; row <= bottom; row++)
    for (let column = left; column <= right; column++) slots.push({ column, row });
  return slots;
}

function viewIn(camera: Camera, viewport: Viewport): Bounds {
  const halfWidth = viewport.width / 2 / camera.scale;
  const halfHeight = viewport.height / 2 / camera.scale;
  return {
    minX: camera.x - halfWidth,
    maxX: camera.x + halfWidth,
    minY: camera.y - halfHeight,
    maxY: camera.y + halfHeight,
  };
}

const clipTo = (box: Bounds, to: Bounds): Bounds => ({
  minX: Math.max(box.minX, to.minX),
  minY: Math.max(box.minY, to.minY),
  maxX: Math.min(box.maxX, to.maxX),
  maxY: Math.min(box.maxY, to.maxY),
});

/** Left and top edges of tile columns and rows in device pixels, rounded so that neighbours meet without a seam. */
function pixelsOf(
  layer: TileLayer,
  camera: Camera,
  viewport: Viewport,
  ratio: number,
): { x: (column: number) => number; y: (row: number) => number } {
  const scale = camera.scale * ratio;
  const side = (TILE_PX * scale) / layer.scale;
  const originX = Math.round(camera.x * scale - (viewport.width * ratio) / 2);
  const originY = Math.round(camera.y * scale - (viewport.height * ratio) / 2);
  return {
    x: (column) => Math.round(column * side - originX),
    y: (row) => Math.round(row * side - originY),
  };
}

function fillAround(context: CanvasRenderingContext2D, left: number, top: number, right: number, bottom: number): void {
  const { width, height } = context.canvas;
  if (left > 0) context.fillRect(0, 0, left, height);
  if (right < width) context.fillRect(right, 0, width - right, height);
  if (top > 0) context.fillRect(0, 0, width, top);
  if (bottom < height) context.fillRect(0, bottom, width, height - bottom);
}
