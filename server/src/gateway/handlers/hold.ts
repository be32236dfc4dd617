import { commandAnswer, type Handler } from './handler.js';

export const hold: Handler<'hold'> = async ({ actor, commands }, payload) =>
  commandAnswer(await commands.hold(actor, payload));
