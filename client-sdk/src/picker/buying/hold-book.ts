import { AisleError } from '../../protocol/errors.js';
import type { LiveHold } from '../../hold.js';
import type { HoldItem } from '../../protocol/hold.js';
import type { HoldCommand } from '../../protocol/up/hold.js';
import type { HoldNote } from '../../protocol/down/hold.js';
import { after, sleep } from '../../time.js';
import type { Deadline } from '../model.js';
import { nearer, remaining } from './countdown.js';
import type { Clock, HoldCommands } from './ports.js';

export interface BookHold {
  readonly hold: LiveHold;
  readonly deadline: Deadline;
}

/** What was asked for. */
export type Attempt =
  | { readonly kind: 'take-seat'; readonly seat: string; readonly ticketType?: string }
  | { readonly kind: 'take-area'; readonly area: string; readonly quantity: number; readonly ticketType?: string }
  | BestAttempt
  | { readonly kind: 'retype'; readonly token: string; readonly item: HoldItem; readonly ticketType: string }
  | { readonly kind: 'release' }
  | { readonly kind: 'extend'; readonly token: string; readonly unasked: boolean };
export interface BestAttempt {
  readonly kind: 'best';
  readonly quantity: number;
  readonly categories?: string[];
  readonly accessible?: true;
  readonly ticketType?: string;
}

export interface BookListener {
  /** Something about the holds, or what is being asked for, is different. `own`: by a command from here. */
  changed(own: boolean): void;
  taken(attempt: Attempt, hold: LiveHold, seats: readonly string[]): void;
  released(places: number): void;
  extended(hold: LiveHold, unasked: boolean): void;
  /** The server let a hold lapse: its places are on sale again. */
  lapsed(hold: LiveHold): void;
  /** Gone without a lapse and not from here: released in another tab, by staff, or as another person. `left`: what of it is still there. */
  removed(hold: LiveHold, left: LiveHold | undefined): void;
  /** All that is held, as the server has just said. */
  refreshed(holds: readonly LiveHold[]): void;
  refused(attempt: Attempt, error: AisleError): void;
}

/** An answer to "what do I hold" that takes longer is not waited for when a hold's time is up. */
const LAPSE_ANSWER_MS = 4_000;
/** Notes about one's own holds come in flocks (each command makes one): they are answered by one question. */
const REFRESH_AFTER_MS = 250;

export const placesIn = (hold: LiveHold): number =>
  hold.seats.length + hold.areas.reduce((sum, { quantity }) => sum + quantity, 0);

const placesAsked = (attempt: Attempt): number =>
  attempt.kind === 'take-seat' ? 1 : 'quantity' in attempt ? attempt.quantity : 0;

/**
 * The buyer's holds of one event: what the server said last, and what has been asked but not answered. Commands go out
 * one after another, so that the second seat joins the hold that the first one made. Knows nothing of the page.
 */
export class HoldBook {
  readonly #entries = new Map<string, BookHold>();
  /** Ids of seats; of areas what is asked for, of their lines the keys. */
  readonly taking = new Set<string>();
  readonly releasing = new Set<string>();
  /** Seats let go from here: the map may still show them as held. */
  readonly letGo = new Set<string>();
  #queue: Promise<void> = Promise.resolve();
  #cancelRefresh = (): void => undefined;
  #asked: Promise<void> | undefined;
  #checking = false;
  #wishes = 0;
  #pending = 0;
  #closed = false;

  readonly #commands: HoldCommands;
  readonly #eventId: string;
  readonly #clock: Clock;
  readonly #listener: BookListener;

