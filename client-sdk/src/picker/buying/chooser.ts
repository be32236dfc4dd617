import type { SeatStanding } from '../model.js';

/** Of mode `select`: which seats are chosen. Holds nothing; what stops being choosable falls out. */
export class Chooser {
  #chosen: ReadonlySet<number> = new Set();

  constructor(private readonly standing: (seatNo: number) => SeatStanding) {}

  get chosen(): ReadonlySet<number> {
    return this.#chosen;
  }

  /** In or out. False: it cannot be chosen. */
  press(seatNo: number, selectable: ReadonlySet<SeatStanding>): boolean {
    const next = new Set(this.#chosen);
    if (!next.delete(seatNo)) {
      if (!selectable.has(this.standing(seatNo))) return false;
      next.add(seatNo);
    }
    this.#chosen = next;
    return true;
  }

  /** Exactly these, as far as they can be chosen. The same ones again are no change: whoever answers a change by it would never end. */
  set(seatNos: Iterable<number>, selectable: ReadonlySet<SeatStanding>): void {
    const next = new Set([...seatNos].filter((seatNo) => selectable.has(this.standing(seatNo))));
    if (next.size !== this.#chosen.size || [...next].some((seatNo) => !this.#chosen.has(seatNo))) this.#chosen = next;
  }

  /** Seats that somebody else took meanwhile. */
  drop(selectable: ReadonlySet<SeatStanding>): number[] {
    const lost = [...this.#chosen].filter((seatNo) => !selectable.has(this.standing(seatNo)));
    if (lost.length > 0) this.#chosen = new Set([...this.#chosen].filter((seatNo) => !lost.includes(seatNo)));
    return lost;
  }
}
