import { dropHolds } from './commands/index.js';
import type { LiveEvent } from './domain/event.js';
import type { EventDirectory } from './domain/ports/event-directory.js';
import type { EventConfig, SeatStore } from './domain/ports/seat-store.js';
import type { EventHooks } from './http/deps.js';
import type { Rebuilder } from './rebuild/rebuilder.js';
import type { Notices } from './redis/notices.js';

interface Parts {
  readonly rebuilder: Rebuilder;
  readonly store: SeatStore;
  readonly directory: EventDirectory;
  readonly notices: Notices;
}

/** What a change of an event in Postgres means for Redis and the other nodes. */
export const eventHooks = ({ rebuilder, store, directory, notices }: Parts): EventHooks => ({
  async onPublished(eventId) {
    await rebuilder.loadEvent(eventId, 'publish');
  },
  async onEventChanged(live) {
    if (live.epoch > 0) await store.configure(eventConfig(live));
    await notices.announce(live.event.id);
  },
  async onCancelled(eventId) {
    await dropHolds(store, directory, eventId);
  },
});

/** What scripts must know of an event's status and limits (SPEC R4). */
const eventConfig = ({ event }: LiveEvent): EventConfig => ({
  eventId: event.id,
  version: event.version,
  status: event.status,
  holdMs: event.holdSeconds * 1000,
  maxHoldMs: event.maxHoldSeconds * 1000,
  maxPlaces: event.maxSeatsPerSubject,
});
