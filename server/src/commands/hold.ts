import { AisleError, type Hold, type HoldCommand } from '@aisle/client/protocol';
import type { Actor } from '../domain/actor.js';
import { invalidRequest } from '../domain/faults.js';
import { holdLimits, placesPerCall } from '../domain/hold-policy.js';
import type { CommandResult } from '../domain/ports/commands.js';
import { answer } from './answer.js';
import { commandInput, newHoldToken, type CommandDeps } from './context.js';
import { presentHold } from './present.js';
import { resolvePicks } from './resolve.js';
import { refuseSwitched } from './switched.js';

/** hold: seats and places of areas, all or nothing; with a holdToken, added to that hold (SPEC H4). */
export function hold(deps: CommandDeps, actor: Actor, payload: HoldCommand): Promise<CommandResult<{ hold: Hold }>> {
  return answer(
    deps,
    actor,
    'hold',
    payload,
    async (call) => {
      await refuseSwitched(deps, call, 'hold');
      const fromBlock = payload.fromBlock ?? false;
      if (fromBlock && !call.staff) {
        throw AisleError.of('FORBIDDEN', { message: 'fromBlock is for staff.', details: { path: 'fromBlock' } });
      }
      if ((payload.seats?.length ?? 0) + (payload.areas?.length ?? 0) === 0) {
        throw invalidRequest([{ path: 'seats', message: 'name at least one seat, or places of an area' }]);
      }
      const { seats, areas } = resolvePicks(call.live, payload, placesPerCall(actor));
      return deps.store.hold({
        seats,
        areas,
        holdToken: payload.holdToken,
        newToken: newHoldToken(payload.eventId),
        fromBlock,
        limits: holdLimits(actor, call.subject === call.self, fromBlock),
        categoryKeys: call.live.chart.categoryKeys,
        ...commandInput(call),
      });
    },
    (live, stored) => ({ hold: presentHold(live, stored) }),
  );
}
