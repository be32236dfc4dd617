import type { EventStatus } from '../event.js';

export interface EventChanged {
  eventId: string;
  status: EventStatus;
  version: number;
}
