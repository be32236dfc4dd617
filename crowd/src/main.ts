import { AisleError, type Order, type SeatEvent } from '@aisle/client';
import { randomInt } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { Chance } from './chance.js';
import { settingsSchema, type Settings } from './settings.js';
import { HttpRefusal, Shop } from './shop.js';
import { Tally } from './tally.js';
import { Taste } from './taste.js';
import { pause, visit, type Place } from './visit.js';

/** They come in over this long, not all at the same instant. */
const GATHER_MS = 10_000;
const TELL_EVERY_MS = 10_000;
/** After something went wrong (a server restarting, say), before the next visit. */
const AGAIN_MS = 3_000;
/** Tickets of the crowd are given back where no more than this part of an event's places is free: a full hall does not move. */
const FREE_PART = 0.25;

const line = (level: number, msg: string, fields: object = {}): void => {
  process.stdout.write(`${JSON.stringify({ level, msg, ...fields })}\n`);
};

/** The crowd as a process of its own: `npm start -- --crowd 200` runs it beside the rest until it is asked to stop. */
async function run(settings: Settings): Promise<void> {
  const shop = new Shop(settings.CROWD_URL, settings.CROWD_KEY);
  const tally = new Tally();
  const going = new AbortController();
  // Everybody listens for the end.
  setMaxListeners(0, going.signal);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => going.abort());
  const tastes = new Map<string, Promise<Taste>>();
  const sold = new Map<string, Order[]>();
  const place: Place = {
    ...{ shop, tally, pays: settings.CROWD_PAYS === '1', pace: settings.CROWD_PACE, closing: going.signal },
    taste: (event) => tasteOf(tastes, shop, event),
    sold: (order) => sold.set(order.eventId, [...(sold.get(order.eventId) ?? []), order]),
  };
  const seed = settings.CROWD_SEED ?? randomInt(2 ** 31);
  line(30, `a crowd of ${settings.CROWD_SIZE} comes in`, { seed });
  const teller = setInterval(() => line(30, 'the crowd', tally.take()), TELL_EVERY_MS);
  const buyers = Array.from({ length: settings.CROWD_SIZE }, (_unused, index) => comeAndGo(place, seed + index));
  await Promise.all([...buyers, giveBack(place, sold)]);
  clearInterval(teller);
  line(30, 'the crowd went home', tally.take());
}

async function comeAndGo(place: Place, seed: number): Promise<void> {
  const { closing, tally } = place;
  const chance = new Chance(seed);
  await pause(chance.next() * GATHER_MS * place.pace, closing);
  while (!closing.aborted) {
    try {
      await visit(place, chance);
    } catch (error) {
      // Whoever runs this looks at the map, not at buyers: what went wrong is counted and told with the rest.
      tally.refused(error instanceof AisleError || error instanceof HttpRefusal ? error.code : 'UNREACHABLE');
      await pause(AGAIN_MS, closing);
    }
  }
}

function tasteOf(tastes: Map<string, Promise<Taste>>, shop: Shop, event: SeatEvent): Promise<Taste> {
  const name = `${event.id} ${event.chartVersion}`;
  const known = tastes.get(name);
  if (known !== undefined) return known;
  const taste = shop.chart(event).then((chart) => new Taste(chart));
  tastes.set(name, taste);
  taste.catch(() => tastes.delete(name));
  return taste;
}

/** The box office takes tickets of the crowd back, the oldest first, so that the evening goes on. */
async function giveBack({ shop, tally, closing }: Place, sold: Map<string, Order[]>): Promise<void> {
  while (!closing.aborted) {
    await pause(TELL_EVERY_MS, closing);
    for (const [eventId, orders] of sold) {
      try {
        const { categories } = await shop.call<{ categories: { total: number; available: number }[] }>(
          'GET',
          `/events/${eventId}/inventory`,
        );
        const total = categories.reduce((sum, category) => sum + category.total, 0);
        // Not by what is sold: a large crowd has the rest of a small hall on hold, and nothing is left for a visitor.
        const free = categories.reduce((sum, category) => sum + category.available, 0);
        if (closing.aborted || free > total * FREE_PART) continue;
        for (const order of orders.splice(0, Math.ceil(orders.length / 3))) {
          const body = { reason: 'somebody of the crowd cannot come', seats: 'release' };
          await shop.call('POST', `/orders/${order.id}/refund`, { body, key: `crowd-${order.id}` });
          tally.returned(order.tickets.length);
        }
      } catch (error) {
        tally.refused(error instanceof HttpRefusal ? error.code : 'UNREACHABLE');
      }
    }
  }
}

const read = settingsSchema.safeParse(process.env);
if (read.success) await run(read.data);
else {
  for (const { path, message } of read.error.issues) process.stderr.write(`${path.join('.')}: ${message}\n`);
  process.exit(2);
}
