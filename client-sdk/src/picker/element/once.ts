/** What begins something at each press, or moves what lies below it. Steppers and the map's tools are meant to be pressed fast. */
const ONCE = '.basket, .f-line, .f-results, .areas .button, .wide';

/** For clicks on their way down: keeps the second half of a double press from undoing the first, and from what has come to lie there. */
export function pressOnce(event: MouseEvent): void {
  if (event.detail < 2 || (event.target as Element).closest(ONCE) === null) return;
  event.stopPropagation();
  event.preventDefault();
}
