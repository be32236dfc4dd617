import { commandAnswer, type Handler } from './handler.js';

export const holdBest: Handler<'hold-best'> = async ({ actor, commands }, payload) =>
  commandAnswer(await commands.holdBest(actor, payload));
