import type * as Lists from '../finding/lists.js';
import { Later, type Awaited } from '../later.js';
import { setLaterStyles } from './styles/index.js';

export type AwaitedLists = Awaited<typeof Lists>;

/** The list, the filters and what the find box finds, with their looks. */
export const LISTS = new Later(async (): Promise<typeof Lists> => {
  const loaded = await import('../finding/lists.js');
  setLaterStyles(loaded.listsCss);
  return loaded;
});
