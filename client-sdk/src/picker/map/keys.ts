import type { Direction } from './walk.js';

export interface KeyHandlers {
  walk(direction: Direction): void;
  pan(direction: Direction): void;
  zoom(steps: number): void;
  showAll(): void;
  press(): void;
  leave(): void;
}

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

/** Arrows walk from seat to seat, with Shift they move the map; + and − zoom, 0 shows all, Enter or Space presses. */
export function listenToKeys(element: HTMLElement, handlers: KeyHandlers): () => void {
  const act = (event: KeyboardEvent): boolean => {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const direction = ARROWS[event.key];
    if (direction !== undefined) {
      if (event.shiftKey) handlers.pan(direction);
      else handlers.walk(direction);
      return true;
    }
    switch (event.key) {
      case '+':
      case '=':
        handlers.zoom(1);
        return true;
      case '-':
      case '_':
        handlers.zoom(-1);
        return true;
      case '0':
      case 'Home':
        handlers.showAll();
        return true;
      case 'Enter':
      case ' ':
        if (!event.repeat) handlers.press();
        return true;
      case 'Escape':
        handlers.leave();
        return true;
      default:
        return false;
    }
  };
  const listener = (event: KeyboardEvent): void => {
    if (act(event)) event.preventDefault();
  };
  element.addEventListener('keydown', listener);
  return () => element.removeEventListener('keydown', listener);
}
