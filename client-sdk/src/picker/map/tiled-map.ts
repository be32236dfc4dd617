import { grow, type Bounds } from './bounds.js';
import { clipTo, fillAround, middleFirst, pixelsOf, slotsOf, viewOf, type Look, type Slot } from './slots.js';
import { TILE_PX, TileLayer, type Rect, type TilePainter } from './tile-layer.js';

/** Main-thread time a frame may spend on painting tiles; a frame has 16.7. */
const PAINT_BUDGET_MS = 6;
/** Scale unchanged for this long: worth painting sharp tiles for it. */
const SETTLED_MS = 120;
/** While zooming, stretched tiles serve until they are off by this much. */
const STRETCH = 1.7;
const KEEP_MARGIN = 2;
/** Above so many tiles on screen none are painted ahead: canvas memory (256 KB each) is scarce on phones. */
const AHEAD_UP_TO = 80;

/** What a frame changes of the picture before it, in device pixels of the canvas; `all`: leave nothing as it was. */
export interface Update {
  readonly changed: 'all' | readonly Rect[];
  /** A further frame is needed: tiles not painted yet, or stretched ones to be painted sharp. */
  readonly more: boolean;
}

/**
 * The seats and their surroundings as layers of tiles: an overview that always covers the chart, the layer for the
 * present zoom, and the one before it while that is being painted. Panning copies pictures; it paints no seats.
 */
export class TiledMap {
  #overview: TileLayer | undefined;
  #current: TileLayer | undefined;
  #previous: TileLayer | undefined;
  #missing: Slot[] = [];
  #scaleSince = 0;
  #lastScale = 0;

  readonly #painter: TilePainter;
  readonly #bounds: Bounds;
  readonly #ground: () => string;

  constructor(painter: TilePainter, bounds: Bounds, ground: () => string) {
    this.#painter = painter;
    this.#bounds = bounds;
    this.#ground = ground;
  }

