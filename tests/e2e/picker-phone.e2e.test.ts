import { expect, test } from 'vitest';
import { demoArena } from '../../server/src/domain/chart/demo/index.js';
import { sleep, waitFor } from '../helpers/wait.js';
import type { PickerPage } from './picker-page.js';
import { PHONE, pickerWorld } from './picker-world.js';

/* On a phone of 360 px, and with 20,000 seats. */
const { sell, visit } = pickerWorld();
const arena = demoArena();
const SEAT = 7000;
const seat = arena.seats[SEAT];

/** Taps a seat of the hall: the first tap brings it near enough for a finger and leaves it where it is, the second is meant. */
async function near(picker: PickerPage, seatNo: number): Promise<void> {
  const position = await picker.place(seatNo);
  await picker.map.tap({ position });
  await picker.page.locator('.minimap').waitFor();
  expect(await picker.places()).toEqual([]);
  // The glide, and longer than a double tap.
  await sleep(900);
  await picker.map.tap({ position });
}

test('fits a phone of 360 px: sheets, tap, total and countdown', async () => {
  const event = await sell();
  const picker = await visit(event, PHONE);
  const { page } = picker;
  const choose = page.locator('[data-part=choose]');
  expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  expect(await page.locator('.best').isVisible()).toBe(false);
  await choose.tap();
  await page.locator('.best').waitFor();
  const boxes = await Promise.all(
    (await page.locator('.choose button, .choose input, .toolbar > *').all()).map((one) => one.boundingBox()),
  );
  const widest = Math.max(...boxes.map((box) => (box === null ? 0 : box.x + box.width)));
  expect(widest).toBeLessThanOrEqual(360);
  await choose.tap();
  await page.locator('.best').waitFor({ state: 'hidden' });
  await near(picker, 34);
  await picker.placesBecome(['Row r3, seat 4']);
  const yours = page.locator('[data-part=yours]');
  expect(await yours.innerText()).toMatch(/1 place · €45\.00\s+4:5\d/);
  await yours.tap();
  await page.getByRole('button', { name: 'Go to checkout' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Go to checkout' }).waitFor({ state: 'hidden' });
});

test('asks a finger for the ticket type before it holds', async () => {
  const types = ['Adult', 'Child'].map((label, i) => ({ key: label.toLowerCase(), label, minor: 4000 - 2000 * i }));
  const event = await sell({ prices: { A: { ticketTypes: types }, GA: 2000 } });
  const picker = await visit(event, PHONE);
  const card = picker.page.getByRole('group', { name: 'row r2, seat 2' });
  await near(picker, 22);
  await card.waitFor();
  expect(await picker.places()).toEqual([]);
  await card.getByLabel('Ticket type of row r2, seat 2').selectOption('child');
  await card.getByRole('button', { name: 'Hold row r2, seat 2' }).tap();
  await picker.placesBecome(['Row r2, seat 2']);
  await card.waitFor({ state: 'detached' });
  expect(await picker.page.locator('[data-part=yours]').innerText()).toContain('€20.00');
});

test('on a phone a tap at seats too small to hit zooms in and holds nothing; when near, a tap holds', async () => {
  const event = await sell({ name: 'The arena' }, arena);
  const picker = await visit(event, { ...PHONE, chart: arena });
  const { page } = picker;
  const minimap = page.locator('.minimap');
  expect(await minimap.isVisible()).toBe(false);
  await picker.tap(SEAT);
  await minimap.waitFor();
  expect(await picker.places()).toEqual([]);
  await page.locator('[data-part=choose]').tap();
  await page.getByLabel('Find a seat').fill(seat?.id ?? '');
  await page
    .getByRole('button', { name: /^Show .* on the map$/ })
    .first()
    .tap();
  await page.locator('.best').waitFor({ state: 'hidden' });
  const name = `Row ${seat?.row ?? ''}, seat ${seat?.number ?? ''}Section ${seat?.section ?? ''}`;
  await waitFor(
    async () => {
      // In the middle, once the map has come to rest.
      if ((await picker.places()).length === 0) await picker.map.tap();
      return (await picker.places()).includes(name);
    },
    { intervalMs: 1000, what: 'the seat in the middle held' },
  );
});

test('can be used with 20,000 seats: finds one by its id, holds it, shows it in the overview', async () => {
  const event = await sell({ name: 'The arena' }, arena);
  const picker = await visit(event, { chart: arena });
  const { page } = picker;
  await waitFor(async () => (await picker.text('.legend')).includes('free'), { what: 'counts' });
  await page.getByLabel('Find a seat').fill(seat?.id ?? '');
  await page
    .getByRole('button', { name: /^Hold .*row/ })
    .first()
    .click();
  await waitFor(async () => (await picker.places()).length === 1, { what: 'a seat' });
  await page
    .getByRole('button', { name: /^Show .* on the map$/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'Show the whole map' }).click();
  await waitFor(async () => (await picker.colour(SEAT)) !== (await picker.colour(SEAT + 2)), {
    what: 'mine marked in the overview',
  });
});
