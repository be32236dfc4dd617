import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { PickerModel } from '../model.js';
import { NO_FILTER } from './filter-facts.js';
import type { FindingProps } from './props.js';
import { useModel } from './use-model.js';

type Need = 'accessible' | 'companion';

/** Wheelchair places and companion seats in one press: marked on the map, alone in the list; pressed again, all are back. */
export function QuickNeeds(props: FindingProps): VNode | null {
  const { model } = props;
  useModel(model, false);
  const needs = useMemo(
    () =>
      (['accessible', 'companion'] as const).filter((need) => model.chart.seats.some((seat) => seat[need] === true)),
    [model],
  );
  if (needs.length === 0) return null;
  return (
    <div class="f-needs">
      {needs.map((need) => (
        <button
          key={need}
          type="button"
          class="f-chip"
          aria-pressed={model.state.filter[need]}
          onClick={() => press(need, props)}
        >
          {need === 'accessible' ? <Wheelchair /> : <Companion />}
          <span>{props.language.messages.finding.filter[need]}</span>
        </button>
      ))}
    </div>
  );
}

function press(need: Need, { model, ways, language, say }: FindingProps): void {
  const words = language.messages.finding.filter;
  if (model.state.filter[need]) {
    model.setFilter({ [need]: false });
    say(words.reset);
    return;
  }
  model.setFilter({ ...NO_FILTER, [need]: true });
  const free = freeOnes(model, need);
  say(need === 'accessible' ? words.accessibleShown(free.length) : words.companionShown(free.length));
  if (free.length > 0) ways.showSeats(free);
}

function freeOnes(model: PickerModel, need: Need): number[] {
  const found: number[] = [];
  model.chart.seats.forEach((seat, seatNo) => {
    if (seat[need] === true && model.standing(seatNo) === 'free') found.push(seatNo);
  });
  return found;
}

const Wheelchair = (): VNode => (
  <svg class="f-icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
    <circle cx="10" cy="4" r="2" />
    <path d="M10 8v6h6l3 5M10 10.5h5M8 11.5a5 5 0 1 0 6.5 7" />
  </svg>
);
const Companion = (): VNode => (
  <svg class="f-icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
    <circle cx="8" cy="7" r="3" />
    <circle cx="17" cy="8" r="2.5" />
    <path d="M2.500 19c0-4 2.500-6 5.500-6s5.500 2 5.500 6M15 13.500c3.500-1 6.500 1.500 6.500 5.500" />
  </svg>
);
