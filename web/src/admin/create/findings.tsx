import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { ChartPreview } from '@aisle/client/protocol';
import { count, plural } from '../../shared/format.js';
import { sentence } from '../kit/data.js';
import type { Doubt } from './doubts.js';
import { excerptAt, placeOf, type Drawable } from './drawable.js';

const FIRST = 10;

/** Each fault: where in the file, what is wrong, the piece itself, and a way to it on the drawing. */
export function FaultList(props: {
  answer: ChartPreview;
  json: unknown;
  drawable: Drawable | undefined;
  show: (seatNos: readonly number[]) => void;
}): VNode | null {
  const { answer, json, drawable, show } = props;
  const [all, setAll] = useState(false);
  if (answer.faults.length === 0) return null;
  const shown = all ? answer.faults : answer.faults.slice(0, FIRST);
  const total = answer.faultsTotal;
  return (
    <div class="findings" data-tone="bad">
      <ul aria-label="Faults of the chart">
        {shown.map(({ path, message, code }, index) => {
          const place = placeOf(path, drawable);
          const excerpt = excerptAt(json, path);
          return (
            <li key={`${path} ${index}`} class="finding">
              <p>
                <code class="path">{path === '' ? 'the file' : path}</code> {sentence(message)}
                <span class="code-name">{code}</span>
              </p>
              {excerpt === undefined ? null : <code class="excerpt">{excerpt}</code>}
              {place?.kind === 'seat' ? (
                <button type="button" class="button small" onClick={() => show([place.no])}>
                  Show on the drawing
                </button>
              ) : null}
            </li>
          );
        })}
      </ul>
      {shown.length < answer.faults.length ? (
        <button type="button" class="button small" onClick={() => setAll(true)}>
          Show {plural(answer.faults.length - shown.length, 'more fault')}
        </button>
      ) : null}
      {total > answer.faults.length ? (
        <p class="hint">
          {count(total)} in all; the first {count(answer.faults.length)} are listed. They often have one cause.
        </p>
      ) : null}
    </div>
  );
}

export function DoubtList({
  doubts,
  show,
}: {
  doubts: readonly Doubt[];
  show: (seatNos: readonly number[]) => void;
}): VNode | null {
  if (doubts.length === 0) return null;
  return (
    <ul class="findings" data-tone="warn" aria-label="What looks odd">
      {doubts.map(({ kind, message, todo, seatNos }) => (
        <li key={kind} class="finding">
          <p>
            <strong>{message}</strong> {todo}
          </p>
          <button type="button" class="button small" onClick={() => show(seatNos.slice(0, 1))}>
            Show the first on the drawing
          </button>
        </li>
      ))}
    </ul>
  );
}
