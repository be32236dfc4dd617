/** Places touched since the last frame. Named even where the last state equals the one before: never elided (SPEC F2). */
export class Touched {
  readonly seats = new Set<number>();
  readonly areas = new Set<number>();

  clear(): void {
    this.seats.clear();
    this.areas.clear();
  }
}
