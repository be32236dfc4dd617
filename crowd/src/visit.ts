import {
  AisleError,
  createClient,
  type AisleClient,
  type LiveHold,
  type Order,
  type SeatEvent,
  type SeatMap,
} from '@aisle/client';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Chance } from './chance.js';
import { HttpRefusal, type Shop } from './shop.js';
import type { Tally } from './tally.js';
import { partyOf, type Taste } from './taste.js';

/** Means, ms: how long people look, hesitate over a choice, and type their names. */
const LOOK_MS = 9_000;
const HESITATE_MS = 7_000;
const TYPE_MS = 8_000;
const AGAIN_MS = 2_000;
/** Nothing on sale: looked at again after this. */
const CLOSED_MS = 2_000;
/** Out of those who hold: who buys, and who just closes the window, so that the hold lapses. */
const BUYS = 0.4;
const WALKS_AWAY = 0.15;
/** Out of those who pay: whose first card is declined. */
const DECLINED = 0.08;
const TRIES = 4;
/** Out of those who choose by eye, where there is standing room. */
const STANDS = 0.08;

const placesOf = ({ seats, areas }: LiveHold): number =>
  seats.length + areas.reduce((sum, { quantity }) => sum + quantity, 0);

export interface Place {
  readonly shop: Shop;
  readonly tally: Tally;
  readonly pays: boolean;
  /** On all times that people take. */
  readonly pace: number;
  /** Everybody goes home. */
  readonly closing: AbortSignal;
  taste(event: SeatEvent): Promise<Taste>;
  sold(order: Order): void;
}

/** One buyer from coming in to leaving, by the SDK as a browser would. Never throws: a refusal is part of the evening. */
export async function visit(place: Place, chance: Chance): Promise<void> {
  const { shop, closing } = place;
  const event = chance.pick(await shop.onSale());
  if (event === undefined) {
    await pause(CLOSED_MS, closing);
    return;
  }
  const token = await shop.session(`crowd-${randomUUID()}`);
  const client = createClient({ url: shop.url, getToken: () => token, clientName: 'aisle-crowd/1' });
  try {
    await shopAround(place, chance, client, event, token);
  } finally {
    client.close();
  }
}

async function shopAround(place: Place, chance: Chance, client: AisleClient, event: SeatEvent, token: string) {
  const { tally, closing } = place;
  const map = await client.watch(event.id).whenReady();
  const taste = await place.taste(event);
  tally.came();
  await pause(chance.pauseMs(LOOK_MS * place.pace), closing);
  const party = Math.min(partyOf(chance), event.maxSeatsPerSubject);
  let hold: LiveHold | undefined;
  for (let attempt = 0; attempt < TRIES && hold === undefined && !closing.aborted; attempt++) {
    hold = await take(place, chance, client, event, () => wish(taste, map, party, chance));
    if (hold === undefined) await pause(chance.pauseMs(AGAIN_MS * place.pace), closing);
  }
  if (hold === undefined) return;
  await pause(chance.pauseMs(HESITATE_MS * place.pace), closing);
  const mine = { eventId: event.id, holdToken: hold.token };
  if (chance.happens(WALKS_AWAY)) return;
  if (place.pays && chance.happens(BUYS)) {
    await pause(chance.pauseMs(TYPE_MS * place.pace), closing);
    return buy(place, chance, event, hold, token);
  }
  await client.release(mine);
  tally.released();
}

type Wish = { readonly seats: string[] } | { readonly areas: { id: string; quantity: number }[] };

/** Mostly seats side by side; some would rather stand. */
function wish(taste: Taste, map: SeatMap, party: number, chance: Chance): Wish | undefined {
  const area = chance.happens(STANDS) ? taste.standing(map, party, chance) : undefined;
  if (area !== undefined) return { areas: [{ id: area, quantity: party }] };
  const seats = taste.choose(map, party, chance);
  return seats === undefined ? undefined : { seats };
}

/** Picks by eye, now and then by "best available"; undefined: somebody else was quicker, or there is nothing. */
async function take(
  { tally }: Place,
  chance: Chance,
  client: AisleClient,
  event: SeatEvent,
  choose: () => Wish | undefined,
): Promise<LiveHold | undefined> {
  const wanted = chance.happens(0.85) ? choose() : undefined;
  try {
    const { hold } =
      wanted === undefined
        ? await client.holdBest({ eventId: event.id, quantity: partyOf(chance) })
        : await client.hold({ eventId: event.id, ...wanted });
    tally.held(placesOf(hold));
    return hold;
  } catch (error) {
    if (!(error instanceof AisleError)) throw error;
    tally.refused(error.code);
    return undefined;
  }
}

async function buy(place: Place, chance: Chance, event: SeatEvent, hold: LiveHold, token: string) {
  const { shop, tally } = place;
  // An address each: an event's cap on places counts by address too.
  const buyer = { name: 'One of the crowd', email: `crowd-${randomUUID()}@example.com` };
  const body = { eventId: event.id, holdToken: hold.token, buyer };
  const { order } = await shop.call<{ order: Order }>('POST', '/checkout', { token, body, key: randomUUID() });
  const pay = (paymentToken: string): Promise<{ order: Order }> =>
    shop.call('POST', `/orders/${order.id}/pay`, { token, body: { paymentToken }, key: randomUUID() });
  if (order.status === 'pending' && chance.happens(DECLINED))
    await pay('tok_declined').catch((error: unknown) => {
      if (error instanceof HttpRefusal) tally.refused(error.code);
      else throw error;
    });
  const paid = order.status === 'pending' ? (await pay('tok_ok')).order : order;
  if (paid.status !== 'completed') return;
  tally.bought(placesOf(hold));
  place.sold(paid);
}

/** Ends early where everybody goes home. */
export const pause = (ms: number, closing: AbortSignal): Promise<unknown> =>
  sleep(ms, undefined, { signal: closing }).catch(() => undefined);
