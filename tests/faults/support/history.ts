/**
 * What clients asked of seats and what they were answered, with the clock of the one process that asked: the input of
 * linear.ts (I7). A call that was sent again under the same request id is one operation, from its first sending to its last
 * answer. Without an answer its outcome is unknown: it may have taken effect at any time after it was sent, or never.
 */
export type OperationKind =
  /** A free seat (a blocked one with fromBlock) becomes held by the token answered. */
  | 'hold'
  /** The deadline of a held seat moves. */
  | 'extend'
  /** A held seat becomes what it was before. */
  | 'release'
  /** A held seat becomes reserved for an order. */
  | 'reserve'
  /** A seat reserved for that order becomes sold; with `reacquire` a free one, too. */
  | 'confirm'
  /** Reserve and confirm in one; without a token, of a free seat. */
  | 'sell'
  /** A seat reserved for or sold by that order becomes free, or blocked: cancel and refund. */
  | 'cancel'
  /** A free seat becomes blocked. */
  | 'block'
  /** A blocked seat becomes free. */
  | 'unblock'
  /** Its letter is read from the store (not from a client's map, which may lag). */
  | 'see';

export interface Invocation {
  /** Who asks; for the explanation, and for holds whose token nobody heard. */
  readonly client: string;
  readonly kind: OperationKind;
  /** All that one call names. Any text: seats of several events in one history need the event in it. */
  readonly seats: readonly string[];
  /** The hold meant; for `hold` the one added to. */
  readonly token?: string;
  /** The order meant, or the one that will be made under this name. */
  readonly order?: string;
  readonly fromBlock?: boolean;
  readonly reacquire?: boolean;
  /** For `cancel`: what the seats become. Default free. */
  readonly to?: 'free' | 'blocked';
  /** What is granted lasts at least so long, also when nobody hears of it. Default 0: it may lapse at once. */
  readonly lastsMs?: number;
}

export interface Granted {
  readonly token?: string;
  readonly order?: string;
  /** As answered: ms from the answer until what was granted may lapse. Without it `lastsMs` counts. */
  readonly expiresInMs?: number;
  /** Seats that the answer names, where it names any: a group must be granted whole. */
  readonly seats?: readonly string[];
  /** For `see`: a letter for each seat. */
  readonly letters?: string;
}

export type Result =
  | { readonly is: 'unknown' }
  | { readonly is: 'ok'; readonly granted: Granted }
  | { readonly is: 'refused'; readonly code: string; readonly seats: readonly string[] | null };

/** One hold as the store has it. */
export interface StoredGroup {
  readonly token: string;
  readonly client: string;
  readonly seats: readonly string[];
}
/** All holds at one instant, read in one step. */
export interface Sight {
  readonly at: number;
  readonly holds: readonly StoredGroup[];
}

export class Operation {
  result: Result = { is: 'unknown' };
  /** null: never answered. */
  returnedAt: number | null = null;

  constructor(
    readonly id: number,
    readonly invocation: Invocation,
    readonly invokedAt: number,
    private readonly now: () => number,
  ) {}

  ok(granted: Granted = {}): void {
    this.returnedAt = this.now();
    this.result = { is: 'ok', granted };
  }

  /** @param seats that the refusal names (details.seats); null: it names none. */
  refused(code: string, seats: readonly string[] | null = null): void {
    this.returnedAt = this.now();
    this.result = { is: 'refused', code, seats };
  }

  /** Nobody knows whether it happened: a time-out, a connection that broke. Also what an operation is while it is open. */
  unknown(): void {
    this.returnedAt = null;
    this.result = { is: 'unknown' };
  }
}

export class History {
  readonly operations: Operation[] = [];
  readonly sights: Sight[] = [];

  /** @param now ms that never go back; the same clock for all. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Call it right before sending. */
  invoke(invocation: Invocation): Operation {
    const operation = new Operation(this.operations.length, invocation, this.now(), this.now);
    this.operations.push(operation);
    return operation;
  }

  /** All holds that the store has, read in one step: groups are held whole or not at all. */
  sight(holds: readonly StoredGroup[]): void {
    this.sights.push({ at: this.now(), holds });
  }
}
