import { commandAnswer, type Handler } from './handler.js';

export const reserve: Handler<'reserve'> = async ({ actor, orders, requestId }, payload) =>
  commandAnswer(await orders.reserve(actor, { ...payload, requestId }));
