import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SeatEvent } from '@aisle/client/protocol';
import { fit, FIT_PADDING_PX, toScreen } from '../../client-sdk/src/picker/map/camera.js';
import { contrast, type Rgb } from '../../client-sdk/src/picker/map/colours.js';
import { buildGeometry } from '../../client-sdk/src/picker/map/geometry.js';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, Buyer, sellEvent } from '../helpers/buyers.js';
import { waitFor } from '../helpers/wait.js';
import { ACCESS_HALL, ACCESS_PRICES } from './access-hall.js';
import { AccessPage } from './access-page.js';
import { axeFindings } from './axe.js';
import { openBrowser } from './picker-page.js';

/*
 * The element for everybody: by the keyboard alone, for the ear, in any colour scheme, in a page with a strict content policy.
 * ACCESS_PICTURES=folder keeps pictures for whoever wants to look.
 */
const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1280, height: 800 };
/** WCAG 2.2: graphics that carry meaning, 1.4.11. */
const GRAPHICS_CONTRAST = 3;

let aisle: TestAisle;
let browser: Browser;
let event: SeatEvent;
const opened: AccessPage[] = [];
const buyers: Buyer[] = [];

beforeAll(async () => {
  [aisle, browser] = await Promise.all([startAisle(), openBrowser()]);
  event = await sell();
}, 90_000);
afterAll(async () => {
  for (const buyer of buyers) buyer.close();
  await browser?.close();
  await aisle?.stop();
});
afterEach(async () => {
  const complaints = opened.flatMap((page) => page.complaints);
  await Promise.all(opened.splice(0).map(({ context }) => context.close()));
  expect(complaints).toEqual([]);
});

const sell = (fields = {}): Promise<SeatEvent> => sellEvent(aisle, ACCESS_HALL, { prices: ACCESS_PRICES, ...fields });
type OpenOptions = Parameters<typeof AccessPage.open>[3];
async function open(options: OpenOptions = {}, eventId = event.id): Promise<AccessPage> {
  const access = await AccessPage.open(browser, aisle.urls[0] ?? '', eventId, options);
  opened.push(access);
  return access;
}
async function other(name: string): Promise<Buyer> {
  const buyer = await Buyer.connect(aisle.urls[0] ?? '', name, aisle.authSecret);
  buyers.push(buyer);
  return buyer;
}
/** As others do it: held, and let go again by whoever wants to. */
async function hold(buyer: Buyer, seats: string[], eventId = event.id): Promise<string> {
  const ack = await buyer.send('hold', { eventId, seats });
  if (!ack.ok) throw new Error(JSON.stringify(ack));
  return ack.hold.token;
}

describe('axe finds nothing', () => {
  /** In both schemes, on a phone and a desktop; each finding with where it was. */
  async function inAllLooks(access: AccessPage, state: string): Promise<string[]> {
    const found: string[] = [];
    for (const viewport of [DESKTOP, PHONE]) {
      await access.page.setViewportSize(viewport);
      for (const colorScheme of ['light', 'dark'] as const) {
        await access.page.emulateMedia({ colorScheme });
        const look = `${state}, ${viewport.width} px, ${colorScheme}`;
        found.push(...(await axeFindings(access.page)).map((finding) => `${look}: ${finding}`));
        const { ACCESS_PICTURES: folder } = process.env;
        if (folder !== undefined)
          await access.page.screenshot({ path: `${folder}/${look.replaceAll(/\W+/g, '-')}.png` });
      }
    }
    return found;
  }

  test('while it loads, choosing on the map, in the list, with filters and a basket', { timeout: 60_000 }, async () => {
    let answer = (): void => undefined;
    const asked = new Promise<void>((resolve) => (answer = resolve));
    const access = await open({
      until: 'shown',
      before: (page) =>
        page.route('**/v1/events/*', async (route) => {
          await asked;
          await route.continue();
        }),
    });
    await access.page.locator('[aria-busy=true]').waitFor();
    const found = await inAllLooks(access, 'loading');
    answer();
    await access.page.locator('[part=status][data-link=live]').waitFor();
    found.push(...(await inAllLooks(access, 'map')));
    await access.page.setViewportSize(DESKTOP);
    await access.page.locator('[data-shows=list]').click();
    const line = access.page.locator('[role=treeitem]');
    await line.filter({ hasText: 'Stalls left' }).first().click();
    await line.filter({ hasText: /^Row B/ }).click();
    for (const seat of ['Seat 1,', 'Seat 2,']) await line.filter({ hasText: seat }).click();
    await access.placesBecome(['left-B-1', 'left-B-2']);
    await access.page.locator('[part=toast]').waitFor({ state: 'detached' });
    await line.filter({ hasText: 'Seat 3,' }).locator('.f-twist').click();
    found.push(...(await inAllLooks(access, 'list')));
    await access.page.locator('.bar [data-part=yours]').click();
    found.push(...(await inAllLooks(access, 'basket')));
    await access.page.locator('.bar [data-part=yours]').click();
    await access.page.locator('.filter-button').click();
    await access.page.locator('.f-chip', { hasText: 'Blue' }).click();
    found.push(...(await inAllLooks(access, 'filters')));
    expect(found).toEqual([]);
  });

  test('when the event is not there', async () => {
    const access = await open({ until: 'shown' }, `evt_${'0'.repeat(20)}`);
    await access.page.locator('[part=failure]').waitFor();
    expect(await inAllLooks(access, 'failed')).toEqual([]);
    // The browser itself says that something was not found.
    access.complaints.length = 0;
  });
});

