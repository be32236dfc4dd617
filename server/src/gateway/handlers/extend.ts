import { commandAnswer, type Handler } from './handler.js';

export const extend: Handler<'extend'> = async ({ actor, commands }, payload) =>
  commandAnswer(await commands.extend(actor, payload));
