import { holdAnswer, type Handler } from './handler.js';

export const holdBest: Handler<'hold-best'> = async ({ actor, commands, feed }, payload) =>
  holdAnswer(feed, await commands.holdBest(actor, payload));