describe('by the keyboard alone', () => {
  test(
    'list, ticket types, map, basket and checkout; the focus is always there to be seen',
    { timeout: 60_000 },
    async () => {
      const access = await open({}, (await sell()).id);
      await access.tabTo('Skip to the list of seats');
      await access.press('Enter');
      // The list is loaded when asked for, if it is not there by then.
      await waitFor(async () => (await access.focused())?.name.startsWith('Stalls left'), { what: 'the list' });

      await access.press('End', 'Home', 'ArrowDown', 'ArrowRight', 'ArrowRight', 'c');
      expect((await access.focused())?.name).toMatch(/^Row C/);
      await access.press('ArrowRight', 'ArrowRight', '7');
      expect((await access.focused())?.name).toBe('Stalls right, row C, Seat 7, €35.00, Available');
      await access.press('Enter');
      await access.placesBecome(['right-C-7']);
      await waitFor(async () => (await access.focused())?.name === 'Stalls right, row C, Seat 7, €35.00, Yours');
      await access.press('Space');
      await access.placesBecome([]);
      // Free on the map, too, which hears of it with the next frame.
      await waitFor(async () => (await access.focused())?.name.endsWith('Available'), { what: 'the seat free again' });
      await access.press('Enter');
      await access.placesBecome(['right-C-7']);

      await access.press('ArrowLeft', 'ArrowLeft', 'a');
      expect((await access.focused())?.name).toMatch(/^Row A/);
      await access.press('ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowDown', 'ArrowDown');
      expect((await access.focused())?.name).toBe('Child, €32.00');
      await access.press('Enter');
      await access.placesBecome(['right-C-7', 'right-A-1']);

      // The map's cursor came along: one step to the right of the list's seat.
      await access.tabTo('Skip to the map', 'Shift+Tab');
      await access.press('Enter');
      expect((await access.focused())?.tag).toBe('canvas');
      await access.press('ArrowRight', 'Enter');
      await access.placesBecome(['right-C-7', 'right-A-1', 'right-A-2']);

      // And back: the list stands where the map does.
      await access.tabTo('Skip to the list of seats', 'Shift+Tab');
      await access.press('Enter');
      expect((await access.focused())?.name).toMatch(/^Stalls right, row A, Seat 2, /);

      for (const left of [['right-A-1', 'right-A-2'], ['right-A-1']]) {
        await access.tabTo(
          left.length === 2 ? /^Release Stalls right, row C, seat 7/ : /^Release Stalls right, row A, seat 2/,
        );
        await access.press('Enter');
        await access.placesBecome(left);
        await waitFor(async () => (await access.focused()) !== null, { what: 'the focus to be somewhere' });
      }
      await access.tabTo('Skip to checkout', 'Shift+Tab');
      await access.press('Enter');
      expect((await access.focused())?.name).toMatch(/checkout/i);
      await access.press('Enter');
      await waitFor(async () => (await access.told()).checkouts.length === 1);
      expect((await access.told()).checkouts[0]?.lines).toMatchObject([{ place: 'right-A-1', ticketType: 'child' }]);
      expect(access.unseen).toEqual([]);
    },
  );
});

describe('in a page that reads from right to left', () => {
  test('the arrow that points inwards opens', async () => {
    const access = await open({ attributes: 'dir="rtl"' });
    await access.tabTo('Skip to the list of seats');
    await access.press('Enter');
    await waitFor(async () => (await access.focused())?.name.startsWith('Stalls left'), { what: 'the list' });
    await access.press('ArrowLeft', 'ArrowLeft');
    expect((await access.focused())?.name).toMatch(/^Row A/);
    await access.press('ArrowRight');
    expect((await access.focused())?.name).toMatch(/^Stalls left/);
  });
});

