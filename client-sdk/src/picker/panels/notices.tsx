import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { PanelsMessages } from '../messages/en/panels.js';
import type { Link } from '../model.js';
import { usePicker, usePickerState } from './context.js';

/** A cut shorter than this is not worth a word: most reconnect before anybody could act on it. */
const QUIET_CUT_MS = 600;
const TONES: Readonly<Record<Link, string>> = {
  connecting: 'warn',
  live: 'good',
  polling: 'warn',
  stale: 'warn',
  offline: 'bad',
  refused: 'bad',
};

/** Where the link stands, with short cuts left out. */
export function useSteadyLink(): Link {
  const { link } = usePickerState();
  const [shown, setShown] = useState<Link>(link);
  useEffect(() => {
    if (link === shown) return;
    if (link === 'live' || link === 'refused') return setShown(link);
    const timer = setTimeout(() => setShown(link), QUIET_CUT_MS);
    return () => clearTimeout(timer);
  }, [link, shown]);
  return link === 'live' ? link : shown;
}

/** Says whether what is on screen is live. */
export function LinkBadge({ link }: { link: Link }): VNode {
  const { words } = usePicker();
  return (
    <p class="badge" part="status" role="status" data-tone={TONES[link]} data-link={link}>
      <span>{words.link[link]}</span>
    </p>
  );
}

/** Said over the map while holds are not possible, or while what is shown may be old. */
export function Notices({ link }: { link: Link }): VNode {
  const { words } = usePicker();
  const { status } = usePickerState();
  const event = statusNotice(words, status);
  const wire = link === 'live' || link === 'connecting' ? undefined : words.linkNotice[link];
  return (
    <div class="notices" role="status">
      {event !== undefined && (
        <p class="notice" part="notice" data-kind="event" data-tone={status === 'cancelled' ? 'bad' : 'warn'}>
          {event}
        </p>
      )}
      {wire !== undefined && (
        <p class="notice" part="notice" data-kind="link" data-tone={TONES[link]}>
          {wire}
        </p>
      )}
    </div>
  );
}

/** A status that this build does not know is treated as not on sale. */
function statusNotice(words: PanelsMessages, status: string): string | undefined {
  if (status === 'on_sale') return undefined;
  return Object.hasOwn(words.status, status) ? words.status[status as keyof typeof words.status] : words.notOnSale;
}
