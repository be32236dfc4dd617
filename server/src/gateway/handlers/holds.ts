import { attend, commandAnswer, type Handler } from './handler.js';

/** A query: its answer has no position. */
export const holds: Handler<'holds'> = async ({ actor, commands, feed }, payload) => {
  const result = await commands.holds(actor, payload);
  if (result.ok) attend(feed, result.value.holds);
  return result.ok ? { kind: 'answer', body: result.value, replayed: false } : commandAnswer(result);
};
