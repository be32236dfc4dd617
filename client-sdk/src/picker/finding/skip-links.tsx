import type { VNode } from 'preact';

export interface SkipLink {
  readonly label: string;
  /** Brings what it names into view and puts the focus there. */
  readonly go: () => void;
}

interface SkipLinksProps {
  readonly label: string;
  readonly links: readonly SkipLink[];
  /** The focus leaves one of them. */
  readonly onLeave: () => void;
}

/** Seen when the keyboard comes to them. Buttons: a link's target would have to be outside of the shadow root. */
export function SkipLinks({ label, links, onLeave }: SkipLinksProps): VNode {
  return (
    <nav class="f-skip" aria-label={label} onFocusOut={onLeave}>
      {links.map((link) => (
        <button key={link.label} type="button" class="button" onClick={link.go}>
          {link.label}
        </button>
      ))}
    </nav>
  );
}
