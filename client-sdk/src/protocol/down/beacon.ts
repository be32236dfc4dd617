import type { EventStatus } from '../event.js';

/** After 2 s of silence: where the event stands, so that a lost last message is noticed. */
export interface Beacon {
  eventId: string;
  epoch: number;
  seq: number;
  status: EventStatus;
}
