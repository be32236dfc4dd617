import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SeatEvent } from '@aisle/client/protocol';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, plainChart, sellEvent } from '../helpers/buyers.js';
import { projectRoot } from '../helpers/project-root.js';
import { waitFor } from '../helpers/wait.js';
import { openBrowser } from './picker-page.js';

/*
 * <aisle-seat-map> in pages of others: another origin, a script tag with an integrity hash, a content policy that allows what has
 * this answer's nonce and nothing else; and in React. Any complaint of the browser fails the test.
 */
interface Latest {
  readonly version: string;
  readonly url: string;
  readonly integrity: string;
  readonly chunks: Readonly<Record<string, string>>;
}

let aisle: TestAisle;
let browser: Browser;
let shop: Server;
let shopUrl: string;
let latest: Latest;
let event: SeatEvent;
let other: SeatEvent;
/** Of the page that is asked for next: what its body holds, and its own module, which runs before the picker's. */
let body = '';
let script = '';
const pages: Page[] = [];
const complaints: string[] = [];
const chart = plainChart(6, 10, [{ id: 'floor', capacity: 50 }]);

const page = (
  nonce: string,
): string => `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>A shop</title>
<link rel="icon" href="data:,"><style nonce="${nonce}">body { margin: 0 } aisle-seat-map { display: block; height: 640px }</style>
<script nonce="${nonce}" type="module">${script}</script>
<script nonce="${nonce}" type="module" src="${aisle.urls[0] ?? ''}${latest.url}" integrity="${latest.integrity}" crossorigin="anonymous"></script></head><body>${body}</body></html>`;
const policy = (nonce: string): string =>
  `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; img-src blob: data:; connect-src ${aisle.urls[0] ?? ''} ${(aisle.urls[0] ?? '').replace('http', 'ws')}`;

beforeAll(async () => {
  shop = createServer((_request, response) => {
    const nonce = createHash('sha256').update(String(performance.now())).digest('base64url');
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.setHeader('content-security-policy', policy(nonce));
    response.end(page(nonce));
  });
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  shopUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
  [aisle, browser] = await Promise.all([startAisle({ env: { AISLE_ALLOWED_ORIGINS: shopUrl } }), openBrowser()]);
  const sold = { timeoutMs: 15_000, intervalMs: 500 };
  event = await waitFor(() => sellEvent(aisle, chart, { prices: { A: 4500, GA: 2000 } }), sold);
  other = await waitFor(() => sellEvent(aisle, plainChart(3, 4), { name: 'Another' }), sold);
  latest = (await (await fetch(`${aisle.urls[0] ?? ''}/picker/latest.json`)).json()) as Latest;
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await aisle?.stop();
  shop.close();
});
afterEach(async () => {
  await Promise.all(pages.splice(0).map((open) => open.context().close()));
  expect(complaints.splice(0)).toEqual([]);
});

const tag = (id: string, more = ''): string =>
  `<aisle-seat-map event="${id}" src="${aisle.urls[0] ?? ''}" ${more}></aisle-seat-map>`;

async function visit(html: string, code = '', options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  body = html;
  script = code;
  const context = await browser.newContext({ viewport: { width: 1200, height: 700 }, ...options });
  const open = await context.newPage();
  pages.push(open);
  open.setDefaultTimeout(20_000);
  open.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  open.on('pageerror', (error) => complaints.push(error.message));
  await open.addInitScript(`
    window.shifts = [];
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => !entry.hadRecentInput && window.shifts.push(entry.value)))
      .observe({ type: 'layout-shift', buffered: true });
    window.told = [];
    for (const name of ['ready', 'basket', 'checkout', 'select', 'lapse', 'error', 'status'])
      addEventListener('aisle-' + name, (event) => window.told.push({ name, detail: structuredClone({ ...event.detail, error: event.detail.error?.message }) }));`);
  await open.goto(shopUrl);
  return open;
}
const live = (open: Page): Promise<void> => open.locator('.badge[data-link=live]').first().waitFor();
const lines = (open: Page): Promise<string[]> => open.locator('.line .name').allTextContents();
const told = (open: Page, name: string): Promise<unknown[]> =>
  open.evaluate<unknown[]>(`window.told.filter((one) => one.name === '${name}').map((one) => one.detail)`);

