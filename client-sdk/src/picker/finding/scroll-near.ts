/** Left above, for the focus ring. */
const HEAD_PX = 12;

function scrolledBox(element: HTMLElement): HTMLElement | null {
  let box = element.parentElement;
  while (box !== null) {
    const { overflowY } = getComputedStyle(box);
    if ((overflowY === 'auto' || overflowY === 'scroll') && box.scrollHeight > box.clientHeight) return box;
    box = box.parentElement;
  }
  return null;
}

/** Results grow downwards: their head goes to the head of the scrolled box, and what follows is seen. */
export function scrollToHead(element: HTMLElement): void {
  const box = scrolledBox(element);
  if (box !== null) box.scrollTop += element.getBoundingClientRect().top - box.getBoundingClientRect().top - HEAD_PX;
}

/** Brings a line into its own scrolled box and leaves the page where it is: scrollIntoView would move that, too. */
export function scrollNear(line: HTMLElement): void {
  const box = scrolledBox(line);
  if (box === null) return;
  const own = line.getBoundingClientRect();
  const frame = box.getBoundingClientRect();
  if (own.top < frame.top) box.scrollTop -= frame.top - own.top + own.height;
  else if (own.bottom > frame.bottom) box.scrollTop += own.bottom - frame.bottom + own.height;
}
