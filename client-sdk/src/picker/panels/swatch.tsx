import type { VNode } from 'preact';
import { usePicker } from './context.js';

/** A category's colour, as the map draws it. */
export function Swatch({ category }: { category: string }): VNode {
  const { model, colours } = usePicker();
  const position = model.chart.categories.findIndex(({ key }) => key === category);
  return <span class="swatch" aria-hidden="true" style={{ '--swatch': colours[Math.max(position, 0)] }} />;
}
