import type { AreaCounts } from '../replay.js';

/** A live hold as those see it who watch the sale: whose, how many places, since when. */
export interface HolderRow {
  readonly token: string;
  readonly subject: string;
  readonly places: number;
  readonly sinceMs: number;
}

/**
 * What the operator's screen asks Redis beside the map that a node has anyway. Each call is a few short reads; none is of one
 * instant with another. All throw AisleError UNAVAILABLE where Redis is away.
 */
export interface LiveReads {
  /** Sockets that watch the event, over all nodes; a node that died counts for a few seconds more. */
  viewers(eventId: string): Promise<number>;
  /** Live holds, held and reserved. */
  holds(eventId: string): Promise<number>;
  /** Of the first `count` areas. */
  areas(eventId: string, count: number): Promise<readonly AreaCounts[]>;
  /** All live holds, read page by page so that commands of buyers go in between. */
  holders(eventId: string): Promise<readonly HolderRow[]>;
}
