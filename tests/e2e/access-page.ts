import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { waitFor } from '../helpers/wait.js';

/** What a careful page allows: nothing inline, nothing from elsewhere. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'";
const STYLE = `:root { color-scheme: light dark; } body { margin: 0; } h1 { margin: 0; font: 600 16px/40px system-ui; padding-inline: 12px; }
aisle-seat-map { block-size: calc(100vh - 40px); }`;
/** In the page, before its element: what it is told, and what its live regions say. */
const LISTENER = `
window.aisleTold = { checkouts: [], spoken: [], urgent: [] };
addEventListener('aisle-checkout', (event) => window.aisleTold.checkouts.push(event.detail));
addEventListener('aisle-ready', () => {
  const root = document.querySelector('aisle-seat-map').shadowRoot;
  for (const [selector, list] of [['.f-polite', 'spoken'], ['.f-urgent', 'urgent']]) {
    const region = root.querySelector(selector);
    new MutationObserver(() => region.textContent !== '' && window.aisleTold[list].push(region.textContent))
      .observe(region, { childList: true, subtree: true, characterData: true });
  }
});`;

/** The element that has the focus, inside open shadow roots. */
const DEEP_FOCUS = `(() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  if (at === null || at === document.body || at.tagName === 'AISLE-SEAT-MAP') return null;
  const style = getComputedStyle(at);
  const label = at.getAttribute('aria-label')
    ?? (at.labels?.[0]?.textContent || at.getAttribute('aria-labelledby') && at.getRootNode().getElementById(at.getAttribute('aria-labelledby'))?.textContent)
    ?? at.textContent;
  const box = (at.type === 'checkbox' ? at.closest('label') : at).getBoundingClientRect();
  const group = at.closest('.stepper');
  const ring = group ? getComputedStyle(group) : style;
  return {
    tag: at.tagName.toLowerCase(), role: at.getAttribute('role'), name: (label || '').trim().replace(/\\s+/g, ' '), id: at.dataset.id ?? null,
    outline: ring.outlineStyle === 'none' ? 0 : parseFloat(ring.outlineWidth), width: box.width, height: box.height,
    inView: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
  };
})()`;

export interface Focused {
  readonly tag: string;
  readonly role: string | null;
  readonly name: string;
  readonly id: string | null;
  /** Width of the focus ring, CSS pixels; 0: none. */
  readonly outline: number;
  readonly width: number;
  readonly height: number;
  readonly inView: boolean;
}

export interface Told {
  readonly checkouts: { holdTokens: string[]; lines: { place: string; ticketType?: string }[] }[];
  readonly spoken: string[];
  readonly urgent: string[];
}

/** A plain page of somebody's own with nothing but the element in it, under a strict content policy. */
export class AccessPage {
  /** Everything the browser complained about. */
  readonly complaints: string[] = [];

  /** Where Tab went and nobody could see it: no ring, out of sight, too small. */
  readonly unseen: string[] = [];

  private constructor(
    readonly page: Page,
    readonly context: BrowserContext,
  ) {
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }

  /** `url`: the server's; the host page is given on its origin. */
  static async open(
    browser: Browser,
    url: string,
    eventId: string,
    options: BrowserContextOptions & {
      readonly attributes?: string;
      readonly lang?: string;
      readonly before?: (page: Page) => Promise<unknown>;
      /** Default: until the map is live. */
      readonly until?: 'shown' | 'live';
    } = {},
  ): Promise<AccessPage> {
    const { attributes = '', lang = 'en', before, until = 'live', ...contextOptions } = options;
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...contextOptions });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const access = new AccessPage(page, context);
    const latest = (await (await fetch(`${url}/picker/latest.json`)).json()) as { url: string; integrity: string };
    const html = `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><title>Tickets</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/host.css"><link rel="icon" href="data:,">
<script type="module" src="/host.js"></script><script type="module" src="${latest.url}" integrity="${latest.integrity}"></script></head>
<body><main><h1>Tickets</h1><aisle-seat-map event="${eventId}" ${attributes}></aisle-seat-map></main></body></html>`;
    await page.route('**/host', (route) =>
      route.fulfill({ contentType: 'text/html', body: html, headers: { 'content-security-policy': POLICY } }),
    );
    await page.route('**/host.css', (route) => route.fulfill({ contentType: 'text/css', body: STYLE }));
    await page.route('**/host.js', (route) => route.fulfill({ contentType: 'text/javascript', body: LISTENER }));
    await before?.(page);
    await page.goto(`${url}/host`);
    if (until === 'live') await page.locator('[part=status][data-link=live]').waitFor();
    return access;
  }

  async focused(): Promise<Focused | null> {
    return this.page.evaluate<Focused | null>(DEEP_FOCUS);
  }

  async told(): Promise<Told> {
    return this.page.evaluate<Told>('window.aisleTold');
  }

  /** Ids of places in the basket. */
  async places(): Promise<string[]> {
    return this.page.evaluate<string[]>(
      `(document.querySelector('aisle-seat-map').state?.basket.lines ?? []).map(({ place }) => place)`,
    );
  }

  async placesBecome(expected: readonly string[]): Promise<void> {
    const sorted = JSON.stringify([...expected].sort());
    await waitFor(async () => JSON.stringify((await this.places()).sort()) === sorted, {
      what: `in the basket: ${sorted}`,
    });
  }

  press(...keys: string[]): Promise<void> {
    return keys.reduce((before, key) => before.then(() => this.page.keyboard.press(key)), Promise.resolve());
  }

  /** By Tab (or Shift+Tab) alone, until something of that name has the focus. */
  async tabTo(name: string | RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<Focused> {
    const passed: string[] = [];
    for (let count = 0; count < 80; count++) {
      await this.press(key);
      const at = await this.focused();
      if (at !== null && (at.outline < 2 || !at.inView || at.width < 24 || at.height < 24))
        this.unseen.push(JSON.stringify(at));
      if (at !== null && (typeof name === 'string' ? at.name === name : name.test(at.name))) return at;
      passed.push(at?.name ?? '(nothing)');
    }
    throw new Error(`${key} did not come to ${String(name)}; it passed ${passed.join(' | ')}`);
  }
}
