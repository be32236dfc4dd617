import type { Page } from 'playwright-core';
import { VIEWPORT } from './browser.js';
import type { Picture } from './trace.js';

/** When the map was there; ms since the data was, NaN: not within the trace. */
export interface Drawn {
  /** The first picture with seats in it. */
  readonly firstMs: number;
  /** The first that has (nearly) all of them. */
  readonly allMs: number;
}

/**
 * In a page: for each picture, the share of the places that are coloured as seats are, and the share that look as in the
 * last picture and not as in the first.
 */
const SHARES = `async ({ jpegs, places, width, height }) => {
  const pixels = [];
  for (const jpeg of jpegs) {
    const bytes = Uint8Array.from(atob(jpeg), (char) => char.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    pixels.push(places.map(([x, y]) => {
      const column = Math.min(Math.floor((x / width) * bitmap.width), bitmap.width - 1);
      const row = Math.min(Math.floor((y / height) * bitmap.height), bitmap.height - 1);
      const at = (row * bitmap.width + column) * 4;
      return [data[at], data[at + 1], data[at + 2]];
    }));
  }
  const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
  const first = pixels[0];
  const last = pixels.at(-1);
  const changed = last.map((colour, i) => apart(colour, first[i]) > 24);
  const all = Math.max(changed.filter(Boolean).length, 1);
  return pixels.map((picture) => ({
    same: picture.filter((colour, i) => changed[i] && apart(colour, last[i]) < apart(last[i], first[i]) * 0.35).length / all,
    coloured: picture.filter((colour) => Math.max(...colour) - Math.min(...colour) > 24).length / places.length,
  }));
}`;

/** A first picture has a twentieth of the seats in view, a whole one all but a twentieth. */
const FIRST = 0.05;
const ALL = 0.95;

/**
 * `moving`: seats change meanwhile, so the last picture is no measure; then it counts that a place is coloured, which no
 * map does before it draws seats.
 */
export async function judge(
  page: Page,
  pictures: readonly Picture[],
  places: readonly (readonly [number, number])[],
  moving: boolean,
): Promise<Drawn> {
  if (pictures.length < 2 || places.length === 0) return { firstMs: NaN, allMs: NaN };
  const input = JSON.stringify({ jpegs: pictures.map(({ jpeg }) => jpeg), places, ...VIEWPORT });
  const shares: { same: number; coloured: number }[] = await page.evaluate(`(${SHARES})(${input})`);
  const most = Math.max(...shares.map(({ coloured }) => coloured));
  const progress = shares.map(({ same, coloured }) => (moving ? coloured / most : same));
  // Nothing but a blank page: a map without colours would be equal to it.
  if (most < FIRST) return { firstMs: NaN, allMs: NaN };
  const after = (share: number): number => pictures[progress.findIndex((done) => done >= share)]?.ms ?? NaN;
  return { firstMs: after(FIRST), allMs: after(ALL) };
}
