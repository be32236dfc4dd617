import { useEffect, useRef } from 'preact/hooks';
import { keep, readKept } from './kept.js';

export type Shortcuts = Readonly<Record<string, () => void>>;

/** Keys that write: they belong to whoever types, wherever the focus is in something to type into. */
const isPlain = (key: string): boolean => key.length === 1;
const takesText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName));

/** Single letters and digits as shortcuts can be switched off (WCAG 2.1.4): speech input and slips of the hand press them. */
export const singleKeysOn = (): boolean => readKept('local', 'single-keys') !== 'off';
export const setSingleKeys = (on: boolean): void => keep('local', 'single-keys', on ? null : 'off');

/** While the component is there, and no dialog is open above it. The last one that was put on wins. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => listen(() => latest.current), []);
}

const stack: (() => Shortcuts)[] = [];
let listening = false;

function listen(shortcuts: () => Shortcuts): () => void {
  stack.push(shortcuts);
  if (!listening) document.addEventListener('keydown', press);
  listening = true;
  return () => void stack.splice(stack.indexOf(shortcuts), 1);
}

function press(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = isPlain(event.key) ? event.key.toLowerCase() : event.key;
  if (document.querySelector('dialog[open]') !== null) return;
  if (isPlain(key) && (!singleKeysOn() || takesText(event.target))) return;
  if (key === 'Escape' && takesText(event.target)) return;
  for (const shortcuts of [...stack].reverse()) {
    const act = shortcuts()[key];
    if (act === undefined) continue;
    event.preventDefault();
    act();
    return;
  }
}
