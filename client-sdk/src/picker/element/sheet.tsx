import type { ComponentChildren, VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { FirstClock } from '../panels/basket.js';
import { usePicker, usePickerState } from '../panels/context.js';
import { Icon } from '../panels/icons.js';

export type SheetPart = 'choose' | 'yours';

interface SheetProps {
  readonly open: SheetPart | null;
  readonly choose: ComponentChildren;
  readonly yours: ComponentChildren;
  readonly onOpen: (part: SheetPart | null) => void;
}

/**
 * The panels. Where there is room they stand beside the map, both at once. On a phone each is a sheet over the map's foot, opened
 * by its button in the bar; which of the two it is, is decided by the element's own width, in the styles.
 */
export function Sheet({ open, choose, yours, onOpen }: SheetProps): VNode {
  const { words, model, language } = usePicker();
  const { basket } = usePickerState();
  const bar = useRef<HTMLDivElement>(null);
  const toggle = (part: SheetPart): void => onOpen(open === part ? null : part);
  const closeByKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || open === null) return;
    event.stopPropagation();
    bar.current?.querySelector<HTMLElement>(`[data-part="${open}"]`)?.focus();
    onOpen(null);
  };
  const total = language.money(basket.totalMinor, model.event.currency);
  const summary = basket.places === 0 ? words.yours : words.summary(basket.places, total);
  return (
    <aside class="side" part="panel" data-open={open ?? undefined} onKeyDown={closeByKey}>
      <div class="choose" id="choose">
        {choose}
      </div>
      <div class="yours" id="yours-panel">
        {yours}
      </div>
      <div class="bar" part="bar" ref={bar}>
        <button
          type="button"
          data-part="choose"
          aria-expanded={open === 'choose'}
          aria-controls="choose"
          onClick={() => toggle('choose')}
        >
          {words.chooseShort}
        </button>
        <button
          type="button"
          class="summary"
          data-part="yours"
          aria-expanded={open === 'yours'}
          aria-controls="yours-panel"
          onClick={() => toggle('yours')}
        >
          <span>{summary}</span>
          <FirstClock />
          <Icon name="up" />
        </button>
      </div>
    </aside>
  );
}
