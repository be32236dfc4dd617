/** What kind of seat it is, told by its outline: a disc, a square with round corners, a diamond. */
const PLAIN = 0;
export const ACCESSIBLE = 1;
export const COMPANION = 2;
export const kindOfSeat = (seat: {
  readonly accessible?: boolean | undefined;
  readonly companion?: boolean | undefined;
}): number => (seat.accessible === true ? ACCESSIBLE : seat.companion === true ? COMPANION : PLAIN);
