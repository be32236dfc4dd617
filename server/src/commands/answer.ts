import type { CommandResult } from '../domain/ports/commands.js';
import type { LiveEvent } from '../domain/event.js';
import type { Outcome } from '../domain/ports/seat-store.js';
import { openCall, requireLoaded, type Call, type CommandDeps } from './context.js';
import { presentFailure, presentRefusal } from './present.js';
import type { Actor } from '../domain/actor.js';

interface Addressed {
  readonly eventId: string;
  readonly requestId?: string | undefined;
  readonly onBehalfOf?: string | undefined;
}

export function failed<T>(thrown: unknown): CommandResult<T> {
  const error = presentFailure(thrown);
  return { ok: false, replayed: false, error, ...(error.code === 'INTERNAL' ? { cause: thrown } : {}) };
}
export const found = <T>(value: T): CommandResult<T> => ({ ok: true, epoch: 0, seq: 0, replayed: false, value });

/** The node's knowledge of the event is behind Postgres: worth reading it again before saying UNAVAILABLE. */
const outdated = (outcome: Outcome<unknown>): boolean =>
  !outcome.ok &&
  outcome.refusal.code === 'UNAVAILABLE' &&
  (outcome.refusal.reason === 'epoch' || outcome.refusal.reason === 'chart');

/**
 * One command from call to answer: rights and event, the store's decision, the answer in the public's words. Expected
 * refusals are values; whatever is thrown below becomes UNAVAILABLE or INTERNAL here, never a rejection.
 */
export async function answer<P extends Addressed, S, T>(
  deps: CommandDeps,
  actor: Actor,
  name: string,
  payload: P,
  decide: (call: Call) => Promise<Outcome<S>>,
  present: (live: LiveEvent, value: S) => T,
): Promise<CommandResult<T>> {
  try {
    const { call, outcome } = await decided(deps, await openCall(deps, actor, name, payload), decide);
    const { replayed } = outcome;
    if (!outcome.ok) return { ok: false, replayed, error: presentRefusal(call.live, outcome.refusal) };
    return { ok: true, epoch: outcome.epoch, seq: outcome.seq, replayed, value: present(call.live, outcome.value) };
  } catch (error) {
    return failed(error);
  }
}

/** The store's decision; where this node's knowledge of the event was behind, on what Postgres says now. */
export async function decided<S>(
  deps: Pick<CommandDeps, 'directory'>,
  call: Call,
  decide: (call: Call) => Promise<Outcome<S>>,
): Promise<{ call: Call; outcome: Outcome<S> }> {
  requireLoaded(call.live);
  const outcome = await decide(call);
  if (!outdated(outcome)) return { call, outcome };
  const live = await deps.directory.refresh(call.live.event.id);
  if (live.epoch === call.live.epoch && live.event.chartVersion === call.live.event.chartVersion) {
    return { call, outcome };
  }
  const fresh = { ...call, live };
  return { call: fresh, outcome: await decide(fresh) };
}
