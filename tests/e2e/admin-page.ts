import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';

/** What the pages must get along with: nothing inline, nothing from elsewhere. */
const STRICT_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'";

/** Somebody at the admin's pages, under a strict content policy; whatever the browser complains about is kept. */
export class AdminPage {
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly url: string,
  ) {
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }

  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<AdminPage> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const admin = new AdminPage(page, url);
    await page.route(/\/admin(\/[^?]*)?(\?.*)?$/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': STRICT_POLICY } });
    });
    return admin;
  }

  async go(path: string): Promise<void> {
    await this.page.goto(`${this.url}/admin${path}`);
  }

  async signIn(key: string, path = ''): Promise<void> {
    await this.go(path);
    await this.page.getByLabel('API key').fill(key);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.page.getByRole('navigation', { name: 'Admin' }).waitFor();
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name });
  }

  heading(name: string | RegExp): Locator {
    return this.page.getByRole('heading', { name });
  }

  /** The tile of that name on the dashboard. */
  tile(name: string): Locator {
    return this.page.locator('.tile', { has: this.page.locator('dt', { hasText: new RegExp(`^${name}$`) }) });
  }

  async chooseChart(name: string, content: string): Promise<void> {
    await this.page
      .locator('input[type=file]')
      .setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(content) });
  }

  /** No console errors that were not called for (a refused call is one, to the browser). */
  unexpected(): string[] {
    return this.complaints.filter(
      (text) =>
        !/Failed to load resource: (the server responded with a status of 4\d\d|net::ERR_INTERNET_DISCONNECTED)/.test(
          text,
        ),
    );
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}
