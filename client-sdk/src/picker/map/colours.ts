/** Channels 0 to 255. */
export type Rgb = readonly [number, number, number];

/** WCAG 2.2 relative luminance, 0 (black) to 1. */
export function luminance([red, green, blue]: Rgb): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function linear(channel: number): number {
  const part = channel / 255;
  return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}

/** WCAG 2.2 contrast, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

/** `part` of the way from one colour to another. */
export function mix(from: Rgb, to: Rgb, part: number): Rgb {
  const at = (a: number, b: number): number => Math.round(a + (b - a) * part);
  return [at(from[0], to[0]), at(from[1], to[1]), at(from[2], to[2])];
}

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];
const STEPS = 40;

/**
 * The colour nearest to the one given that has the contrast with all grounds: darkened or lightened only as far as
 * needed, the hue kept. Where no such colour is (a light and a dark ground), the one of black and white that does better.
 */
export function adapted(colour: Rgb, grounds: readonly Rgb[], least: number): Rgb {
  const worst = (candidate: Rgb): number => Math.min(...grounds.map((ground) => contrast(candidate, ground)));
  if (worst(colour) >= least) return colour;
  for (let step = 1; step <= STEPS; step++) {
    const [better] = [mix(colour, BLACK, step / STEPS), mix(colour, WHITE, step / STEPS)]
      .filter((candidate) => worst(candidate) >= least)
      .sort((a, b) => worst(b) - worst(a));
    if (better !== undefined) return better;
  }
  return worst(BLACK) >= worst(WHITE) ? BLACK : WHITE;
}

export const text = ([red, green, blue]: Rgb): string => `rgb(${red}, ${green}, ${blue})`;
