import { make } from '../shared/dom.js';

export interface Stepper {
  readonly element: HTMLElement;
  readonly value: number;
  /** Also brings the value into the bounds. */
  bound(min: number, max: number): void;
}

/** A number between two buttons; the number can be typed too. */
export function stepper(label: string, start: number, min: number, max: number): Stepper {
  const input = make('input', { type: 'number', inputmode: 'numeric', step: '1', 'aria-label': label });
  const less = make('button', { type: 'button', 'aria-label': `${label}: one less`, tabindex: '-1' }, '−');
  const more = make('button', { type: 'button', 'aria-label': `${label}: one more`, tabindex: '-1' }, '+');
  let bounds = { min, max };
  let value = start;
  const set = (next: number): void => {
    value = Math.min(Math.max(Number.isFinite(next) ? Math.round(next) : bounds.min, bounds.min), bounds.max);
    input.value = String(value);
    input.min = String(bounds.min);
    input.max = String(bounds.max);
    less.disabled = value <= bounds.min;
    more.disabled = value >= bounds.max;
  };
  less.addEventListener('click', () => set(value - 1));
  more.addEventListener('click', () => set(value + 1));
  input.addEventListener('change', () => set(input.valueAsNumber));
  set(start);
  return {
    element: make('div', { class: 'stepper' }, less, input, more),
    get value() {
      // A number typed but not left yet.
      set(input.valueAsNumber);
      return value;
    },
    bound(low, high) {
      bounds = { min: low, max: Math.max(low, high) };
      set(value);
    },
  };
}
