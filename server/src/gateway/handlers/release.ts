import { commandAnswer, type Handler } from './handler.js';

export const release: Handler<'release'> = async ({ actor, commands }, payload) =>
  commandAnswer(await commands.release(actor, payload));
