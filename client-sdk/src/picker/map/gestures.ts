import type { Point } from './bounds.js';

export interface GestureHandlers {
  pan(dx: number, dy: number): void;
  /** About a point, CSS pixels from the canvas's corner. `notch`: a click of a mouse wheel, to be smoothed. */
  zoom(at: Point, factor: number, notch: boolean): void;
  /** A finger or button goes down: whatever moves stops. */
  grab(): void;
  /** Let go in full movement; CSS pixels a millisecond. */
  fling(vx: number, vy: number): void;
  /**
   * One press without a drag. `done`: it did something, so it is not the first half of a double press; `moves`: it sent the map
   * elsewhere, so the second half is not meant for what comes to lie there.
   */
  tap(at: Point, finger: boolean): 'done' | 'moves' | undefined;
  doubleTap(at: Point): void;
  /** A mouse or pen moves over; undefined: it left. */
  hover(at: Point | undefined): void;
}

/** A press that moves further than this is a drag. Fingers roll; mice do not. */
const SLOP_PX = { finger: 10, mouse: 4 };
const DOUBLE_TAP_MS = 320;
const DOUBLE_TAP_PX = 32;
/** Zoom per wheel unit: a mouse notch of 100 zooms by 1.16; pinches on a touchpad come as small steps with ctrl. */
const WHEEL_RATE = 0.0015;
const PINCH_RATE = 0.01;
const WHEEL_LINE_PX = 16;
/** From this many units in one event on it is a mouse wheel's notch; touchpads send many small steps. */
const NOTCH_FROM = 40;
/** The speed of a fling is that of its last so many milliseconds; who rested before letting go does not fling. */
const FLING_WINDOW_MS = 90;
const FLING_REST_MS = 40;

interface Press {
  readonly finger: boolean;
  readonly start: Point;
  at: Point;
}

interface Tap {
  readonly at: Point;
  readonly time: number;
  readonly moves: boolean;
}

/** Reads mouse, pen, touch and wheel off an element; no opinion on what they do. Returns the function that lets go of it. */
export function listenToGestures(element: HTMLElement, handlers: GestureHandlers): () => void {
  const presses = new Map<number, Press>();
  let dragging = false;
  let lastTap: Tap | undefined;
  let trail: { at: Point; time: number }[] = [];

  const place = (event: MouseEvent): Point => placeOn(element, event);
  const down = (event: PointerEvent): void => {
    if (event.pointerType === 'mouse' && event.button !== 0) return;
    const at = place(event);
    presses.set(event.pointerId, { finger: event.pointerType === 'touch', start: at, at });
    element.setPointerCapture(event.pointerId);
    dragging = presses.size > 1;
    trail = [];
    if (firstOf(lastTap, at, event.timeStamp)?.moves !== true) handlers.grab();
    handlers.hover(undefined);
  };
  const move = (event: PointerEvent): void => {
    const press = presses.get(event.pointerId);
    const at = place(event);
    if (press === undefined) {
      if (event.pointerType !== 'touch') handlers.hover(at);
      return;
    }
    const slop = press.finger ? SLOP_PX.finger : SLOP_PX.mouse;
    if (!dragging && Math.hypot(at.x - press.start.x, at.y - press.start.y) <= slop) return;
    const before = spread(presses);
    press.at = at;
    const now = spread(presses);
    // The first move past the slop starts from here, without a jump.
    if (dragging) {
      handlers.pan(now.x - before.x, now.y - before.y);
      if (before.distance > 0 && now.distance > 0)
        handlers.zoom({ x: now.x, y: now.y }, now.distance / before.distance, false);
      trail = trail.filter(({ time }) => event.timeStamp - time <= FLING_WINDOW_MS);
      if (presses.size === 1) trail.push({ at: now, time: event.timeStamp });
    }
    dragging = true;
  };
  const up = (event: PointerEvent): void => {
    const press = presses.get(event.pointerId);
    if (press === undefined) return;
    presses.delete(event.pointerId);
    if (dragging) {
      if (presses.size > 0) return;
      dragging = false;
      fling(event.timeStamp);
      return;
    }
    const time = event.timeStamp;
    const first = firstOf(lastTap, press.at, time);
    if (first?.moves === true) return;
    lastTap = undefined;
    if (first !== undefined) return handlers.doubleTap(press.at);
    const did = handlers.tap(press.at, press.finger);
    if (did !== 'done') lastTap = { at: press.at, time, moves: did === 'moves' };
  };
  const fling = (time: number): void => {
    const first = trail[0];
    const last = trail.at(-1);
    trail = [];
    if (first === undefined || last === undefined || time - last.time > FLING_REST_MS) return;
    const took = last.time - first.time;
    if (took > 0) handlers.fling((last.at.x - first.at.x) / took, (last.at.y - first.at.y) / took);
  };
  const cancel = (event: PointerEvent): void => {
    presses.delete(event.pointerId);
    if (presses.size === 0) dragging = false;
  };
  const leave = (): void => handlers.hover(undefined);

  const listening = new AbortController();
  const { signal } = listening;
  element.addEventListener('pointerdown', down, { signal });
  element.addEventListener('pointermove', move, { signal });
  element.addEventListener('pointerup', up, { signal });
  element.addEventListener('pointercancel', cancel, { signal });
  element.addEventListener('pointerleave', leave, { signal });
  listenToWheel(element, handlers, signal);
  return () => listening.abort();
}

/** The first half of the double press that this would be the second half of. */
const firstOf = (last: Tap | undefined, at: Point, time: number): Tap | undefined =>
  last !== undefined && time - last.time < DOUBLE_TAP_MS && apart(last.at, at) < DOUBLE_TAP_PX ? last : undefined;

const placeOn = (element: HTMLElement, event: MouseEvent): Point => {
  const box = element.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
};

function listenToWheel(element: HTMLElement, handlers: GestureHandlers, signal: AbortSignal): void {
  const wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const amount = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * WHEEL_LINE_PX : event.deltaY;
    const notch = !event.ctrlKey && Math.abs(amount) >= NOTCH_FROM;
    const rate = event.ctrlKey ? PINCH_RATE : WHEEL_RATE;
    handlers.zoom(placeOn(element, event), Math.exp(-amount * rate), notch);
  };
  element.addEventListener('wheel', wheel, { passive: false, signal });
}

const apart = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

/** The middle of all presses and, with two, how far apart they are. */
function spread(presses: ReadonlyMap<number, Press>): Point & { distance: number } {
  const points = [...presses.values()].map(({ at }) => at);
  const [first = { x: 0, y: 0 }, second] = points;
  if (second === undefined) return { ...first, distance: 0 };
  return { x: (first.x + second.x) / 2, y: (first.y + second.y) / 2, distance: apart(first, second) };
}
