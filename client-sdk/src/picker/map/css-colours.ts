import { contrast, type Rgb } from './colours.js';

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];
const DARK_INK: Rgb = [16, 19, 26];
/** Nearly black or white, whichever reads better on the colour. */
export function inkOn(colour: string): string {
  const under = parseColour(colour);
  return contrast(DARK_INK, under) >= contrast(WHITE, under) ? '#10131a' : '#ffffff';
}

let probe: CanvasRenderingContext2D | null | undefined;
const parsed = new Map<string, Rgb>();

/** Any CSS colour, as the browser reads it; what it cannot read is black, what is see-through lies on white. */
export function parseColour(colour: string): Rgb {
  const known = parsed.get(colour);
  if (known !== undefined) return known;
  probe ??= document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (probe == null) return BLACK;
  probe.fillStyle = '#ffffff';
  probe.fillRect(0, 0, 1, 1);
  probe.fillStyle = '#000000';
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = probe.getImageData(0, 0, 1, 1).data;
  const rgb: Rgb = [red, green, blue];
  if (parsed.size > 1000) parsed.clear();
  parsed.set(colour, rgb);
  return rgb;
}
