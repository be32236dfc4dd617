import { AisleError, eventIdOfToken, type Hold, type HoldsQuery } from '@aisle/client/protocol';
import { isStaff, type Actor } from '../domain/actor.js';
import type { CommandResult } from '../domain/ports/commands.js';
import { failed, found } from './answer.js';
import { openCall, type CommandDeps } from './context.js';
import { presentHold } from './present.js';

/** holds: what the subject has on hold now; for a client that reconnects. */
export async function holds(
  deps: CommandDeps,
  actor: Actor,
  payload: HoldsQuery,
): Promise<CommandResult<{ holds: Hold[] }>> {
  try {
    const { live, subject } = await openCall(deps, actor, 'holds', payload);
    if (live.epoch === 0) return found({ holds: [] });
    const stored = await deps.store.holdsOf(payload.eventId, subject);
    return found({ holds: stored.map((hold) => presentHold(live, hold)) });
  } catch (error) {
    return failed(error);
  }
}

/** One hold by its token: the holder's own, or for staff (SPEC H6). */
export async function getHold(deps: CommandDeps, actor: Actor, token: string): Promise<CommandResult<{ hold: Hold }>> {
  try {
    const eventId = eventIdOfToken(token);
    const { live, subject } = await openCall(deps, actor, 'get-hold', { eventId }).catch((error: unknown) => {
      // A token that names no event is no hold.
      throw error instanceof AisleError && error.code === 'EVENT_NOT_FOUND' ? AisleError.of('HOLD_NOT_FOUND') : error;
    });
    const stored = live.epoch === 0 ? null : await deps.store.getHold(eventId, token);
    if (stored === null || (stored.subject !== subject && !isStaff(actor))) throw AisleError.of('HOLD_NOT_FOUND');
    if (stored.state === 'expired') throw AisleError.of('HOLD_EXPIRED');
    return found({ hold: presentHold(live, stored) });
  } catch (error) {
    return failed(error);
  }
}

/** Every live hold of an event, nearest deadline first; staff. The cursor is an offset: holds come and go between pages. */
export async function allHolds(
  deps: CommandDeps,
  actor: Actor,
  eventId: string,
  page: { limit: number; cursor?: string },
): Promise<CommandResult<{ items: Hold[]; nextCursor?: string }>> {
  try {
    const { live, staff } = await openCall(deps, actor, 'all-holds', { eventId });
    if (!staff) throw AisleError.of('FORBIDDEN');
    const offset = Number(page.cursor ?? 0);
    if (!Number.isSafeInteger(offset) || offset < 0) {
      throw AisleError.of('INVALID_REQUEST', {
        details: { faults: [{ path: 'cursor', message: 'not a cursor of this list' }] },
      });
    }
    const stored = live.epoch === 0 ? [] : await deps.store.allHolds(eventId, offset, page.limit + 1);
    const items = stored.slice(0, page.limit).map((hold) => presentHold(live, hold));
    return found({ items, ...(stored.length > page.limit ? { nextCursor: String(offset + page.limit) } : {}) });
  } catch (error) {
    return failed(error);
  }
}
