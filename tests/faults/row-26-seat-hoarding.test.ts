import { randomUUID } from 'node:crypto';
import type { Ack, Hold, SeatEvent, Session, UpName, UpPayload } from '@aisle/client/protocol';
import { beforeAll, expect, test } from 'vitest';
import { adminCall, plainChart, sellEvent } from '../helpers/buyers.js';
import { connectClient, type Client } from '../helpers/raw-client.js';
import { useSystem } from '../helpers/system.js';
import { sleep } from '../helpers/wait.js';
import { placesOf } from './support/places-of.js';
import { reportRow } from './support/report.js';
import { times } from './support/scale.js';

/*
 * Row 26. One person with very many sockets, on two nodes and two events, by every way there is to places: picked seats, the
 * best ones, standing places, adding to a hold, another's name, orders, and guests whose holds it takes over by signing in.
 */
const SOCKETS = times(150, 1000);
const CALLS_A_SOCKET = times(6, 20);
const GUESTS = times(10, 60);
const CAP = 6;
const ROWS = 20;
const PER_ROW = 30;
const STANDING = 200;
const AT_ONCE = 50;
const SAMPLE_PAUSE_MS = 2;

// Without the rate limits, so that everything gets as far as the cap.
const system = useSystem({ nodes: 2, workers: 1, limits: 'off', readyTimeoutMs: 50_000 });
const HOARDER = 'hoarder';
const events: SeatEvent[] = [];
beforeAll(async () => {
  const hall = plainChart(ROWS, PER_ROW, [{ id: 'floor', capacity: STANDING }]);
  for (let i = 0; i < 2; i++) events.push(await sellEvent(system.aisle, hall, { maxSeatsPerSubject: CAP }));
}, 60_000);

const pick = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)] as T;
const upTo = (most: number): number => 1 + Math.floor(Math.random() * most);
const anySeats = (count: number): string[] => {
  const [row, first] = [Math.floor(Math.random() * ROWS), Math.floor(Math.random() * (PER_ROW - count))];
  return Array.from({ length: count }, (_, i) => `r${row}-${first + i}`);
};

interface Seen {
  granted: number;
  readonly refused: Map<string, number>;
  tokens: { eventId: string; token: string }[];
}
async function call<N extends UpName>(socket: Client, seen: Seen, name: N, payload: UpPayload<N>): Promise<Ack<N>> {
  const ack = (await socket.timeout(20_000).emitWithAck(name, payload)) as Ack<N>;
  if (!ack.ok) seen.refused.set(ack.error.code, (seen.refused.get(ack.error.code) ?? 0) + 1);
  return ack;
}

/** One more attempt, of any kind; some of what it has is given back, so that it is ever again just below the cap. */
async function grab(socket: Client, seen: Seen): Promise<void> {
  const eventId = pick(events).id;
  const mine = seen.tokens.filter((one) => one.eventId === eventId).at(-1)?.token;
  const token = mine === undefined || Math.random() < 0.5 ? {} : { holdToken: mine };
  const kind = Math.random();
  if (kind < 0.3) return note(seen, await call(socket, seen, 'hold', { eventId, seats: anySeats(upTo(4)), ...token }));
  if (kind < 0.4) {
    const areas = [{ id: 'floor', quantity: upTo(7) }];
    return note(seen, await call(socket, seen, 'hold', { eventId, areas, ...token }));
  }
  if (kind < 0.6) return note(seen, await call(socket, seen, 'hold-best', { eventId, quantity: upTo(CAP) }));
  if (kind < 0.65) {
    const onBehalfOf = pick([HOARDER, 'friend', 'aisle-admin']);
    return note(seen, await call(socket, seen, 'hold', { eventId, seats: anySeats(2), onBehalfOf }));
  }
  if (mine === undefined) return remember(socket, seen, eventId);
  if (kind < 0.7) await call(socket, seen, 'extend', { eventId, holdToken: mine });
  else if (kind < 0.73) await order(socket, seen, eventId, mine);
  else await giveBack(socket, seen, eventId, mine);
}
async function giveBack(socket: Client, seen: Seen, eventId: string, holdToken: string): Promise<void> {
  forget(seen, holdToken);
  await call(socket, seen, 'release', { eventId, holdToken });
}
/** A reserved hold counts, too; the order is cancelled again, or it would stay so to the end. */
async function order(socket: Client, seen: Seen, eventId: string, holdToken: string): Promise<void> {
  forget(seen, holdToken);
  const ack = await call(socket, seen, 'reserve', { eventId, holdToken, requestId: randomUUID() });
  if (!ack.ok) return;
  // Where it was not answered in time the order stands a while longer, within the cap.
  await adminCall(system.aisle, 'POST', `/orders/${ack.order.id}/cancel`, {}).catch(() => undefined);
}
function note(seen: Seen, ack: Ack<'hold'>): void {
  if (!ack.ok) return;
  seen.granted++;
  const { eventId, token }: Hold = ack.hold;
  seen.tokens.push({ eventId, token });
}
/** What was granted without an answer, or not given back after all, is looked up: or the cap would be full to the end. */
async function remember(socket: Client, seen: Seen, eventId: string): Promise<void> {
  const ack = await call(socket, seen, 'holds', { eventId });
  if (!ack.ok) return;
  for (const { token, state } of ack.holds) {
    forget(seen, token);
    if (state === 'held') seen.tokens.push({ eventId, token });
  }
}
function forget(seen: Seen, token: string): void {
  seen.tokens = seen.tokens.filter((one) => one.token !== token);
}

