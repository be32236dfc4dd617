import type { Granted, Operation, OperationKind } from './history.js';

/** What one seat may be (architecture §3), and what each operation makes of it. Times in ms of the history's clock. */
type Taken = {
  readonly token: string;
  /** What it becomes when it is given back. */
  readonly origin: 'free' | 'blocked';
  /** Not before this may it lapse. */
  readonly until: number;
  /** By this its deadline has passed for certain. */
  readonly overdue: number;
};
export type SeatState =
  | { readonly is: 'free' }
  | { readonly is: 'blocked' }
  | ({ readonly is: 'held' } & Taken)
  | ({ readonly is: 'reserved'; readonly order: string } & Taken)
  | { readonly is: 'sold'; readonly order: string };

/** What an answer says of one seat. */
type Claim = 'took effect' | 'not free' | 'not held';

/** One operation's part in one seat. */
export interface SeatOperation {
  readonly id: number;
  readonly client: string;
  readonly kind: OperationKind;
  readonly claim: Claim;
  readonly token: string;
  readonly order: string;
  readonly fromBlock: boolean;
  readonly reacquire: boolean;
  readonly to: 'free' | 'blocked';
  readonly letter: string;
  /** The grant's: see SeatState. */
  readonly until: number;
  readonly overdue: number;
  readonly from: number;
  /** Infinity: may still take effect. */
  readonly by: number;
  /** False: it may never have happened. */
  readonly must: boolean;
  /** A store was lost meanwhile: a hold that is gone by then is released all the same. */
  readonly disturbed: boolean;
}

export const FREE: SeatState = { is: 'free' };

/** A stretch in which Redis lost what it had; `rewound`: it may have come back as it was a while ago. */
export interface Loss {
  readonly from: number;
  readonly to: number;
  readonly rewound?: boolean;
}

/** Answers after which nobody can say whether it happened. */
const NOBODY_KNOWS = new Set(['UNAVAILABLE', 'INTERNAL']);
/** The hold is not there. Only for operations that name one. */
const NOT_HELD = new Set(['HOLD_NOT_FOUND', 'HOLD_EXPIRED']);

/** Orders: answered when Postgres has them. */
const LATE = new Set<OperationKind>(['confirm', 'sell', 'cancel']);
const NOTHING: Granted = {};

/**
 * Null where the answer says nothing of this seat.
 * @param settleMs orders are answered when Postgres has them; Redis follows within this
 */
export function partOf(
  operation: Operation,
  seat: string,
  { losses, settleMs }: { losses: readonly Loss[]; settleMs: number },
): SeatOperation | null {
  const { invocation, result, invokedAt: from, returnedAt } = operation;
  const to = returnedAt ?? Infinity;
  const kept = losses.every((loss) => loss.from > to);
  let claim: Claim | null = 'took effect';
  let must = result.is === 'ok';
  if (result.is === 'refused' && !NOBODY_KNOWS.has(result.code)) {
    // It may have been carried out, and forgotten together with its request id (S7), before it was refused.
    must = kept || losses.every((loss) => loss.from > to || loss.to < from);
    if (must) claim = claimOf(operation, result.code, result.seats, seat);
  }
  if (claim === null || (!must && invocation.kind === 'see')) return null;
  const granted = result.is === 'ok' ? result.granted : NOTHING;
  const late = claim === 'took effect' && LATE.has(invocation.kind) ? settleMs : 0;
  return {
    id: operation.id,
    client: invocation.client,
    kind: invocation.kind,
    claim,
    // A hold that nobody heard of has a name of its own.
    token: granted.token ?? invocation.token ?? `?${operation.id}`,
    order: granted.order ?? invocation.order ?? `?${operation.id}`,
    fromBlock: invocation.fromBlock === true,
    reacquire: invocation.reacquire === true,
    to: invocation.to ?? 'free',
    letter: granted.letters?.[invocation.seats.indexOf(seat)] ?? '',
    until: from + (granted.expiresInMs ?? invocation.lastsMs ?? 0),
    overdue: granted.expiresInMs === undefined ? Infinity : to + granted.expiresInMs,
    from,
    by: must ? to + late : Infinity,
    must,
    disturbed: !kept,
  };
}

function claimOf({ invocation }: Operation, code: string, named: readonly string[] | null, seat: string): Claim | null {
  if (code === 'SEAT_UNAVAILABLE' && invocation.kind === 'hold') {
    // Of a group that is refused without saying for which, one was not free; nobody knows which.
    const meant = named ?? (invocation.seats.length === 1 ? invocation.seats : []);
    return meant.includes(seat) ? 'not free' : null;
  }
  return NOT_HELD.has(code) && invocation.token !== undefined ? 'not held' : null;
}

/** What the seat is after the operation; null: from this state it could not have been answered so. */
export function after(state: SeatState, operation: SeatOperation): SeatState | null {
  const { token, order, until, overdue } = operation;
  const own = (state.is === 'held' || state.is === 'reserved') && state.token === token;
  if (operation.claim === 'not held') return own ? null : state;
  if (operation.claim === 'not free') {
    const source = operation.fromBlock ? 'blocked' : 'free';
    return state.is === source || (own && state.is === 'held') ? null : state;
  }
  switch (operation.kind) {
    case 'hold':
      return hold(state, operation);
    case 'extend':
      return state.is === 'held' && own ? { ...state, until, overdue } : null;
    case 'release':
      if (state.is === 'held' && own) return { is: state.origin };
      return operation.disturbed && !own ? state : null;
    case 'reserve':
      return state.is === 'held' && own ? { ...state, is: 'reserved', order, until, overdue } : null;
    case 'confirm':
      if (state.is === 'reserved' && state.order === order) return { is: 'sold', order };
      return operation.reacquire && state.is === 'free' ? { is: 'sold', order } : null;
    case 'sell':
      if (operation.token.startsWith('?')) return state.is === 'free' ? { is: 'sold', order } : null;
      return own && (state.is === 'held' || state.order === order) ? { is: 'sold', order } : null;
    case 'cancel':
      if (state.is === 'reserved' && state.order === order) return { is: state.origin };
      return state.is === 'sold' && state.order === order ? { is: operation.to } : null;
    case 'block':
      return state.is === 'free' || state.is === 'blocked' ? { is: 'blocked' } : null;
    case 'unblock':
      return state.is === 'free' || state.is === 'blocked' ? FREE : null;
    case 'see':
      return LETTERS[state.is].includes(operation.letter) ? state : null;
  }
}

/** Held and reserved look alike: which of the two it is, nobody but its holder can tell. */
const LETTERS = { free: 'a', held: 'hr', reserved: 'hr', sold: 's', blocked: 'b' } as const;

function hold(state: SeatState, { token, until, overdue, fromBlock }: SeatOperation): SeatState | null {
  if (state.is === 'held' && state.token === token) return state;
  if (state.is !== (fromBlock ? 'blocked' : 'free')) return null;
  return { is: 'held', token, origin: state.is === 'blocked' ? 'blocked' : 'free', until, overdue };
}

/** As text: the same for the same. */
export function keyOf(state: SeatState): string {
  if (state.is === 'free' || state.is === 'blocked') return state.is;
  if (state.is === 'sold') return `sold ${state.order}`;
  const order = state.is === 'reserved' ? state.order : '';
  return `${state.is} ${state.token} ${order} ${state.origin} ${state.until} ${state.overdue}`;
}
