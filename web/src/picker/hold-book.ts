import type { AisleClient, AisleError, HoldNote, LiveHold } from '@aisle/client';
import { nearer, remaining, type Deadline } from './countdown.js';

export interface BookHold {
  readonly hold: LiveHold;
  readonly deadline: Deadline;
}

/** What was asked for when the server refused. */
export type Attempt =
  | { readonly kind: 'take-seat'; readonly seat: string }
  | { readonly kind: 'take-area'; readonly area: string; readonly quantity: number }
  | { readonly kind: 'best'; readonly quantity: number }
  | { readonly kind: 'release' | 'extend' };

export interface BookListener {
  /** Something about the holds, or what is being asked for, is different. */
  changed(): void;
  taken(attempt: Attempt, hold: LiveHold, seats: readonly string[]): void;
  released(places: number): void;
  extended(hold: LiveHold): void;
  /** The server let a hold lapse: its places are on sale again. */
  lapsed(places: number): void;
  /** Gone without a lapse and not from here: released in another tab, or by staff. */
  removed(places: number): void;
  refused(attempt: Attempt, error: AisleError): void;
}

/** An answer to "what do I hold" that takes longer is not waited for when a hold's time is up. */
const LAPSE_ANSWER_MS = 4_000;
/** Notes about one's own holds come in flocks (each command makes one): they are answered by one question. */
const REFRESH_AFTER_MS = 250;

const placesIn = (hold: LiveHold): number =>
  hold.seats.length + hold.areas.reduce((sum, { quantity }) => sum + quantity, 0);

/**
 * The buyer's holds of one event: what the server said last, and what has been asked but not answered. Commands go out
 * one after another, so that the second seat joins the hold that the first one made. Knows nothing of the page.
 */
export class HoldBook {
  private readonly entries = new Map<string, BookHold>();
  readonly taking = new Set<string>();
  readonly releasing = new Set<string>();
  private queue: Promise<void> = Promise.resolve();
  private refreshTimer: ReturnType<typeof setTimeout> | undefined;
  private checking = false;
  private queued = 0;

  constructor(
    private readonly client: AisleClient,
    private readonly eventId: string,
    private readonly listener: BookListener,
  ) {}

  get holds(): readonly BookHold[] {
    return [...this.entries.values()].sort((a, b) => a.deadline.at - b.deadline.at);
  }

  get places(): number {
    return this.holds.reduce((sum, { hold }) => sum + placesIn(hold), 0);
  }

  /** A command is on its way. */
  get busy(): boolean {
    return this.queued > 0;
  }

  holdOf(seat: string): BookHold | undefined {
    return this.holds.find(({ hold }) => hold.seats.includes(seat));
  }

  mineInArea(area: string): number {
    return this.holds.reduce((sum, { hold }) => sum + (hold.areas.find(({ id }) => id === area)?.quantity ?? 0), 0);
  }

  takeSeat(seat: string): void {
    if (this.taking.has(seat)) return;
    this.taking.add(seat);
    this.listener.changed();
    this.enqueue(async () => {
      try {
        const { hold } = await this.client.hold({ eventId: this.eventId, seats: [seat], ...this.joining() });
        this.keep(hold);
        this.listener.taken({ kind: 'take-seat', seat }, hold, [seat]);
      } finally {
        this.taking.delete(seat);
      }
    }, { kind: 'take-seat', seat }); // prettier-ignore
  }

  takeArea(area: string, quantity: number): void {
    const attempt: Attempt = { kind: 'take-area', area, quantity };
    this.enqueue(async () => {
      const { hold } = await this.client.hold({
        eventId: this.eventId,
        areas: [{ id: area, quantity }],
        ...this.joining(),
      });
      this.keep(hold);
      this.listener.taken(attempt, hold, []);
    }, attempt);
  }

  takeBest(quantity: number, category: string | undefined): void {
    const attempt: Attempt = { kind: 'best', quantity };
    const categories = category === undefined ? {} : { categories: [category] };
    this.enqueue(async () => {
      const { hold } = await this.client.holdBest({ eventId: this.eventId, quantity, ...categories });
      this.keep(hold);
      this.listener.taken(attempt, hold, hold.seats);
    }, attempt);
  }

  releaseSeat(seat: string): void {
    if (this.releasing.has(seat)) return;
    this.releasing.add(seat);
    this.listener.changed();
    this.enqueue(async () => {
      try {
        const found = this.holdOf(seat);
        if (found !== undefined) await this.release(found.hold, { seats: [seat] }, 1);
      } finally {
        this.releasing.delete(seat);
      }
    }, { kind: 'release' }); // prettier-ignore
  }

