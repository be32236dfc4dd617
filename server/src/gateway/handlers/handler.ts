import type { CarriedHolds, Hold, SubscribeAck, UpName, UpPayload, WireError } from '@aisle/client/protocol';
import type { Actor } from '../../domain/actor.js';
import type { CommandResult, Commands } from '../../domain/ports/commands.js';
import type { EventDirectory } from '../../domain/ports/event-directory.js';
import type { OrderSales } from '../../domain/ports/orders.js';
import type { SeatFeed } from '../../domain/ports/seat-feed.js';
import type { HoldCarrier } from '../../domain/ports/hold-carrier.js';
import type { Sessions } from '../../domain/ports/sessions.js';

/** What became of one client event. Only the connection acks, switches identities or closes. */
export type HandlerResult =
  | { readonly kind: 'answer'; readonly body: object; readonly replayed: boolean }
  | { readonly kind: 'refuse'; readonly error: WireError; readonly replayed: boolean; readonly cause?: unknown }
  /** Acked already, inside the turn in which the socket joined (SPEC F3). */
  | { readonly kind: 'answered' }
  | { readonly kind: 'renew'; readonly actor: Actor; readonly holds?: CarriedHolds };

export interface HandlerContext {
  readonly actor: Actor;
  /** The client's, else made here: the one in the log is the one that the command has. */
  readonly requestId: string;
  readonly commands: Commands;
  readonly orders: Pick<OrderSales, 'reserve'>;
  readonly sessions: Sessions;
  readonly carrier: HoldCarrier;
  readonly directory: EventDirectory;
  readonly feed: SeatFeed;
  readonly maxSubscriptions: number;
  readonly watching: ReadonlySet<string>;
  /** Joins the event's room and acks, in one turn. */
  readonly attach: (eventId: string, answer: SubscribeAck) => void;
  readonly detach: (eventId: string) => void;
  /** Resolves when the socket has taken most of what it was sent; rejects with AisleError when it does not. */
  readonly roomToSend: () => Promise<void>;
}

export type Handler<N extends UpName> = (context: HandlerContext, payload: UpPayload<N>) => Promise<HandlerResult>;

export const refuse = (error: WireError): HandlerResult => ({ kind: 'refuse', error, replayed: false });

/** A little past the deadline, for the word that it lapsed. */
const ATTEND_PAST_MS = 5000;

/** Holds of this socket's owner: this node goes on hearing of them (SPEC F6). */
export function attend(feed: Pick<SeatFeed, 'attend'>, holds: readonly Hold[]): void {
  for (const { eventId, expiresInMs } of holds) feed.attend(eventId, expiresInMs + ATTEND_PAST_MS);
}

/** The ack of a command that answers a hold. */
export function holdAnswer(feed: Pick<SeatFeed, 'attend'>, result: CommandResult<{ hold: Hold }>): HandlerResult {
  if (result.ok) attend(feed, [result.value.hold]);
  return commandAnswer(result);
}

/** The ack of a command: its value, and the position of its change. */
export function commandAnswer(result: CommandResult<object>): HandlerResult {
  if (!result.ok) return { kind: 'refuse', error: result.error, replayed: result.replayed, cause: result.cause };
  return { kind: 'answer', body: { epoch: result.epoch, seq: result.seq, ...result.value }, replayed: result.replayed };
}
