import { commandAnswer, type Handler } from './handler.js';

export const release: Handler<'release'> = async ({ actor, commands, requestId }, payload) =>
  commandAnswer(await commands.release(actor, { ...payload, requestId }));
