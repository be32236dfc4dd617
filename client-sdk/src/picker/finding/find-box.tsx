import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Coming, useLater } from '../coming.js';
import type { Later } from '../later.js';
import type * as Lists from './lists.js';
import type { FindingProps } from './props.js';

interface FindBoxProps extends FindingProps {
  readonly lists: Pick<Later<typeof Lists>, 'load' | 'value'>;
}

/** The way to a seat by its name: type what the ticket would say, then hold it or let it go. */
export function FindBox({ lists, ...props }: FindBoxProps): VNode {
  const words = props.language.messages.finding.find;
  const [text, setText] = useState('');
  const box = useRef<HTMLElement>(null);
  const isEmpty = text.trim() === '';
  const awaited = useLater(lists, !isEmpty);
  const Results = awaited.part?.FindResults;
  const showFirst = ({ seatSearch }: typeof Lists): void => {
    const [first] = seatSearch(props).find(text, 1).seatNos;
    if (first !== undefined) props.ways.showSeats([first]);
  };
  return (
    <search class="f-find" ref={box}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          // A failure is said below.
          lists.load().then(showFirst, () => undefined);
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
      {isEmpty ? null : Results === undefined ? (
        <Coming awaited={awaited} {...props} />
      ) : (
        <Results {...props} text={text} box={box} />
      )}
    </search>
  );
}
