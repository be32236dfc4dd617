import { AisleError, type WireError } from '@aisle/client/protocol';

/** A socket, as far as its end is concerned. */
export interface Leaving {
  /** Asks the client to go. */
  sendAway(): void;
  /** Ends it once what is under way is answered. */
  finish(): void;
}

const TICK_MS = 50;
/** Answers that are not there yet when the time is over are waited for this long. */
const ANSWERS_MS = 3000;
/** A client that was asked has this long to go by itself: twice what ours waits for its answers. */
const PATIENCE_MS = 2000;

/**
 * Asks the sockets to go, evenly over the time that there is, so that a thousand of them do not come to the next node in one
 * instant; one that stays is ended `PATIENCE_MS` later, no more of them at once than were asked. Resolves when all have
 * gone, at the latest `ANSWERS_MS` after the end of `drainMs`.
 *
 * @param open who is there, now and later: sockets remove themselves from it as they go.
 * @param leadMs of `drainMs` pass before the first is asked, for a balancer to notice that this node takes nobody any more.
 */
export async function sendAway(open: ReadonlySet<Leaving>, drainMs: number, leadMs: number): Promise<void> {
  const startedAt = performance.now();
  const patienceMs = Math.min(PATIENCE_MS, drainMs / 4);
  const spreadMs = Math.max(1, drainMs - leadMs - patienceMs);
  const asked: { readonly socket: Leaving; readonly atMs: number }[] = [];
  const queue = [...open];
  const count = queue.length;
  let ended = 0;
  while (open.size > 0) {
    const passedMs = performance.now() - startedAt;
    if (passedMs >= drainMs) break;
    const due = Math.ceil(((passedMs - leadMs) / spreadMs) * count);
    while (asked.length < Math.min(due, count)) {
      const socket = queue[asked.length];
      if (socket === undefined) break;
      asked.push({ socket, atMs: passedMs });
      if (open.has(socket)) socket.sendAway();
    }
    for (; ended < asked.length; ended++) {
      const next = asked[ended];
      if (next === undefined || passedMs - next.atMs < patienceMs) break;
      if (open.has(next.socket)) next.socket.finish();
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(TICK_MS, Math.max(1, drainMs - passedMs))));
  }
  for (const socket of open) socket.finish();
  const deadline = startedAt + drainMs + ANSWERS_MS;
  while (open.size > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, TICK_MS));
}

/** Said before anything is done; elsewhere the same call is answered at once. */
export const stopping = (): WireError =>
  AisleError.of('UNAVAILABLE', { message: 'This server is shutting down.', retryAfterMs: 200 }).toWire();
