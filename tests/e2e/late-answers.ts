import type { Locator, Page, Route } from 'playwright-core';
import { waitFor } from '../helpers/wait.js';

/** A call of the page that the server hears at once, or as late as its answer, and that is answered when the test says so. */
export class LateAnswer {
  #arrived = 0;
  #answered = 0;
  #open: () => void = () => undefined;
  readonly #held = new Promise<void>((resolve) => (this.#open = resolve));

  private constructor(
    readonly page: Page,
    private readonly url: string | RegExp,
  ) {}

  /** The first `count` calls are late, later ones are not touched. `answer` gives another answer than the server's. */
  static async to(
    page: Page,
    url: string | RegExp,
    options: { method?: string; count?: number; answer?: (route: Route) => Promise<void> } = {},
  ): Promise<LateAnswer> {
    const { method, count = 1, answer } = options;
    const late = new LateAnswer(page, url);
    await page.route(url, async (route) => {
      if ((method !== undefined && route.request().method() !== method) || late.#arrived >= count)
        return route.fallback();
      late.#arrived += 1;
      const response = answer === undefined ? await route.fetch() : undefined;
      await late.#held;
      // The page may have given the call up meanwhile.
      await (response === undefined ? answer?.(route) : route.fulfill({ response }))?.catch(() => undefined);
      late.#answered += 1;
    });
    return late;
  }

  /** Until the page asked. */
  async asked(): Promise<void> {
    await waitFor(() => this.#arrived > 0, { what: `a call to ${String(this.url)}` });
  }

  /** Answers, and waits until the page had every chance to act on it. */
  async arrives(): Promise<void> {
    this.#open();
    await waitFor(() => this.#answered === this.#arrived, { what: `the answer to ${String(this.url)}` });
    // Whatever follows from an answer is drawn by the second frame after it.
    for (let turn = 0; turn < 3; turn += 1) await this.page.evaluate('new Promise((r) => setTimeout(r, 50))');
    await this.page.unroute(this.url);
  }
}

/**
 * Presses twice, as a double press does, whatever comes under the finger in between: the second press says that it is 150 ms after the
 * first, however long the machine took for `until`, which may say what has come under the finger.
 */
export async function pressTwice(
  page: Page,
  target: Locator,
  until: () => Promise<Locator | undefined | void>,
  by: 'mouse' | 'finger' = 'mouse',
): Promise<void> {
  await target.scrollIntoViewIfNeeded();
  const middle = async (locator: Locator): Promise<{ x: number; y: number }> => {
    const box = await locator.boundingBox();
    if (box === null) throw new Error('nothing to press');
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  let at = await middle(target);
  const session = await page.context().newCDPSession(page);
  const begun = Date.now() / 1000;
  const press = async (clickCount: number, timestamp: number): Promise<void> => {
    if (by === 'finger') {
      await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [at], timestamp });
      await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [], timestamp });
      return;
    }
    for (const type of ['mousePressed', 'mouseReleased'] as const)
      await session.send('Input.dispatchMouseEvent', { type, ...at, button: 'left', clickCount, timestamp });
  };
  await press(1, begun);
  const moved = await until();
  if (moved !== undefined) at = await middle(moved);
  await press(2, begun + 0.15);
  await session.detach();
}
