// A little shop that sells seats through Aisle. It has its own page, its own buyers, its own till; Aisle has the seats.
// npm run example:shop, or: node examples/shop/server.mjs. Settings and the story of it: README.md beside this file.
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '@hono/node-server';
import { build } from 'esbuild';
import { Hono } from 'hono';
import { getSignedCookie, setSignedCookie } from 'hono/cookie';
import { AisleError, createAisle } from '@aisle/server';
import { createCheckout } from './checkout.mjs';
import { createTill } from './till.mjs';

const env = process.env;
const AISLE_URL = env.AISLE_URL ?? 'http://127.0.0.1:3000';
const PORT = Number(env.SHOP_PORT ?? 4000);
/** How long a buyer's token for Aisle is good for; the page asks for the next one by itself. */
const SESSION_S = 3600;
const PAGE = new URL('page/', import.meta.url);

const aisle = createAisle({ url: AISLE_URL, key: serviceKey() });
const till = createTill();
const event = await chooseEvent();
const { checkout, orderOf, ordersOf, heardOf } = createCheckout({ aisle, till, event });

const app = new Hono();
const cookieSecret = env.SHOP_COOKIE_SECRET ?? randomUUID();

/** Who is buying. A shop with accounts has its customer's number here. */
async function buyerOf(c) {
  const known = await getSignedCookie(c, cookieSecret, 'buyer');
  if (known) return known;
  const buyer = `shop-${randomUUID()}`;
  await setSignedCookie(c, 'buyer', buyer, cookieSecret, { httpOnly: true, sameSite: 'Lax', path: '/' });
  return buyer;
}

app.get('/', async (c) => {
  await buyerOf(c);
  return c.html(await readFile(new URL('index.html', PAGE), 'utf8'));
});
app.get('/shop.css', async (c) =>
  c.body(await readFile(new URL('shop.css', PAGE)), 200, { 'content-type': 'text/css' }),
);
const script = await bundle();
app.get('/shop.js', (c) => c.body(script, 200, { 'content-type': 'text/javascript' }));
app.get('/api/event', (c) => c.json({ aisleUrl: AISLE_URL, event }));

// The browser gets a token for this buyer and this event: all it can do with it is hold seats and see its own orders.
app.post('/api/session', async (c) => {
  const subject = await buyerOf(c);
  const { token } = await aisle.sessions.mint({ subject, role: 'customer', events: [event.id], ttlSeconds: SESSION_S });
  return c.json({ token }, 201);
});

app.post('/api/checkout', async (c) => {
  const { holdToken, name, email, card } = await c.req.json();
  return c.json(await checkout({ buyer: await buyerOf(c), holdToken, name, email, card }), 201);
});
app.get('/api/orders', async (c) => c.json({ items: ordersOf(await buyerOf(c)) }));

// Tickets are shown by Aisle, behind a link that is good for a few minutes: asked for when it is followed.
app.get('/orders/:id/tickets', async (c) => {
  const order = orderOf(c.req.param('id'), await buyerOf(c));
  if (order === undefined) return c.text('There is no such order of yours.', 404);
  return c.redirect((await aisle.orders.ticketsLink(order.id)).url);
});

app.post('/webhooks/aisle', async (c) => {
  if (env.WEBHOOK_SECRET === undefined) return c.text('This shop has no WEBHOOK_SECRET.', 404);
  const message = aisle.webhooks.verify(await c.req.text(), c.req.raw.headers, env.WEBHOOK_SECRET);
  heardOf(message);
  return c.body(null, 204);
});

app.onError((error, c) => {
  if (!(error instanceof AisleError)) {
    console.error(error);
    return c.json({ error: { code: 'INTERNAL', message: 'The shop stumbled. Please try again.' } }, 500);
  }
  const { code, message } = error;
  return c.json({ error: { code, message } }, code === 'PAYMENT_DECLINED' ? 402 : error.retryable ? 503 : 409);
});

serve({ fetch: app.fetch, port: PORT, hostname: '127.0.0.1' }, () => {
  console.log(`The shop sells "${event.name}" at http://127.0.0.1:${PORT}/`);
});

/** An API key of the role service; beside an Aisle started with npm start, its admin key does for trying things out. */
function serviceKey() {
  if (env.AISLE_KEY !== undefined) return env.AISLE_KEY;
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const file = path.resolve(root, env.AISLE_DATA_DIR ?? '.aisle', 'admin-key');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  console.error('Set AISLE_KEY to an API key of the role service, or start Aisle here with npm start.');
  process.exit(1);
}

/** EVENT_ID, or the first event on sale that is small enough for a plain page. */
async function chooseEvent() {
  if (env.EVENT_ID !== undefined) return aisle.events.get(env.EVENT_ID);
  for await (const found of aisle.events.list({ status: 'on_sale' })) {
    if ((await aisle.events.chart(found.id)).seats.length <= 2000) return found;
  }
  console.error('No event of up to 2,000 seats is on sale. Set EVENT_ID.');
  process.exit(1);
}

/** The page's script with @aisle/client in it: what your own bundler does. */
async function bundle() {
  const entry = new URL('shop.js', PAGE).pathname;
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, format: 'esm', write: false });
  return outputFiles[0].text;
}
