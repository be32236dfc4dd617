import type { Awaited } from '../coming.js';
import { Later } from '../later.js';
import type * as Extras from './extras.js';
import { setLaterStyles } from './styles/index.js';

export type AwaitedExtras = Awaited<typeof Extras>;

/** The list, the filters, what the find box finds, the minimap and its cards, with their looks. */
export const EXTRAS = new Later<typeof Extras>(
  () => import('./extras.js'),
  ({ listsCss, cardsCss }) => setLaterStyles(listsCss + cardsCss),
);
