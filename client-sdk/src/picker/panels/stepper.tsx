import type { TargetedEvent, VNode } from 'preact';
import { usePicker } from './context.js';
import { Icon } from './icons.js';

interface StepperProps {
  readonly label: string;
  readonly value: number;
  readonly min?: number;
  readonly max: number;
  readonly onValue: (value: number) => void;
}

/** A number between two buttons; the number can be typed too. */
export function Stepper({ label, value, min = 1, max, onValue }: StepperProps): VNode {
  const { words } = usePicker();
  const set = (next: number): void =>
    onValue(Math.min(Math.max(Number.isFinite(next) ? Math.round(next) : min, min), Math.max(max, min)));
  const typed = ({ currentTarget }: TargetedEvent<HTMLInputElement>): void => {
    set(currentTarget.valueAsNumber);
    // What was typed may be out of bounds, and the same value as before: then nothing is drawn anew.
    currentTarget.value = String(Math.min(Math.max(currentTarget.valueAsNumber || min, min), Math.max(max, min)));
  };
  return (
    <span class="stepper">
      <button
        type="button"
        tabIndex={-1}
        aria-label={words.oneLess(label)}
        disabled={value <= min}
        onClick={() => set(value - 1)}
      >
        <Icon name="minus" size={18} />
      </button>
      <input
        type="number"
        inputMode="numeric"
        step="1"
        min={min}
        max={max}
        aria-label={label}
        value={value}
        onChange={typed}
      />
      <button
        type="button"
        tabIndex={-1}
        aria-label={words.oneMore(label)}
        disabled={value >= max}
        onClick={() => set(value + 1)}
      >
        <Icon name="plus" size={18} />
      </button>
    </span>
  );
}
