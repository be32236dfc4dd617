import type { ComponentChildren, VNode } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import { isFiltered, QuickNeeds, type FindingProps } from '../finding/index.js';
import { Coming } from '../coming.js';
import type { ChartView } from '../map/chart-view.js';
import { usePicker, usePickerState } from '../panels/context.js';
import { Icon } from '../panels/icons.js';
import { LinkBadge, Notices, useSteadyLink } from '../panels/notices.js';
import { Swatch } from '../panels/swatch.js';
import type { AwaitedExtras } from './later-extras.js';

export type Shown = 'map' | 'list';

interface StageProps {
  readonly shown: Shown;
  readonly filtering: boolean;
  readonly finding: FindingProps;
  readonly extras: AwaitedExtras;
  readonly onShown: (shown: Shown) => void;
  readonly onFiltering: (open: boolean) => void;
  readonly children: (stale: boolean) => ComponentChildren;
}

/** The toolbar, and under it the map or the list with what is to be known about both. */
export function Stage(props: StageProps): VNode {
  const { shown, filtering, finding, extras, onFiltering } = props;
  const Filters = extras.part?.Filters;
  const { words } = usePicker();
  const { filter } = usePickerState();
  const link = useSteadyLink();
  const button = useRef<HTMLButtonElement>(null);
  const choice = (name: Shown, text: string): VNode => (
    <button type="button" aria-pressed={shown === name} data-shows={name} onClick={() => props.onShown(name)}>
      <Icon name={name} size={18} />
      {text}
    </button>
  );
  const closeByKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    onFiltering(false);
    button.current?.focus();
  };
  return (
    <div class="stage">
      <div class="toolbar" part="toolbar">
        <div class="switch" role="group" aria-label={words.view}>
          {choice('map', words.map)}
          {choice('list', words.list)}
        </div>
        <button
          type="button"
          class="button small filter-button"
          ref={button}
          aria-expanded={filtering}
          aria-controls="filters"
          data-active={isFiltered(filter) || undefined}
          onClick={() => onFiltering(!filtering)}
        >
          <Icon name="filter" size={18} />
          <span>{words.filters}</span>
        </button>
        <QuickNeeds {...finding} onMap={shown === 'map'} />
        <LinkBadge link={link} />
      </div>
      <div class="view">
        {props.children(link === 'stale' || link === 'offline')}
        <Notices link={link} />
        <div class="filters" id="filters" part="filters" hidden={!filtering} onKeyDown={closeByKey}>
          {filtering && Filters === undefined && <Coming awaited={extras} {...finding} />}
          {filtering && Filters !== undefined && (
            <Filters {...finding} swatch={(category) => <Swatch category={category} />} />
          )}
        </div>
      </div>
    </div>
  );
}

interface ListPaneProps {
  readonly finding: FindingProps;
  readonly extras: AwaitedExtras;
  readonly view: { readonly current: ChartView | null };
  readonly cursor: number | undefined;
  readonly onSection: (position: number) => void;
}

/** The list in place of the map, which follows behind it. */
export function ListPane({ finding, extras, view, cursor, onSection }: ListPaneProps): VNode {
  const words = finding.language.messages.finding;
  const inStep: FindingProps = useMemo(
    () => ({ ...finding, ways: { ...finding.ways, showSeats: (seatNos) => view.current?.showSeats(seatNos) } }),
    [finding, view],
  );
  return (
    <div class="pane list-pane" part="list">
      <h2 class="unseen">{words.list.title}</h2>
      {extras.part === undefined ? (
        <Coming awaited={extras} {...finding} />
      ) : (
        <>
          <extras.part.SeatList {...inStep} cursor={cursor} onSection={onSection} />
          <extras.part.KeysHelp words={words.keys} />
        </>
      )}
    </div>
  );
}
