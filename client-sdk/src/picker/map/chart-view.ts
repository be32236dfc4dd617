import { boundsOf, grow, type Bounds, type Point } from './bounds.js';
import { fit, FIT_PADDING_PX, visibleBounds } from './camera.js';
import type { ChartGeometry } from './geometry.js';
import { listenToGestures } from './gestures.js';
import { hitTest, type Hit } from './hit-test.js';
import { listenToKeys } from './keys.js';
import type { Availability, Counted, MapWords } from './labels.js';
import type { MapView } from './map-view.js';
import type { Marks } from './marks.js';
import { Motion } from './motion.js';
import { Renderer } from './renderer.js';
import { SeatLooks } from './seat-looks.js';
import { readTheme, type MapTheme, type ThemeChoice } from './theme.js';
import { neighbour, type Direction } from './walk.js';

export interface ChartViewHandlers {
  /** A seat was pressed, or Enter or Space on the keyboard's seat. */
  seat(seatNo: number): void;
  area(areaNo: number): void;
  /** What the mouse is over, and where on the canvas (CSS pixels). */
  hover(hit: Hit, at: Point): void;
  /** The keyboard stands on a seat now. */
  cursor(seatNo: number): void;
  /** A section was pressed in the overview; the map is already on its way there. By position in the chart. */
  section?(position: number): void;
}

export interface ChartViewOptions {
  readonly canvas: HTMLCanvasElement;
  readonly geometry: ChartGeometry;
  /** Read when the map is drawn; say `countsChanged` when it says something else. */
  readonly availability: Availability;
  readonly handlers: ChartViewHandlers;
  readonly words: MapWords;
  readonly theme?: Partial<ThemeChoice>;
}

/** Seats smaller than this (radius, CSS pixels) are not pressed: the press zooms in to them first. Fingers: 24 px apart. */
const PRESSABLE_PX = { finger: 10, mouse: 3.5 };
/** What a press on too small a seat zooms to, and the least the keyboard's seat is shown with. */
const CLOSE_RADIUS_PX = 15;
const MAX_RADIUS_PX = 34;
const KEY_PAN_PX = 90;
const STEP_ZOOM = 1.6;
const DOUBLE_TAP_ZOOM = 2.2;
/** A section that was pressed is shown so large at least. */
const SECTION_RADIUS_PX = 5;