  /** All is out of date: other colours, another pixel ratio. */
  reset(): void {
    for (const layer of this.#layers()) layer.trim(0);
    this.#overview = this.#current = this.#previous = undefined;
  }

  touch(seatNos: Iterable<number>): void {
    const layers = this.#layers();
    for (const seatNo of seatNos) for (const layer of layers) layer.touch(seatNo);
  }

  /** What lies under the seats is another one here; for those scales at which it shows. */
  touchBox(box: Bounds, shows: (scale: number) => boolean): void {
    for (const layer of this.#layers()) if (shows(layer.scale)) layer.touchBox(box);
  }

  /** Every tile is out of date, but may serve until it is painted anew. */
  touchAll(): void {
    for (const layer of this.#layers()) layer.touchBox(EVERYWHERE);
  }

  #layers(): TileLayer[] {
    return [...new Set([this.#overview, this.#previous, this.#current])].filter((layer) => layer !== undefined);
  }

  /** Paints and mends tiles for what the frame looks at, while the budget lasts. To be followed by `draw`. */
  update(look: Look, fitScale: number): Update {
    const scale = look.camera.scale * look.ratio;
    this.#overview ??= new TileLayer(fitScale * look.ratio, look.ratio, this.#painter);
    const before = this.#current;
    const waiting = this.#chooseLayer(scale, look);
    const layer = this.#current ?? this.#overview;
    const until = performance.now() + PAINT_BUDGET_MS;
    const { painted, pieces, late } = this.#complete(layer, look, until);
    const gaps = this.#missing.length > 0;
    if (gaps) this.#completeBeneath(layer, look, until);
    const patched = this.#previous !== undefined;
    if (!gaps) {
      this.#drop(this.#previous);
      this.#previous = undefined;
    }
    const ahead = !gaps && !waiting && !late && this.#paintAhead(layer, look, until);
    const all = gaps || painted || patched || waiting || before !== layer;
    return { changed: all ? 'all' : pieces, more: gaps || waiting || late || ahead };
  }

  /** Moves on to a layer of the present scale when the zoom rests or has gone far. Returns whether it is still waiting to. */
  #chooseLayer(scale: number, { ratio, now }: Look): boolean {
    if (scale !== this.#lastScale) {
      this.#lastScale = scale;
      this.#scaleSince = now;
    }
    const held = this.#current?.scale ?? 0;
    if (held === scale) return false;
    const off = held === 0 ? Infinity : Math.max(scale / held, held / scale);
    if (off < STRETCH && now - this.#scaleSince < SETTLED_MS) return true;
    this.#drop(this.#previous);
    this.#previous = this.#current;
    const same = this.#overview !== undefined && Math.abs(this.#overview.scale / scale - 1) < 1e-6;
    this.#current = same ? this.#overview : new TileLayer(scale, ratio, this.#painter);
    return false;
  }

  #drop(layer: TileLayer | undefined): void {
    if (layer !== undefined && layer !== this.#overview && layer !== this.#current) layer.trim(0);
  }

  /** Visible tiles, the middle first. `late`: some still show what was before. */
  #complete(layer: TileLayer, look: Look, until: number): { painted: boolean; pieces: Rect[]; late: boolean } {
    const slots = slotsOf(layer, clipTo(viewOf(look), grow(this.#bounds, TILE_PX / layer.scale)));
    const pieces: Rect[] = [];
    let painted = false;
    let late = false;
    this.#missing = [];
    for (const slot of middleFirst(slots, layer, look.camera)) {
      const { column, row } = slot;
      if (layer.has(column, row)) {
        if (layer.isStale(column, row) && performance.now() >= until) late = true;
        else for (const piece of layer.mend(column, row)) pieces.push(onScreen(piece, layer, slot, look));
      } else if (this.#missing.length === 0 && performance.now() < until) {
        layer.paint(column, row, look.now);
        painted = true;
      } else this.#missing.push(slot);
    }
    layer.trim(slots.length * KEEP_MARGIN + 64);
    return { painted, pieces, late };
  }

  /** Older layers stand in for what is missing: the map never flashes empty. */
  #completeBeneath(layer: TileLayer, look: Look, until: number): void {
    for (const beneath of [this.#overview, this.#previous]) {
      if (beneath === undefined || beneath === layer) continue;
      for (const { column, row } of slotsOf(beneath, clipTo(viewOf(look), this.#bounds))) {
        if (beneath.has(column, row)) beneath.mend(column, row);
        else if (beneath === this.#overview && performance.now() < until) beneath.paint(column, row, look.now);
      }
    }
  }

  draw(context: CanvasRenderingContext2D, look: Look): void {
    const layer = this.#current;
    if (layer === undefined) return;
    context.fillStyle = this.#ground();
    if (this.#missing.length > 0) this.#drawBeneath(context, layer, look);
    this.#blit(context, layer, look);
  }

  /** Older layers, stretched, where the present one has gaps. */
  #drawBeneath(context: CanvasRenderingContext2D, layer: TileLayer, look: Look): void {
    context.save();
    context.beginPath();
    const toPixel = pixelsOf(layer, look);
    for (const { column, row } of this.#missing) {
      const x = toPixel.x(column);
      const y = toPixel.y(row);
      context.rect(x, y, toPixel.x(column + 1) - x, toPixel.y(row + 1) - y);
    }
    context.clip();
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    for (const beneath of [this.#overview, this.#previous])
      if (beneath !== undefined && beneath !== layer) this.#blit(context, beneath, look, false);
    context.restore();
  }

  #blit(context: CanvasRenderingContext2D, layer: TileLayer, look: Look, fillOutside = true): void {
    const toPixel = pixelsOf(layer, look);
    const painted = clipTo(viewOf(look), grow(this.#bounds, TILE_PX / layer.scale));
    const { left, right, top, bottom } = layer.cover(painted);
    if (fillOutside) fillAround(context, toPixel.x(left), toPixel.y(top), toPixel.x(right + 1), toPixel.y(bottom + 1));
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const picture = layer.picture(column, row, look.now);
        if (picture === undefined) continue;
        const x = toPixel.x(column);
        const y = toPixel.y(row);
        context.drawImage(picture, x, y, toPixel.x(column + 1) - x, toPixel.y(row + 1) - y);
      }
    }
  }

  /** One tile past the edge, when there is nothing better to do: a pan then finds it painted. */
  #paintAhead(layer: TileLayer, look: Look, until: number): boolean {
    const view = viewOf(look);
    if (slotsOf(layer, view).length > AHEAD_UP_TO) return false;
    const wide = clipTo(grow(view, TILE_PX / layer.scale), this.#bounds);
    for (const { column, row } of slotsOf(layer, wide)) {
      if (layer.has(column, row)) continue;
      if (performance.now() >= until) return true;
      layer.paint(column, row, look.now);
    }
    return false;
  }
}

const EVERYWHERE: Bounds = { minX: -Infinity, minY: -Infinity, maxX: Infinity, maxY: Infinity };

function onScreen(piece: Rect, layer: TileLayer, { column, row }: Slot, look: Look): Rect {
  const toPixel = pixelsOf(layer, look);
  const stretch = (look.camera.scale * look.ratio) / layer.scale;
  // A pixel more all around: a stretched tile is rounded to whole ones.
  return {
    left: Math.floor(toPixel.x(column) + piece.left * stretch) - 1,
    top: Math.floor(toPixel.y(row) + piece.top * stretch) - 1,
    width: Math.ceil(piece.width * stretch) + 2,
    height: Math.ceil(piece.height * stretch) + 2,
  };
}
