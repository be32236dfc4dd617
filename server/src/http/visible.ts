import { AisleError } from '@aisle/client/protocol';
import { seesDrafts } from '../domain/actor.js';
import type { LiveEvent } from '../domain/event.js';
import { eventNotFound } from '../domain/faults.js';
import { actorOf, type AppContext } from './context.js';
import type { HttpDeps } from './deps.js';

/** A draft is there for admins alone; to everybody else it does not exist. */
export async function hideDraft(c: AppContext, eventId: string, status: string): Promise<void> {
  if (status !== 'draft') return;
  const actor = await actorOf(c).catch((error: unknown) => {
    // A token that is not valid makes nobody more than the public: to be told so would tell that there is a draft.
    if (error instanceof AisleError && error.code === 'UNAUTHENTICATED') return null;
    throw error;
  });
  if (actor === null || !seesDrafts(actor, eventId)) throw eventNotFound(eventId);
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
