import { randomUUID } from 'node:crypto';
import { AisleError, type BlockRequest } from '@aisle/client/protocol';
import type { Actor } from '../domain/actor.js';
import { invalidRequest } from '../domain/faults.js';
import { placesPerCall } from '../domain/hold-policy.js';
import type { BlockEntry, UndoBlock } from '../domain/ports/block-ledger.js';
import type { BlockAnswer, CommandResult } from '../domain/ports/commands.js';
import type { LiveEvent } from '../domain/event.js';
import type { BlockInput, BlockResult, Outcome } from '../domain/ports/seat-store.js';
import { failpoint } from '../platform/failpoint.js';
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
  direction: Direction,
  payload: Payload,
): Promise<CommandResult<BlockAnswer>> {
  return answer(
    deps,
    actor,
    direction,
    payload,
    (call) => {
      const input = blockInput(call, payload);
      return direction === 'block' ? applyBlock(deps, input) : applyUnblock(deps, input);
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

type Direction = 'block' | 'unblock';

interface Written {
  readonly undo: UndoBlock;
  /** The one that Redis had, loaded, before the ledger was written, and that Postgres still had then. */
  readonly epoch: number;
}

/**
 * The ledger first, and only while Redis is seen to have the epoch that Postgres gives there. So whatever load comes later
 * has read the entry, and none before has: nobody counts the places of an area twice. Throws AisleError UNAVAILABLE.
 */
async function write(deps: CommandDeps, direction: Direction, input: BlockInput): Promise<Written> {
  const deadline = performance.now() + LOAD_PATIENCE_MS;
  for (;;) {
    const [position] = await deps.store.positions([input.eventId]);
    if (position !== null && position !== undefined) {
      const { epoch } = position;
      try {
        const entry = ledgerEntry(input, epoch);
        return { undo: await (direction === 'block' ? deps.blocks.add(entry) : deps.blocks.remove(entry)), epoch };
      } catch (error) {
        if (!isMoved(error) || performance.now() >= deadline) throw error;
      }
    } else if (performance.now() >= deadline) {
      throw AisleError.of('UNAVAILABLE', { retryAfterMs: LOAD_POLL_MS });
    }
    await pause();
  }
}

const isMoved = (error: unknown): boolean =>
  error instanceof AisleError && error.code === 'UNAVAILABLE' && error.details?.reason === 'epoch';
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, LOAD_POLL_MS));

const ledgerEntry = ({ eventId, seats, areas, label, reason, actor }: BlockInput, epoch: number): BlockEntry => ({
  eventId,
  epoch,
  seats: seats.map(({ seatNo }) => seatNo),
  areas: areas.map(({ areaNo, quantity }) => ({ areaNo, quantity })),
  label,
  reason,
  actor,
});

/**
 * A load that comes between the ledger and the script has the entry from the ledger: it is not taken back because of it. What
 * is left is to see under the new epoch that no seat of it is somebody's. A load of 200,000 places takes some seconds. Throws
 * AisleError UNAVAILABLE where it takes longer: thrown, not refused, so that nothing above tries the whole of it, ledger and
 * all, a second time. `loaded`: such a load came.
 */
async function throughLoads(
  deps: CommandDeps,
  direction: Direction,
  input: BlockInput,
  written: number,
): Promise<{ readonly outcome: Outcome<BlockResult>; readonly loaded: boolean }> {
  await failpoint('block-after-ledger');
  const deadline = performance.now() + LOAD_PATIENCE_MS;
  let outcome = await deps.store[direction]({ ...input, epoch: written });
  if (!beingLoaded(outcome)) return { outcome, loaded: false };
  while (beingLoaded(outcome) && performance.now() < deadline) {
    await pause();
    const { epoch } = await deps.directory.refresh(input.eventId);
    outcome = await deps.store[direction]({ ...input, epoch, ...(epoch === written ? {} : { areas: [] }) });
  }
  if (beingLoaded(outcome)) throw AisleError.of('UNAVAILABLE', { retryAfterMs: LOAD_POLL_MS });
  if (outcome.ok) outcome = { ...outcome, value: { ...outcome.value, areas: input.areas } };
  return { outcome, loaded: true };
}

const beingLoaded = (outcome: Outcome<unknown>): boolean =>
  !outcome.ok &&
  outcome.refusal.code === 'UNAVAILABLE' &&
  (outcome.refusal.reason === 'loading' || outcome.refusal.reason === 'epoch');

async function applyBlock(deps: CommandDeps, input: BlockInput): Promise<Outcome<BlockResult>> {
  const { undo, epoch } = await write(deps, 'block', input);
  // Thrown: Redis may have it. Then the row stays, the safe side: a rebuild blocks rather than sells.
  const { outcome, loaded } = await throughLoads(deps, 'block', input, epoch);
  if (!outcome.ok || outcome.replayed) await undo();
  if (!outcome.ok && loaded) await reverse(deps, 'unblock', input, outcome.epoch);
  return outcome;
}

async function applyUnblock(deps: CommandDeps, input: BlockInput): Promise<Outcome<BlockResult>> {
  const { undo, epoch } = await write(deps, 'unblock', input);
  let outcome: Outcome<BlockResult>;
  let loaded: boolean;
  try {
    ({ outcome, loaded } = await throughLoads(deps, 'unblock', input, epoch));
  } catch (error) {
    await undo();
    throw error;
  }
  if (!outcome.ok || outcome.replayed) await undo();
  if (!outcome.ok && loaded) await reverse(deps, 'block', input, outcome.epoch);
  return outcome;
}

/** Places of areas that a load took from an entry of the ledger which was taken back afterwards. */
async function reverse(deps: CommandDeps, direction: Direction, input: BlockInput, epoch: number): Promise<void> {
  if (input.areas.length === 0) return;
  await deps.store[direction]({ ...input, epoch, seats: [], requestId: randomUUID() });
}

function presentBlock(live: LiveEvent, result: BlockResult): BlockAnswer {
  const { seats, areas } = live.chart.chart;
  return {
    seats: result.seats.map((seatNo) => seats[seatNo]?.id ?? ''),
    areas: result.areas.map(({ areaNo, quantity }) => ({ id: areas[areaNo]?.id ?? '', quantity })),
  };
}
