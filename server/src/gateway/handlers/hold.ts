import { holdAnswer, type Handler } from './handler.js';

export const hold: Handler<'hold'> = async ({ actor, commands, feed }, payload) =>
  holdAnswer(feed, await commands.hold(actor, payload));
