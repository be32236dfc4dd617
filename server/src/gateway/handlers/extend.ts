import { holdAnswer, type Handler } from './handler.js';

export const extend: Handler<'extend'> = async ({ actor, commands, feed, requestId }, payload) =>
  holdAnswer(feed, await commands.extend(actor, { ...payload, requestId }));
