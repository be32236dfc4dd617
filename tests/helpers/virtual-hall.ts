import type { SeatLetter } from '@aisle/client/protocol';
import type { LiveEvent } from '../../server/src/domain/event.js';
import type { Refusal } from '../../server/src/domain/ports/seat-store.js';
import type { ModelHold } from './model-hall.js';
import { ModelStore } from './model-orders.js';
import { MemorySeatStore } from './memory-seat-store.js';

/** Known bugs, to be put in on purpose: the search for interleavings must find each. */
export type HallBug = 'the epoch is not compared' | 'request ids are forgotten' | 'a group is taken in part';

export interface HallCall {
  readonly subject: string;
  readonly requestId: string;
  /** That the node knows of. */
  readonly epoch: number;
}
export type HallAnswer =
  | { readonly ok: true; readonly hold: ModelHold | null; readonly nowMs: number }
  | { readonly ok: false; readonly refusal: Refusal };

/**
 * Redis with its commands, in memory, on the clock of the test: the model decides (model-*.ts), the store for the fan-out tells
 * (memory-seat-store.ts). One event of one category, no areas.
 */
export class VirtualHall {
  readonly store: MemorySeatStore;
  /** Every change that was accepted: under which request, which epoch it came with, and which there was. */
  readonly accepted: { readonly request: string; readonly came: number; readonly was: number }[] = [];
  #model: ModelStore;
  #tokens = 0;
  epoch: number;

  constructor(
    private readonly live: LiveEvent,
    private readonly limits: { readonly holdMs: number; readonly maxPlaces: number },
    private readonly bug: HallBug | null = null,
  ) {
    this.epoch = live.epoch;
    this.store = new MemorySeatStore(live);
    this.#model = this.#fresh();
  }

  /** What is held, as one look at the store would find it. */
  get holds(): ModelHold[] {
    return [...this.#model.holds.values()].filter((hold) => hold.state === 'held');
  }
  get letters(): string {
    return this.#model.letters.join('');
  }
  /** I4: [total, sold, pending, available] recounted. */
  get counts(): [number, number, number, number] {
    return this.#model.inventory(0);
  }

  hold(call: HallCall, seats: readonly number[]): HallAnswer {
    const newToken = `t${this.#tokens++}`;
    const free = seats.filter((seatNo) => this.#model.letters[seatNo] === 'a');
    const taken = this.bug === 'a group is taken in part' && free.length > 0 ? free : seats;
    const limits = { maxPlaces: 0, holdMs: 0, maxHoldMs: 0 };
    return this.#run(call, (common) =>
      this.#model.hold({
        ...common,
        ...{ newToken, limits, areas: [], fromBlock: false, categoryKeys: ['A'] },
        seats: taken.map((seatNo) => ({ seatNo, catNo: 0 })),
      }),
    );
  }

  release(call: HallCall, token: string): HallAnswer {
    return this.#run(call, (common) => this.#model.release({ ...common, token, seats: [], areas: [] }));
  }

  /** The sweep. */
  expire(): void {
    this.#changing(() => this.#model.expire());
  }

  /** A new epoch (R2): on a Redis that survived its holds are carried; on one that lost everything nothing is left. */
  reload(epoch: number, carried: boolean): void {
    this.epoch = epoch;
    if (!carried) this.#model = this.#fresh();
    this.store.load(this.live, epoch);
    this.#tell('a'.repeat(this.live.chart.seatCount));
  }

  #fresh(): ModelStore {
    const { holdMs, maxPlaces } = this.limits;
    const seatCategory = Array.from({ length: this.live.chart.seatCount }, () => 0);
    return new ModelStore({ seatCategory, areas: [], holdMs, maxHoldMs: 10 * holdMs, maxPlaces });
  }

  #run(
    call: HallCall,
    decide: (common: ReturnType<VirtualHall['common']>) => ReturnType<ModelStore['hold']>,
  ): HallAnswer {
    if (call.epoch !== this.epoch && this.bug !== 'the epoch is not compared')
      return { ok: false, refusal: { code: 'UNAVAILABLE', reason: 'epoch' } };
    const before = this.#model.seq;
    const answer = this.#changing(() => decide(this.common(call)));
    if (!answer.ok) return { ok: false, refusal: answer.refusal };
    if (this.#model.seq !== before) {
      const request = `${call.subject} ${call.requestId}`;
      this.accepted.push({ request, came: call.epoch, was: this.epoch });
    }
    const hold = answer.value !== null && 'token' in answer.value ? answer.value : null;
    return { ok: true, hold, nowMs: Date.now() };
  }

  private common({ subject, requestId, epoch }: HallCall) {
    const id = this.bug === 'request ids are forgotten' ? `${requestId} ${this.accepted.length}` : requestId;
    const { id: eventId } = this.live.event;
    const who = { subject, actor: subject, staff: false };
    return { eventId, epoch, chartVersion: 1, ...who, requestId: id, fingerprint: requestId };
  }

  #changing<T>(act: () => T): T {
    this.#model.now = Date.now();
    const before = this.letters;
    const result = act();
    this.#tell(before);
    return result;
  }

  #tell(before: string): void {
    const seats = this.#model.letters.flatMap((letter, seatNo): [number, SeatLetter][] =>
      before[seatNo] === letter ? [] : [[seatNo, letter]],
    );
    if (seats.length > 0) this.store.change(this.live.event.id, { seats });
  }
}
