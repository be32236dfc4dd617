import type { Hold, Order, SeatEvent } from '@aisle/client/protocol';
import type { HttpWorld } from './http-world.js';

/** What the tests of orders ask of an HttpWorld. */

const as = (token: string | undefined) => (token === undefined ? {} : { token });

export async function newHold(
  world: HttpWorld,
  event: Pick<SeatEvent, 'id'>,
  places: { seats?: string[]; areas?: { id: string; quantity: number }[]; onBehalfOf?: string },
  token?: string,
): Promise<Hold> {
  const answer = await world.call('POST', '/v1/inventory/holds', {
    body: { eventId: event.id, ...places },
    ...as(token),
  });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body as Hold;
}

export async function place(world: HttpWorld, hold: Hold, changes: object = {}, token?: string): Promise<Order> {
  const body = { eventId: hold.eventId, holdToken: hold.token, ...changes };
  const answer = await world.call('POST', '/v1/orders', { body, ...as(token) });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body as Order;
}

export const orderOf = async (world: HttpWorld, orderId: string, token?: string): Promise<Order> =>
  (await world.call('GET', `/v1/orders/${orderId}`, as(token))).body as Order;

/** The state of every seat, as Redis has it. */
export const letters = async (world: HttpWorld, event: Pick<SeatEvent, 'id'>): Promise<string> =>
  (await world.store.store.snapshot(event.id)).letters;

export async function openEffects({ deps: { sql } }: HttpWorld): Promise<number> {
  const [row] = await sql<{ n: number }[]>`SELECT count(*)::integer AS n FROM order_effects WHERE done_at IS NULL`;
  return row?.n ?? -1;
}

/** What Postgres says of an order and its places. */
export async function tablesOf({ deps: { sql } }: HttpWorld, { id }: { readonly id: string }) {
  const seats = await sql<{ state: string }[]>`SELECT state FROM seat_claims WHERE order_id = ${id} ORDER BY seat_no`;
  const [area] = await sql<{ claimed: number; sold: number }[]>`
    SELECT claimed, sold FROM area_claims WHERE event_id = (SELECT event_id FROM orders WHERE id = ${id})`;
  const money = await sql<{ kind: string; amountMinor: number; reference: string }[]>`
    SELECT kind, amount_minor AS "amountMinor", reference FROM transactions WHERE order_id = ${id} ORDER BY id`;
  const changes = await sql<{ kind: string }[]>`SELECT kind FROM order_changes WHERE order_id = ${id} ORDER BY version`;
  const outbox = await sql<{ type: string }[]>`SELECT type FROM outbox WHERE order_id = ${id} ORDER BY id`;
  const [order] = await sql<{ settled: boolean; status: string }[]>`
    SELECT settled_at IS NOT NULL AS settled, status FROM orders WHERE id = ${id}`;
  return {
    seats: seats.map(({ state }) => state).join(' '),
    area: area ?? { claimed: 0, sold: 0 },
    money: [...money],
    changes: changes.map(({ kind }) => kind),
    outbox: outbox.map(({ type }) => type),
    settled: order?.settled,
    status: order?.status,
  };
}

/** All that an order could have moved: what a refused call must leave as it was. */
export async function everything(world: HttpWorld, event: Pick<SeatEvent, 'id'>): Promise<unknown> {
  const { sql } = world.deps;
  const { id } = event;
  const holds = await world.store.store.allHolds(id, 0, 1000);
  return {
    letters: await letters(world, event),
    areas: (await world.store.store.snapshot(id)).areaAvailable,
    holds: holds.map(({ token, state, orderId, seats, areas }) => ({ token, state, orderId, seats, areas })),
    orders: await sql`SELECT id, status, version, total_minor FROM orders WHERE event_id = ${id} ORDER BY id`,
    claims: await sql`SELECT seat_no, order_id, state FROM seat_claims WHERE event_id = ${id} ORDER BY seat_no`,
    areaClaims: await sql`SELECT area_no, claimed, sold FROM area_claims WHERE event_id = ${id} AND claimed > 0`,
    tickets: await sql`SELECT id, status FROM tickets WHERE event_id = ${id} ORDER BY id`,
    money: await sql`SELECT order_id, kind, amount_minor FROM transactions WHERE event_id = ${id} ORDER BY id`,
    outbox: await sql`SELECT type FROM outbox WHERE event_id = ${id} AND order_id IS NOT NULL ORDER BY id`,
  };
}
