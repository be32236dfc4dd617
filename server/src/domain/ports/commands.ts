import type {
  BlockRequest,
  ExtendCommand,
  Hold,
  HoldBestCommand,
  HoldCommand,
  HoldsQuery,
  ReleaseCommand,
  WireError,
} from '@aisle/client/protocol';
import type { Actor } from '../actor.js';

/** What gateway and http call; implemented in commands/. Payloads are parsed already; nothing here throws for an expected refusal. */
export interface Commands {
  hold(actor: Actor, payload: HoldCommand): Promise<CommandResult<{ hold: Hold }>>;
  holdBest(actor: Actor, payload: HoldBestCommand): Promise<CommandResult<{ hold: Hold }>>;
  extend(actor: Actor, payload: ExtendCommand): Promise<CommandResult<{ hold: Hold }>>;
  /** `hold` absent: nothing is left of it. */
  release(actor: Actor, payload: ReleaseCommand): Promise<CommandResult<{ hold?: Hold }>>;
  holds(actor: Actor, payload: HoldsQuery): Promise<CommandResult<{ holds: Hold[] }>>;
  /** The holder's own, or staff. */
  getHold(actor: Actor, token: string): Promise<CommandResult<{ hold: Hold }>>;
  /** Staff: every live hold of the event. */
  allHolds(
    actor: Actor,
    eventId: string,
    page: { limit: number; cursor?: string },
  ): Promise<CommandResult<{ items: Hold[]; nextCursor?: string }>>;
  /** Staff. Answers what changed by this call. */
  block(actor: Actor, eventId: string, payload: BlockRequest, requestId?: string): Promise<CommandResult<BlockAnswer>>;
  unblock(
    actor: Actor,
    eventId: string,
    payload: BlockRequest,
    requestId?: string,
  ): Promise<CommandResult<BlockAnswer>>;
}
export interface BlockAnswer {
  readonly seats: string[];
  readonly areas: { id: string; quantity: number }[];
}
/**
 * `replayed`: the remembered answer to a request id seen before. Queries have epoch and seq 0. `cause`: what was thrown below
 * an INTERNAL, for the log alone.
 */
export type CommandResult<T> =
  | { readonly ok: true; readonly epoch: number; readonly seq: number; readonly replayed: boolean; readonly value: T }
  | { readonly ok: false; readonly replayed: boolean; readonly error: WireError; readonly cause?: unknown };
