import type { CDPSession, Locator } from 'playwright-core';
import { expect, test } from 'vitest';
import { fit } from '../../client-sdk/src/picker/map/camera.js';
import { buildGeometry } from '../../client-sdk/src/picker/map/geometry.js';
import { demoArena } from '../../server/src/domain/chart/demo/index.js';
import { waitFor } from '../helpers/wait.js';
import type { PickerPage } from './picker-page.js';
import { PHONE, pickerWorld } from './picker-world.js';

/*
 * Two fingers, a fling and the small map on a phone, by touches that carry their own time: how fast a finger was does not depend on how
 * busy the machine is. Where the map stands is seen as a buyer would: by the seat that a tap holds.
 */
const { sell, visit } = pickerWorld();
const arena = demoArena();
const geometry = buildGeometry(arena);
/** Of the minimap's inner edge (map/minimap.ts). */
const MINIMAP_PADDING_PX = 4;
const STEPS = 6;
/** Longer than between the taps of a double tap. */
const BETWEEN_MS = 1000;
interface Point {
  readonly x: number;
  readonly y: number;
}

/** Fingers on the screen; coordinates are those of the page. */
class Fingers {
  /** Seconds. Later than anything before. */
  #time = Date.now() / 1000;

  private constructor(private readonly cdp: CDPSession) {}

  static async on({ context, page }: PickerPage): Promise<Fingers> {
    return new Fingers(await context.newCDPSession(page));
  }

  /** Down at the first of each finger's places, along the others, and off after `restMs`. */
  async draw(ways: readonly (readonly Point[])[], stepMs: number, restMs = 0): Promise<void> {
    const at = (step: number): Point[] => ways.flatMap((way) => way[step] ?? []);
    await this.#send('touchStart', at(0), BETWEEN_MS);
    const steps = ways[0]?.length ?? 0;
    for (let step = 1; step < steps; step += 1) await this.#send('touchMove', at(step), stepMs);
    await this.#send('touchEnd', [], restMs);
  }

