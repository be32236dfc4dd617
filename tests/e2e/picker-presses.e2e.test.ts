import type { Locator } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { demoArena } from '../../server/src/domain/chart/demo/index.js';
import { sleep, waitFor } from '../helpers/wait.js';
import type { PickerPage } from './picker-page.js';
import { pickerWorld } from './picker-world.js';

/* Presses twice as fast as answers come, and presses on what has just moved: each does what was meant, once. */
const { sell, visit } = pickerWorld();
const arena = demoArena();
/** The answer to the first press has come and is drawn; it is a double press all the same. */
const BETWEEN_PRESSES_MS = 150;

/** By presses that carry their own time: on a busy machine they come later, but not further apart. */
async function pressTwice({ context, page }: PickerPage, { x, y }: { x: number; y: number }): Promise<void> {
  const cdp = await context.newCDPSession(page);
  const first = Date.now();
  for (const clickCount of [1, 2]) {
    const timestamp = (first + (clickCount - 1) * BETWEEN_PRESSES_MS) / 1000;
    for (const type of ['mousePressed', 'mouseReleased'] as const)
      await cdp.send('Input.dispatchMouseEvent', { type, x, y, button: 'left', clickCount, timestamp });
    await sleep(BETWEEN_PRESSES_MS);
  }
  await cdp.detach();
}
async function middleOf(locator: Locator): Promise<{ x: number; y: number }> {
  const box = await locator.boundingBox();
  if (box === null) throw new Error('not shown');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}
/** Whatever was asked for has been answered. */
const answered = ({ page }: PickerPage): Promise<unknown> =>
  waitFor(() => page.evaluate(`!document.querySelector('aisle-seat-map').state.busy`), { what: 'the answers' });

describe('a double press', () => {
  test('lets one seat go, not the one that comes to lie in its place', async () => {
    const event = await sell();
    const picker = await visit(event);
    for (const seatNo of [1, 2, 3, 4]) await picker.press(seatNo);
    await picker.placesBecome(['Row r0, seat 1', 'Row r0, seat 2', 'Row r0, seat 3', 'Row r0, seat 4']);
    await answered(picker);
    await pressTwice(picker, await middleOf(picker.page.getByRole('button', { name: 'Release row r0, seat 3' })));
    await answered(picker);
    await picker.placesBecome(['Row r0, seat 1', 'Row r0, seat 2', 'Row r0, seat 4']);
  });

  test('holds what was found, the places of an area, the best seats: once', async () => {
    const event = await sell();
    const picker = await visit(event);
    const { page } = picker;
    await page.getByLabel('Find a seat').fill('r5 5');
    const found = page.getByRole('button', { name: 'Hold row r5, seat 5' });
    await found.waitFor();
    await found.scrollIntoViewIfNeeded();
    await pressTwice(picker, await middleOf(found));
    await answered(picker);
    await picker.placesBecome(['Row r5, seat 5']);
    const floor = page.getByRole('button', { name: 'Hold places in floor' });
    await floor.scrollIntoViewIfNeeded();
    await pressTwice(picker, await middleOf(floor));
    await answered(picker);
    expect(await picker.places()).toContain('1 × floor');
    const best = page.getByRole('button', { name: 'Find and hold' });
    await best.scrollIntoViewIfNeeded();
    await pressTwice(picker, await middleOf(best));
    await answered(picker);
    await waitFor(async () => (await picker.places()).length === 4, { what: 'two seats more' });
  });

  test('opens a line of the list', async () => {
    const event = await sell();
    const picker = await visit(event);
    await picker.page.locator('[data-shows=list]').click();
    const row = picker.page.getByRole('treeitem', { level: 1 }).filter({ hasText: 'Row r2' });
    await row.waitFor();
    await pressTwice(picker, await middleOf(row));
    expect(await row.getAttribute('aria-expanded')).toBe('true');
  });

  test('on a section of the map turns to it, and holds no seat that comes to lie there', async () => {
    const event = await sell({ name: 'The arena' }, arena);
    const picker = await visit(event, { chart: arena });
    const box = await picker.map.boundingBox();
    const section = await picker.place(7000);
    await pressTwice(picker, { x: (box?.x ?? 0) + section.x, y: (box?.y ?? 0) + section.y });
    await picker.page.locator('.minimap').waitFor();
    await answered(picker);
    expect(await picker.places()).toEqual([]);
  });
});

test('the keyboard stays on the button that finds the best seats', async () => {
  const event = await sell();
  const picker = await visit(event);
  const best = picker.page.getByRole('button', { name: 'Find and hold' });
  await best.focus();
  await picker.page.keyboard.press('Enter');
  await waitFor(async () => (await picker.places()).length === 2, { what: 'two seats' });
  await answered(picker);
  await picker.page.keyboard.press('Enter');
  await waitFor(async () => (await picker.places()).length === 4, { what: 'two more' });
});
