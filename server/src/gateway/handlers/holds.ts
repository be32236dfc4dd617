import { refuse, type Handler } from './handler.js';

/** A query: its answer has no position. */
export const holds: Handler<'holds'> = async ({ actor, commands }, payload) => {
  const result = await commands.holds(actor, payload);
  return result.ok ? { kind: 'answer', body: result.value, replayed: false } : refuse(result.error);
};