describe('the script tag', () => {
  test('is served by version, for ever, to any origin, with the hash that latest.json tells', async () => {
    const answer = await fetch(`${aisle.urls[0] ?? ''}${latest.url}`, {
      headers: { origin: 'https://elsewhere.example' },
    });
    const hash = createHash('sha384')
      .update(Buffer.from(await answer.arrayBuffer()))
      .digest('base64');
    expect(latest.integrity).toBe(`sha384-${hash}`);
    expect(latest.url).toBe(`/picker/${latest.version}/aisle-seat-map.js`);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('cache-control')).toContain('immutable');
    for (const [url, integrity] of Object.entries(latest.chunks)) {
      const chunk = await fetch(`${aisle.urls[0] ?? ''}${url}`);
      const own = createHash('sha384')
        .update(Buffer.from(await chunk.arrayBuffer()))
        .digest('base64');
      expect(`sha384-${own}`).toBe(integrity);
    }
    const gone = await fetch(`${aisle.urls[0] ?? ''}/picker/0.0.1/aisle-seat-map.js`);
    expect([gone.status, await gone.text()]).toEqual([404, expect.stringContaining('/picker/latest.json')]);
  });

  test.each([
    ['desktop', {}],
    ['phone', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }],
  ])(
    'works on another origin under a policy with a nonce, and nothing moves while it loads: %s',
    async (kind, look) => {
      const open = await visit(tag(event.id), '', look);
      await live(open);
      if (kind === 'phone') await open.locator('[data-part=choose]').tap();
      await open.getByRole('button', { name: 'Find and hold' }).click();
      await waitFor(async () => (await lines(open)).length === 2, { what: 'two seats' });
      expect(await told(open, 'basket')).toContainEqual(
        expect.objectContaining({ places: 2, totalMinor: 9000, currency: 'EUR' }),
      );
      await open.reload();
      await live(open);
      await waitFor(async () => (await lines(open)).length === 2, { what: 'the same two again' });
      const shifts = await open.evaluate<number[]>('window.shifts');
      expect(shifts).toEqual([]);
    },
  );
});

describe('the element', () => {
  test('takes properties that were set before it was known, and goes on after it was moved, removed and put back', async () => {
    const open = await visit(
      '<div id="one"></div><div id="two"></div>',
      `const map = document.createElement('aisle-seat-map');
       map.src = ${JSON.stringify(aisle.urls[0])}; map.event = ${JSON.stringify(event.id)}; map.mode = 'select'; map.selection = ['r5-1', 'r5-2'];
       one.append(map); window.map = map;`,
    );
    await live(open);
    expect(await open.evaluate('[map.getAttribute("mode"), ...map.selection]')).toEqual(['select', 'r5-1', 'r5-2']);
    await open.evaluate('two.append(map)');
    await live(open);
    await open.evaluate('map.remove()');
    await waitFor(() => open.evaluate('map.state === null'), { what: 'closed' });
    await open.evaluate('one.append(map)');
    await live(open);
    await waitFor(() => open.evaluate('map.selection.join() === "r5-1,r5-2"'), { what: 'the same choice' });
  });

  test('several stand on one page, each with its own event', async () => {
    const open = await visit(tag(event.id) + tag(other.id));
    await waitFor(async () => (await open.locator('.badge[data-link=live]').count()) === 2, { what: 'both live' });
    const labels = await Promise.all(
      (await open.locator('canvas.map').all()).map((canvas) => canvas.getAttribute('aria-label')),
    );
    expect(labels).toEqual(['Seat map of plain 6×10, 60 seats', 'Seat map of Another, 12 seats']);
  });

  test('in mode select presses choose, hold nothing and are told by id; what is not selectable is refused', async () => {
    const small = plainChart(1, 2);
    const choice = await waitFor(() => sellEvent(aisle, small), { timeoutMs: 15_000, intervalMs: 500 });
    await adminCall(aisle, 'POST', `/events/${choice.id}/block`, { seats: ['r0-1'] });
    const open = await visit(tag(choice.id, 'mode="select" selectable="blocked"'));
    await live(open);
    expect(await open.locator('aside.side').count()).toBe(0);
    const box = await open.locator('canvas.map').boundingBox();
    // Side by side in the middle: few seats are not drawn larger than a hand needs.
    const at = (dx: number) => ({ position: { x: (box?.width ?? 0) / 2 + dx, y: (box?.height ?? 0) / 2 } });
    await open.locator('canvas.map').click(at(19));
    await open.locator('canvas.map').click(at(-19));
    await waitFor(async () => (await told(open, 'select')).length > 0, { what: 'the choice told' });
    expect(await open.evaluate('document.querySelector("aisle-seat-map").selection')).toEqual(['r0-1']);
    expect(await told(open, 'select')).toEqual([{ seats: ['r0-1'] }]);
    expect(await told(open, 'basket')).toEqual([]);
  });

  test('names the attribute that means nothing, and stands without it', async () => {
    const open = await visit(tag(event.id, 'max-places="many" theme="pink"'));
    await live(open);
    const errors = (await told(open, 'error')) as { error: string }[];
    expect(errors.map(({ error }) => error)).toEqual([
      '<aisle-seat-map theme="pink"> is not one of auto, light, dark.',
      '<aisle-seat-map max-places="many"> is not a whole number from 1.',
    ]);
  });

  test('speaks German, or what a page taught it, from right to left where the page is; takes the page’s colours', async () => {
    const open = await visit(
      `<div dir="rtl" style="--x:1">${tag(event.id, 'lang="de" theme="dark" id="map"')}</div>`.replace(
        ' style="--x:1"',
        '',
      ),
      `import { registerMessages } from '${aisle.urls[0] ?? ''}${latest.url}';
       registerMessages('fr', () => Promise.resolve({ panels: { best: 'Meilleures places' } }));
       map.style.setProperty('--aisle-accent', 'rgb(255, 200, 0)');`,
    );
    await live(open);
    await open.getByRole('heading', { name: 'Beste freie Plätze' }).waitFor();
    expect(await open.locator('.legend .price').first().innerText()).toMatch(/^45,00\s€$/);
    expect(await open.evaluate(`getComputedStyle(map.shadowRoot.querySelector('.frame')).direction`)).toBe('rtl');
    expect(await open.evaluate('getComputedStyle(map).colorScheme')).toBe('dark');
    const button = `map.shadowRoot.querySelector('.button.primary')`;
    expect(await open.evaluate(`getComputedStyle(${button}).backgroundColor`)).toBe('rgb(255, 200, 0)');
    const side = await open.locator('.side').boundingBox();
    expect(side?.x).toBe(0);
    await open.evaluate(`map.lang = 'fr'`);
    await open.getByRole('heading', { name: 'Meilleures places' }).waitFor();
    await open.getByRole('heading', { name: 'Your seats' }).waitFor();
  });
});

