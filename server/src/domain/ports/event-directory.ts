import type { LiveEvent } from '../event.js';

/** Events as this node knows them; cached, refreshed when told or when a script answers with another version. */
export interface EventDirectory {
  /** Throws AisleError EVENT_NOT_FOUND, or UNAVAILABLE where Postgres is away and nothing is cached. */
  get(eventId: string): Promise<LiveEvent>;
  /** Reads Postgres again. At most one read per event under way; callers share it. */
  refresh(eventId: string): Promise<LiveEvent>;
  /** What is cached now, without asking anyone. */
  peek(eventId: string): LiveEvent | undefined;
  /** Something about the event changed: epoch, status, version. */
  onChange(listener: (live: LiveEvent) => void): void;
}
