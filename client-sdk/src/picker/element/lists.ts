import type { Awaited } from '../coming.js';
import type * as Lists from '../finding/lists.js';
import { Later } from '../later.js';
import { setLaterStyles } from './styles/index.js';

export type AwaitedLists = Awaited<typeof Lists>;

/** The list, the filters and what the find box finds, with their looks. */
export const LISTS = new Later<typeof Lists>(
  () => import('../finding/lists.js'),
  ({ listsCss }) => setLaterStyles(listsCss),
);
