/** The element of that id, of that kind; a page without it is a mistake in the page. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`The page has no ${kind.name} #${id}.`);
  return element;
}

type Child = Node | string | undefined;
type Attributes = Readonly<Record<string, string | boolean | undefined>>;

/** Makes an element. Text goes in as text, never as markup: names of events and seats are other people's words. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** A button that says what it does; `label` where its text alone does not. */
export function button(text: string, className: string, act: () => void, label?: string): HTMLButtonElement {
  const element = make('button', { type: 'button', class: className, 'aria-label': label }, text);
  element.addEventListener('click', act);
  return element;
}

/** A dot in a category's colour; set through the CSSOM, which a strict content policy allows. */
export function swatch(colour: string): HTMLSpanElement {
  const element = make('span', { class: 'swatch', 'aria-hidden': 'true' });
  element.style.setProperty('--swatch', colour);
  return element;
}

/** Sets text only where it differs: untouched nodes are not laid out or read out again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** The `data-key` of what is focused inside of `root`: to find it again after its list was made anew. */
export function focusedKey(root: HTMLElement): string | undefined {
  const { activeElement } = document;
  return activeElement instanceof HTMLElement && root.contains(activeElement) ? activeElement.dataset.key : undefined;
}

/** Focuses the element of that key, else the first that has one. False: there is none. */
export function focusKey(root: HTMLElement, key: string): boolean {
  const all = [...root.querySelectorAll<HTMLElement>('[data-key]')];
  const found = all.find(({ dataset }) => dataset.key === key) ?? all[0];
  found?.focus({ preventScroll: true });
  return found !== undefined;
}
