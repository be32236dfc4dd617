import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Chart, SeatEvent } from '@aisle/client/protocol';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { plainChart, sellEvent } from '../helpers/buyers.js';
import { waitFor } from '../helpers/wait.js';
import { openBrowser, PickerPage } from './picker-page.js';

/** A hall of 6 rows of 10 and a floor. */
export const hall = plainChart(6, 10, [{ id: 'floor', capacity: 50 }]);
/** What the map draws in the middle of the buyer's own seats. */
export const BLACK_MARK = '21,24,30';
export const PHONE = {
  viewport: { width: 360, height: 640 },
  hasTouch: true,
  isMobile: true,
  deviceScaleFactor: 2,
} as const;

type VisitOptions = NonNullable<Parameters<typeof PickerPage.open>[3]> & {
  readonly node?: number;
  readonly chart?: Chart;
};

export interface PickerWorld {
  readonly aisle: TestAisle;
  readonly browser: Browser;
  /** An event on sale, in the hall or by another chart. */
  sell(fields?: Record<string, unknown>, chart?: Chart): Promise<SeatEvent>;
  /** The page /e/{id}, live; `node`: which server. */
  visit(event: SeatEvent, options?: VisitOptions): Promise<PickerPage>;
  /** Its complaints count, and it is closed after the test. */
  keep(picker: PickerPage): PickerPage;
}

/** Real servers and a browser for the tests of one file. Any complaint of the browser fails the test. */
export function pickerWorld(nodes = 1): PickerWorld {
  let aisle: TestAisle | undefined;
  let browser: Browser | undefined;
  const open: PickerPage[] = [];
  beforeAll(async () => {
    [aisle, browser] = await Promise.all([startAisle({ nodes }), openBrowser()]);
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await aisle?.stop();
  });
  afterEach(async () => {
    const complaints = open.flatMap((picker) => picker.complaints);
    await Promise.all(open.splice(0).map((picker) => picker.close()));
    expect(complaints).toEqual([]);
  });
  const world: PickerWorld = {
    get aisle() {
      if (aisle === undefined) throw new Error('not started');
      return aisle;
    },
    get browser() {
      if (browser === undefined) throw new Error('not started');
      return browser;
    },
    // Tried again while the server says 503: the machines that run this share two cores with much else.
    sell: (fields = {}, chart = hall) => {
      const own =
        chart === hall ? { name: 'An evening', timezone: 'Europe/Berlin', prices: { A: 4500, GA: 2000 } } : {};
      const what = { timeoutMs: 15_000, intervalMs: 500, what: 'an event on sale' };
      return waitFor(() => sellEvent(world.aisle, chart, { ...own, ...fields }), what);
    },
    visit: async (event, options = {}) => {
      const { node = 0, chart = hall, ...rest } = options;
      const url = `${world.aisle.urls[node] ?? ''}/e/${event.id}`;
      return world.keep(await PickerPage.open(world.browser, url, chart, { colorScheme: 'light', ...rest }));
    },
    keep: (picker) => {
      open.push(picker);
      return picker;
    },
  };
  return world;
}