  constructor(commands: HoldCommands, eventId: string, clock: Clock, listener: BookListener) {
    this.#commands = commands;
    this.#eventId = eventId;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** The one that ends first, first. */
  get holds(): readonly BookHold[] {
    return [...this.#entries.values()].sort((a, b) => a.deadline.at - b.deadline.at);
  }

  get places(): number {
    return this.holds.reduce((sum, { hold }) => sum + placesIn(hold), 0);
  }

  /** Places asked for and not answered. */
  get pending(): number {
    return this.#pending;
  }

  /** A wish of the buyer's is on its way. */
  get busy(): boolean {
    return this.#wishes > 0;
  }

  holdOf(seat: string): BookHold | undefined {
    return this.holds.find(({ hold }) => hold.seats.includes(seat));
  }

  takeSeat(seat: string, ticketType?: string): void {
    const attempt: Attempt = { kind: 'take-seat', seat, ticketType };
    this.#once(this.taking, seat, attempt, async () => {
      const seats = [ticketType === undefined ? seat : { id: seat, ticketType }];
      const hold = await this.#grant({ eventId: this.#eventId, seats });
      this.#keep(hold);
      this.taking.delete(seat);
      this.#listener.taken(attempt, hold, [seat]);
    });
  }

  takeArea(area: string, quantity: number, ticketType?: string): void {
    const attempt: Attempt = { kind: 'take-area', area, quantity, ticketType };
    this.#once(this.taking, `${area} ${quantity} ${ticketType ?? ''}`, attempt, async () => {
      const areas = [{ id: area, quantity, ...(ticketType === undefined ? {} : { ticketType }) }];
      const hold = await this.#grant({ eventId: this.#eventId, areas });
      this.#keep(hold);
      this.#listener.taken(attempt, hold, []);
    });
  }

  /** A hold of its own: the server does not let the best seats join one. */
  takeBest(attempt: BestAttempt): void {
    const { quantity, categories, accessible, ticketType } = attempt;
    void this.#enqueue(attempt, async () => {
      const wish = { quantity, ...(categories && { categories }), ...(accessible && { accessible }) };
      let hold = await this.#commands.holdBest({ eventId: this.#eventId, ...wish });
      this.#keep(hold);
      const other = hold.items.filter((item) => item.seat !== undefined && item.ticketType !== ticketType);
      if (ticketType !== undefined && other.length > 0) {
        const seats = other.map(({ seat = '' }) => ({ id: seat, ticketType }));
        hold = await this.#commands.hold({ eventId: this.#eventId, seats, holdToken: hold.token });
        this.#keep(hold);
      }
      this.#listener.taken(attempt, hold, hold.seats);
    });
  }

  /** Another ticket type for a seat that is held: in place, it is never let go. `key`: of the basket's line. */
  retype(key: string, token: string, item: HoldItem, ticketType: string): void {
    const attempt: Attempt = { kind: 'retype', token, item, ticketType };
    const { seat, area = '', quantity } = item;
    const common = { eventId: this.#eventId, holdToken: token };
    if (seat !== undefined)
      return void this.#enqueue(attempt, async () => {
        const hold = await this.#commands.hold({ ...common, seats: [{ id: seat, ticketType }] });
        this.#keep(hold);
        const now = hold.items.find((one) => one.seat === seat);
        if (now?.ticketType !== ticketType) throw AisleError.of('INVALID_REQUEST');
        this.#listener.taken(attempt, hold, [seat]);
      });
    // Of an area the new ones first, then the old ones back: at no moment are there fewer. Twice, it would be twice as many.
    this.#once(this.releasing, key, attempt, async () => {
      this.#keep(await this.#commands.hold({ ...common, areas: [{ id: area, quantity, ticketType }] }));
      const old = item.ticketType === undefined ? {} : { ticketType: item.ticketType };
      const left = await this.#commands.release({ ...common, areas: [{ id: area, quantity, ...old }] });
      if (left === undefined) return;
      this.#keep(left);
      this.#listener.taken(attempt, left, []);
    });
  }

  releaseSeat(seat: string): void {
    this.#once(this.releasing, seat, { kind: 'release' }, async () => {
      const found = this.holdOf(seat);
      if (found !== undefined) await this.#release(found.hold, { seats: [seat] }, 1);
    });
  }

  /** `key`: of the basket's line, which shows that it is leaving. */
  releaseArea(key: string, token: string, item: HoldItem, quantity: number): void {
    const { area = '', ticketType } = item;
    const choice = { id: area, quantity, ...(ticketType === undefined ? {} : { ticketType }) };
    this.#once(this.releasing, key, { kind: 'release' }, async () => {
      const found = this.#entries.get(token);
      if (found !== undefined) await this.#release(found.hold, { areas: [choice] }, quantity);
    });
  }

  releaseAll(): void {
    void this.#enqueue({ kind: 'release' }, async () => {
      for (const { hold } of this.holds) {
        if (hold.state === 'held') await this.#release(hold, {}, placesIn(hold));
      }
    });
  }

  /** `unasked`: nobody pressed anything. */
  extend(token: string, unasked: boolean): void {
    void this.#enqueue({ kind: 'extend', token, unasked }, async () => {
      if (!this.#entries.has(token)) return;
      const hold = await this.#commands.extend({ eventId: this.#eventId, holdToken: token });
      this.#keep(hold);
      this.#listener.extended(hold, unasked);
    });
  }

  /** Asks the server what is held, after what is already on its way; several at once are one question. Never rejects. */
  refresh(timeoutMs?: number): Promise<void> {
    this.#asked ??= this.#enqueue(undefined, async () => {
      this.#asked = undefined;
      this.#replace(await this.#commands.holds(this.#eventId, timeoutMs));
    });
    return this.#asked;
  }

  /** Soon: more of the same may come. */
  refreshSoon(): void {
    this.#cancelRefresh();
    this.#cancelRefresh = after(REFRESH_AFTER_MS, () => void this.refresh());
  }

  /** A note from the server about one of this buyer's holds. */
  note(note: HoldNote): void {
    if (note.eventId !== this.#eventId) return;
    if (note.kind === 'expired') this.#drop(note.token, 'lapsed');
    else this.refreshSoon();
  }

  /**
   * A countdown has reached nothing. The server decides; where it does not answer, the hold is given up for lost: its
   * deadline has passed, and saying otherwise would be a lie.
   */
  async timeUp(): Promise<void> {
    if (this.#checking) return;
    this.#checking = true;
    try {
      await Promise.race([this.refresh(LAPSE_ANSWER_MS), sleep(LAPSE_ANSWER_MS)]);
    } finally {
      this.#checking = false;
      const now = this.#clock.monotonic();
      for (const { hold, deadline } of this.holds) {
        if (hold.state === 'held' && remaining(deadline, now) <= 0) this.#drop(hold.token, 'lapsed');
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.#cancelRefresh();
  }

  /** The hold with most time left: what is added joins it, and the buyer keeps one countdown in mind. */
  #joining(): { holdToken?: string } {
    const now = this.#clock.monotonic();
    const open = this.holds.filter(({ hold, deadline }) => hold.state === 'held' && remaining(deadline, now) > 0);
    const last = open.at(-1);
    return last === undefined ? {} : { holdToken: last.hold.token };
  }

  /** Joins the present hold; where that is gone meanwhile, which the server is asked about, begins another: the place was what was wanted. */
  async #grant(command: HoldCommand): Promise<LiveHold> {
    const joined = this.#joining();
    try {
      return await this.#commands.hold({ ...command, ...joined });
    } catch (error) {
      const gone =
        error instanceof AisleError && ['HOLD_EXPIRED', 'HOLD_NOT_FOUND', 'HOLD_RESERVED'].includes(error.code);
      if (!gone || joined.holdToken === undefined) throw error;
      this.#replace(await this.#commands.holds(this.#eventId, LAPSE_ANSWER_MS));
      return this.#commands.hold({ ...command, ...this.#joining() });
    }
  }

  async #release(
    hold: LiveHold,
    part: { seats?: string[]; areas?: { id: string; quantity: number; ticketType?: string }[] },
    places: number,
  ): Promise<void> {
    const left = await this.#commands.release({ eventId: this.#eventId, holdToken: hold.token, ...part });
    if (left === undefined) this.#entries.delete(hold.token);
    else this.#keep(left);
    for (const seat of part.seats ?? hold.seats) this.letGo.add(seat);
    this.#listener.released(places);
  }

  /** Marked while it is under way, and not begun a second time. */
  #once(marks: Set<string>, id: string, attempt: Attempt, work: () => Promise<void>): void {
    if (marks.has(id)) return;
    marks.add(id);
    void this.#enqueue(attempt, () => work().finally(() => marks.delete(id)));
  }

  #enqueue(attempt: Attempt | undefined, work: () => Promise<void>): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const asked = attempt === undefined ? 0 : placesAsked(attempt);
    // A question, or more time, keeps nobody from choosing.
    const wish = attempt !== undefined && attempt.kind !== 'extend' ? 1 : 0;
    this.#wishes += wish;
    this.#pending += asked;
    this.#tell(false);
    this.#queue = this.#queue.then(async () => {
      let own = attempt !== undefined;
      try {
        if (!this.#closed) await work();
      } catch (error) {
        own = false;
        if (attempt !== undefined) await this.#failed(attempt, error);
      } finally {
        this.#wishes -= wish;
        this.#pending -= asked;
        this.#tell(own);
      }
    });
    return this.#queue;
  }

  #tell(own: boolean): void {
    if (!this.#closed) this.#listener.changed(own);
  }

  /** Where nobody knows whether it was carried out, or the holds are not what this page thinks, the server is asked first. */
  async #failed(attempt: Attempt, thrown: unknown): Promise<void> {
    const error = thrown instanceof AisleError ? thrown : AisleError.of('INTERNAL', {}, { cause: thrown });
    const unknown = error.code === 'UNAVAILABLE' || error.code === 'INTERNAL';
    if (unknown || ['HOLD_EXPIRED', 'HOLD_NOT_FOUND', 'HOLD_RESERVED'].includes(error.code)) {
      const answered = await this.#commands.holds(this.#eventId, LAPSE_ANSWER_MS).then(
        (holds) => this.#replace(holds),
        () => undefined,
      );
      const seat = attempt.kind === 'take-seat' ? attempt.seat : undefined;
      const found = seat === undefined ? undefined : this.holdOf(seat);
      if (unknown && answered !== undefined && seat !== undefined && found !== undefined) {
        this.#listener.taken(attempt, found.hold, [seat]);
        return;
      }
    }
    if (!this.#closed) this.#listener.refused(attempt, error);
  }

  #keep(hold: LiveHold): void {
    const learnt = { at: hold.deadline, monotonic: this.#clock.monotonic(), wall: this.#clock.wall() };
    const before = this.#entries.get(hold.token);
    const same = before !== undefined && before.hold.expiresAt === hold.expiresAt;
    this.#entries.set(hold.token, { hold, deadline: same ? nearer(before.deadline, learnt) : learnt });
  }

  #replace(holds: readonly LiveHold[]): true {
    const now = this.#clock.monotonic();
    const present = new Map(holds.map((hold) => [hold.token, hold]));
    for (const { hold, deadline } of this.holds) {
      const left = present.get(hold.token);
      if (left === undefined) this.#drop(hold.token, remaining(deadline, now) <= 500 ? 'lapsed' : 'removed');
      else if (placesIn(left) < placesIn(hold)) this.#listener.removed(hold, left);
    }
    for (const hold of holds) this.#keep(hold);
    if (!this.#closed) this.#listener.refreshed(holds);
    return true;
  }

  #drop(token: string, why: 'lapsed' | 'removed'): void {
    const gone = this.#entries.get(token);
    if (gone === undefined || this.#closed) return;
    this.#entries.delete(token);
    if (why === 'lapsed') this.#listener.lapsed(gone.hold);
    else this.#listener.removed(gone.hold, undefined);
    this.#tell(false);
  }
}
