import type { Sql } from '../../../server/src/db/client.js';
import { transition, type EventRecord } from '../../../server/src/db/events/events.js';
import type { EventConfig, SeatStore } from '../../../server/src/domain/ports/seat-store.js';
import type { LifecycleStep } from '../../../server/src/domain/event.js';
import type { Logger } from '../../../server/src/platform/logger.js';

export interface StepDeps {
  readonly sql: Sql;
  readonly store: Pick<SeatStore, 'configure'>;
  readonly announce: (eventId: string) => Promise<void>;
  readonly logger: Logger;
}
/** One step of an event's life by the system itself: Postgres first, then Redis, then the nodes. */
export async function takeStep(deps: StepDeps, eventId: string, step: LifecycleStep, actor: string): Promise<void> {
  const result = await transition(deps.sql, eventId, step, { actor });
  if (result.kind !== 'moved') return;
  deps.logger.info({ eventId, step, actor }, 'the event moved on by itself');
  // Either of these lost is made good: by the reconciler (R4), by the nodes' own poll.
  await deps.store.configure(configOf(result.record));
  await deps.announce(eventId);
}

export const configOf = ({ event }: EventRecord): EventConfig => ({
  eventId: event.id,
  version: event.version,
  status: event.status,
  holdMs: event.holdSeconds * 1000,
  maxHoldMs: event.maxHoldSeconds * 1000,
  maxPlaces: event.maxSeatsPerSubject,
});
