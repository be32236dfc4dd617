import type { ChartArea } from '@aisle/client/protocol';
import type { VNode } from 'preact';
import { count } from '../shared/format.js';
import { useBoard, useDesk } from './desk.js';

export type AreaPicks = ReadonlyMap<string, number>;
export const areasOf = (picks: AreaPicks): { id: string; quantity: number }[] =>
  [...picks].flatMap(([id, quantity]) => (quantity > 0 ? [{ id, quantity }] : []));

/** Standing areas by quantity. `most`: how many of an area can be asked for. */
export function AreaSteppers(props: {
  picks: AreaPicks;
  onPick: (picks: AreaPicks) => void;
  most?: (area: ChartArea, areaNo: number) => number;
  word?: string;
}): VNode | null {
  const { chart } = useDesk();
  const { areas } = useBoard();
  if (chart.areas.length === 0) return null;
  const free = (_: ChartArea, areaNo: number): number => areas[areaNo]?.available ?? 0;
  const most = props.most ?? free;
  return (
    <ul class="area-steppers" aria-label="Areas">
      {chart.areas.map((area, areaNo) => (
        <AreaStepper
          key={area.id}
          area={area}
          most={most(area, areaNo)}
          word={props.word ?? 'free'}
          quantity={props.picks.get(area.id) ?? 0}
          onQuantity={(quantity) => props.onPick(new Map([...props.picks, [area.id, quantity]]))}
        />
      ))}
    </ul>
  );
}

function AreaStepper(props: {
  area: ChartArea;
  quantity: number;
  most: number;
  word: string;
  onQuantity: (quantity: number) => void;
}): VNode {
  const { area, quantity, most, word } = props;
  const set = (wanted: number): void => props.onQuantity(Math.max(0, Math.min(wanted, most)));
  return (
    <li class="area-stepper">
      <span class="area-name">
        <strong>{area.label}</strong>
        <small>
          {count(most)} {word}
        </small>
      </span>
      <button
        type="button"
        class="button step"
        aria-label={`One fewer: ${area.label}`}
        disabled={quantity === 0}
        onClick={() => set(quantity - 1)}
      >
        −
      </button>
      <input
        class="step-number"
        type="number"
        inputMode="numeric"
        min={0}
        max={most}
        aria-label={`Places: ${area.label}`}
        value={String(quantity)}
        onInput={({ currentTarget: { valueAsNumber } }) => set(Number.isInteger(valueAsNumber) ? valueAsNumber : 0)}
      />
      <button
        type="button"
        class="button step"
        aria-label={`One more: ${area.label}`}
        disabled={quantity >= most}
        onClick={() => set(quantity + 1)}
      >
        +
      </button>
    </li>
  );
}
