import type { EventStatus, SeatLetter } from '@aisle/client/protocol';

/**
 * The port of everything that decides who has a seat. Implemented by Redis scripts (redis/) and, as the model of the
 * tests, by plain memory. Infrastructure trouble (Redis away, time-out) is thrown as AisleError UNAVAILABLE; every
 * expected answer is a value (SPEC S5).
 */
export interface SeatStore {
  hold(input: HoldInput): Promise<Outcome<StoredHold>>;
  holdBest(input: HoldBestInput): Promise<Outcome<StoredHold>>;
  extend(input: HoldRefInput): Promise<Outcome<StoredHold>>;
  /** Value null: nothing is left of the hold. */
  release(input: ReleaseInput): Promise<Outcome<StoredHold | null>>;
  block(input: BlockInput): Promise<Outcome<BlockResult>>;
  unblock(input: BlockInput): Promise<Outcome<BlockResult>>;
  /** Frees up to `limit` lapsed holds; refuses only by epoch or loading (SPEC H3). */
  expire(input: ExpireInput): Promise<Outcome<ExpireResult>>;
  /** held → reserved for an order (SPEC O1). Again with the same order id: the same answer. */
  reserve(input: ReserveInput): Promise<Outcome<StoredHold>>;
  /** reserved → held, where the order could not be placed; only if the hold is reserved for this order. null: it lapsed meanwhile. */
  unreserve(input: UnreserveInput): Promise<Outcome<StoredHold | null>>;
  /** What a step of an order means for the places (SPEC O3). Repeating it changes nothing. Refuses only by epoch or loading. */
  settle(effect: OrderEffect): Promise<Outcome<SettleResult>>;
  /** Reserved holds, oldest deadline first: what waits for an order (SPEC O2). */
  reservedHolds(eventId: string, limit: number): Promise<readonly ReservedHold[]>;
  /** The subject's live holds become another's, deadlines unchanged (a guest who signs in). Resolves with how many; at most what the cap allows. */
  transferHolds(input: TransferInput): Promise<Outcome<{ readonly moved: number; readonly left: number }>>;
  /** One hold, lapsed ones included as state 'expired'; null: unknown. */
  getHold(eventId: string, token: string): Promise<StoredHold | null>;
  /** The subject's live holds. */
  holdsOf(eventId: string, subject: string): Promise<StoredHold[]>;
  /** All live holds, reserved ones first, each by deadline; for staff. */
  allHolds(eventId: string, offset: number, limit: number): Promise<StoredHold[]>;
  /** Map, areas, inventory, position: one consistent read (SPEC F1). Throws UNAVAILABLE while loading or unknown. */
  snapshot(eventId: string): Promise<StoreSnapshot>;
  /** Where each event stands, pipelined (SPEC F4); null where Redis does not know it or it is loading. */
  positions(eventIds: readonly string[]): Promise<(StorePosition | null)[]>;
  /** Status and limits, monotone by event version (SPEC R4). False: Redis already had a newer version or no such event. */
  configure(input: EventConfig): Promise<boolean>;
}

