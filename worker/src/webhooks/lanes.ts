import TinyQueue from 'tinyqueue';

/** One delivery in this worker's hands. */
export interface Parcel {
  readonly id: number;
  readonly messageId: string;
  readonly keys: readonly string[];
  readonly createdAtMs: number;
  /** null: read when it is needed. */
  body: string | null;
  attempts: number;
  firstAttemptAtMs: number | null;
  dueAtMs: number;
}

interface Place extends Parcel {
  /** Lanes in which another one comes before it. */
  blockers: number;
}

const soonest = (a: Place, b: Place): number => a.dueAtMs - b.dueAtMs || a.id - b.id;

/**
 * The deliveries of one endpoint, in lanes: a lane a key, and one goes out when it is first in all of its lanes (SPEC W4).
 * Whoever takes one by `next` brings it back: `finished` opens its lanes to those behind it, `again` puts it back to wait.
 */
export class Lanes {
  readonly #lanes = new Map<string, Place[]>();
  readonly #known = new Map<number, Place>();
  #ready = new TinyQueue<Place>([], soonest);

  /** Those under way included. */
  get size(): number {
    return this.#known.size;
  }

  /** In the order in which they are to arrive. One that is here already stays as it is. */
  add(parcel: Parcel): void {
    if (this.#known.has(parcel.id)) return;
    const place: Place = { ...parcel, blockers: 0 };
    this.#known.set(place.id, place);
    for (const key of place.keys) {
      const lane = this.#lanes.get(key);
      if (lane === undefined) this.#lanes.set(key, [place]);
      else place.blockers += lane.push(place) > 1 ? 1 : 0;
    }
    if (place.blockers === 0) this.#ready.push(place);
  }

  /** The one that is due for longest; undefined: none is due and free to go. */
  next(nowMs: number): Parcel | undefined {
    const first = this.#ready.peek();
    return first !== undefined && first.dueAtMs <= nowMs ? this.#ready.pop() : undefined;
  }

  /** Delivered or dead. */
  finished(parcel: Parcel): void {
    if (!this.#known.delete(parcel.id)) return;
    for (const key of parcel.keys) {
      const lane = this.#lanes.get(key);
      lane?.shift();
      const [first] = lane ?? [];
      if (first === undefined) {
        this.#lanes.delete(key);
        continue;
      }
      first.blockers -= 1;
      if (first.blockers === 0) this.#ready.push(first);
    }
  }

  /** Not delivered: it waits until its `dueAtMs`, and those behind it with it. */
  again(parcel: Parcel): void {
    const place = this.#known.get(parcel.id);
    if (place !== undefined) this.#ready.push(place);
  }

  /** Whatever waits for a later attempt is due now: the endpoint is back. */
  hurry(nowMs: number): void {
    const waiting = this.#ready.data;
    for (const place of waiting) place.dueAtMs = Math.min(place.dueAtMs, nowMs);
    this.#ready = new TinyQueue(waiting, soonest);
  }
}
