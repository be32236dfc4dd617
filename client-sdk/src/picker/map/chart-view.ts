import { grow } from './bounds.js';
import {
  between,
  fit,
  FIT_PADDING_PX,
  limit,
  panBy,
  visibleBounds,
  zoomAt,
  type Camera,
  type CameraLimits,
  type Viewport,
} from './camera.js';
import type { Point } from './bounds.js';
import type { ChartGeometry } from './geometry.js';
import { listenToGestures } from './gestures.js';
import { hitTest, type Hit } from './hit-test.js';
import { listenToKeys } from './keys.js';
import type { Availability } from './labels.js';
import type { Marks } from './marks.js';
import { Renderer } from './renderer.js';
import { lookOf } from './seat-look.js';
import { readTheme } from './theme.js';
import { neighbour, type Direction } from './walk.js';

export interface ChartViewHandlers {
  seat(seatNo: number): void;
  area(areaNo: number): void;
  hover(hit: Hit, at: Point): void;
  /** The keyboard stands on a seat now. */
  cursor(seatNo: number): void;
}

/** Seats smaller than this (radius, CSS pixels) are not pressed: the press zooms in to them first. */
const PRESSABLE_PX = { finger: 8, mouse: 3.5 };
/** What a press on too small a seat zooms to, and the least the keyboard's seat is shown with. */
const CLOSE_RADIUS_PX = 13;
const MAX_RADIUS_PX = 34;
const KEY_PAN_PX = 90;
const STEP_ZOOM = 1.6;
const GLIDE_MS = 260;

