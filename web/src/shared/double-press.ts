/** As long as systems take two presses for one double press. */
const DOUBLE_MS = 500;
/** A hand on a mouse keeps still; a finger does not come down in the same place twice. */
const MOUSE_PX = 8;
const FINGER_PX = 24;

/**
 * The second press of a double press is for what the first one was for. Where the first changed the page, and something else is
 * under the finger now, nobody meant to press that: "Sell 3 tickets" became "€100 in cash", "Refund all" its own confirmation.
 */
export function ignoreStrayPresses(): void {
  let last: { readonly at: number; readonly x: number; readonly y: number; readonly control: Element | null } | null =
    null;
  const press = (event: MouseEvent): void => {
    // By keys or by scripts, a label's click on its box among them: those go where they are sent.
    if (event.detail === 0 || !event.isTrusted) return;
    const { timeStamp: at, clientX: x, clientY: y } = event;
    const control = controlOf(event.composedPath()[0]);
    const near = (event as Partial<PointerEvent>).pointerType === 'mouse' ? MOUSE_PX : FINGER_PX;
    const doubled = last !== null && at - last.at < DOUBLE_MS && Math.hypot(x - last.x, y - last.y) < near;
    if (doubled && last !== null && control !== last.control) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    last = { at, x, y, control };
  };
  addEventListener('click', press, true);
}

/** What is pressed: a label is its box. */
function controlOf(target: EventTarget | undefined): Element | null {
  if (!(target instanceof Element)) return null;
  const control = target.closest('button, a, input, select, textarea, summary, label');
  return control instanceof HTMLLabelElement ? control.control : control;
}
