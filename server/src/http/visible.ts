import { AisleError } from '@aisle/client/protocol';
import type { LiveEvent } from '../domain/event.js';
import { actorOf, type AppContext } from './context.js';
import type { HttpDeps } from './deps.js';

/** A draft is there for admins alone; to everybody else it does not exist. */
export async function hideDraft(c: AppContext, eventId: string, status: string): Promise<void> {
  if (status !== 'draft') return;
  const actor = await actorOf(c);
  if (actor.role !== 'admin') throw AisleError.of('EVENT_NOT_FOUND', { details: { eventId } });
}

export async function visibleEvent(
  c: AppContext,
  { directory }: Pick<HttpDeps, 'directory'>,
  eventId: string,
): Promise<LiveEvent> {
  const live = await directory.get(eventId);
  await hideDraft(c, eventId, live.event.status);
  return live;
}
