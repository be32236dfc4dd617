import { randomUUID } from 'node:crypto';
import type { EventDirectory } from '../domain/ports/event-directory.js';
import type { SeatStore } from '../domain/ports/seat-store.js';

export interface DropSubjectDeps {
  readonly store: Pick<SeatStore, 'holdsOf' | 'release'>;
  readonly directory: EventDirectory;
  /** Events in which anybody may have live holds. Throws UNAVAILABLE. */
  readonly eventsHeldBy: (subject: string) => Promise<readonly string[]>;
}

export interface DroppedHolds {
  /** Holds that are free again. */
  readonly dropped: number;
  /** Holds that belong to an order: cancel that. */
  readonly reserved: number;
  /** Where any were found. */
  readonly events: readonly { readonly eventId: string; readonly dropped: number; readonly reserved: number }[];
}

/**
 * Frees everything a subject holds, in one event or wherever it holds; the holder is told as by any release. Breaking off on the
 * way is harmless: doing it again goes on. What the subject takes meanwhile stays: deny it first. Throws EVENT_NOT_FOUND, UNAVAILABLE.
 */
export async function dropSubject(
  deps: DropSubjectDeps,
  subject: string,
  eventId: string | null,
  /** Who has it done: goes into the log. */
  actor: string,
): Promise<DroppedHolds> {
  const events: { eventId: string; dropped: number; reserved: number }[] = [];
  for (const id of eventId === null ? await deps.eventsHeldBy(subject) : [eventId]) {
    const { dropped, reserved } = await dropIn(deps, subject, id, actor);
    if (dropped + reserved > 0) events.push({ eventId: id, dropped, reserved });
  }
  const sum = (of: 'dropped' | 'reserved'): number => events.reduce((total, one) => total + one[of], 0);
  return { dropped: sum('dropped'), reserved: sum('reserved'), events };
}

async function dropIn(deps: DropSubjectDeps, subject: string, eventId: string, actor: string) {
  const { epoch, event } = await deps.directory.refresh(eventId);
  const counts = { dropped: 0, reserved: 0 };
  if (epoch === 0) return counts;
  for (const hold of await deps.store.holdsOf(eventId, subject)) {
    if (hold.state === 'reserved') {
      counts.reserved++;
      continue;
    }
    const outcome = await deps.store.release({
      ...{ eventId, epoch, chartVersion: event.chartVersion, subject, actor, staff: true },
      ...{ requestId: randomUUID(), fingerprint: 'drop', token: hold.token, seats: [], areas: [] },
    });
    if (outcome.ok) counts.dropped++;
    // Reserved since it was read; lapsed or gone is no hold any more.
    else if (outcome.refusal.code === 'HOLD_RESERVED') counts.reserved++;
  }
  return counts;
}
