import { AisleError, buyerSchema, type CreateOrder, type Order, type ReserveCommand } from '@aisle/client/protocol';
import type { Actor } from '../../domain/actor.js';
import { faultsOf, invalidRequest } from '../../domain/faults.js';
import type { CommandResult } from '../../domain/ports/commands.js';
import { failed } from '../answer.js';
import { openCall, type Call } from '../context.js';
import type { OrderDeps } from './deps.js';
import { orderAnswer } from './present.js';
import { reserveHold, type ReserveRequest } from './reserve-hold.js';

/** reserve: over a socket, by the buyer's own browser. */
export function reserve(
  deps: OrderDeps,
  actor: Actor,
  payload: ReserveCommand,
): Promise<CommandResult<{ order: Order }>> {
  return placed(deps, actor, 'reserve', payload, () => ({
    holdToken: payload.holdToken,
    buyer: payload.buyer ?? null,
    totalMinor: payload.totalMinor ?? null,
    ...{ externalId: null, reserveSeconds: null },
  }));
}

/** POST /orders: for a checkout of the shop's own (SPEC O5). */
export function createOrder(
  deps: OrderDeps,
  actor: Actor,
  payload: CreateOrder,
): Promise<CommandResult<{ order: Order }>> {
  return placed(deps, actor, 'create-order', payload, (call) => ({
    holdToken: payload.holdToken,
    buyer: buyerOf(call, payload.buyer),
    externalId: externalIdOf(call, payload.externalId),
    reserveSeconds: reserveSecondsOf(call, payload.reserveSeconds),
    totalMinor: payload.totalMinor ?? null,
  }));
}

async function placed<P extends { readonly eventId: string }>(
  deps: OrderDeps,
  actor: Actor,
  name: string,
  payload: P,
  request: (call: Call) => ReserveRequest,
): Promise<CommandResult<{ order: Order }>> {
  try {
    const call = await openCall(deps, actor, name, payload);
    const { order, replayed, epoch, seq } = await reserveHold(deps, call, request(call));
    return orderAnswer(order, deps.codes, { epoch, seq, replayed });
  } catch (error) {
    return failed(error);
  }
}

/** Staff may leave parts out; a buyer who gives a name gives an e-mail too. Throws INVALID_REQUEST. */
function buyerOf(call: Call, buyer: CreateOrder['buyer']): ReserveRequest['buyer'] {
  if (buyer === undefined) return null;
  if (!call.staff) {
    const whole = buyerSchema.safeParse(buyer);
    if (!whole.success) {
      throw invalidRequest(faultsOf(whole.error).map((fault) => ({ ...fault, path: `buyer.${fault.path}` })));
    }
  }
  const { name, email, phone } = buyer;
  return {
    ...(name === undefined ? {} : { name }),
    ...(email === undefined ? {} : { email }),
    ...(phone === undefined ? {} : { phone }),
  };
}

/** The shop's own numbers: a buyer who could give one would take it from an order to come. Throws FORBIDDEN. */
function externalIdOf(call: Call, externalId: string | undefined): string | null {
  if (externalId !== undefined && !call.staff) {
    throw AisleError.of('FORBIDDEN', {
      message: 'externalId is for staff and services.',
      details: { path: 'externalId' },
    });
  }
  return externalId ?? null;
}

/** A buyer may ask for less time than the event gives, never for more. */
function reserveSecondsOf(call: Call, asked: number | undefined): number | null {
  if (asked === undefined) return null;
  return call.staff ? asked : Math.min(asked, call.live.event.reserveSeconds);
}
