import { AisleError } from '@aisle/client/protocol';
import type { LiveEvent } from '../../server/src/domain/event.js';
import type { EventDirectory } from '../../server/src/domain/ports/event-directory.js';

/** Events kept in a Map; `put` tells the listeners, as a change in Postgres would. */
export class MemoryDirectory implements EventDirectory {
  readonly #events = new Map<string, LiveEvent>();
  readonly #listeners: ((live: LiveEvent) => void)[] = [];

  constructor(...events: LiveEvent[]) {
    for (const live of events) this.#events.set(live.event.id, live);
  }

  put(live: LiveEvent): void {
    this.#events.set(live.event.id, live);
    for (const listener of this.#listeners) listener(live);
  }

  async get(eventId: string): Promise<LiveEvent> {
    const live = this.#events.get(eventId);
    if (live === undefined) throw AisleError.of('EVENT_NOT_FOUND');
    return live;
  }

  refresh(eventId: string): Promise<LiveEvent> {
    return this.get(eventId);
  }

  peek(eventId: string): LiveEvent | undefined {
    return this.#events.get(eventId);
  }

  onChange(listener: (live: LiveEvent) => void): void {
    this.#listeners.push(listener);
  }
}