describe('for the ear', () => {
  test('two hundred changes of others are not read out, and move neither focus nor scroll; the end of the open section is', async () => {
    const { id: eventId } = await sell();
    const access = await open({ viewport: { width: 1280, height: 420 } }, eventId);
    await access.page.locator('[data-shows=list]').click();
    const line = access.page.locator('[role=treeitem]');
    await line.filter({ hasText: 'Stalls right' }).click();
    await line.filter({ hasText: /^Row D/ }).click();
    await line.filter({ hasText: 'row D, Seat 9,' }).focus();
    await line.filter({ hasText: 'Section Box' }).click();
    await line.filter({ hasText: 'row D, Seat 9,' }).focus();
    const place = async (): Promise<unknown> => [
      (await access.focused())?.id,
      await access.page.locator('.list-pane').evaluate((pane: { scrollTop: number }) => pane.scrollTop),
    ];
    const before = await place();
    const said = (await access.told()).spoken.length;
    const rush = await Promise.all(['one', 'two', 'three', 'four'].map(other));
    await Promise.all(
      rush.map(async (buyer, b) => {
        for (let i = 0; i < 25; i++) {
          const holdToken = await hold(buyer, [`right-${'ABDE'.charAt(b)}-${1 + (i % 8)}`], eventId);
          await buyer.send('release', { eventId, holdToken });
        }
      }),
    );
    const last = await hold(rush[0]!, ['right-D-9'], eventId);
    await waitFor(async () => (await access.focused())?.name.includes('Held by somebody'), {
      what: 'the line to follow',
    });
    expect(await place()).toEqual(before);
    let told = await access.told();
    expect([told.spoken.slice(said), told.urgent]).toEqual([[], []]);

    const box = await hold(rush[1]!, ['box-1-1', 'box-1-2'], eventId);
    await waitFor(async () => (await access.told()).spoken.length > said, { what: 'word of the sold-out section' });
    await rush[0]!.send('release', { eventId, holdToken: last });
    await waitFor(async () => (await access.focused())?.name.includes('Available'));
    told = await access.told();
    expect(told.spoken.slice(said)).toEqual(['Section Box: the last free seat is gone.']);
    await rush[1]!.send('release', { eventId, holdToken: box });
  });

  test('the countdown is told at its marks, over anything else', async () => {
    const brief = await sell({ holdSeconds: 12, maxHoldSeconds: 12 });
    const access = await open({}, brief.id);
    await access.page.locator('[data-shows=list]').click();
    const line = access.page.locator('[role=treeitem]');
    await line.filter({ hasText: 'Section Box' }).click();
    await line.filter({ hasText: /^Row 1/ }).click();
    await line.filter({ hasText: 'Seat 1,' }).click();
    await access.placesBecome(['box-1-1']);
    const urgent = await waitFor(async () => {
      const told = await access.told();
      return told.urgent.length > 0 && told.urgent;
    });
    expect(urgent).toEqual(['10 seconds left to check out.']);
    expect((await access.told()).spoken.join(' ')).toContain('Held for you: Section Box, row 1, seat 1.');
  });
});

