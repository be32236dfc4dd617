import type { Hold, ReleaseCommand } from '@aisle/client/protocol';
import type { Actor } from '../domain/actor.js';
import { invalidRequest } from '../domain/faults.js';
import { placesPerCall } from '../domain/hold-policy.js';
import type { CommandResult } from '../domain/ports/commands.js';
import { answer } from './answer.js';
import { commandInput, type CommandDeps } from './context.js';
import { presentHold } from './present.js';
import { resolvePicks } from './resolve.js';

/** release: part of a hold, or all of it where neither seats nor areas are named (SPEC H1, H6). */
export function release(
  deps: CommandDeps,
  actor: Actor,
  payload: ReleaseCommand,
): Promise<CommandResult<{ hold?: Hold }>> {
  return answer(
    deps,
    actor,
    'release',
    payload,
    (call) => {
      const named = payload.seats !== undefined || payload.areas !== undefined;
      if (named && (payload.seats?.length ?? 0) + (payload.areas?.length ?? 0) === 0) {
        // An empty list is a caller's slip far more often than a wish to give everything back.
        throw invalidRequest([
          { path: 'seats', message: 'name at least one place, or leave both away to release all' },
        ]);
      }
      const { seats, areas } = resolvePicks(call.live, payload, placesPerCall(actor));
      return deps.store.release({
        token: payload.holdToken,
        seats: seats.map(({ seatNo }) => seatNo),
        areas: areas.map(({ areaNo, quantity, ticketType }) => ({
          areaNo,
          quantity,
          ...(ticketType === undefined ? {} : { ticketType }),
        })),
        ...commandInput(call),
      });
    },
    (live, stored) => (stored === null ? {} : { hold: presentHold(live, stored) }),
  );
}