  async #send(type: 'touchStart' | 'touchMove' | 'touchEnd', points: readonly Point[], laterMs: number): Promise<void> {
    this.#time += laterMs / 1000;
    const touchPoints = points.map(({ x, y }, id) => ({ x, y, id }));
    await this.cdp.send('Input.dispatchTouchEvent', { type, touchPoints, timestamp: this.#time });
  }
}

const line = (from: Point, to: Point): Point[] =>
  Array.from({ length: STEPS + 1 }, (_, step) => ({
    x: from.x + ((to.x - from.x) * step) / STEPS,
    y: from.y + ((to.y - from.y) * step) / STEPS,
  }));
async function boxOf(locator: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await locator.boundingBox();
  if (box === null) throw new Error('not shown');
  return box;
}
/** Two fingers beside each other about a point, from so far apart to so far apart. */
const pinch = (fingers: Fingers, { x, y }: Point, from: number, to: number): Promise<void> =>
  fingers.draw(
    [1, -1].map((side) => line({ x: x + side * from, y }, { x: x + side * to, y })),
    16,
  );

/** The seat that is nearest to the middle of the phone, left and right of it: fingers have room on both sides. */
async function seatInTheMiddle(picker: PickerPage): Promise<{ seatNo: number; at: Point }> {
  const box = await boxOf(picker.map);
  const middle = (geometry.bounds.minX + geometry.bounds.maxX) / 2;
  const offset = (seatNo: number): number => Math.abs((geometry.xs[seatNo] ?? Infinity) - middle);
  const seatNo = [...arena.seats.keys()].reduce((best, one) => (offset(one) < offset(best) ? one : best), 0);
  const { x, y } = await picker.place(seatNo);
  return { seatNo, at: { x: box.x + x, y: box.y + y } };
}
const nameOf = (seatNo: number): string => {
  const { row = '', number = '', section = '' } = arena.seats[seatNo] ?? {};
  return `Row ${row}, seat ${number}Section ${section}`;
};
/** Twice the same picture: the map has come to rest. */
async function atRest({ page }: PickerPage): Promise<void> {
  let before = '';
  const look = `(() => {
    const map = document.querySelector('aisle-seat-map').shadowRoot.querySelector('canvas.map');
    const small = Object.assign(document.createElement('canvas'), { width: 60, height: 60 });
    small.getContext('2d').drawImage(map, 0, 0, 60, 60);
    return small.toDataURL();
  })()`;
  await waitFor(
    async () => {
      const now = await page.evaluate<string>(look);
      const same = now === before;
      before = now;
      return same;
    },
    { intervalMs: 200, what: 'the map at rest' },
  );
}
/** The chart's place of what is held by a tap there; it is let go again. */
async function seatUnder(picker: PickerPage, fingers: Fingers, at: Point): Promise<Point> {
  await atRest(picker);
  // Between rows there is none: a little beside it then.
  let tries = 0;
  await waitFor(
    async () => {
      const beside = { x: at.x + (tries % 3) * 14, y: at.y + tries * 7 };
      tries += 1;
      await fingers.draw([[beside]], 0, 50);
      return picker.page.evaluate(`(async () => {
        const map = document.querySelector('aisle-seat-map');
        while (map.state.busy) await new Promise(requestAnimationFrame);
        return map.state.basket.places === 1;
      })()`);
    },
    { what: 'a seat under the finger' },
  );
  const [name] = await picker.places();
  const seatNo = [...arena.seats.keys()].find((one) => nameOf(one) === name) ?? -1;
  await picker.page.evaluate(
    `document.querySelector('aisle-seat-map').shadowRoot.querySelector('[data-key=release-all]').click()`,
  );
  await picker.placesBecome([]);
  return { x: geometry.xs[seatNo] ?? NaN, y: geometry.ys[seatNo] ?? NaN };
}

test('two fingers bring the seat between them near, where a tap holds it; and the whole map back', async () => {
  const event = await sell({ name: 'The arena' }, arena);
  const picker = await visit(event, { ...PHONE, chart: arena });
  const fingers = await Fingers.on(picker);
  const { seatNo, at } = await seatInTheMiddle(picker);
  const minimap = picker.page.locator('.minimap');
  await pinch(fingers, at, 24, 120);
  await minimap.waitFor();
  await pinch(fingers, at, 24, 120);
  await fingers.draw([[at]], 0, 50);
  await picker.placesBecome([nameOf(seatNo)]);
  for (let again = 0; again < 3; again += 1) await pinch(fingers, at, 120, 24);
  await minimap.waitFor({ state: 'hidden' });
  expect(await picker.places()).toEqual([nameOf(seatNo)]);
});

test('a map let go in full movement runs on and comes to rest; where people asked for less motion it does not', async () => {
  const event = await sell({ name: 'The arena' }, arena);
  const ran: number[] = [];
  for (const reducedMotion of ['no-preference', 'reduce'] as const) {
    const picker = await visit(event, { ...PHONE, chart: arena, reducedMotion });
    const fingers = await Fingers.on(picker);
    const { at } = await seatInTheMiddle(picker);
    const scale = (await picker.place(0)).radius / geometry.radius;
    await pinch(fingers, at, 24, 120);
    await picker.page.locator('.minimap').waitFor();
    await pinch(fingers, at, 24, 120);
    const near = scale * 25;
    const from = await seatUnder(picker, fingers, at);
    // There and back: slowly, with a rest before it is let go, and in full movement.
    const there = line({ x: at.x, y: at.y }, { x: at.x - 90, y: at.y });
    await fingers.draw([there], 16, 200);
    const rested = await seatUnder(picker, fingers, at);
    expect(Math.abs((rested.x - from.x) * near - 90)).toBeLessThan(40);
    await fingers.draw([there], 16);
    const flung = await seatUnder(picker, fingers, at);
    ran.push((flung.x - rested.x) * near - 90);
    await picker.close();
  }
  const [free = 0, calm = 0] = ran;
  expect(free).toBeGreaterThan(50);
  expect(Math.abs(calm)).toBeLessThan(40);
});

test('a finger on the small map brings the large one there, and drags it along', async () => {
  const event = await sell({ name: 'The arena' }, arena);
  const picker = await visit(event, { ...PHONE, chart: arena });
  const fingers = await Fingers.on(picker);
  const { at } = await seatInTheMiddle(picker);
  const minimap = picker.page.locator('.minimap');
  await pinch(fingers, at, 24, 120);
  await minimap.waitFor();
  await pinch(fingers, at, 24, 120);
  const [small, large] = [await boxOf(minimap), await boxOf(picker.map)];
  const camera = fit(geometry.bounds, small, MINIMAP_PADDING_PX);
  /** Of a section: its edges have no seat beside them. */
  const middleOf = (position: number): Point => {
    const { minX = NaN, maxX = NaN, minY = NaN, maxY = NaN } = geometry.sections[position]?.bounds ?? {};
    return { x: (minX + maxX) / 2, y: (minY + maxY) / 2 };
  };
  const onSmall = ({ x, y }: Point): Point => ({
    x: small.x + small.width / 2 + (x - camera.x) * camera.scale,
    y: small.y + small.height / 2 + (y - camera.y) * camera.scale,
  });
  const middle = { x: large.x + large.width / 2, y: large.y + large.height / 2 };
  for (const [from, to] of [
    [3, 3],
    [3, 20],
  ] as const) {
    await fingers.draw([line(onSmall(middleOf(from)), onSmall(middleOf(to)))], 16, 50);
    const seat = await seatUnder(picker, fingers, middle);
    expect(Math.hypot(seat.x - middleOf(to).x, seat.y - middleOf(to).y) * camera.scale).toBeLessThan(3);
  }
});