/** What every command names. `epoch` as Postgres has it (SPEC S3). */
export interface CommandInput {
  readonly eventId: string;
  readonly epoch: number;
  readonly chartVersion: number;
  /** Whose holds are concerned (onBehalfOf applied). */
  readonly subject: string;
  /** Who acts, for the log: the caller's own subject. */
  readonly actor: string;
  /** box_office, service, admin: may act on any hold (SPEC H6). */
  readonly staff: boolean;
  readonly requestId: string;
  /** Hash of command and canonical payload (SPEC S7). */
  readonly fingerprint: string;
}
export interface SeatPick {
  readonly seatNo: number;
  readonly catNo: number;
  readonly ticketType?: string;
}
export interface AreaPick {
  readonly areaNo: number;
  readonly catNo: number;
  readonly quantity: number;
  readonly ticketType?: string;
}
/** 0: the event's own limit. */
export interface HoldLimits {
  readonly maxPlaces: number;
  readonly holdMs: number;
  readonly maxHoldMs: number;
}
export interface HoldInput extends CommandInput {
  readonly seats: readonly SeatPick[];
  readonly areas: readonly AreaPick[];
  /** Add to this hold; absent: a new one under `newToken`. */
  readonly holdToken?: string;
  /** "<eventId>.<128 random bits>", made by the node. */
  readonly newToken: string;
  /** Take blocked seats instead of free ones (staff, SPEC H8). */
  readonly fromBlock: boolean;
  readonly limits: HoldLimits;
  /** Category key of each catNo named. */
  readonly categoryKeys: readonly string[];
}
export interface HoldBestInput extends Omit<HoldInput, 'holdToken' | 'seats' | 'areas' | 'fromBlock'> {
  readonly quantity: number;
  /** Candidate groups, best first, at most 64, each of `quantity` seats; the script takes the first that is free. */
  readonly groups: readonly (readonly SeatPick[])[];
  /** seq of the map the groups were ranked on: NOT_ENOUGH_SEATS is definitive only where nothing changed since. */
  readonly rankedAtSeq: number;
  /** True: `groups` are all there are; false: there were more than 64, so a miss says nothing. */
  readonly exhaustive: boolean;
}
export interface HoldRefInput extends CommandInput {
  readonly token: string;
  readonly limits: HoldLimits;
}
export interface ReleaseInput extends CommandInput {
  readonly token: string;
  /** Empty seats and areas: all of it. */
  readonly seats: readonly number[];
  /** With a ticket type: places of that type alone; without: of any. */
  readonly areas: readonly { readonly areaNo: number; readonly quantity: number; readonly ticketType?: string }[];
}
export interface ReserveInput extends CommandInput {
  readonly token: string;
  readonly orderId: string;
  /** Until when the order may be paid, from now. */
  readonly reserveMs: number;
}
export interface UnreserveInput {
  readonly eventId: string;
  readonly epoch: number;
  readonly token: string;
  readonly orderId: string;
  readonly actor: string;
  readonly requestId: string;
  /** Goes into the log. */
  readonly cause: string;
}
export interface TransferInput {
  readonly eventId: string;
  readonly epoch: number;
  readonly from: string;
  readonly to: string;
  readonly requestId: string;
  /** 0: the event's own limit. */
  readonly maxPlaces: number;
}
/** What Redis must be told of one step of an order; made in the step's transaction (db: order_effects). */
export interface OrderEffect {
  readonly id: number;
  readonly orderId: string;
  readonly eventId: string;
  /** The event's epoch when the step was committed: a Redis loaded under a later one knows it already. */
  readonly epoch: number;
  /**
   * sold: the reserved hold's places are sold, whoever has them. released: the reserved hold goes back to each place's
   * origin. returned: `give` leave s. exchanged: `take` are sold and `give` leave s at the same instant.
   */
  readonly kind: 'sold' | 'released' | 'returned' | 'exchanged';
  /** The hold that ends with it; '' where none does. */
  readonly holdToken: string;
  readonly take: readonly EffectPlace[];
  readonly give: readonly (EffectPlace & { readonly to: 'a' | 'b' })[];
  /** expired, cancelled, refund, exchange, …: goes into the log with the order's id. */
  readonly cause: string;
  /** The buyer's subject, and who did it. */
  readonly subject: string;
  readonly actor: string;
  readonly requestId: string;
}
export interface EffectPlace {
  readonly kind: 'seat' | 'area';
  readonly placeNo: number;
  readonly catNo: number;
  /** 1 for a seat. */
  readonly quantity: number;
}
/** `applied`: changed by this call. `known`: done before, or loaded with the epoch. `shrunk`: holds of others that lost places. */
export interface SettleResult {
  readonly result: 'applied' | 'known';
  readonly shrunk: number;
}
export interface ReservedHold {
  readonly token: string;
  readonly subject: string;
  readonly orderId: string;
  readonly reservedAtMs: number;
  readonly expiresAtMs: number;
  readonly nowMs: number;
}
export interface BlockInput extends CommandInput {
  readonly seats: readonly SeatPick[];
  readonly areas: readonly AreaPick[];
  readonly label: string;
  readonly reason: string;
  readonly categoryKeys: readonly string[];
}
/** seatNos that changed state by this call (those already so are left out), areas as asked. */
export interface BlockResult {
  readonly seats: readonly number[];
  readonly areas: readonly { readonly areaNo: number; readonly quantity: number }[];
}
export interface ExpireInput {
  readonly eventId: string;
  readonly epoch: number;
  readonly limit: number;
}
export interface ExpireResult {
  /** Holds freed. */
  readonly released: number;
  readonly places: number;
  /** Worst lateness in ms (now − deadline) among them. */
  readonly worstLatenessMs: number;
  /** True: more are due. */
  readonly more: boolean;
  /** Deadline of the next live hold; null: none. */
  readonly nextExpiresAtMs: number | null;
  /** Damaged holds met and left alone. */
  readonly errors: number;
  /** Reserved holds past their deadline, for O2: the sweeper settles them in Postgres first. */
  readonly overdueReserved: readonly string[];
}
export interface HeldSeat extends SeatPick {
  /** 'b': taken from a block and goes back to it. */
  readonly origin: 'a' | 'b';
}
export interface HeldArea extends AreaPick {
  readonly origin: 'a' | 'b';
}
export interface StoredHold {
  readonly eventId: string;
  readonly token: string;
  readonly subject: string;
  readonly state: 'held' | 'reserved' | 'expired';
  readonly orderId: string | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly maxExpiresAtMs: number;
  readonly seats: readonly HeldSeat[];
  readonly areas: readonly HeldArea[];
  /** Redis's clock at the answer: expiresInMs = expiresAtMs − nowMs. */
  readonly nowMs: number;
}