/** The map on its canvas: camera, drawing, pressing, keys. Knows seats by number and nothing of holds or the network. */
export class ChartView {
  readonly geometry: ChartGeometry;
  readonly #canvas: HTMLCanvasElement;
  readonly #handlers: ChartViewHandlers;
  readonly #availability: Availability;
  readonly #renderer: Renderer;
  readonly #motion: Motion;
  readonly #seats: SeatLooks;
  #choice: ThemeChoice;
  #frame = 0;
  #reported: string | undefined;
  readonly #viewListeners = new Set<(view: MapView) => void>();
  readonly #pictureListeners = new Set<() => void>();
  #pointed: number | undefined;
  #marks: Marks = {
    mine: new Set(),
    taking: new Set(),
    releasing: new Set(),
    hovered: undefined,
    cursor: undefined,
  };
  readonly #letGo: (() => void)[] = [];

  constructor(options: ChartViewOptions) {
    const { canvas, geometry, availability, handlers } = options;
    this.geometry = geometry;
    this.#canvas = canvas;
    this.#availability = availability;
    this.#handlers = handlers;
    this.#choice = { scheme: 'auto', palette: 'chart', ...options.theme };
    this.#seats = new SeatLooks(geometry);
    this.#renderer = new Renderer(canvas, geometry, this.#seats.looks, this.#counted(), this.#theme(), options.words);
    this.#motion = new Motion(geometry.bounds, MAX_RADIUS_PX / geometry.radius, () => this.redraw());
    this.#listen();
    this.#resize();
  }

  /** Takes over the whole map. `letters`: a char code a seat, by seatNo; kept, and read again when the offer changes. */
  setAll(letters: Uint8Array): void {
    this.#seats.setAll(letters);
    this.#renderer.allChanged();
    this.countsChanged();
  }

  /** Takes over some seats; those that look as before cost nothing. */
  setSeats(seatNos: Iterable<number>, letters: Uint8Array): void {
    const changed = this.#seats.setSome(seatNos, letters);
    if (changed.length === 0) return;
    this.#renderer.seatsChanged(changed);
    this.redraw();
  }

  /** Free seats for which this says no are shown pale; undefined: all are offered. */
  setOffered(offered: ((seatNo: number) => boolean) | undefined): void {
    this.#seats.setOffered(offered);
    this.#renderer.allChanged();
    this.countsChanged();
  }

  setMarks(marks: Partial<Marks>): void {
    this.#marks = { ...this.#marks, ...marks };
    this.redraw();
  }

  /** The availability says something else than at the last frame. */
  countsChanged(): void {
    this.#seats.countOffered();
    this.#renderer.countsChanged();
    for (const listener of this.#pictureListeners) listener();
    this.redraw();
  }

  /** Reads the custom properties again; to be called when they, the scheme or the palette change. */
  setTheme(choice: Partial<ThemeChoice> = {}): void {
    this.#choice = { ...this.#choice, ...choice };
    this.#renderer.setTheme(this.#theme());
    for (const listener of this.#pictureListeners) listener();
    this.redraw();
  }

  /** Asks for a frame; any number of calls until then make one. */
  redraw(): void {
    if (this.#frame !== 0 || !this.#seats.known) return;
    this.#frame = requestAnimationFrame((now) => {
      this.#frame = 0;
      this.#draw(now);
    });
  }

  showAll(): void {
    this.#motion.showAll();
  }

  zoomBy(steps: number): void {
    const { width, height } = this.#motion.viewport;
    this.#motion.zoomTo({ x: width / 2, y: height / 2 }, STEP_ZOOM ** steps);
  }

  /** Brings seats into view, near enough to be read. */
  showSeats(seatNos: readonly number[]): void {
    const { xs, ys } = this.geometry;
    const points = seatNos.flatMap((seatNo) => (seatNo in xs ? [{ x: xs[seatNo] ?? 0, y: ys[seatNo] ?? 0 }] : []));
    if (points.length === 0) return;
    this.#showBox(
      grow(boundsOf(points), this.geometry.pitch * 3),
      Math.max(this.#closeScale, this.#motion.camera.scale),
    );
  }

  /**
   * Brings a section into view, by its position in the chart; so large that its seats can be pressed: with a mouse, or by the
   * finger that pressed here, then around it.
   */
  showSection(position: number, finger?: Point): void {
    const section = this.geometry.sections[position];
    if (section === undefined || section.seats === 0) return;
    const least = (finger === undefined ? SECTION_RADIUS_PX : PRESSABLE_PX.finger * 1.05) / this.geometry.radius;
    if (finger === undefined || fit(section.bounds, this.#motion.viewport, FIT_PADDING_PX).scale >= least)
      this.#showBox(section.bounds, this.#closeScale, least);
    else this.#motion.zoomTo(finger, least / this.#motion.camera.scale);
  }

  /** A chart point into the middle, at once. */
  lookAt(point: Point): void {
    this.#motion.lookAt(point);
  }

  putCursor(seatNo: number): void {
    if (!(seatNo in this.geometry.xs)) return;
    this.setMarks({ cursor: seatNo });
    this.#keepInView(seatNo);
    this.#handlers.cursor(seatNo);
  }

  get view(): MapView {
    const { camera, viewport } = this.#motion;
    const visible = visibleBounds(camera, viewport);
    const whole = this.geometry.bounds;
    // Half a pixel of grace: a fitted map is all shown, whatever the rounding.
    const shown = grow(visible, 0.5 / camera.scale);
    return {
      visible,
      whole,
      allShown:
        shown.minX <= whole.minX && shown.maxX >= whole.maxX && shown.minY <= whole.minY && shown.maxY >= whole.maxY,
    };
  }

  /** Called at once and after each frame in which the view changed. Returns the function that ends it. */
  onViewport(listener: (view: MapView) => void): () => void {
    this.#viewListeners.add(listener);
    listener(this.view);
    return () => void this.#viewListeners.delete(listener);
  }

  /** Called when a picture of the whole map is out of date: seats all anew, counts, colours. For the minimap. */
  onPicture(listener: () => void): () => void {
    this.#pictureListeners.add(listener);
    return () => void this.#pictureListeners.delete(listener);
  }

  /** Paints all of the chart, as from afar, into a place of so many device pixels; for the minimap. */
  paintWhole(context: CanvasRenderingContext2D, width: number, height: number, ratio: number, padding: number): void {
    this.#renderer.paintWhole(context, width, height, ratio, padding);
  }

  get mapTheme(): MapTheme {
    return this.#renderer.theme;
  }

  close(): void {
    for (const letGo of this.#letGo) letGo();
    this.#viewListeners.clear();
    this.#pictureListeners.clear();
    cancelAnimationFrame(this.#frame);
    this.#renderer.close();
  }

  get #closeScale(): number {
    return CLOSE_RADIUS_PX / this.geometry.radius;
  }

  /** While seats are filtered, a section counts those that are offered. */
  #counted(): Counted {
    return {
      section: (position) => this.#availability.section(position),
      offered: (position) => this.#seats.offeredIn?.[position] ?? this.#availability.section(position),
      area: (areaNo) => this.#availability.area(areaNo),
      mineInArea: (areaNo) => this.#availability.mineInArea(areaNo),
    };
  }

  #theme(): MapTheme {
    return readTheme(this.#canvas, this.#choice);
  }

  #showBox(box: Bounds, most: number, least = 0): void {
    const near = fit(box, this.#motion.viewport, FIT_PADDING_PX);
    this.#motion.untouched = false;
    this.#motion.moveTo({ ...near, scale: Math.max(Math.min(near.scale, most), least) });
  }

  #draw(now: number): void {
    this.#motion.step(now);
    const { camera, viewport } = this.#motion;
    const more = this.#renderer.draw({ camera, viewport, marks: this.#marks, pointed: this.#pointed }, now);
    this.#report();
    if (more || this.#motion.moving) this.redraw();
  }

  #report(): void {
    const { camera, viewport } = this.#motion;
    const now = `${camera.x} ${camera.y} ${camera.scale} ${viewport.width} ${viewport.height}`;
    if (now === this.#reported) return;
    this.#reported = now;
    const { view } = this;
    for (const listener of this.#viewListeners) listener(view);
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    if (width === 0 || height === 0) return;
    if (!this.#renderer.resize({ width, height }, devicePixelRatio)) return;
    this.#motion.resize({ width, height });
    // A resized canvas is blank: drawing now, not in the next frame, keeps it from flashing.
    if (this.#seats.known) this.#draw(performance.now());
  }

  #listen(): void {
    const sizes = new ResizeObserver(() => this.#resize());
    sizes.observe(this.#canvas);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const recolour = (): void => this.setTheme();
    dark.addEventListener('change', recolour);
    const motion = this.#motion;
    this.#letGo.push(
      () => sizes.disconnect(),
      () => dark.removeEventListener('change', recolour),
      listenToGestures(this.#canvas, {
        pan: (dx, dy) => motion.pan(dx, dy),
        zoom: (at, factor, notch) => (notch ? motion.zoomTo(at, factor, true) : motion.zoom(at, factor)),
        grab: () => motion.stop(),
        fling: (vx, vy) => motion.letFly(vx, vy),
        tap: (at, finger) => this.#press(at, finger),
        doubleTap: (at) => motion.zoomTo(at, DOUBLE_TAP_ZOOM),
        hover: (at) => this.#hover(at),
      }),
      listenToKeys(this.#canvas, {
        walk: (direction) => this.#walk(direction),
        pan: (direction) => this.#panOnce(direction),
        zoom: (steps) => this.zoomBy(steps),
        showAll: () => this.showAll(),
        press: () => {
          if (this.#marks.cursor !== undefined) this.#handlers.seat(this.#marks.cursor);
        },
        leave: () => this.setMarks({ cursor: undefined }),
      }),
    );
  }

  #hit(at: Point, finger: boolean): Hit {
    const { camera, viewport } = this.#motion;
    return hitTest(this.geometry, camera, viewport, at, finger, this.#renderer.detailAt(camera.scale));
  }

  #press(at: Point, finger: boolean): 'done' | 'moves' | undefined {
    const hit = this.#hit(at, finger);
    switch (hit.kind) {
      case 'nothing':
        return undefined;
      case 'area':
        this.#handlers.area(hit.areaNo);
        return 'done';
      case 'section':
        this.showSection(hit.position, finger ? at : undefined);
        this.#handlers.section?.(hit.position);
        return 'moves';
      case 'seat': {
        const radiusPx = this.geometry.radius * this.#motion.camera.scale;
        // One's own seats are drawn larger than they are, so they can be pressed from afar.
        const pressable =
          radiusPx >= (finger ? PRESSABLE_PX.finger : PRESSABLE_PX.mouse) || this.#marks.mine.has(hit.seatNo);
        if (!pressable) {
          this.#motion.zoomTo(at, this.#closeScale / this.#motion.camera.scale);
          return 'moves';
        }
        this.#handlers.seat(hit.seatNo);
        return 'done';
      }
    }
  }

  #hover(at: Point | undefined): void {
    const hit: Hit = at === undefined ? { kind: 'nothing' } : this.#hit(at, false);
    const hovered = hit.kind === 'seat' ? hit.seatNo : undefined;
    if (hovered !== this.#marks.hovered) this.setMarks({ hovered });
    const pointed = hit.kind === 'section' ? hit.position : undefined;
    if (pointed !== this.#pointed) {
      this.#pointed = pointed;
      this.redraw();
    }
    this.#handlers.hover(hit, at ?? { x: 0, y: 0 });
  }

  #walk(direction: Direction): void {
    const { index, xs, ys, pitch, bounds } = this.geometry;
    const { cursor } = this.#marks;
    const next =
      cursor === undefined
        ? index.nearest(this.#motion.camera, Math.max(bounds.maxX - bounds.minX, bounds.maxY - bounds.minY, pitch) * 2)
        : neighbour(index, xs, ys, pitch, cursor, direction);
    if (next !== -1) this.putCursor(next);
  }

  #panOnce(direction: Direction): void {
    const [x, y] = { left: [1, 0], right: [-1, 0], up: [0, 1], down: [0, -1] }[direction];
    this.#motion.panTo((x ?? 0) * KEY_PAN_PX, (y ?? 0) * KEY_PAN_PX);
  }

  #keepInView(seatNo: number): void {
    const point = { x: this.geometry.xs[seatNo] ?? 0, y: this.geometry.ys[seatNo] ?? 0 };
    const { target, viewport } = this.#motion;
    const scale = Math.max(target.scale, this.#closeScale * 0.75);
    const box = grow(visibleBounds({ ...target, scale }, viewport), -this.geometry.pitch * 2);
    const seen = point.x > box.minX && point.x < box.maxX && point.y > box.minY && point.y < box.maxY;
    if (seen && scale === target.scale) return;
    this.#motion.untouched = false;
    this.#motion.moveTo({ x: point.x, y: point.y, scale });
  }
}
