import type { Bounds, Point } from './bounds.js';
import {
  between,
  fit,
  FIT_PADDING_PX,
  isSound,
  limit,
  panBy,
  zoomAt,
  type Camera,
  type CameraLimits,
  type Viewport,
} from './camera.js';

const GLIDE_MS = 260;
/** A mouse wheel comes in notches; each is smoothed over this long. */
const NOTCH_MS = 130;
/** A flung map slows to a third in so many milliseconds, and rests below so many pixels a millisecond. */
const FLING_DECAY_MS = 260;
const FLING_REST = 0.03;
const FLING_MOST = 4;
/** The whole map may be made a little smaller than its place. */
const SMALLEST_OF_FIT = 0.85;

interface Glide {
  readonly from: Camera;
  readonly to: Camera;
  /** undefined: from the first frame on, so that a late frame does not begin with a jump. */
  start: number | undefined;
  readonly duration: number;
}
interface Fling {
  vx: number;
  vy: number;
  last: number | undefined;
}

/** Where the camera is and how it moves there: at once by hand, gliding by buttons, keys and wheel, or flung. */
export class Motion {
  camera: Camera;
  viewport: Viewport = { width: 1, height: 1 };
  /** Until somebody moves the map, it stays fitted to its place. */
  untouched = true;
  #limits: CameraLimits;
  #glide: Glide | undefined;
  #fling: Fling | undefined;

  readonly #bounds: Bounds;
  readonly #largestScale: number;
  readonly #wake: () => void;

  constructor(
    bounds: Bounds,
    largestScale: number,
    /** Asks for a frame. */
    wake: () => void,
  ) {
    this.#bounds = bounds;
    this.#largestScale = largestScale;
    this.#wake = wake;
    this.camera = this.whole();
    this.#limits = this.#limitsNow();
  }

  /** All of the chart. */
  whole(): Camera {
    return fit(this.#bounds, this.viewport, FIT_PADDING_PX);
  }

  /** Where the map will rest. */
  get target(): Camera {
    return this.#glide?.to ?? this.camera;
  }

  get moving(): boolean {
    return this.#glide !== undefined || this.#fling !== undefined;
  }

  resize(viewport: Viewport): void {
    this.viewport = viewport;
    this.#limits = this.#limitsNow();
    this.stop();
    this.camera = this.untouched ? this.whole() : limit(this.camera, this.#limits);
  }

  /** One frame on. Returns whether the camera moved. */
  step(now: number): boolean {
    const before = this.camera;
    if (this.#glide !== undefined) this.#glideOn(this.#glide, now);
    if (this.#fling !== undefined) this.#flingOn(this.#fling, now);
    return before !== this.camera;
  }

  #glideOn(glide: Glide, now: number): void {
    const start = (glide.start ??= now);
    const part = Math.min(Math.max((now - start) / glide.duration, 0), 1);
    this.camera = part >= 1 ? glide.to : between(glide.from, glide.to, 1 - (1 - part) ** 3);
    if (part >= 1) this.#glide = undefined;
  }

  #flingOn(fling: Fling, now: number): void {
    const passed = Math.min(now - (fling.last ?? now), 50);
    fling.last = now;
    const kept = Math.exp(-passed / FLING_DECAY_MS);
    const before = this.camera;
    // How far it comes while slowing down from one speed to the other.
    const way = FLING_DECAY_MS * (1 - kept);
    this.camera = limit(panBy(before, fling.vx * way, fling.vy * way), this.#limits);
    fling.vx *= kept;
    fling.vy *= kept;
    const stuck = passed > 0 && this.camera.x === before.x && this.camera.y === before.y;
    if (stuck || Math.hypot(fling.vx, fling.vy) < FLING_REST) this.#fling = undefined;
  }

  stop(): void {
    this.#glide = this.#fling = undefined;
  }

  /** Glides there, or is there at once where people asked for less motion. */
  moveTo(camera: Camera, duration = GLIDE_MS): void {
    if (!isSound(camera)) return;
    const to = limit(camera, this.#limits);
    this.stop();
    if (isCalm()) this.camera = to;
    else this.#glide = { from: this.camera, to, start: undefined, duration };
    this.#wake();
  }

  #place(camera: Camera): void {
    if (!isSound(camera)) return;
    this.stop();
    this.untouched = false;
    this.camera = limit(camera, this.#limits);
    this.#wake();
  }

  showAll(): void {
    this.moveTo(this.whole());
    this.untouched = true;
  }

  pan(dx: number, dy: number): void {
    this.#place(panBy(this.camera, dx, dy));
  }

  zoom(at: Point, factor: number): void {
    this.#place(zoomAt(this.camera, this.viewport, at, factor, this.#limits));
  }

  /** `notch`: by a wheel that clicks; each click is smoothed. */
  zoomTo(at: Point, factor: number, notch = false): void {
    this.untouched = false;
    this.moveTo(zoomAt(this.target, this.viewport, at, factor, this.#limits), notch ? NOTCH_MS : GLIDE_MS);
  }

  /** By so many CSS pixels, gliding. */
  panTo(dx: number, dy: number): void {
    this.untouched = false;
    this.moveTo(panBy(this.target, dx, dy));
  }

  /** A chart point into the middle, at once, at the present zoom. */
  lookAt(point: Point): void {
    this.#place({ ...this.camera, x: point.x, y: point.y });
  }

  /** Let go while moving; pixels a millisecond. */
  letFly(vx: number, vy: number): void {
    const speed = Math.hypot(vx, vy);
    if (isCalm() || !Number.isFinite(speed) || speed < FLING_REST * 4) return;
    const most = Math.min(1, FLING_MOST / speed);
    this.#fling = { vx: vx * most, vy: vy * most, last: undefined };
    this.#wake();
  }

  #limitsNow(): CameraLimits {
    const whole = this.whole().scale;
    return {
      bounds: this.#bounds,
      minScale: whole * SMALLEST_OF_FIT,
      maxScale: Math.max(this.#largestScale, whole),
    };
  }
}

const isCalm = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;
