import { AisleError, type BlockRequest } from '@aisle/client/protocol';
import type { Actor } from '../domain/actor.js';
import { invalidRequest } from '../domain/faults.js';
import { placesPerCall } from '../domain/hold-policy.js';
import type { BlockEntry } from '../domain/ports/block-ledger.js';
import type { BlockAnswer, CommandResult } from '../domain/ports/commands.js';
import type { LiveEvent } from '../domain/event.js';
import type { BlockInput, BlockResult, Outcome } from '../domain/ports/seat-store.js';
import { answer } from './answer.js';
import { commandInput, type Call, type CommandDeps } from './context.js';
import { resolvePicks } from './resolve.js';

/** A block moves more at once than a sale does. */
const PLACES_FACTOR = 10;
const LOAD_PATIENCE_MS = 5000;
const LOAD_POLL_MS = 100;

/** block: house seats off sale; staff. Written to Postgres first, undone if the script refuses (SPEC O6). */
export function block(
  deps: CommandDeps,
  actor: Actor,
  eventId: string,
  payload: BlockRequest,
  requestId?: string,
): Promise<CommandResult<BlockAnswer>> {
  return move(deps, actor, 'block', { ...payload, eventId, requestId });
}

/** unblock: house seats on sale again; staff. Where the outcome stays unknown Postgres keeps the block: never on sale by mistake. */
export function unblock(
  deps: CommandDeps,
  actor: Actor,
  eventId: string,
  payload: BlockRequest,
  requestId?: string,
): Promise<CommandResult<BlockAnswer>> {
  return move(deps, actor, 'unblock', { ...payload, eventId, requestId });
}

type Payload = BlockRequest & { eventId: string; requestId: string | undefined };

function move(
  deps: CommandDeps,
  actor: Actor,
  direction: 'block' | 'unblock',
  payload: Payload,
): Promise<CommandResult<BlockAnswer>> {
  return answer(
    deps,
    actor,
    direction,
    payload,
    (call) => {
      const input = blockInput(call, payload);
      const run = (): Promise<Outcome<BlockResult>> => throughLoads(deps, direction, input);
      return direction === 'block' ? applyBlock(deps, input, run) : applyUnblock(deps, input, run);
    },
    presentBlock,
  );
}

function blockInput(call: Call, payload: Payload): BlockInput {
  if (!call.staff) throw AisleError.of('FORBIDDEN');
  if ((payload.seats?.length ?? 0) + (payload.areas?.length ?? 0) === 0) {
    throw invalidRequest([{ path: 'seats', message: 'name at least one seat, or places of an area' }]);
  }
  return {
    ...commandInput(call),
    ...resolvePicks(call.live, payload, placesPerCall(call.actor) * PLACES_FACTOR),
    label: payload.label ?? '',
    reason: payload.reason ?? '',
    categoryKeys: call.live.chart.categoryKeys,
  };
}

const ledgerEntry = ({ eventId, seats, areas, label, reason, actor }: BlockInput): BlockEntry => ({
  eventId,
  seats: seats.map(({ seatNo }) => seatNo),
  areas: areas.map(({ areaNo, quantity }) => ({ areaNo, quantity })),
  label,
  reason,
  actor,
});

/**
 * A load of the event reads the ledger while scripts refuse: once written, the entry is not taken back because of it, but
 * brought to Redis under the new epoch. A load of 200,000 places takes some seconds. Throws AisleError UNAVAILABLE where it
 * takes longer: thrown, not refused, so that nothing above tries the whole of it, ledger and all, a second time.
 */
async function throughLoads(
  deps: CommandDeps,
  direction: 'block' | 'unblock',
  input: BlockInput,
): Promise<Outcome<BlockResult>> {
  const deadline = performance.now() + LOAD_PATIENCE_MS;
  let outcome = await deps.store[direction](input);
  while (beingLoaded(outcome) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, LOAD_POLL_MS));
    const { epoch } = await deps.directory.refresh(input.eventId);
    outcome = await deps.store[direction]({ ...input, epoch });
  }
  if (beingLoaded(outcome)) throw AisleError.of('UNAVAILABLE', { retryAfterMs: LOAD_POLL_MS });
  return outcome;
}

const beingLoaded = (outcome: Outcome<unknown>): boolean =>
  !outcome.ok &&
  outcome.refusal.code === 'UNAVAILABLE' &&
  (outcome.refusal.reason === 'loading' || outcome.refusal.reason === 'epoch');

type Run = () => Promise<Outcome<BlockResult>>;

async function applyBlock(deps: CommandDeps, input: BlockInput, run: Run): Promise<Outcome<BlockResult>> {
  const undo = await deps.blocks.add(ledgerEntry(input));
  // Thrown: Redis may have it. Then the row stays, the safe side: a rebuild blocks rather than sells.
  const outcome = await run();
  if (!outcome.ok || outcome.replayed) await undo();
  return outcome;
}

async function applyUnblock(deps: CommandDeps, input: BlockInput, run: Run): Promise<Outcome<BlockResult>> {
  const undo = await deps.blocks.remove(ledgerEntry(input));
  let outcome: Outcome<BlockResult>;
  try {
    outcome = await run();
  } catch (error) {
    await undo();
    throw error;
  }
  if (!outcome.ok || outcome.replayed) await undo();
  return outcome;
}

function presentBlock(live: LiveEvent, result: BlockResult): BlockAnswer {
  const { seats, areas } = live.chart.chart;
  return {
    seats: result.seats.map((seatNo) => seats[seatNo]?.id ?? ''),
    areas: result.areas.map(({ areaNo, quantity }) => ({ id: areas[areaNo]?.id ?? '', quantity })),
  };
}
