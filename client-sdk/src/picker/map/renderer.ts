import { BasePainter } from './base-painter.js';
import type { Bounds } from './bounds.js';
import { fit, FIT_PADDING_PX, visibleBounds, type Camera, type Viewport } from './camera.js';
import { detailOf, type Detail } from './detail.js';
import type { Frame } from './frame.js';
import { NO_SECTION, type ChartGeometry } from './geometry.js';
import { Labels, type Counted, type Label, type MapWords } from './labels.js';
import { drawMarks, type Marks } from './marks.js';
import { SeatPainter } from './seat-painter.js';
import { FILTERED_OUT, levelOf } from './section-level.js';
import { SectionPainter } from './section-painter.js';
import { ShapePainter } from './shape-painter.js';
import type { Look } from './slots.js';
import { dropSpareTiles, type TilePainter } from './tile-layer.js';
import type { MapTheme } from './theme.js';
import { TiledMap, type Update } from './tiled-map.js';

/** Device pixels per CSS pixel are capped: above it nobody sees a difference and phones run short of canvas memory. */
const MAX_RATIO = 2.5;
/** More changed pieces than this are no longer cheaper to redraw than all. */
const MOST_PIECES = 40;
const MINIMAP_SEATS = 12_000;

export interface Scene {
  readonly camera: Camera;
  readonly viewport: Viewport;
  readonly marks: Marks;
  /** The section under the mouse, from afar. */
  readonly pointed: number | undefined;
}

interface Painters {
  readonly base: BasePainter;
  readonly sections: SectionPainter;
  readonly seats: SeatPainter;
  readonly labels: Labels;
  readonly tiles: TiledMap;
}

/** Puts a frame together: tiles of sections and seats, then labels, then marks. */
export class Renderer {
  readonly #context: CanvasRenderingContext2D;
  readonly #levels: Uint8Array;
  readonly #hasLoose: boolean;
  #painters: Painters;
  #ratio = 1;
  #last: { readonly scene: Scene; readonly labels: readonly Label[] } | undefined;

  readonly #canvas: HTMLCanvasElement;
  readonly #geometry: ChartGeometry;
  readonly #looks: Uint16Array;
  readonly #availability: Counted;
  #words: MapWords;

  constructor(
    canvas: HTMLCanvasElement,
    geometry: ChartGeometry,
    looks: Uint16Array,
    availability: Counted,
    public theme: MapTheme,
    words: MapWords,
  ) {
    this.#canvas = canvas;
    this.#geometry = geometry;
    this.#looks = looks;
    this.#availability = availability;
    this.#words = words;
    const context = canvas.getContext('2d', { alpha: false });
    if (context === null) throw new Error('This browser gives no 2D canvas.');
    this.#context = context;
    this.#levels = new Uint8Array(geometry.sections.length);
    this.#hasLoose = geometry.sectionOf.includes(NO_SECTION);
    this.#painters = this.#makePainters();
  }

