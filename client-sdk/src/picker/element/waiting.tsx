import type { VNode } from 'preact';
import type { AisleError } from '../../protocol/errors.js';
import type { PanelsMessages } from '../messages/en/panels.js';

/** Said before any catalogue is there, or when none can be loaded. */
const PLAIN = { loading: '', failed: 'The seat map could not be shown.', tryAgain: 'Try again' };
type Words = Pick<PanelsMessages, keyof typeof PLAIN>;

interface WaitingProps {
  readonly words: Words | undefined;
  readonly direction: 'ltr' | 'rtl';
  readonly mode: 'buy' | 'select';
  readonly error: AisleError | undefined;
  readonly onAgain: () => void;
}

/** The picker's shape while it loads, so that nothing moves when it is there; and what went wrong if it is not. */
export function Waiting({ words = PLAIN, direction, mode, error, onAgain }: WaitingProps): VNode {
  return (
    <div class="frame" part="frame" dir={direction} data-mode={mode} aria-busy={error === undefined}>
      <div class="stage">
        <div class="toolbar" part="toolbar" />
        <div class="view">
          <div class="pane map-pane waiting" part="map">
            {error === undefined ? (
              <p role="status">{words.loading}</p>
            ) : (
              <Failure words={words} error={error} onAgain={onAgain} />
            )}
          </div>
        </div>
      </div>
      {mode === 'buy' && (
        <aside class="side" part="panel">
          <div class="choose" />
          <div class="yours" />
          <div class="bar" />
        </aside>
      )}
    </div>
  );
}

/** What asking once more cannot mend. */
const FOR_GOOD = new Set(['EVENT_NOT_FOUND', 'INVALID_REQUEST', 'FORBIDDEN']);

function Failure({ words, error, onAgain }: { words: Words; error: AisleError; onAgain: () => void }): VNode {
  return (
    <div class="failure" part="failure" role="alert">
      <strong>{words.failed}</strong>
      <p>
        {error.message} {error.remediation}
      </p>
      {!FOR_GOOD.has(error.code) && (
        <button type="button" class="button primary" onClick={onAgain}>
          {words.tryAgain}
        </button>
      )}
    </div>
  );
}
