import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { StandingMark } from './marks.js';
import type { FindingProps } from './props.js';
import { scrollToHead } from './scroll-near.js';
import { SeatSearch, type Found } from './seat-search.js';
import { useModel } from './use-model.js';

const RESULTS = 8;
/** After the last key: who types fast is not interrupted by results, nor by their number being read. */
const TYPING_PAUSE_MS = 200;
const NOTHING: Found = { seatNos: [], total: 0 };

/** The way to a seat by its name: type what the ticket would say, then hold it or let it go. */
export function FindBox(props: FindingProps): VNode {
  const { model, language, say } = props;
  const words = language.messages.finding.find;
  const [text, setText] = useState('');
  const [found, setFound] = useState(NOTHING);
  const box = useRef<HTMLElement>(null);
  const search = useRef<SeatSearch | null>(null);
  useMemo(() => (search.current = null), [model.chart, words]);
  useModel(model, found.seatNos.length > 0);

  const find = (): Found => {
    // Made when first used: nobody waits for it who does not search.
    search.current ??= new SeatSearch(model.chart, words.fillers);
    const next = search.current.find(text, RESULTS);
    setFound(next);
    return next;
  };
  const isEmpty = text.trim() === '';
  useEffect(() => {
    if (isEmpty) return setFound(NOTHING);
    const timer = setTimeout(() => {
      const { total, seatNos } = find();
      if (total === 0) say(words.none);
      else say(total > seatNos.length ? words.foundMore(total, seatNos.length) : words.found(total));
    }, TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
    // `find` is another one each time and reads nothing but what is listed.
  }, [text, isEmpty, model, words, say]);

  useLayoutEffect(() => {
    if (found.seatNos.length > 0 && box.current !== null) scrollToHead(box.current);
  }, [found]);

  return (
    <search class="f-find" ref={box}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const [first] = isEmpty ? [] : find().seatNos;
          if (first !== undefined) props.ways.showSeats([first]);
        }}
      >
        <label class="field">
          <span>{words.label}</span>
          <input
            type="search"
            value={text}
            placeholder={words.placeholder}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            enterkeyhint="search"
            maxLength={200}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
      </form>
      {!isEmpty && found.seatNos.length > 0 ? (
        <ul class="f-results">
          {found.seatNos.map((seatNo) => (
            <Result key={seatNo} seatNo={seatNo} {...props} />
          ))}
        </ul>
      ) : null}
      {!isEmpty && found.total > found.seatNos.length ? (
        <p class="quiet">{words.more(found.total - found.seatNos.length)}</p>
      ) : null}
      {!isEmpty && found.total === 0 ? <p class="quiet">{words.none}</p> : null}
    </search>
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