  #makePainters(): Painters {
    const { theme } = this;
    const geometry = this.#geometry;
    const shapes = new ShapePainter(geometry, theme);
    const sections = new SectionPainter(geometry, theme, this.#levels);
    return {
      sections,
      base: new BasePainter(geometry, theme, shapes, sections),
      seats: new SeatPainter(geometry, this.#looks, theme),
      labels: new Labels(geometry, theme, shapes.texts, (position) => sections.lookOf(position)?.ink),
      tiles: new TiledMap(this.#tilePainter(), geometry.bounds, () => this.theme.ground),
    };
  }

  #tilePainter(): TilePainter {
    const geometry = this.#geometry;
    const { xs, ys, sectionOf } = geometry;
    // Diamonds reach further than discs.
    const reach = geometry.radius * 1.2;
    const loose = (seatNo: number): boolean => sectionOf[seatNo] === NO_SECTION;
    const detail = (scale: number, ratio: number): Detail => detailOf(geometry, scale / ratio);
    return {
      base: (context, frame) => this.#painters.base.paint(context, frame, detail(frame.scale, frame.ratio)),
      seats: (context, frame, box) => {
        const far = detail(frame.scale, frame.ratio) === 'sections';
        if (!far) this.#painters.seats.paint(context, frame, box);
        else if (this.#hasLoose) this.#painters.seats.paint(context, frame, box, loose);
      },
      shows: (seatNo, scale, ratio) => detail(scale, ratio) === 'seats' || loose(seatNo),
      seatBox: (seatNo): Bounds => {
        const x = xs[seatNo] ?? 0;
        const y = ys[seatNo] ?? 0;
        return { minX: x - reach, maxX: x + reach, minY: y - reach, maxY: y + reach };
      },
    };
  }

  /** Fits the canvas to its place on the page. Returns whether anything changed. */
  resize(viewport: Viewport, devicePixelRatio: number): boolean {
    const ratio = Math.min(Math.max(devicePixelRatio, 1), MAX_RATIO);
    const width = Math.max(Math.round(viewport.width * ratio), 1);
    const height = Math.max(Math.round(viewport.height * ratio), 1);
    if (this.#canvas.width === width && this.#canvas.height === height && this.#ratio === ratio) return false;
    this.#ratio = ratio;
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#last = undefined;
    this.#painters.tiles.reset();
    return true;
  }

  setTheme(theme: MapTheme): void {
    this.theme = theme;
    this.#last = undefined;
    this.#painters.tiles.reset();
    this.#painters = this.#makePainters();
  }

  seatsChanged(seatNos: Iterable<number>): void {
    this.#painters.tiles.touch(seatNos);
  }

  /** The whole map was replaced. */
  allChanged(): void {
    this.#painters.tiles.touchAll();
  }

  /** Free places were counted anew. */
  countsChanged(): void {
    this.#painters.labels.outdate();
    this.#geometry.sections.forEach(({ seats, bounds }, position) => {
      const offered = this.#availability.offered(position);
      const filteredOut = offered === 0 && this.#availability.section(position) > 0;
      const level = filteredOut ? FILTERED_OUT : levelOf(offered, seats);
      if (this.#levels[position] === level) return;
      this.#levels[position] = level;
      this.#painters.tiles.touchBox(bounds, (scale) => this.detailAt(scale / this.#ratio) === 'sections');
    });
  }

  /** Seats or, from afar, sections. `scale`: CSS pixels per chart unit. */
  detailAt(scale: number): Detail {
    return detailOf(this.#geometry, scale);
  }

  close(): void {
    this.#painters.tiles.reset();
    dropSpareTiles();
    this.#last = undefined;
  }

  /** Returns whether another frame is needed to finish the picture. */
  draw(scene: Scene, now: number): boolean {
    const context = this.#context;
    const geometry = this.#geometry;
    const painters = this.#painters;
    const ratio = this.#ratio;
    const { camera, viewport } = scene;
    const look: Look = { camera, viewport, ratio, now };
    const fitScale = fit(geometry.bounds, viewport, FIT_PADDING_PX).scale;
    const update = painters.tiles.update(look, fitScale);
    const view = visibleBounds(camera, viewport);
    const detail = this.detailAt(camera.scale);
    const labels = painters.labels.layout(context, camera, view, detail, this.#availability, this.#words);
    const clip = this.#clipFor(scene, labels, update);
    if (clip === 'nothing') return update.more;
    context.save();
    if (clip !== 'all') context.clip(clip);
    context.setTransform(1, 0, 0, 1, 0, 0);
    painters.tiles.draw(context, look);
    if (scene.pointed !== undefined && detail === 'sections') this.#drawPointed(scene.pointed, scene);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    painters.labels.draw(context, labels, camera, viewport);
    drawMarks(context, geometry, this.theme, camera, viewport, scene.marks);
    context.restore();
    this.#last = { scene, labels };
    return update.more;
  }

  /** Only what changed is drawn again: while the map rests, that is a few seats. */
  #clipFor(scene: Scene, labels: readonly Label[], { changed }: Update): Path2D | 'all' | 'nothing' {
    const last = this.#last;
    const same =
      last?.labels === labels &&
      last.scene.camera === scene.camera &&
      last.scene.viewport === scene.viewport &&
      last.scene.marks === scene.marks &&
      last.scene.pointed === scene.pointed;
    if (!same || changed === 'all' || changed.length > MOST_PIECES) return 'all';
    if (changed.length === 0) return 'nothing';
    const clip = new Path2D();
    for (const { left, top, width, height } of changed) clip.rect(left, top, width, height);
    return clip;
  }

  #drawPointed(position: number, { camera, viewport }: Scene): void {
    const ratio = this.#ratio;
    const scale = camera.scale * ratio;
    const frame: Frame = {
      scale,
      offsetX: Math.round(camera.x * scale - (viewport.width * ratio) / 2),
      offsetY: Math.round(camera.y * scale - (viewport.height * ratio) / 2),
      ratio,
      box: visibleBounds(camera, viewport),
    };
    this.#painters.sections.outline(this.#context, frame, position, this.theme.ink, 2.5);
  }

  /** All of the chart, as from afar, on a canvas of its own. */
  paintWhole(context: CanvasRenderingContext2D, width: number, height: number, ratio: number, padding: number): void {
    const geometry = this.#geometry;
    const camera = fit(geometry.bounds, { width, height }, padding * ratio);
    const frame: Frame = {
      scale: camera.scale,
      offsetX: camera.x * camera.scale - width / 2,
      offsetY: camera.y * camera.scale - height / 2,
      ratio,
      box: geometry.bounds,
    };
    context.setTransform(1, 0, 0, 1, 0, 0);
    this.#painters.base.paint(context, frame, geometry.sectioned ? 'sections' : 'seats');
    // So small, some of the seats look as all of them do.
    const each = Math.ceil(geometry.xs.length / MINIMAP_SEATS);
    if (geometry.sectioned && !this.#hasLoose) return;
    this.#painters.seats.paint(
      context,
      frame,
      geometry.bounds,
      (seatNo) => seatNo % each === 0 && (!geometry.sectioned || geometry.sectionOf[seatNo] === NO_SECTION),
    );
  }
}
