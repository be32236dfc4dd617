import type { VNode } from 'preact';
import type { LineText } from './line-facts.js';

/** How a seat stands, told apart by form as on the map: disc free, tick yours, dashes on the way, cross taken, bar not for sale. */
export function StandingMark({ standing }: { readonly standing: LineText['standing'] }): VNode {
  return (
    <svg class="f-mark" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      {form(standing)}
    </svg>
  );
}

function form(standing: LineText['standing']): VNode {
  switch (standing) {
    case 'free':
      return <circle cx="10" cy="10" r="7" class="f-full" />;
    case 'mine':
      return (
        <>
          <circle cx="10" cy="10" r="9" class="f-full" />
          <path d="M5.5 10.5l3 3 6-6.5" class="f-tick" />
        </>
      );
    case 'taking':
      return <circle cx="10" cy="10" r="7" class="f-edge" stroke-dasharray="4 3" />;
    case 'held':
    case 'reserved':
      return (
        <>
          <circle cx="10" cy="10" r="7" class="f-edge" />
          <path d="M10 3a7 7 0 0 0 0 14z" class="f-full" />
        </>
      );
    case 'sold':
    case 'full':
      return <path d="M5 5l10 10M15 5L5 15" class="f-edge" />;
    case 'blocked':
      return <path d="M4 10h12" class="f-edge" />;
    case 'open':
      return <circle cx="10" cy="10" r="7" class="f-edge" />;
  }
}
