import type { Point } from './bounds.js';
import { fit, toChart, toScreen, type Camera, type Viewport } from './camera.js';
import type { ChartView } from './chart-view.js';
import type { MapView } from './map-view.js';

/** The picture follows the counts this often at most; the frame around what is shown follows at once. */
const PICTURE_EVERY_MS = 1000;
const PADDING_PX = 4;
const MAX_RATIO = 2;

export interface MinimapOptions {
  readonly canvas: HTMLCanvasElement;
  readonly view: ChartView;
  /** It is of use now: not all of the map is on screen. Without it, the canvas hides itself by its `hidden`. */
  readonly onShown?: (shown: boolean) => void;
}

/** The whole map in a corner, with a frame around what is on screen; pressing or dragging in it moves the view. */
export class Minimap {
  readonly #canvas: HTMLCanvasElement;
  readonly #view: ChartView;
  readonly #onShown: ((shown: boolean) => void) | undefined;
  readonly #picture = document.createElement('canvas');
  #pictureTimer: ReturnType<typeof setTimeout> | undefined;
  #outdated = true;
  #shown: boolean | undefined;
  #frame = 0;
  readonly #letGo: (() => void)[];

  constructor({ canvas, view, onShown }: MinimapOptions) {
    this.#canvas = canvas;
    this.#view = view;
    this.#onShown = onShown;
    const sizes = new ResizeObserver(() => {
      this.#outdated = true;
      this.#redraw();
    });
    sizes.observe(canvas);
    this.#letGo = [
      () => sizes.disconnect(),
      view.onViewport((now) => this.#viewChanged(now)),
      view.onPicture(() => this.#pictureChanged()),
      this.#listen(),
    ];
  }

  close(): void {
    for (const letGo of this.#letGo) letGo();
    clearTimeout(this.#pictureTimer);
    cancelAnimationFrame(this.#frame);
    this.#picture.width = this.#picture.height = 0;
  }

  #viewChanged(now: MapView): void {
    const shown = !now.allShown;
    if (shown !== this.#shown) {
      this.#shown = shown;
      if (this.#onShown === undefined) this.#canvas.hidden = !shown;
      else this.#onShown(shown);
    }
    if (shown) this.#redraw();
  }

  #pictureChanged(): void {
    this.#pictureTimer ??= setTimeout(() => {
      this.#pictureTimer = undefined;
      this.#outdated = true;
      if (this.#shown === true) this.#redraw();
    }, PICTURE_EVERY_MS);
  }

  #redraw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  get #place(): Viewport {
    return { width: this.#canvas.clientWidth, height: this.#canvas.clientHeight };
  }

  get #camera(): Camera {
    return fit(this.#view.geometry.bounds, this.#place, PADDING_PX);
  }

  #draw(): void {
    const { width, height } = this.#place;
    if (width === 0 || height === 0 || this.#shown !== true) return;
    const ratio = Math.min(Math.max(devicePixelRatio, 1), MAX_RATIO);
    const context = this.#canvas.getContext('2d', { alpha: false });
    if (context === null) return;
    const wide = Math.round(width * ratio);
    const high = Math.round(height * ratio);
    if (this.#canvas.width !== wide || this.#canvas.height !== high) {
      this.#canvas.width = wide;
      this.#canvas.height = high;
      this.#outdated = true;
    }
    if (this.#outdated) this.#paintPicture(wide, high, ratio);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.#picture, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#drawFrame(context, width, height);
  }

  #paintPicture(width: number, height: number, ratio: number): void {
    this.#outdated = false;
    this.#picture.width = width;
    this.#picture.height = height;
    const context = this.#picture.getContext('2d', { alpha: false });
    if (context !== null) this.#view.paintWhole(context, width, height, ratio, PADDING_PX);
  }

  /** What is off the screen lies in shade; a frame alone is lost on a busy map. */
  #drawFrame(context: CanvasRenderingContext2D, width: number, height: number): void {
    const { visible } = this.#view.view;
    const from = toScreen(this.#camera, this.#place, { x: visible.minX, y: visible.minY });
    const to = toScreen(this.#camera, this.#place, { x: visible.maxX, y: visible.maxY });
    const left = clamp(from.x, 1, width - 5);
    const top = clamp(from.y, 1, height - 5);
    const right = clamp(to.x, left + 4, width - 1);
    const bottom = clamp(to.y, top + 4, height - 1);
    const theme = this.#view.mapTheme;
    context.globalAlpha = 0.45;
    context.fillStyle = theme.ground;
    context.beginPath();
    context.rect(0, 0, width, height);
    context.rect(left, bottom, right - left, top - bottom);
    context.fill('evenodd');
    context.globalAlpha = 1;
    context.strokeStyle = theme.focus;
    context.lineWidth = 2;
    context.strokeRect(left, top, right - left, bottom - top);
  }

  #listen(): () => void {
    const canvas = this.#canvas;
    const listening = new AbortController();
    const { signal } = listening;
    let held: { id: number; grip: Point } | undefined;
    const at = (event: PointerEvent): Point => {
      const box = canvas.getBoundingClientRect();
      return toChart(this.#camera, this.#place, { x: event.clientX - box.left, y: event.clientY - box.top });
    };
    canvas.addEventListener(
      'pointerdown',
      (event) => {
        if (event.button !== 0 || held !== undefined) return;
        event.preventDefault();
        canvas.setPointerCapture(event.pointerId);
        const point = at(event);
        const { visible } = this.#view.view;
        const middle = { x: (visible.minX + visible.maxX) / 2, y: (visible.minY + visible.maxY) / 2 };
        const within =
          point.x > visible.minX && point.x < visible.maxX && point.y > visible.minY && point.y < visible.maxY;
        // The frame is gripped where it is pressed; beside it, its middle comes to the press.
        held = {
          id: event.pointerId,
          grip: within ? { x: middle.x - point.x, y: middle.y - point.y } : { x: 0, y: 0 },
        };
        this.#view.lookAt({ x: point.x + held.grip.x, y: point.y + held.grip.y });
      },
      { signal },
    );
    canvas.addEventListener(
      'pointermove',
      (event) => {
        if (held?.id !== event.pointerId) return;
        const point = at(event);
        this.#view.lookAt({ x: point.x + held.grip.x, y: point.y + held.grip.y });
      },
      { signal },
    );
    const end = (event: PointerEvent): void => {
      if (held?.id === event.pointerId) held = undefined;
    };
    canvas.addEventListener('pointerup', end, { signal });
    canvas.addEventListener('pointercancel', end, { signal });
    return () => listening.abort();
  }
}

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), Math.max(low, high));
