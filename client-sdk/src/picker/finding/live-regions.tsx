import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { FindingMessages } from '../messages/en/finding.js';
import type { Announcer, AnnouncerState, Spoken } from './announcer.js';

function useAnnouncer(announcer: Announcer): AnnouncerState {
  const [state, setState] = useState(announcer.state);
  useEffect(() => {
    setState(announcer.state);
    return announcer.subscribe(() => setState(announcer.state));
  }, [announcer]);
  return state;
}

/** Seen by screen readers alone. There from the beginning: a region that comes with its words is not read. */
export function LiveRegions({ announcer }: { readonly announcer: Announcer }): VNode {
  const { polite, urgent } = useAnnouncer(announcer);
  return (
    <div class="unseen">
      <div role="status" aria-live="polite" aria-atomic="true" class="f-polite">
        {words(polite)}
      </div>
      <div role="alert" aria-live="assertive" aria-atomic="true" class="f-urgent">
        {words(urgent)}
      </div>
    </div>
  );
}

/** A new element each time: the same words again are a change, too. */
const words = ({ key, text }: Spoken): VNode => <span key={key}>{text}</span>;

export interface ToastsProps {
  readonly announcer: Announcer;
  readonly words: FindingMessages['say'];
}

/** Messages that are shown for some seconds. Not a live region: LiveRegions reads them. */
export function Toasts({ announcer, words: { dismiss } }: ToastsProps): VNode {
  const { toasts } = useAnnouncer(announcer);
  return (
    <div
      class="f-toasts"
      onPointerEnter={() => announcer.pause()}
      onPointerLeave={() => announcer.resume()}
      onFocusIn={() => announcer.pause()}
      onFocusOut={() => announcer.resume()}
    >
      {toasts.map(({ key, told }) => (
        <div key={key} class="f-toast" part="toast" data-tone={told.tone}>
          <p>
            {told.text}
            {told.more === undefined ? null : <small>{told.more}</small>}
          </p>
          <button type="button" class="icon-button" aria-label={dismiss} onClick={() => announcer.dismiss(key)}>
            <svg class="icon" viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
              <path d="M5 5l10 10M15 5L5 15" />
            </svg>
          </button>
        </div>
      ))}
    </div>
  );
}
