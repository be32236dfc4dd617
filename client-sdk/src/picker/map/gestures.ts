import type { Point } from './bounds.js';

export interface GestureHandlers {
  pan(dx: number, dy: number): void;
  /** About a point, CSS pixels from the canvas's corner. */
  zoom(at: Point, factor: number): void;
  /** One press without a drag. True: it did something, so it is not the first half of a double press. */
  tap(at: Point, finger: boolean): boolean;
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

interface Press {
  readonly finger: boolean;
  readonly start: Point;
  at: Point;
}

/** Reads mouse, pen, touch and wheel off an element; no opinion on what they do. Returns the function that lets go of it. */
export function listenToGestures(element: HTMLElement, handlers: GestureHandlers): () => void {
  const presses = new Map<number, Press>();
  let dragging = false;
  let lastTap: { at: Point; time: number } | undefined;

  const place = (event: MouseEvent): Point => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const down = (event: PointerEvent): void => {
    if (event.pointerType === 'mouse' && event.button !== 0) return;
    const at = place(event);
    presses.set(event.pointerId, { finger: event.pointerType === 'touch', start: at, at });
    element.setPointerCapture(event.pointerId);
    dragging = presses.size > 1;
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
        handlers.zoom({ x: now.x, y: now.y }, now.distance / before.distance);
    }
    dragging = true;
  };
  const up = (event: PointerEvent): void => {
    const press = presses.get(event.pointerId);
    if (press === undefined) return;
    presses.delete(event.pointerId);
    if (dragging) {
      if (presses.size === 0) dragging = false;
      return;
    }
    const time = event.timeStamp;
    const again =
      lastTap !== undefined && time - lastTap.time < DOUBLE_TAP_MS && apart(lastTap.at, press.at) < DOUBLE_TAP_PX;
    lastTap = undefined;
    if (again) handlers.doubleTap(press.at);
    else if (!handlers.tap(press.at, press.finger)) lastTap = { at: press.at, time };
  };
  const cancel = (event: PointerEvent): void => {
    presses.delete(event.pointerId);
    if (presses.size === 0) dragging = false;
  };
  const wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const amount = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * WHEEL_LINE_PX : event.deltaY;
    handlers.zoom(place(event), Math.exp(-amount * (event.ctrlKey ? PINCH_RATE : WHEEL_RATE)));
  };
  const leave = (): void => handlers.hover(undefined);

  const listening = new AbortController();
  const { signal } = listening;
  element.addEventListener('pointerdown', down, { signal });
  element.addEventListener('pointermove', move, { signal });
  element.addEventListener('pointerup', up, { signal });
  element.addEventListener('pointercancel', cancel, { signal });
  element.addEventListener('pointerleave', leave, { signal });
  element.addEventListener('wheel', wheel, { passive: false, signal });
  return () => listening.abort();
}

const apart = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

/** The middle of all presses and, with two, how far apart they are. */
function spread(presses: ReadonlyMap<number, Press>): Point & { distance: number } {
  const points = [...presses.values()].map(({ at }) => at);
  const [first = { x: 0, y: 0 }, second] = points;
  if (second === undefined) return { ...first, distance: 0 };
  return { x: (first.x + second.x) / 2, y: (first.y + second.y) / 2, distance: apart(first, second) };
}