test('React: props are properties, on… are events, the ref is the element', async () => {
  const bundled = await build({
    stdin: {
      contents: `
        import { createElement, useState } from 'react';
        import { createRoot } from 'react-dom/client';
        import { AisleSeatMap } from './client-sdk/src/react/index.ts';
        window.handled = [];
        function Shop() {
          const [mode, setMode] = useState('buy');
          const [count, setCount] = useState(0);
          const [selection, setSelection] = useState([]);
          window.choose = setSelection;
          window.setMode = setMode;
          return createElement('div', null,
            createElement('output', null, String(count)),
            createElement(AisleSeatMap, {
              event: ${JSON.stringify(event.id)}, src: ${JSON.stringify(aisle.urls[0])}, mode, selectable: ['available'], maxPlaces: 3, selection,
              className: 'mine', ref: (element) => { window.map = element; },
              onAisleReady: ({ detail }) => window.handled.push(detail.event.name),
              onAisleBasket: ({ detail }) => setCount(detail.places),
              onAisleSelect: ({ detail }) => { setSelection(detail.seats); window.handled.push(mode + ' ' + detail.seats.join()); },
            }));
        }
        const root = createRoot(document.body.appendChild(document.createElement('main')));
        root.render(createElement(Shop));
        window.unmount = () => root.unmount();`,
      resolveDir: projectRoot,
    },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    minify: true,
    conditions: ['aisle-source'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const open = await visit('', (bundled.outputFiles[0]?.text ?? '').replaceAll('</script', '<\\/script'));
  await live(open);
  expect(await open.evaluate('[map.className, map.maxPlaces, map.selectable, handled[0]]')).toEqual([
    'mine',
    3,
    'available',
    'plain 6×10',
  ]);
  await open.getByRole('button', { name: 'Find and hold' }).click();
  await open.locator('output', { hasText: '2' }).waitFor();
  await open.evaluate(`setMode('select')`);
  await live(open);
  await waitFor(
    () => open.evaluate(`map.state !== null && document.querySelector('aisle-seat-map').mode === 'select'`),
    {
      what: 'the other mode',
    },
  );
  await open.evaluate(`map.select(['r5-3'])`);
  await waitFor(() => open.evaluate(`handled.at(-1) === 'select r5-3'`), {
    what: 'the choice told to the last handler',
  });
  // What is told and given back is no news; what the page chooses arrives, and what cannot be had is told.
  expect(await open.evaluate(`handled.filter((text) => text === 'select r5-3').length`)).toBe(1);
  await open.evaluate(`choose(['r5-4', 'r5-5', 'nowhere'])`);
  await waitFor(() => open.evaluate(`map.selection.join() === 'r5-4,r5-5'`), { what: 'the page’s choice' });
  await open.evaluate('new Promise((resolve) => setTimeout(resolve, 300))');
  expect(await open.evaluate(`handled.filter((text) => text.startsWith('select'))`)).toEqual([
    'select r5-3',
    'select r5-4,r5-5',
  ]);
  await open.evaluate('window.unmount()');
  expect(await open.locator('aisle-seat-map').count()).toBe(0);
});
