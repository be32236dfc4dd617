import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { PickerModel } from '../model.js';
import { NO_FILTER } from './filter-facts.js';
import type { FindingProps } from './props.js';
import { useModel } from './use-model.js';

export interface QuickNeedsProps extends FindingProps {
  /** The map is what is shown: it turns to the places. In the list they are left alone. */
  readonly onMap: boolean;
}

/** Wheelchair places in one press: seen on the map, alone in the list. Pressed again, all seats are back. */
export function QuickNeeds(props: QuickNeedsProps): VNode | null {
  const { model, language } = props;
  const words = language.messages.finding.filter;
  useModel(model, false);
  const has = useMemo(() => model.chart.seats.some(({ accessible }) => accessible === true), [model]);
  if (!has) return null;
  const on = model.state.filter.accessible;
  return (
    <button
      type="button"
      class="button f-quick"
      aria-pressed={on}
      title={words.accessible}
      onClick={() => press(props)}
    >
      <svg class="icon" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
        <circle cx="10.5" cy="4" r="1.5" />
        <path d="M10.5 8v6H16l2.5 5M10.5 10.5H15M8 11.5a5 5 0 1 0 6.5 7" />
      </svg>
      <span>{words.accessible}</span>
    </button>
  );
}

function press({ model, ways, language, say, onMap }: QuickNeedsProps): void {
  const words = language.messages.finding.filter;
  if (model.state.filter.accessible) {
    model.setFilter(NO_FILTER);
    return say(words.all);
  }
  model.setFilter({ ...NO_FILTER, accessible: true });
  const free = freeWheelchairPlaces(model);
  say(words.accessibleShown(free.length));
  if (onMap && free.length > 0) ways.showSeats(free);
}

function freeWheelchairPlaces(model: PickerModel): number[] {
  const found: number[] = [];
  model.chart.seats.forEach(({ accessible }, seatNo) => {
    if (accessible === true && model.standing(seatNo) === 'free') found.push(seatNo);
  });
  return found;
}
