import type { Booking, Hold, Order, RefundedOrder } from '@aisle/client/protocol';
import { newRequestId } from '../../../client-sdk/src/request-id.js';
import { ApiError } from '../shared/api.js';
import type { DeskCall } from './desk.js';
import { keep, readKeptJson } from './kept.js';
import { itemsTotal } from './prices.js';

/** How the money comes: into the drawer, by the card machine beside the screen, or not now (complimentary, invoice). */
export type Tender = { readonly kind: 'cash'; readonly givenMinor: number } | { readonly kind: 'card' | 'none' };

export interface BuyerFields {
  readonly name?: string;
  readonly email?: string;
}

/** A booking that was sent, or is about to be: kept until its end is known, so that a reload asks for the same sale. */
export interface Pending {
  /** Idempotency-Key over all tries. */
  readonly key: string;
  /** Whose key it was sent with: another's would be another request. */
  readonly subject: string;
  readonly eventId: string;
  readonly body: Booking;
  readonly tender: Tender;
  readonly totalMinor: number;
}

export type TillState =
  | { readonly step: 'open'; readonly note?: string; readonly error?: unknown; readonly retry?: () => void }
  | { readonly step: 'holding' }
  | {
      readonly step: 'held';
      readonly hold: Hold;
      /** performance.now() at which it lapses; never later than the server's. */
      readonly deadline: number;
      readonly busy?: true;
      readonly error?: unknown;
    }
  | { readonly step: 'selling'; readonly pending: Pending; readonly hold: Hold | null }
  /** Nobody knows whether it was sold. The same call is sent again until somebody does. */
  | { readonly step: 'unknown'; readonly pending: Pending; readonly hold: Hold | null; readonly error: unknown }
  | { readonly step: 'sold'; readonly order: Order; readonly tender: Tender };

export interface PlaceChoice {
  readonly seats?: readonly string[];
  readonly areas?: readonly { readonly id: string; readonly quantity: number; readonly ticketType?: string }[];
  readonly fromBlock?: boolean;
}
export interface BestChoice {
  readonly quantity: number;
  readonly category: string;
  readonly ticketType?: string | undefined;
  readonly together?: boolean;
  readonly accessible?: boolean;
}

/** One an event: a sale of another event that is not settled waits for its own. */
const keptAs = (eventId: string): string => `sale.${eventId}`;
/** More time is asked for when this much is left, while the sale is on the screen. */
const EXTEND_BELOW_MS = 45_000;

const RELEASE_AGAIN_MS = 2_000;
const RELEASE_TRIES = 30;

/** One sale at a time: places on hold, then sold once, whatever the line does in between. */
export class Till {
  #state: TillState = { step: 'open' };
  readonly #listeners = new Set<() => void>();
  /** Counts choices: an answer to an older one is given back. */
  #turn = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #extending = false;

  constructor(
    private readonly desk: {
      readonly call: DeskCall;
      readonly eventId: string;
      readonly subject: string;
      readonly terminal: string;
      readonly currency: () => string;
    },
  ) {
    const pending = keptPending(desk.eventId);
    if (pending?.subject === desk.subject) {
      this.#state = { step: 'unknown', pending, hold: null, error: undefined };
    } else if (pending !== null) {
      // Under another key it would be another request: a person looks.
      keep('session', keptAs(desk.eventId), null);
      const note = `A sale that ${pending.subject} began here was not settled. Look for its seats in Orders before you sell on.`;
      this.#state = { step: 'open', note };
    }
    this.#timer = setInterval(() => this.#tick(), 1000);
  }

