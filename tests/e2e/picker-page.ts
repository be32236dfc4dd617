import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import type { Chart } from '@aisle/client/protocol';
import { fit, FIT_PADDING_PX, toScreen } from '../../client-sdk/src/picker/map/camera.js';
import { buildGeometry, type ChartGeometry } from '../../client-sdk/src/picker/map/geometry.js';
import { waitFor } from '../helpers/wait.js';

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // An answer that a test has rewritten counts as public, and public pages may not open sockets to loopback.
  '--disable-features=LocalNetworkAccessChecks',
];
/** What the pages must get along with: nothing inline, nothing from elsewhere. */
const STRICT_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws:; base-uri 'none'; form-action 'none'";

export const openBrowser = (more: readonly string[] = []): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: [...ARGUMENTS, ...more] });

/** In the page. By way of a small copy: reading the map's own canvas would make the browser keep it out of graphics memory. */
const READ_COLOUR = `([x, y]) => {
  const map = document.querySelector('aisle-seat-map').shadowRoot.querySelector('canvas.map');
  const ratio = map.width / map.clientWidth;
  const copy = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  copy.drawImage(map, Math.round(x * ratio), Math.round(y * ratio), 1, 1, 0, 0, 1, 1);
  return [...copy.getImageData(0, 0, 1, 1).data].slice(0, 3).join(',');
}`;

/** A buyer at the picker: finds seats on the canvas by the chart's own geometry, as the page does. */
export class PickerPage {
  /** Everything the browser complained about: errors of scripts, of the content policy, of loading. */
  readonly complaints: string[] = [];

  private geometry: ChartGeometry | undefined;

  private constructor(
    readonly page: Page,
    readonly context: BrowserContext,
    private readonly chart: Chart,
  ) {
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }

  /** A browser profile of its own, so a guest of its own, unless `context` says which. */
  static async open(
    browser: Browser,
    url: string,
    chart: Chart,
    options: BrowserContextOptions & { context?: BrowserContext; before?: (page: Page) => Promise<unknown> } = {},
  ): Promise<PickerPage> {
    const { context: shared, before, ...contextOptions } = options;
    const context = shared ?? (await browser.newContext({ viewport: { width: 1200, height: 800 }, ...contextOptions }));
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const picker = new PickerPage(page, context, chart);
    await page.route('**/e/*', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': STRICT_POLICY } });
    });
    await before?.(page);
    await page.goto(url);
    await picker.live();
    return picker;
  }

  /** Until the map is there and up to date. */
  async live(timeout = 10_000): Promise<void> {
    await this.page
      .locator('.badge[data-link=live]')
      .waitFor({ timeout })
      .catch(async (error: unknown) => {
        throw new Error(`${String(error)}. ${await this.facts()}`);
      });
  }

  /** For the message of a test that failed. */
  private async facts(): Promise<string> {
    const page = await this.text('aisle-seat-map .frame').catch(() => '');
    const messages = await this.page.locator('.f-toast').allInnerTexts();
    return [`The page says: ${page.replace(/\s*\n\s*/g, ' | ')}`, ...messages, ...this.complaints].join('\n');
  }

  get map(): Locator {
    return this.page.locator('canvas.map');
  }

  close(): Promise<void> {
    return this.context.close();
  }

  /** CSS pixels from the canvas's corner, and the seat's radius, while the whole map is shown. */
  async place(seatNo: number): Promise<{ x: number; y: number; radius: number }> {
    const box = await this.map.boundingBox();
    const seat = this.chart.seats[seatNo];
    if (box === null || seat === undefined) throw new Error(`no map or no seat ${seatNo}`);
    const geometry = (this.geometry ??= buildGeometry(this.chart));
    const camera = fit(geometry.bounds, box, FIT_PADDING_PX);
    return { ...toScreen(camera, box, seat), radius: geometry.radius * camera.scale };
  }

  async press(seatNo: number): Promise<void> {
    await this.map.click({ position: await this.place(seatNo) });
  }

  async tap(seatNo: number): Promise<void> {
    await this.map.tap({ position: await this.place(seatNo) });
  }

  /** The colour of a seat on the canvas, as "r,g,b": near its upper edge, clear of the number and the tick. */
  async colour(seatNo: number): Promise<string> {
    const { x, y, radius } = await this.place(seatNo);
    const colour: unknown = await this.page.evaluate(`(${READ_COLOUR})([${x}, ${y - radius * 0.65}])`);
    return String(colour);
  }

  /** Waits until a seat's colour is, or is not, the one given. */
  async colourBecomes(seatNo: number, check: (colour: string) => boolean, what: string): Promise<void> {
    await waitFor(async () => check(await this.colour(seatNo)), { timeoutMs: 5000, what: `seat ${seatNo} ${what}` });
  }

  text(selector: string): Promise<string> {
    return this.page.locator(selector).innerText();
  }

  /** The lines of the basket. */
  async places(): Promise<string[]> {
    return this.page.locator('.line .name').allTextContents();
  }

  async placesBecome(expected: string[]): Promise<void> {
    await waitFor(async () => JSON.stringify(await this.places()) === JSON.stringify(expected), {
      timeoutMs: 6000,
      what: `your seats: ${JSON.stringify(expected)}`,
    }).catch(async (error: unknown) => {
      throw new Error(`${String(error)}; they are ${JSON.stringify(await this.places())}. ${await this.facts()}`);
    });
  }

  toast(words: string | RegExp): Promise<void> {
    return this.page.locator('.f-toast', { hasText: words }).first().waitFor();
  }
}
