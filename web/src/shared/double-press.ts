/** A mouse's double press is what its system calls so, at most this long after the first. */
const MOUSE_MS = 1000;
/** Taps are not counted everywhere, and a finger does not come down in the same place twice. */
const FINGER_MS = 500;
const FINGER_PX = 24;

interface Press {
  readonly at: number;
  readonly x: number;
  readonly y: number;
  readonly control: Element | null;
}

/**
 * The second press of a double press is for what the first one was for. Where the first changed the page, and something else is
 * under the finger now, nobody meant to press that: "Sell 3 tickets" became "€100 in cash", "Refund all" its own confirmation.
 */
export function ignoreStrayPresses(): void {
  let last: Press | null = null;
  const press = (event: MouseEvent): void => {
    // By keys or by scripts, a label's click on its box among them: those go where they are sent.
    if (event.detail === 0 || !event.isTrusted) return;
    const now: Press = {
      ...{ at: event.timeStamp, x: event.clientX, y: event.clientY },
      control: controlOf(event.composedPath()[0]),
    };
    if (last !== null && now.control !== last.control && isDouble(event, last, now)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    last = now;
  };
  addEventListener('click', press, true);
}

function isDouble(event: MouseEvent, first: Press, second: Press): boolean {
  const pauseMs = second.at - first.at;
  if ((event as Partial<PointerEvent>).pointerType === 'mouse') return event.detail > 1 && pauseMs < MOUSE_MS;
  return pauseMs < FINGER_MS && Math.hypot(second.x - first.x, second.y - first.y) < FINGER_PX;
}

/** What is pressed: a label is its box. */
function controlOf(target: EventTarget | undefined): Element | null {
  if (!(target instanceof Element)) return null;
  const control = target.closest('button, a, input, select, textarea, summary, label');
  return control instanceof HTMLLabelElement ? control.control : control;
}
