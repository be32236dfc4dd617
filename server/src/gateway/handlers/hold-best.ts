import { holdAnswer, type Handler } from './handler.js';

export const holdBest: Handler<'hold-best'> = async ({ actor, commands, feed, requestId }, payload) =>
  holdAnswer(feed, await commands.holdBest(actor, { ...payload, requestId }));