describe('for the eye and the hand', () => {
  test('wheelchair places in one press, on the map and in the list; the filter says what is left', async () => {
    const access = await open();
    await access.page.getByRole('button', { name: 'Wheelchair places' }).click();
    await access.page.locator('[data-shows=list]').click();
    await access.page.locator('[role=treeitem]').first().waitFor();
    expect(await access.page.locator('[role=treeitem]').allInnerTexts()).toEqual([
      expect.stringMatching(/Stalls left[\s\S]*2 free/),
      expect.stringMatching(/Stalls right[\s\S]*2 free/),
    ]);
    await waitFor(async () => (await access.told()).spoken.includes('4 wheelchair places free.'));
    await access.page.locator('.filter-button').click();
    await access.page.getByText('4 free seats fit').waitFor();
    await access.page.getByRole('button', { name: 'Companion seats' }).click();
    await access.page.getByText('6 free seats fit').waitFor();
    await access.page.getByRole('button', { name: 'Show all seats' }).click();
    expect(await access.page.locator('[role=treeitem]').count()).toBe(4);
    expect((await access.focused())?.name).toMatch(/Gold/);
  });

  test('by name in both languages: held and let go without the map', async () => {
    for (const [lang, text, press] of [
      ['en', 'row d seat 5 right', /^Hold Stalls right, row D, seat 5/],
      ['de', 'Reihe D Platz 6 right', /^Stalls right, Reihe D, Platz 6 vormerken/],
    ] as const) {
      const access = await open({ lang });
      await access.page.locator('input[type=search]').fill(text);
      await access.page.getByRole('button', { name: press }).click();
      await access.placesBecome([lang === 'en' ? 'right-D-5' : 'right-D-6']);
      await access.page
        .getByRole('button', { name: lang === 'en' ? /^Release Stalls/ : /freigeben$/ })
        .first()
        .click();
      await access.placesBecome([]);
    }
  });

  test('targets are large enough, the main ones larger, and nothing is wider than a phone', async () => {
    const access = await open({ viewport: PHONE, hasTouch: true, isMobile: true });
    const small: string[] = [];
    const measure = async (state: string): Promise<void> => {
      small.push(...(await access.page.evaluate<string[]>(TARGETS)).map((target) => `${state}: ${target}`));
      expect(await access.page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
        PHONE.width,
      );
    };
    await measure('map');
    await access.page.locator('.bar [data-part=choose]').click();
    await measure('choose');
    await access.page.locator('.bar [data-part=choose]').click();
    await access.page.locator('[data-shows=list]').click();
    const line = access.page.locator('[role=treeitem]');
    await line.filter({ hasText: 'Stalls left' }).click();
    await line.filter({ hasText: /^Row E/ }).click();
    await line.filter({ hasText: 'row E, Seat 1,' }).click();
    await access.placesBecome(['left-E-1']);
    await measure('list');
    await access.page.locator('.bar [data-part=yours]').click();
    await measure('basket');
    await access.page.locator('.filter-button').click();
    await measure('filters');
    expect(small).toEqual([]);
  });

  test('with reduced motion nothing moves by itself', async () => {
    const access = await open({ reducedMotion: 'reduce' });
    await access.page.locator('.filter-button').click();
    await access.page.getByRole('button', { name: 'Wheelchair places' }).first().click();
    expect(await access.page.evaluate<string[]>(MOVING)).toEqual([]);
  });

  test.each(['light', 'dark'] as const)('seats stand out and are told apart by form, %s', async (colorScheme) => {
    const access = await open({ colorScheme });
    const map = await mapOf(access);
    const free: Record<string, number> = {};
    for (const id of ['left-A-5', 'left-C-5', 'box-1-1', 'left-F-1', 'left-F-3'])
      free[id] = contrast(await map.fill(id), await map.ground(id));
    for (const [id, ratio] of Object.entries(free))
      expect(ratio, `${id} against its ground`).toBeGreaterThanOrEqual(GRAPHICS_CONTRAST);

    const seat = 'left-D-5';
    const forms: Record<string, string> = { free: await map.form(seat) };
    const buyer = await other(`looks-${colorScheme}`);
    const changed = (before: string, what: string): Promise<string> =>
      waitFor(async () => {
        const form = await map.form(seat);
        return form !== before && form;
      }, { what: `another form: ${what}` }); // prettier-ignore
    const holdToken = await hold(buyer, [seat]);
    forms.held = await changed(forms.free!, 'held');
    await buyer.send('release', { eventId: event.id, holdToken });
    await waitFor(async () => (await map.form(seat)) === forms.free);
    await adminCall(aisle, 'POST', `/events/${event.id}/block`, { seats: [seat], reason: 'camera' });
    forms.blocked = await changed(forms.free!, 'blocked');
    await adminCall(aisle, 'POST', `/events/${event.id}/unblock`, { seats: [seat] });
    await waitFor(async () => (await map.form(seat)) === forms.free);
    await map.press(seat);
    await access.placesBecome([seat]);
    await access.page.mouse.move(5, 5);
    expect(contrast(await map.fill(seat), await map.ground(seat))).toBeGreaterThanOrEqual(GRAPHICS_CONTRAST);
    forms.mine = await changed(forms.free!, 'mine');
    const names = Object.keys(forms);
    for (const a of names)
      for (const b of names) if (a < b) expect(different(forms[a]!, forms[b]!), `${a} and ${b}`).toBeGreaterThan(0.08);
    await map.press(seat);
    await access.placesBecome([]);
  });
});

