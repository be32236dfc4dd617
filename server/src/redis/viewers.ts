import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Logger } from '../platform/logger.js';
import { keys } from './keys.js';

/** One write a node, however many events and viewers it has. */
const EVERY_MS = 1000;
/** What a node said lives this long: a dead one's viewers are gone after that, one that hiccuped is not missed. */
const LIFE_MS = 5000;
/** Names of nodes that have not said anything for this long are swept out by the others. */
const FORGET_MS = 60_000;

export interface ViewerCountsDeps {
  readonly redis: Redis;
  readonly logger: Logger;
  /** eventId → sockets of this node that watch it. */
  readonly viewers: () => ReadonlyMap<string, number>;
}
export interface ViewerCounts {
  /** Takes this node's counts back. */
  close(): Promise<void>;
}

/** Tells the other nodes how many watch each event on this one, for `GET /v1/events/{id}/live`. Losing it costs a figure on a screen. */
export function startViewerCounts({ redis, logger, viewers }: ViewerCountsDeps): ViewerCounts {
  const node = randomUUID();
  let said = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const tell = async (): Promise<void> => {
    const counts = closed ? [] : [...viewers()].filter(([, count]) => count > 0);
    if (counts.length === 0 && !said) return;
    const now = Date.now();
    const write = redis
      .multi()
      .del(keys.viewers(node))
      .zremrangebyscore(keys.viewerNodes, 0, now - FORGET_MS);
    if (counts.length === 0) write.zrem(keys.viewerNodes, node);
    else {
      write.hset(keys.viewers(node), ...counts.flat()).pexpire(keys.viewers(node), LIFE_MS);
      write.zadd(keys.viewerNodes, now, node);
    }
    await write.exec();
    said = counts.length > 0;
  };
  const round = (): void => {
    tell()
      .catch((error: unknown) => logger.debug({ err: error }, 'viewers not told; the next second tells them'))
      .finally(() => {
        if (!closed) timer = setTimeout(round, EVERY_MS * (0.9 + Math.random() / 5));
      });
  };
  round();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await tell().catch(() => undefined);
    },
  };
}
