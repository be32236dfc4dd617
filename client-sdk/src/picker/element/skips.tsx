import type { RefObject, VNode } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import { SkipLinks, type SkipLink } from '../finding/index.js';
import { usePicker, usePickerState } from '../panels/context.js';
import type { AwaitedExtras } from './later-extras.js';
import type { SheetPart } from './sheet.js';
import type { Shown } from './stage.js';

interface SkipsProps {
  readonly root: RefObject<HTMLElement>;
  readonly mode: 'buy' | 'select';
  readonly extras: AwaitedExtras;
  readonly setShown: (shown: Shown) => void;
  readonly setFiltering: (open: boolean) => void;
  readonly setSheet: (part: SheetPart | null) => void;
}

/** The ways through the picker for the keyboard: each opens what it names and puts the focus there. */
export function Skips({ root, mode, extras, setShown, setFiltering, setSheet }: SkipsProps): VNode {
  const words = usePicker().language.messages.finding.keys;
  const { basket } = usePickerState();
  const [target, setTarget] = useState<string | null>(null);
  useLayoutEffect(() => {
    if (target === null) return;
    const found = root.current?.querySelector<HTMLElement>(target);
    // What is still loading is gone to when it is there; unless the focus has gone elsewhere by then.
    found?.focus();
    if (found != null) setTarget(null);
  }, [target, root, extras.part]);
  const link = (label: string, selector: string, open: () => void): SkipLink => ({
    label,
    go: () => {
      open();
      setTarget(selector);
    },
  });
  const buying = [
    link(words.basket, '#yours', () => setSheet('yours')),
    ...(basket.lines.length === 0 ? [] : [link(words.checkout, '[data-key=checkout]', () => setSheet('yours'))]),
  ];
  const links = [
    link(words.map, 'canvas.map', () => setShown('map')),
    link(words.list, '[role=treeitem][tabindex="0"]', () => setShown('list')),
    link(words.filter, '#filters button, #filters select', () => setFiltering(true)),
    ...(mode === 'buy' ? buying : []),
  ];
  return <SkipLinks label={words.skip} links={links} onLeave={() => setTarget(null)} />;
}
