import type { ExtendCommand, Hold } from '@aisle/client/protocol';
import type { Actor } from '../domain/actor.js';
import { holdLimits } from '../domain/hold-policy.js';
import type { CommandResult } from '../domain/ports/commands.js';
import { answer } from './answer.js';
import { commandInput, type CommandDeps } from './context.js';
import { presentHold } from './present.js';

/** extend: more time, up to the hold's cap (SPEC H4). */
export function extend(
  deps: CommandDeps,
  actor: Actor,
  payload: ExtendCommand,
): Promise<CommandResult<{ hold: Hold }>> {
  return answer(
    deps,
    actor,
    'extend',
    payload,
    (call) => {
      const limits = holdLimits(actor, call.subject === call.self, false);
      return deps.store.extend({ token: payload.holdToken, limits, ...commandInput(call) });
    },
    (live, stored) => ({ hold: presentHold(live, stored) }),
  );
}
