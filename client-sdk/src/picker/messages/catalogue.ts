import type { BuyingMessages } from './en/buying.js';
import type { FindingMessages } from './en/finding.js';
import type { PanelsMessages } from './en/panels.js';
import type { PlacesMessages } from './en/places.js';

/**
 * All words of the picker in one language, a room of the picker each. English is the source: `en/<room>.ts` exports
 * `const <room> = {…}` and `type <Room>Messages = typeof <room>`; `de/<room>.ts` exports the same const with that type.
 * A room that gets a file is added here and in en/index.ts and de/index.ts.
 */
export interface Catalogue {
  readonly places: PlacesMessages;
  readonly panels: PanelsMessages;
  readonly finding: FindingMessages;
  readonly buying: BuyingMessages;
}

/** A page's own language may lack words: English ones stand in. */
export type CatalogueParts = { readonly [Room in keyof Catalogue]?: Partial<Catalogue[Room]> };
