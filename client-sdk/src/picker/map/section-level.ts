/** How much of a section is free, in steps that the eye can tell apart. */
export const LEVELS = 5;
/** The level of a section that has free seats, but none that the filter leaves. */
export const FILTERED_OUT = LEVELS;

/** 0: nothing free; then quarter by quarter. */
export function levelOf(free: number, seats: number): number {
  if (free <= 0 || seats <= 0) return 0;
  return Math.min(Math.max(Math.ceil((free / seats) * (LEVELS - 1)), 1), LEVELS - 1);
}
