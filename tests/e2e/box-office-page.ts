import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { adminCall } from '../helpers/buyers.js';
import type { TestAisle } from '../helpers/aisle.js';

/** What the counter must get along with: nothing inline, nothing from elsewhere. */
const STRICT_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self' ws:; base-uri 'none'; form-action 'none'";

/** In the page, before it: what is printed is kept instead of asking for a printer, and every tap of a hand is counted. */
const WATCH = `
  // A counter is often on plain http in the house's own network, where browsers have no such thing.
  delete Crypto.prototype.randomUUID;
  window.print = () => { (window.top.printed ??= []).push(document.body.innerText); };
  if (window === window.top) {
    window.taps = 0;
    addEventListener('click', (event) => { if (event.isTrusted && event.detail > 0) window.taps += 1; }, true);
  }
`;

export const newKey = async (aisle: TestAisle, role: string, name = role): Promise<{ id: string; key: string }> =>
  adminCall(aisle, 'POST', '/keys', { name, role });

/** A terminal of the box office in a browser of its own. */
export class CounterPage {
  /** Everything the browser complained about, but refusals that a test provokes (`expected`). */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    readonly url: string,
  ) {
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }

  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<CounterPage> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    await page.addInitScript(WATCH);
    await page.route('**/box-office', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': STRICT_POLICY } });
    });
    const counter = new CounterPage(page, url);
    await page.goto(`${url}/box-office`);
    return counter;
  }

  async signIn(key: string, terminal = 'Counter 1'): Promise<void> {
    await this.page.getByLabel('Your key').fill(key);
    await this.page.getByLabel('Name of this terminal').fill(terminal);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  async chooseEvent(name: string): Promise<void> {
    await this.page.locator('.event-row', { hasText: name }).click();
    await this.live();
  }

  /** Until the counts are there and up to date. */
  async live(): Promise<void> {
    await this.page.locator('[data-link=live]').waitFor();
  }

  async goTo(screen: 'Quick sale' | 'Seats' | 'Orders' | 'Block' | 'Scan'): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Box office' }).getByRole('link', { name: screen }).click();
    // Until then the map on the page may be the one of the screen before.
    await this.page.getByRole('heading', { name: `Box office: ${screen}` }).waitFor({ state: 'attached' });
  }

  quantity(number: number): Locator {
    return this.page.locator('.quantity').getByRole('button', { name: String(number), exact: true });
  }

  /** The button of a category and ticket type. */
  type(name: string | RegExp): Locator {
    return this.page.locator('.categories').getByRole('button', { name });
  }

  get sale(): Locator {
    return this.page.getByRole('region', { name: 'This sale' });
  }

  /** Chooses these seats on the map, as presses on them do. */
  async choose(seats: readonly string[]): Promise<void> {
    const map = this.page.locator('aisle-seat-map');
    await map.getByRole('button', { name: 'List', exact: true }).waitFor();
    await this.page.evaluate(`document.querySelector('aisle-seat-map').select(${JSON.stringify(seats)})`);
  }

  /** Free places of a category, as the screen says. */
  async free(category: string): Promise<string> {
    return this.page.locator(`[data-category="${category}"] .free`).innerText();
  }

  async taps(): Promise<number> {
    return Number(await this.page.evaluate('window.taps'));
  }

  async printed(): Promise<string[]> {
    return this.page.evaluate<string[]>('window.printed ?? []');
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}
