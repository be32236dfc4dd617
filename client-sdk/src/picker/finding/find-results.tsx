import type { RefObject, VNode } from 'preact';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import type { Chart } from '../../protocol/chart.js';
import { StandingMark } from './marks.js';
import type { FindingProps } from './props.js';
import { scrollToHead } from './scroll-near.js';
import { SeatSearch, type Found } from './seat-search.js';
import { useModel } from './use-model.js';

const RESULTS = 8;
/** After the last key: who types fast is not interrupted by results, nor by their number being read. */
const TYPING_PAUSE_MS = 200;

/** By chart, and by the words that name nothing in the language: made when first used. */
const searches = new WeakMap<Chart, { readonly fillers: readonly string[]; readonly search: SeatSearch }>();
export function seatSearch({ model: { chart }, language }: FindingProps): SeatSearch {
  const { fillers } = language.messages.finding.find;
  const known = searches.get(chart);
  if (known?.fillers === fillers) return known.search;
  const search = new SeatSearch(chart, fillers);
  searches.set(chart, { fillers, search });
  return search;
}

interface FindResultsProps extends FindingProps {
  /** What is typed; something. */
  readonly text: string;
  /** Comes to the head of what is scrolled, with what is found below it. */
  readonly box: RefObject<HTMLElement>;
}

/** What the typed text finds, to be held or let go. */
export function FindResults({ text, box, ...props }: FindResultsProps): VNode | null {
  const { model, language, say } = props;
  const words = language.messages.finding.find;
  const [found, setFound] = useState<Found | null>(null);
  useModel(model, found !== null && found.seatNos.length > 0);
  useEffect(() => {
    const timer = setTimeout(() => {
      const next = seatSearch(props).find(text, RESULTS);
      const { total, seatNos } = next;
      setFound(next);
      if (total === 0) say(words.none);
      else say(total > seatNos.length ? words.foundMore(total, seatNos.length) : words.found(total));
    }, TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, model, words, say]);
  useLayoutEffect(() => {
    if (found !== null && found.seatNos.length > 0 && box.current !== null) scrollToHead(box.current);
  }, [found, box]);
  if (found === null) return null;
  const { seatNos, total } = found;
  if (total === 0) return <p class="quiet">{words.none}</p>;
  return (
    <>
      <ul class="f-results">
        {seatNos.map((seatNo) => (
          <Result key={seatNo} seatNo={seatNo} {...props} />
        ))}
      </ul>
      {total > seatNos.length ? <p class="quiet">{words.more(total - seatNos.length)}</p> : null}
    </>
  );
}

function Result({ model, language, names, ways, seatNo }: FindingProps & { readonly seatNo: number }): VNode {
  const words = language.messages.finding.find;
  const name = names.seat(seatNo);
  const standing = model.state.selection.has(seatNo) ? 'mine' : model.standing(seatNo);
  const mine = standing === 'mine';
  const category = model.chart.seats[seatNo]?.category ?? '';
  const price = language.price(model.event.prices[category], model.event.currency);
  const said = language.messages.places.standing[standing];
  // One that cannot be had keeps its button, and says why when pressed: a disabled one would lose the keyboard's place.
  const usable = mine || standing === 'free' || standing === 'taking';
  return (
    <li class={`f-is-${standing}`}>
      <StandingMark standing={standing} />
      <span class="f-name">
        <bdi>{name.title}</bdi>
        <small>{[name.detail, price, said].filter((part) => part !== '').join(' · ')}</small>
      </span>
      <button
        type="button"
        class="button f-show"
        title={words.show}
        aria-label={words.showSeat(name.spoken)}
        onClick={() => ways.showSeats([seatNo])}
      >
        <svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
          <path d="M12 21s-6.5-5.8-6.5-11a6.5 6.5 0 0 1 13 0c0 5.2-6.5 11-6.5 11z" />
          <circle cx="12" cy="10" r="2.5" />
        </svg>
      </button>
      <button
        type="button"
        class={mine ? 'button' : 'button primary'}
        aria-label={mine ? words.releaseSeat(name.spoken) : words.holdSeat(name.spoken)}
        aria-disabled={!usable}
        onClick={() => model.press(seatNo)}
      >
        {mine ? words.release : words.hold}
      </button>
    </li>
  );
}