  releaseArea(token: string, area: string, quantity: number, ticketType?: string): void {
    const choice = { id: area, quantity, ...(ticketType === undefined ? {} : { ticketType }) };
    this.enqueue(
      async () => {
        const found = this.entries.get(token);
        if (found !== undefined) await this.release(found.hold, { areas: [choice] }, quantity);
      },
      { kind: 'release' },
    );
  }

  releaseAll(): void {
    this.enqueue(
      async () => {
        for (const { hold } of this.holds) {
          if (hold.state === 'held') await this.release(hold, {}, placesIn(hold));
        }
      },
      { kind: 'release' },
    );
  }

  extend(token: string): void {
    this.enqueue(
      async () => {
        const { hold } = await this.client.extend({ eventId: this.eventId, holdToken: token });
        this.keep(hold);
        this.listener.extended(hold);
      },
      { kind: 'extend' },
    );
  }

  /** Asks the server what is held, now and after what is already on its way. */
  refresh(timeoutMs?: number): Promise<void> {
    this.enqueue(async () => {
      const { holds } = await this.client.holds(
        { eventId: this.eventId },
        timeoutMs === undefined ? {} : { timeoutMs },
      );
      this.replace(holds);
    });
    return this.queue;
  }

  /** A note from the server about one of this buyer's holds. */
  note(note: HoldNote): void {
    if (note.eventId !== this.eventId) return;
    if (note.kind === 'expired') return this.drop(note.token, 'lapsed');
    clearTimeout(this.refreshTimer);
    this.refreshTimer = setTimeout(() => void this.refresh(), REFRESH_AFTER_MS);
  }

  /**
   * A countdown has reached nothing. The server decides; where it does not answer, the hold is given up for lost: its
   * deadline has passed, and saying otherwise would be a lie.
   */
  async timeUp(): Promise<void> {
    if (this.checking) return;
    this.checking = true;
    try {
      const late = new Promise<void>((resolve) => setTimeout(resolve, LAPSE_ANSWER_MS));
      await Promise.race([this.refresh(LAPSE_ANSWER_MS), late]);
    } finally {
      this.checking = false;
      const now = performance.now();
      for (const { hold, deadline } of this.holds) {
        if (hold.state === 'held' && remaining(deadline, now) <= 0) this.drop(hold.token, 'lapsed');
      }
    }
  }

  /** The hold with most time left: what is added joins it, and the buyer keeps one countdown in mind. */
  private joining(): { holdToken?: string } {
    const now = performance.now();
    const open = this.holds.filter(({ hold, deadline }) => hold.state === 'held' && remaining(deadline, now) > 0);
    const last = open.at(-1);
    return last === undefined ? {} : { holdToken: last.hold.token };
  }

  private async release(
    hold: LiveHold,
    part: { seats?: string[]; areas?: { id: string; quantity: number }[] },
    places: number,
  ): Promise<void> {
    const answer = await this.client.release({ eventId: this.eventId, holdToken: hold.token, ...part });
    if (answer.hold === undefined) this.entries.delete(hold.token);
    else this.keep(answer.hold);
    this.listener.released(places);
  }

  private enqueue(work: () => Promise<void>, attempt?: Attempt): void {
    this.queued++;
    this.listener.changed();
    this.queue = this.queue.then(async () => {
      try {
        await work();
      } catch (error) {
        if (attempt !== undefined) this.failed(attempt, error as AisleError);
      } finally {
        this.queued--;
        this.listener.changed();
      }
    });
  }

  private failed(attempt: Attempt, error: AisleError): void {
    this.listener.refused(attempt, error);
    // Either the hold is not what this page thinks, or nobody knows whether the command was carried out.
    if (['HOLD_EXPIRED', 'HOLD_NOT_FOUND', 'HOLD_RESERVED', 'UNAVAILABLE'].includes(error.code)) void this.refresh();
  }

  private keep(hold: LiveHold): void {
    const learnt = { at: hold.deadline, monotonic: performance.now(), wall: Date.now() };
    const before = this.entries.get(hold.token);
    const same = before !== undefined && before.hold.expiresAt === hold.expiresAt;
    this.entries.set(hold.token, { hold, deadline: same ? nearer(before.deadline, learnt) : learnt });
  }

  private replace(holds: readonly LiveHold[]): void {
    const present = new Set(holds.map(({ token }) => token));
    const now = performance.now();
    for (const { hold, deadline } of this.holds) {
      if (!present.has(hold.token)) this.drop(hold.token, remaining(deadline, now) <= 500 ? 'lapsed' : 'removed');
    }
    for (const hold of holds) this.keep(hold);
    this.listener.changed();
  }

  private drop(token: string, why: 'lapsed' | 'removed'): void {
    const gone = this.entries.get(token);
    if (gone === undefined) return;
    this.entries.delete(token);
    this.listener[why](placesIn(gone.hold));
    this.listener.changed();
  }
}
