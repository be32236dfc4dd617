/**
 * How a seat looks, as one small number: the categories' looks first (available, in the category's colour), then the same
 * again pale (available, but filtered out), then those that are taken. A change of look is what makes a piece of the
 * picture out of date.
 */
export const LETTER_AVAILABLE = 97; // a
const LETTER_HELD = 104; // h
const LETTER_RESERVED = 114; // r
const LETTER_BLOCKED = 98; // b

export type TakenLook = 'held' | 'sold' | 'blocked';
export const TAKEN_LOOKS: readonly TakenLook[] = ['held', 'sold', 'blocked'];

/** `letter`: char code of the map's letter. Anything unknown looks sold: never invite a click that cannot work. */
export function lookOf(letter: number, category: number, categories: number, offered = true): number {
  switch (letter) {
    case LETTER_AVAILABLE:
      return offered ? category : categories + category;
    case LETTER_HELD:
    case LETTER_RESERVED:
      return 2 * categories;
    case LETTER_BLOCKED:
      return 2 * categories + 2;
    default:
      return 2 * categories + 1;
  }
}
