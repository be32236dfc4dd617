import type { EventStatus } from '../event.js';

/**
 * After 2 s of silence: where the event stands, so that a lost last message is noticed. And each 2 s while the server cannot
 * tell where it stands; then, at once, when it can again.
 */
export interface Beacon {
  eventId: string;
  epoch: number;
  seq: number;
  status: EventStatus;
  /** The server could not check this against the seat store lately: the map up to `seq` is the last that was known. */
  stale?: true;
}
