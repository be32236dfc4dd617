import type { VNode } from 'preact';
import { inkOn } from '../map/css-colours.js';
import { categoryLetter } from '../map/category-letter.js';
import { usePicker } from './context.js';

/** A category's colour and letter, as the map draws them: the letter tells it apart where colours do not. */
export function Swatch({ category }: { category: string }): VNode {
  const { model, colours } = usePicker();
  const position = model.chart.categories.findIndex(({ key }) => key === category);
  const colour = colours[Math.max(position, 0)];
  return (
    <span class="swatch" aria-hidden="true" style={{ '--swatch': colour, color: colour && inkOn(colour) }}>
      {model.chart.categories.length > 1 && position !== -1 && categoryLetter(position)}
    </span>
  );
}