  get state(): TillState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#listeners.clear();
    this.#letGo();
    // What is still being asked for is given back as soon as it is granted.
    this.#turn += 1;
  }

  /** The page is being left: what is held, and not about to be sold, goes back on sale. */
  leave(): void {
    this.#letGo();
  }

  /** The server picks; a former choice of this sale is given back first. */
  holdBest(choice: BestChoice): Promise<void> {
    const { quantity, category, ticketType, together, accessible } = choice;
    return this.#hold(
      '/v1/inventory/best-available',
      {
        ...{ quantity, categories: [category] },
        ...(together === true ? { adjacent: 'required' } : {}),
        ...(accessible === true ? { accessible: true } : {}),
      },
      ticketType,
    );
  }

  holdPlaces(choice: PlaceChoice): Promise<void> {
    return this.#hold('/v1/inventory/holds', { ...choice });
  }

  /** Other ticket types for seats that are held: new prices, the same deadline. */
  async retype(seats: readonly string[], ticketType: string): Promise<void> {
    const { state } = this;
    if (state.step !== 'held') return;
    this.#tell({ ...state, busy: true });
    const sentAt = performance.now();
    const turn = this.#turn;
    try {
      const hold = await this.#retype(state.hold, seats, ticketType);
      // Dropped meanwhile: what was given back is not on the screen again.
      if (turn === this.#turn) this.#held(hold, sentAt);
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#tell({ step: 'held', hold: state.hold, deadline: state.deadline, error });
    }
  }

  /** The places go back on sale. */
  drop(): void {
    this.#turn += 1;
    this.#letGo();
    this.#tell({ step: 'open' });
  }

  /** The next buyer, please. */
  next(): void {
    if (this.#state.step === 'sold') this.#tell({ step: 'open' });
  }

  async sell(tender: Tender, buyer: BuyerFields): Promise<void> {
    const { state } = this;
    if (state.step !== 'held' || state.busy === true) return;
    const { eventId, subject, terminal } = this.desk;
    const totalMinor = itemsTotal(state.hold.items);
    const id = newRequestId();
    const payment =
      tender.kind === 'none' || totalMinor === 0
        ? {}
        : {
            payment: {
              reference: `${tender.kind}/${terminal}/${id}`,
              amountMinor: totalMinor,
              currency: this.desk.currency(),
            },
          };
    const named = Object.keys(buyer).length > 0 ? { buyer } : {};
    // The number of the sale is the server's second guard: it refuses another order of the same one.
    const body: Booking = { eventId, holdToken: state.hold.token, externalId: `till-${id}`, ...named, ...payment };
    const pending: Pending = { key: id, subject, eventId, body, tender, totalMinor };
    keep('session', keptAs(eventId), JSON.stringify(pending));
    await this.#book(pending, state.hold);
  }

  /** The same sale, under the same key. */
  async askAgain(): Promise<void> {
    const { state } = this;
    if (state.step === 'unknown') await this.#book(state.pending, state.hold);
  }

  async #book(pending: Pending, hold: Hold | null): Promise<void> {
    this.#tell({ step: 'selling', pending, hold });
    try {
      const order = await this.desk.call<Order>('POST', '/v1/bookings', { body: pending.body, key: pending.key });
      keep('session', keptAs(pending.eventId), null);
      this.#tell({ step: 'sold', order, tender: pending.tender });
    } catch (error) {
      // Signed out half way: it stays kept, and is asked for again by whoever comes back with the same key.
      const settled = error instanceof ApiError && !error.retryable && error.code !== 'UNAUTHENTICATED';
      if (!settled) {
        this.#tell({ step: 'unknown', pending, hold, error });
        return;
      }
      keep('session', keptAs(pending.eventId), null);
      await this.#refused(hold, error);
    }
  }

  /** Not sold, for certain. Where the places are still held the sale goes on from there. */
  async #refused(hold: Hold | null, error: ApiError): Promise<void> {
    if (hold === null || ['HOLD_EXPIRED', 'HOLD_NOT_FOUND', 'HOLD_RESERVED'].includes(error.code)) {
      this.#tell({ step: 'open', error });
      return;
    }
    const sentAt = performance.now();
    try {
      this.#held(await this.desk.call<Hold>('GET', `/v1/inventory/holds/${hold.token}`), sentAt, error);
    } catch {
      this.#tell({ step: 'open', error });
    }
  }

  async #hold(path: string, choice: Record<string, unknown>, ticketType?: string): Promise<void> {
    if (['selling', 'unknown'].includes(this.#state.step)) return;
    const turn = (this.#turn += 1);
    this.#letGo();
    const key = newRequestId();
    const attempt = async (): Promise<void> => {
      this.#tell({ step: 'holding' });
      const sentAt = performance.now();
      try {
        const body = { eventId: this.desk.eventId, ...choice };
        const hold = await this.desk.call<Hold>('POST', path, { body, key });
        if (turn !== this.#turn) {
          this.#release(hold.token);
          return;
        }
        this.#held(hold, sentAt);
        const seats = hold.items.flatMap((item) => (item.seat !== undefined ? [item.seat] : []));
        const other = hold.items.some((item) => item.ticketType !== ticketType);
        if (ticketType !== undefined && other && seats.length > 0) await this.retype(seats, ticketType);
      } catch (error) {
        if (turn !== this.#turn) return;
        const again = error instanceof ApiError && error.retryable;
        this.#tell({ step: 'open', error, ...(again ? { retry: () => void attempt() } : {}) });
      }
    };
    await attempt();
  }

  #retype(hold: Hold, seats: readonly string[], ticketType: string): Promise<Hold> {
    const chosen = seats.map((id) => ({ id, ticketType }));
    const body = { eventId: this.desk.eventId, holdToken: hold.token, seats: chosen };
    return this.desk.call<Hold>('POST', '/v1/inventory/holds', { body, key: newRequestId() });
  }

  /** `sentAt`: performance.now() when the call left. The server's own deadline is that much later, or more. */
  #held(hold: Hold, sentAt: number, error?: unknown): void {
    const deadline = sentAt + hold.expiresInMs;
    this.#tell({ step: 'held', hold, deadline, ...(error === undefined ? {} : { error }) });
  }

  #tick(): void {
    const { state } = this;
    if (state.step !== 'held') return;
    const leftMs = state.deadline - performance.now();
    if (leftMs <= 0) {
      this.#tell({ step: 'open', note: 'The time of this sale ran out. Its places went back on sale; choose again.' });
    } else if (
      leftMs < EXTEND_BELOW_MS &&
      Date.parse(state.hold.maxExpiresAt) - Date.parse(state.hold.expiresAt) > 1000
    ) {
      void this.#extend(state.hold);
    }
  }

  async #extend(hold: Hold): Promise<void> {
    if (this.#extending) return;
    this.#extending = true;
    const sentAt = performance.now();
    try {
      const path = `/v1/inventory/holds/${hold.token}/extend`;
      const longer = await this.desk.call<Hold>('POST', path, { body: {}, key: newRequestId() });
      if (this.#state.step === 'held' && this.#state.hold.token === hold.token) this.#held(longer, sentAt);
    } catch {
      // The next second tries again; the countdown shows what is left.
    } finally {
      this.#extending = false;
    }
  }

  #letGo(): void {
    if (this.#state.step === 'held') this.#release(this.#state.hold.token);
  }

  /** What does not get through is tried again for a while: these buyers may want the same seats after all. Then it lapses by itself. */
  #release(token: string, key = newRequestId(), tries = RELEASE_TRIES): void {
    const path = `/v1/inventory/holds/${token}`;
    this.desk.call('DELETE', path, { key, keepalive: true }).catch((error: unknown) => {
      if (tries <= 1 || !(error instanceof ApiError) || !error.retryable) return;
      setTimeout(() => this.#release(token, key, tries - 1), RELEASE_AGAIN_MS);
    });
  }

  #tell(state: TillState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

function keptPending(eventId: string): Pending | null {
  const value = readKeptJson('session', keptAs(eventId)) as Partial<Pending> | null;
  if (value === null || typeof value.key !== 'string' || value.body === undefined || value.tender === undefined) {
    return null;
  }
  const { key, subject = '', body, tender, totalMinor = 0 } = value;
  return { key, subject, eventId, body, tender, totalMinor };
}

/** What the clerk hands out: change in cash. */
export const changeOf = (tender: Tender, order: Order | RefundedOrder): number =>
  tender.kind === 'cash' ? Math.max(0, tender.givenMinor - order.totalMinor) : 0;
