/** What the crowd did since it was last told. */
export class Tally {
  #visits = 0;
  #held = 0;
  #released = 0;
  #bought = 0;
  #returned = 0;
  #refusals = new Map<string, number>();

  came(): void {
    this.#visits++;
  }
  held(places: number): void {
    this.#held += places;
  }
  released(): void {
    this.#released++;
  }
  bought(places: number): void {
    this.#bought += places;
  }
  returned(places: number): void {
    this.#returned += places;
  }
  refused(code: string): void {
    this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1);
  }

  /** And begins anew. */
  take(): Readonly<Record<string, unknown>> {
    const told = {
      visits: this.#visits,
      placesHeld: this.#held,
      holdsReleased: this.#released,
      placesBought: this.#bought,
      placesReturned: this.#returned,
      refusals: Object.fromEntries(this.#refusals),
    };
    this.#visits = this.#held = this.#released = this.#bought = this.#returned = 0;
    this.#refusals = new Map();
    return told;
  }
}