/** In the page: what can be pressed and is smaller than 24 px, or than 44 px where it is a main action. */
const TARGETS = `(() => {
  const root = document.querySelector('aisle-seat-map').shadowRoot;
  const main = '.button.primary, .f-results .button, .f-line, .f-chip, .f-quick, .map-tools button, .bar button, select, input[type=search]';
  return [...root.querySelectorAll('button, select, input, summary, a, [role=treeitem]')].flatMap((target) => {
    const box = target.getBoundingClientRect();
    const seen = target.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    // A label is pressed for its box.
    const area = (target.type === 'checkbox' ? target.closest('label') : target).getBoundingClientRect();
    if (!seen || box.width === 0 || target.closest('.f-skip:not(:focus-within)')) return [];
    const least = target.matches(main) ? 44 : 24;
    return area.width < least - 0.5 || area.height < least - 0.5
      ? [target.tagName + '.' + target.className + ' ' + target.textContent.slice(0, 30) + ' ' + area.width + '×' + area.height] : [];
  });
})()`;

/** In the page: animations and transitions that would run. */
const MOVING = `(() => {
  const root = document.querySelector('aisle-seat-map').shadowRoot;
  const still = (list) => list.split(',').every((time) => parseFloat(time) === 0);
  return [
    ...root.getAnimations().map((animation) => 'runs: ' + animation.effect?.target?.className),
    ...[...root.querySelectorAll('*')].filter((element) => {
      const style = getComputedStyle(element);
      return !(style.transitionProperty === 'none' || still(style.transitionDuration)) || style.animationName !== 'none' || style.scrollBehavior === 'smooth';
    }).map((element) => 'would: ' + element.className),
  ];
})()`;

/** In the page: a square of the map around a point, by way of a small copy. Bytes of RGB. */
const PATCH = `([x, y, half]) => {
  const map = document.querySelector('aisle-seat-map').shadowRoot.querySelector('canvas.map');
  const ratio = map.width / map.clientWidth;
  const size = Math.round(half * 2 * ratio);
  const copy = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  copy.canvas.width = copy.canvas.height = size;
  copy.drawImage(map, Math.round((x - half) * ratio), Math.round((y - half) * ratio), size, size, 0, 0, size, size);
  const { data } = copy.getImageData(0, 0, size, size);
  return Array.from({ length: size * size }, (_, i) => [data[4 * i], data[4 * i + 1], data[4 * i + 2]]);
}`;

interface MapLook {
  /** Inside of the seat, beside its number. */
  fill(id: string): Promise<Rgb>;
  /** Between the seat and its neighbour. */
  ground(id: string): Promise<Rgb>;
  /** Where it stands out from its ground, a letter a pixel: 1 or 0. */
  form(id: string): Promise<string>;
  press(id: string): Promise<void>;
}

/** The whole map as it is first shown, by the chart's own geometry. */
async function mapOf(access: AccessPage): Promise<MapLook> {
  const geometry = buildGeometry(ACCESS_HALL);
  const box = await access.page.locator('canvas.map').boundingBox();
  if (box === null) throw new Error('the map has no box');
  const camera = fit(geometry.bounds, box, FIT_PADDING_PX);
  const radius = geometry.radius * camera.scale;
  const at = (id: string): { x: number; y: number } => {
    const seatNo = ACCESS_HALL.seats.findIndex((seat) => seat.id === id);
    return toScreen(camera, box, { x: geometry.xs[seatNo]!, y: geometry.ys[seatNo]! });
  };
  const patch = (x: number, y: number, half: number): Promise<Rgb[]> =>
    access.page.evaluate(`(${PATCH})(${JSON.stringify([x, y, half])})`);
  const pixel = async (x: number, y: number): Promise<Rgb> => (await patch(x, y, 0.5))[0]!;
  const ground = (id: string): Promise<Rgb> =>
    pixel(at(id).x + (geometry.pitch / 2) * camera.scale, at(id).y + radius * 0.9);
  return {
    fill: (id) => pixel(at(id).x - radius * 0.75, at(id).y),
    ground,
    form: async (id) => {
      const under = await ground(id);
      const pixels = await patch(at(id).x, at(id).y, radius);
      return pixels.map((colour) => (contrast(colour, under) >= GRAPHICS_CONTRAST ? '1' : '0')).join('');
    },
    press: (id) => access.page.mouse.click(box.x + at(id).x, box.y + at(id).y),
  };
}

/** The share of pixels that differ. */
const different = (a: string, b: string): number =>
  [...a].filter((pixel, i) => pixel !== b[i]).length / Math.max(a.length, 1);
