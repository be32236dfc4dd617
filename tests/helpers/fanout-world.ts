import type { SubscribeAck } from '@aisle/client/protocol';
import type { LiveEvent } from '../../server/src/domain/event.js';
import type { SeatFeed } from '../../server/src/domain/ports/seat-feed.js';
import { createSeatFeed } from '../../server/src/fanout/feed.js';
import { createLogger } from '../../server/src/platform/logger.js';
import { createMetrics, type Metrics } from '../../server/src/platform/metrics.js';
import { MapViewer } from './map-viewer.js';
import { MemoryBroadcast } from './memory-broadcast.js';
import { MemoryChangeSource } from './memory-change-source.js';
import { MemoryDirectory } from './memory-directory.js';
import { MemorySeatStore } from './memory-seat-store.js';

export const TICK_MS = 50;

export interface FanoutWorld {
  readonly store: MemorySeatStore;
  readonly source: MemoryChangeSource;
  readonly directory: MemoryDirectory;
  readonly broadcast: MemoryBroadcast;
  readonly metrics: Metrics;
  readonly feed: SeatFeed;
  readonly live: LiveEvent;
  /** A client that follows F8; it is subscribed at once. */
  viewer(): { map: MapViewer; acks: SubscribeAck[]; leave(): void };
}

/** One for the file: default metrics watch the process and are never let go. */
const metrics = createMetrics('test');

/** One node's fan-out on a store in memory. */
export function fanoutWorld(live: LiveEvent, mode: 'at-once' | 'by-hand' = 'at-once'): FanoutWorld {
  const store = new MemorySeatStore(live);
  const source = new MemoryChangeSource(store, mode);
  const directory = new MemoryDirectory(live);
  const broadcast = new MemoryBroadcast();
  const logger = createLogger('silent', 'test');
  const feed = createSeatFeed({ store, source, directory, broadcast, metrics, logger, tickMs: TICK_MS });
  const eventId = live.event.id;
  const viewer = (): ReturnType<FanoutWorld['viewer']> => {
    const acks: SubscribeAck[] = [];
    const listener = (name: string, payload: object): void => {
      if (name === 'seats') map.onSeats(payload as Parameters<MapViewer['onSeats']>[0]);
      else if (name === 'beacon') map.onBeacon(payload as Parameters<MapViewer['onBeacon']>[0]);
      else if (name === 'reload') map.onReload(payload as Parameters<MapViewer['onReload']>[0]);
    };
    let joined = false;
    let left = false;
    const attach = (answer: SubscribeAck): void => {
      if (joined || left) feed.unsubscribe(eventId);
      if (left) return;
      joined = true;
      const copy: SubscribeAck = structuredClone(answer);
      acks.push(copy);
      broadcast.join(`e:${eventId}`, listener);
      map.onAck(copy);
    };
    const map = new MapViewer(live.chart.seatCount, (position) => {
      feed.subscribe(eventId, position, attach).catch(() => map.failed());
    });
    map.subscribe();
    return {
      map,
      acks,
      leave: () => {
        left = true;
        broadcast.leave(`e:${eventId}`, listener);
        if (joined) feed.unsubscribe(eventId);
      },
    };
  };
  return { store, source, directory, broadcast, metrics, feed, live, viewer };
}