interface Merged {
  readonly moved: number;
  readonly left: number;
}
/** Guests who fill their own caps and then sign in as the hoarder. */
async function signInWithHolds(guests: number, customer: string, seen: Seen): Promise<Merged> {
  const sum = { moved: 0, left: 0 };
  const one = async (i: number): Promise<void> => {
    const url = system.aisle.urls[i % 2] ?? '';
    const headers = { 'content-type': 'application/json' };
    const guest = (await (
      await fetch(`${url}/v1/sessions`, { method: 'POST', headers, body: '{}' })
    ).json()) as Session;
    const { socket } = await connectClient(url, { token: guest.token, protocol: 1 });
    for (const { id: eventId } of events) await call(socket, seen, 'hold', { eventId, seats: anySeats(upTo(3)) });
    const ack = await call(socket, seen, 'authenticate', { token: customer });
    if (ack.ok && ack.holds !== undefined) {
      sum.moved += ack.holds.moved;
      sum.left += ack.holds.left;
    }
    await grab(socket, seen);
    socket.close();
  };
  for (let start = 0; start < guests; start += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, guests - start) }, (_, i) => one(start + i)));
  return sum;
}

/** Looks as often as Redis answers, until told to stop. */
function watchCap(): { stop(): Promise<{ looks: number; highest: number; disagreed: number }> } {
  const sum = { looks: 0, highest: 0, disagreed: 0 };
  let stopped = false;
  const looking = (async () => {
    while (!stopped) {
      for (const { id } of events) {
        // No answer on a machine that is that busy: one look fewer.
        const seen = await placesOf(system.redis, id, HOARDER).catch(() => null);
        if (seen === null) continue;
        const { held, counted } = seen;
        sum.looks++;
        sum.highest = Math.max(sum.highest, held);
        if (held !== counted) sum.disagreed++;
      }
      await sleep(SAMPLE_PAUSE_MS);
    }
  })();
  return {
    stop: async () => {
      stopped = true;
      await looking;
      return sum;
    },
  };
}

test(`G2 H4 A11 ${SOCKETS} sockets of one subject never hold more than its cap of ${CAP} in either event, whatever they try`, async () => {
  const { aisle } = system;
  const session = { subject: HOARDER, role: 'customer' };
  const { token } = await adminCall<Session>(aisle, 'POST', '/sessions', session);
  const sockets: Client[] = [];
  for (let start = 0; start < SOCKETS; start += AT_ONCE) {
    const group = Array.from({ length: Math.min(AT_ONCE, SOCKETS - start) }, (_, i) =>
      connectClient(aisle.urls[i % 2] ?? '', { token, protocol: 1 }),
    );
    sockets.push(...(await Promise.all(group)).map(({ socket }) => socket));
  }
  const watch = watchCap();
  const seen: Seen = { granted: 0, refused: new Map(), tokens: [] };
  const hoarding = sockets.map(async (socket) => {
    for (let i = 0; i < CALLS_A_SOCKET; i++) await grab(socket, seen);
  });
  const storm = Promise.all([signInWithHolds(GUESTS, token, seen), Promise.all(hoarding)]);
  const [{ moved, left }] = await storm.finally(() => watch.stop());
  const { looks, highest, disagreed } = await watch.stop();
  for (const socket of sockets) socket.close();

  expect(highest).toBe(CAP);
  expect(disagreed).toBe(0);
  expect(seen.granted).toBeGreaterThan(CAP);
  expect(seen.refused.get('LIMIT_EXCEEDED')).toBeGreaterThan(0);
  expect(seen.refused.get('FORBIDDEN')).toBeGreaterThan(0);
  expect(seen.refused.get('INTERNAL') ?? 0).toBe(0);
  reportRow({
    row: 26,
    what: `one subject, ${SOCKETS.toLocaleString('en')} sockets on two nodes, two events, cap ${CAP}`,
    ran: `${(SOCKETS * CALLS_A_SOCKET + GUESTS * 3).toLocaleString('en')} attempts, ${GUESTS} guests merged into it`,
    result:
      `at most ${highest} places an event in ${looks.toLocaleString('en')} looks; ${seen.granted.toLocaleString('en')} ` +
      `holds granted and given back in turn, ${seen.refused.get('LIMIT_EXCEEDED') ?? 0} over the cap refused, ` +
      `of the guests' holds ${moved} came over, ${left} stayed behind`,
  });
}, 300_000);
