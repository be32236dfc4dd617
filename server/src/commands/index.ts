import type { Commands } from '../domain/ports/commands.js';
import { block, unblock } from './block.js';
import type { CommandDeps } from './context.js';
import { extend } from './extend.js';
import { createHoldBest } from './hold-best.js';
import { hold } from './hold.js';
import { allHolds, getHold, holds } from './holds.js';
import { release } from './release.js';

export type { CommandDeps } from './context.js';
export { dropHolds } from './drop-holds.js';
export { dropSubject } from './drop-subject.js';

/** Everything a caller may do to seats. The command path never broadcasts: the scripts publish, the fan-out listens. */
export function createCommands(deps: CommandDeps): Commands {
  const holdBest = createHoldBest(deps);
  return {
    hold: (actor, payload) => hold(deps, actor, payload),
    holdBest,
    extend: (actor, payload) => extend(deps, actor, payload),
    release: (actor, payload) => release(deps, actor, payload),
    holds: (actor, payload) => holds(deps, actor, payload),
    getHold: (actor, token) => getHold(deps, actor, token),
    allHolds: (actor, eventId, page) => allHolds(deps, actor, eventId, page),
    block: (actor, eventId, payload, requestId) => block(deps, actor, eventId, payload, requestId),
    unblock: (actor, eventId, payload, requestId) => unblock(deps, actor, eventId, payload, requestId),
  };
}
