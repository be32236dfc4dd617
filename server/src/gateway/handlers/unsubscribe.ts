import type { Handler } from './handler.js';

/** Repeating it, or for an event not watched, is fine. */
export const unsubscribe: Handler<'unsubscribe'> = (context, { eventId }) => {
  context.detach(eventId);
  return Promise.resolve({ kind: 'answer', body: {}, replayed: false });
};