/** The map on its canvas: camera, drawing, pressing, keys. Knows seats by number and nothing of holds or the network. */
export class ChartView {
  private readonly renderer: Renderer;
  private readonly looks: Uint16Array;
  private viewport: Viewport = { width: 1, height: 1 };
  private camera: Camera;
  private limits: CameraLimits;
  private glide: { from: Camera; to: Camera; start: number } | undefined;
  private frame = 0;
  /** Until the buyer moves the map, it stays fitted to its place. */
  private untouched = true;
  private marks: Marks = {
    mine: new Set(),
    taking: new Set(),
    releasing: new Set(),
    hovered: undefined,
    cursor: undefined,
  };
  private readonly letGo: (() => void)[] = [];

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly geometry: ChartGeometry,
    private readonly availability: Availability,
    private readonly handlers: ChartViewHandlers,
  ) {
    this.looks = new Uint16Array(geometry.xs.length).fill(geometry.chart.categories.length + 1);
    this.renderer = new Renderer(canvas, geometry, this.looks, readTheme(canvas));
    this.camera = fit(geometry.bounds, this.viewport, FIT_PADDING_PX);
    this.limits = this.limitsFor(this.viewport);
    this.listen();
    this.resize();
  }

  /** Takes over the whole map. `letters`: a char code a seat, by seatNo. */
  setAll(letters: Uint8Array): void {
    const { categoryOf, chart } = this.geometry;
    for (let seatNo = 0; seatNo < this.looks.length; seatNo++) {
      this.looks[seatNo] = lookOf(letters[seatNo] ?? 0, categoryOf[seatNo] ?? 0, chart.categories.length);
    }
    this.renderer.allChanged();
    this.redraw();
  }

  /** Takes over some seats; those that look as before cost nothing. */
  setSeats(seatNos: Iterable<number>, letters: Uint8Array): void {
    const { categoryOf, chart } = this.geometry;
    const changed: number[] = [];
    for (const seatNo of seatNos) {
      const look = lookOf(letters[seatNo] ?? 0, categoryOf[seatNo] ?? 0, chart.categories.length);
      if (this.looks[seatNo] === look) continue;
      this.looks[seatNo] = look;
      changed.push(seatNo);
    }
    if (changed.length === 0) return;
    this.renderer.seatsChanged(changed);
    this.redraw();
  }

  setMarks(marks: Partial<Marks>): void {
    this.marks = { ...this.marks, ...marks };
    this.redraw();
  }

  /** Asks for a frame; any number of calls until then make one. */
  redraw(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame((now) => {
      this.frame = 0;
      this.draw(now);
    });
  }

  showAll(): void {
    this.untouched = true;
    this.moveTo(fit(this.geometry.bounds, this.viewport, FIT_PADDING_PX));
  }

  zoomBy(steps: number): void {
    const middle = { x: this.viewport.width / 2, y: this.viewport.height / 2 };
    const from = this.glide?.to ?? this.camera;
    this.moveTo(zoomAt(from, this.viewport, middle, STEP_ZOOM ** steps, this.limits));
    this.untouched = false;
  }

  /** Brings seats into view, near enough to be read. */
  showSeats(seatNos: readonly number[]): void {
    const xs = seatNos.map((seatNo) => this.geometry.xs[seatNo] ?? 0);
    const ys = seatNos.map((seatNo) => this.geometry.ys[seatNo] ?? 0);
    if (xs.length === 0) return;
    const box = { minX: Math.min(...xs), maxX: Math.max(...xs), minY: Math.min(...ys), maxY: Math.max(...ys) };
    const near = fit(grow(box, this.geometry.pitch * 3), this.viewport, FIT_PADDING_PX);
    this.untouched = false;
    this.moveTo({ ...near, scale: Math.min(near.scale, Math.max(this.closeScale, this.camera.scale)) });
  }

  putCursor(seatNo: number): void {
    this.setMarks({ cursor: seatNo });
    this.keepInView(seatNo);
    this.handlers.cursor(seatNo);
  }

  close(): void {
    for (const letGo of this.letGo) letGo();
    cancelAnimationFrame(this.frame);
  }

  private get closeScale(): number {
    return CLOSE_RADIUS_PX / this.geometry.radius;
  }

  private limitsFor(viewport: Viewport): CameraLimits {
    const whole = fit(this.geometry.bounds, viewport, FIT_PADDING_PX).scale;
    return {
      bounds: this.geometry.bounds,
      minScale: whole * 0.85,
      maxScale: Math.max(MAX_RADIUS_PX / this.geometry.radius, whole),
    };
  }

  private draw(now: number): void {
    if (this.glide !== undefined) {
      const part = Math.min((now - this.glide.start) / GLIDE_MS, 1);
      this.camera = between(this.glide.from, this.glide.to, 1 - (1 - Math.max(part, 0)) ** 3);
      if (part >= 1) {
        this.camera = this.glide.to;
        this.glide = undefined;
      }
    }
    const more = this.renderer.draw(
      { camera: this.camera, viewport: this.viewport, marks: this.marks, availability: this.availability },
      now,
    );
    if (more || this.glide !== undefined) this.redraw();
  }

  private moveTo(camera: Camera): void {
    const to = limit(camera, this.limits);
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) this.camera = to;
    else this.glide = { from: this.camera, to, start: performance.now() };
    this.redraw();
  }

  /** At once, by the buyer's own hand. */
  private place(camera: Camera): void {
    this.glide = undefined;
    this.untouched = false;
    this.camera = limit(camera, this.limits);
    this.redraw();
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (width === 0 || height === 0) return;
    this.viewport = { width, height };
    if (!this.renderer.resize(this.viewport, devicePixelRatio)) return;
    this.limits = this.limitsFor(this.viewport);
    this.glide = undefined;
    this.camera = this.untouched
      ? fit(this.geometry.bounds, this.viewport, FIT_PADDING_PX)
      : limit(this.camera, this.limits);
    // A resized canvas is blank: drawing now, not in the next frame, keeps it from flashing.
    this.draw(performance.now());
  }

  private listen(): void {
    const sizes = new ResizeObserver(() => this.resize());
    sizes.observe(this.canvas);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const recolour = (): void => {
      this.renderer.setTheme(readTheme(this.canvas));
      this.redraw();
    };
    dark.addEventListener('change', recolour);
    this.letGo.push(
      () => sizes.disconnect(),
      () => dark.removeEventListener('change', recolour),
      listenToGestures(this.canvas, {
        pan: (dx, dy) => this.place(panBy(this.camera, dx, dy)),
        zoom: (at, factor) => this.place(zoomAt(this.camera, this.viewport, at, factor, this.limits)),
        tap: (at, finger) => this.press(at, finger),
        doubleTap: (at) => this.zoomTo(at, 2.2),
        hover: (at) => this.hover(at),
      }),
      listenToKeys(this.canvas, {
        walk: (direction) => this.walk(direction),
        pan: (direction) => this.panOnce(direction),
        zoom: (steps) => this.zoomBy(steps),
        showAll: () => this.showAll(),
        press: () => {
          if (this.marks.cursor !== undefined) this.handlers.seat(this.marks.cursor);
        },
        leave: () => this.setMarks({ cursor: undefined }),
      }),
    );
  }

  private zoomTo(at: Point, factor: number): void {
    this.moveTo(zoomAt(this.camera, this.viewport, at, factor, this.limits));
    this.untouched = false;
  }

  /** True: something was there to be pressed. */
  private press(at: Point, finger: boolean): boolean {
    const hit = hitTest(this.geometry, this.camera, this.viewport, at, finger);
    if (hit.kind === 'nothing') return false;
    if (hit.kind === 'area') {
      this.handlers.area(hit.areaNo);
      return true;
    }
    const radiusPx = this.geometry.radius * this.camera.scale;
    // One's own seats are drawn larger than they are, so they can be pressed from afar.
    const pressable =
      radiusPx >= (finger ? PRESSABLE_PX.finger : PRESSABLE_PX.mouse) || this.marks.mine.has(hit.seatNo);
    if (pressable) this.handlers.seat(hit.seatNo);
    else this.zoomTo(at, this.closeScale / this.camera.scale);
    return true;
  }

  private hover(at: Point | undefined): void {
    const hit: Hit =
      at === undefined ? { kind: 'nothing' } : hitTest(this.geometry, this.camera, this.viewport, at, false);
    const hovered = hit.kind === 'seat' ? hit.seatNo : undefined;
    if (hovered !== this.marks.hovered) this.setMarks({ hovered });
    this.handlers.hover(hit, at ?? { x: 0, y: 0 });
  }

  private walk(direction: Direction): void {
    const { index, xs, ys, pitch } = this.geometry;
    const { cursor } = this.marks;
    if (cursor === undefined) {
      const start = index.nearest(
        this.camera,
        Math.max(this.geometry.bounds.maxX - this.geometry.bounds.minX, pitch) * 2,
      );
      if (start !== -1) this.putCursor(start);
      return;
    }
    const next = neighbour(index, xs, ys, pitch, cursor, direction);
    if (next !== -1) this.putCursor(next);
  }

  private panOnce(direction: Direction): void {
    const step = { left: [1, 0], right: [-1, 0], up: [0, 1], down: [0, -1] }[direction];
    const from = this.glide?.to ?? this.camera;
    this.moveTo(panBy(from, (step[0] ?? 0) * KEY_PAN_PX, (step[1] ?? 0) * KEY_PAN_PX));
    this.untouched = false;
  }

  private keepInView(seatNo: number): void {
    const point = { x: this.geometry.xs[seatNo] ?? 0, y: this.geometry.ys[seatNo] ?? 0 };
    const target = this.glide?.to ?? this.camera;
    const scale = Math.max(target.scale, this.closeScale * 0.75);
    const box = grow(visibleBounds({ ...target, scale }, this.viewport), -this.geometry.pitch * 2);
    const seen = point.x > box.minX && point.x < box.maxX && point.y > box.minY && point.y < box.maxY;
    if (seen && scale === target.scale) return;
    this.untouched = false;
    this.moveTo({ x: point.x, y: point.y, scale });
  }
}
