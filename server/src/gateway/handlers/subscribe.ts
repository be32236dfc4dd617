import { wireError } from '@aisle/client/protocol';
import { seesDrafts } from '../../domain/actor.js';
import { eventNotFound, invalidRequest } from '../../domain/faults.js';
import { refuse, type Handler } from './handler.js';

/** The map or what changed since; from then on the event's frames (SPEC F3). Subscribing again is how a gap is mended. */
export const subscribe: Handler<'subscribe'> = async (context, { eventId, epoch, seq }) => {
  if ((epoch === undefined) !== (seq === undefined)) {
    return refuse(
      invalidRequest([
        { path: epoch === undefined ? 'epoch' : 'seq', message: 'epoch and seq come together' },
      ]).toWire(),
    );
  }
  const { event } = await context.directory.get(eventId);
  if (event.status === 'draft' && !seesDrafts(context.actor, eventId)) throw eventNotFound(eventId);
  if (!context.watching.has(eventId) && context.watching.size >= context.maxSubscriptions) {
    return refuse(
      wireError('LIMIT_EXCEEDED', {
        message: 'One connection may not watch that many events.',
        remediation: 'Watch at most details.limit events; unsubscribe from others first.',
        details: { limit: context.maxSubscriptions },
      }),
    );
  }
  await context.roomToSend();
  const position = epoch === undefined || seq === undefined ? undefined : { epoch, seq };
  await context.feed.subscribe(eventId, position, (answer) => context.attach(eventId, answer));
  return { kind: 'answered' };
};
