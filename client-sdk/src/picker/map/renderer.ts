import { BasePainter } from './base-painter.js';
import { fit, FIT_PADDING_PX, type Camera, type Viewport } from './camera.js';
import type { ChartGeometry } from './geometry.js';
import { drawLabels, type Availability, type MapWords } from './labels.js';
import { drawMarks, type Marks } from './marks.js';
import { SeatPainter } from './seat-painter.js';
import type { MapTheme } from './theme.js';
import { TiledMap } from './tiled-map.js';

/** Device pixels per CSS pixel are capped: above it nobody sees a difference and phones run short of canvas memory. */
const MAX_RATIO = 2.5;

export interface Scene {
  readonly camera: Camera;
  readonly viewport: Viewport;
  readonly marks: Marks;
  readonly availability: Availability;
  readonly words: MapWords;
}

/** Puts a frame together: tiles of seats, then labels, then marks. */
export class Renderer {
  private readonly context: CanvasRenderingContext2D;
  private tiles: TiledMap;
  private ratio = 1;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly geometry: ChartGeometry,
    private readonly looks: Uint16Array,
    public theme: MapTheme,
  ) {
    const context = canvas.getContext('2d', { alpha: false });
    if (context === null) throw new Error('This browser gives no 2D canvas.');
    this.context = context;
    this.tiles = this.makeTiles();
  }

  private makeTiles(): TiledMap {
    const { geometry, theme } = this;
    const base = new BasePainter(geometry, theme);
    const seats = new SeatPainter(geometry, this.looks, theme);
    return new TiledMap(
      {
        base: (context, frame) => base.paint(context, frame),
        seats: (context, frame, box) => seats.paint(context, frame, box),
        seatBox: (seatNo) => {
          const x = geometry.xs[seatNo] ?? 0;
          const y = geometry.ys[seatNo] ?? 0;
          return {
            minX: x - geometry.radius,
            maxX: x + geometry.radius,
            minY: y - geometry.radius,
            maxY: y + geometry.radius,
          };
        },
      },
      geometry.bounds,
      () => theme.ground,
    );
  }

  /** Fits the canvas to its place on the page. Returns whether anything changed. */
  resize(viewport: Viewport, devicePixelRatio: number): boolean {
    const ratio = Math.min(Math.max(devicePixelRatio, 1), MAX_RATIO);
    const width = Math.max(Math.round(viewport.width * ratio), 1);
    const height = Math.max(Math.round(viewport.height * ratio), 1);
    if (this.canvas.width === width && this.canvas.height === height && this.ratio === ratio) return false;
    this.ratio = ratio;
    this.canvas.width = width;
    this.canvas.height = height;
    this.tiles.reset();
    return true;
  }

  setTheme(theme: MapTheme): void {
    this.theme = theme;
    this.tiles.reset();
    this.tiles = this.makeTiles();
  }

  seatsChanged(seatNos: Iterable<number>): void {
    this.tiles.touch(seatNos);
  }

  /** Free places were counted anew. */
  countsChanged(): void {
    // Labels are drawn in each frame.
  }

  /** Seats or, from afar, sections. */
  detailAt(_scale: number): 'sections' | 'seats' {
    return 'seats';
  }

  close(): void {
    this.tiles.reset();
  }

  /** All of the chart, as from afar, on a canvas of its own. */
  paintWhole(
    context: CanvasRenderingContext2D,
    width: number,
    height: number,
    ratio: number,
    _availability: Availability,
  ): void {
    const { bounds } = this.geometry;
    const camera = fit(bounds, { width, height }, 4 * ratio);
    const frame = {
      scale: camera.scale,
      offsetX: camera.x * camera.scale - width / 2,
      offsetY: camera.y * camera.scale - height / 2,
      ratio,
      box: bounds,
    };
    new BasePainter(this.geometry, this.theme).paint(context, frame);
    new SeatPainter(this.geometry, this.looks, this.theme).paint(context, frame);
  }

  /** The whole map was replaced. */
  allChanged(): void {
    this.tiles.reset();
  }

  /** Returns whether another frame is needed to finish the picture. */
  draw(scene: Scene, now: number): boolean {
    const { context, geometry, theme } = this;
    const { camera, viewport } = scene;
    const overviewScale = fit(geometry.bounds, viewport, FIT_PADDING_PX).scale;
    context.setTransform(1, 0, 0, 1, 0, 0);
    const more = this.tiles.draw(context, camera, viewport, this.ratio, overviewScale, now);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    drawLabels(context, geometry, theme, camera, viewport, scene.availability, scene.words);
    drawMarks(context, geometry, theme, camera, viewport, scene.marks);
    return more;
  }
}