export type Refusal =
  | {
      readonly code: 'SEAT_UNAVAILABLE';
      readonly seats: readonly { readonly seatNo: number; readonly state: SeatLetter }[];
    }
  | { readonly code: 'AREA_FULL'; readonly areaNo: number; readonly available: number }
  | { readonly code: 'NOT_ENOUGH_SEATS' }
  | { readonly code: 'LIMIT_EXCEEDED'; readonly limit: number; readonly holding: number }
  | { readonly code: 'HOLD_NOT_FOUND' }
  | { readonly code: 'HOLD_EXPIRED' }
  | { readonly code: 'HOLD_RESERVED'; readonly orderId: string }
  | { readonly code: 'NOT_IN_HOLD'; readonly seats: readonly number[]; readonly areas: readonly number[] }
  | { readonly code: 'EVENT_NOT_ON_SALE'; readonly status: EventStatus }
  | { readonly code: 'IDEMPOTENCY_MISMATCH' }
  /** Epoch unknown, different or loading; chart version differs; log full; candidates all stale. Never remembered. */
  | { readonly code: 'UNAVAILABLE'; readonly reason: 'epoch' | 'loading' | 'chart' | 'log_full' | 'stale' };

export type Outcome<T> =
  | { readonly ok: true; readonly epoch: number; readonly seq: number; readonly replayed: boolean; readonly value: T }
  | {
      readonly ok: false;
      readonly epoch: number;
      readonly seq: number;
      readonly replayed: boolean;
      readonly refusal: Refusal;
    };

export interface StorePosition {
  readonly epoch: number;
  readonly seq: number;
  readonly status: EventStatus;
  readonly version: number;
  readonly chartVersion: number;
}
export interface StoreSnapshot extends StorePosition {
  /** One letter a seat, full states. */
  readonly letters: string;
  /** Available places by areaNo. */
  readonly areaAvailable: readonly number[];
  /** By catNo. */
  readonly inventory: readonly CategoryCounts[];
}
export interface CategoryCounts {
  readonly total: number;
  readonly sold: number;
  readonly pending: number;
  readonly available: number;
  readonly version: number;
}
export interface EventConfig {
  readonly eventId: string;
  readonly version: number;
  readonly status: EventStatus;
  readonly holdMs: number;
  readonly maxHoldMs: number;
  readonly maxPlaces: number;
}
