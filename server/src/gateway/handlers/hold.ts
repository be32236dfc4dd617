import { holdAnswer, type Handler } from './handler.js';

export const hold: Handler<'hold'> = async ({ actor, commands, feed, requestId }, payload) =>
  holdAnswer(feed, await commands.hold(actor, { ...payload, requestId }));
