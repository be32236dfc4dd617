/** Brings a line into its own scrolled box and leaves the page where it is: scrollIntoView would move that, too. */
export function scrollNear(line: HTMLElement): void {
  let box = line.parentElement;
  while (box !== null) {
    const { overflowY } = getComputedStyle(box);
    if ((overflowY === 'auto' || overflowY === 'scroll') && box.scrollHeight > box.clientHeight) break;
    box = box.parentElement;
  }
  if (box === null) return;
  const own = line.getBoundingClientRect();
  const frame = box.getBoundingClientRect();
  if (own.top < frame.top) box.scrollTop -= frame.top - own.top + own.height;
  else if (own.bottom > frame.bottom) box.scrollTop += own.bottom - frame.bottom + own.height;
}
