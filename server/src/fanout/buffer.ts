import type { SeatChanges } from '../domain/ports/seat-changes.js';

/** While a snapshot is awaited; past this the messages are let go and the next snapshot makes up for them. */
const MAX_BUFFERED = 10_000;

/** What comes while the mirror is not there to take it. */
export function keep(state: { buffer: SeatChanges[]; overflown: boolean }, changes: SeatChanges): void {
  if (state.buffer.length < MAX_BUFFERED) {
    state.buffer.push(changes);
    return;
  }
  state.buffer = [];
  state.overflown = true;
}
