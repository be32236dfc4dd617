import { randomUUID } from 'node:crypto';
import type { EventDirectory } from '../domain/ports/event-directory.js';
import type { SeatStore } from '../domain/ports/seat-store.js';

const PAGE = 100;

/**
 * Drops every hold of a cancelled event; holders are told. Reserved ones are left to their orders. Returns how many went.
 * Breaking off on the way is harmless: what is left lapses by itself, and a repeated cancel goes on. Throws UNAVAILABLE.
 */
export async function dropHolds(store: SeatStore, directory: EventDirectory, eventId: string): Promise<number> {
  const { epoch, event } = await directory.refresh(eventId);
  if (epoch === 0) return 0;
  let dropped = 0;
  let skipped = 0;
  for (;;) {
    const holds = await store.allHolds(eventId, skipped, PAGE);
    if (holds.length === 0) return dropped;
    for (const { token, subject } of holds) {
      const outcome = await store.release({
        eventId,
        epoch,
        chartVersion: event.chartVersion,
        subject,
        actor: 'system',
        staff: true,
        requestId: randomUUID(),
        fingerprint: 'cancel',
        token,
        seats: [],
        areas: [],
      });
      if (outcome.ok) dropped++;
      else skipped++;
    }
  }
}
