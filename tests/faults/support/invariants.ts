import type { SeatMap } from '@aisle/client';
import { main as aisle } from '../../../cli/src/main.js';
import { logStates } from '../../../server/src/redis/log-stream.js';
import { keys } from '../../../server/src/redis/keys.js';
import { lettersOf } from '../../helpers/system.js';
import { recount, redisLetters } from '../../helpers/truth.js';
import { waitFor } from '../../helpers/wait.js';
import { SEAT_MINOR, type ToldOrder } from './crowd.js';
import type { World } from './world.js';

/** One thing that must never be; `rule` is I1 to I8, or L4 (the log alone leads to the map). */
export interface Violation {
  readonly rule: string;
  readonly what: string;
}

const QUIET_MS = 90_000;

/** Until nothing of the event is open any more; throws with what is still open. */
export async function untilQuiet(world: World, eventId: string): Promise<void> {
  await waitFor(
    async () => {
      const [row] = await world.sql<Record<string, number>[]>`
        SELECT (SELECT count(*) FROM orders WHERE event_id = ${eventId} AND (status = 'pending' OR settled_at IS NULL)) AS orders,
          (SELECT count(*) FROM payment_attempts a JOIN orders o ON o.id = a.order_id
            WHERE o.event_id = ${eventId} AND a.status = 'open') AS payments,
          (SELECT count(*) FROM order_effects WHERE event_id = ${eventId} AND done_at IS NULL) AS effects`;
      const [state] = await logStates(world.redis, [eventId]);
      const letters = await redisLetters(world.redis, eventId);
      const open = {
        ...row,
        held: [...letters].filter((letter) => letter === 'h' || letter === 'r').length,
        log: state?.waiting ?? -1,
        loading: state === undefined || state.epoch === null || state.loading !== null ? 1 : 0,
      };
      if (!Object.values(open).every((count) => count === 0)) throw new Error(JSON.stringify(open));
      return true;
    },
    { timeoutMs: QUIET_MS, intervalMs: 200, what: 'the event to be quiet' },
  );
}

/** Everything that can be said from the two stores, the provider's books and what callers were told, once all is quiet. */
export async function violations(
  world: World,
  eventId: string,
  told: readonly ToldOrder[],
  maps: readonly SeatMap[],
): Promise<Violation[]> {
  return [
    ...(await soldTwice(world, eventId)),
    ...(await money(world, eventId)),
    ...(await promises(world, eventId, told)),
    ...(await outlived(world, eventId)),
    ...(await counts(world, eventId)),
    ...(await mapsAgree(world, eventId, maps)),
    ...(await oneEffect(world, eventId)),
    ...(await epochs(world, eventId)),
    ...(await replayed(world, eventId)),
  ];
}

async function soldTwice({ sql }: World, eventId: string): Promise<Violation[]> {
  const rows = await sql<{ seat: string; orders: string }[]>`
    SELECT place_id AS seat, string_agg(order_id, ' ') AS orders FROM tickets
    WHERE event_id = ${eventId} AND place_kind = 'seat' AND status <> 'cancelled' GROUP BY place_id HAVING count(*) > 1`;
  return rows.map(({ seat, orders }) => ({ rule: 'I1', what: `seat ${seat} has live tickets of ${orders}` }));
}

/** Order by order: what the provider has kept is what its live tickets cost; what the shop paid is in the books once. */
async function money({ sql, sandbox }: World, eventId: string): Promise<Violation[]> {
  const kept = new Map<string, number>();
  for (const { metadata, capturedMinor, refundedMinor } of sandbox.sandbox.ledger.charges()) {
    const id = metadata.orderId ?? '';
    kept.set(id, (kept.get(id) ?? 0) + capturedMinor - refundedMinor);
  }
  const orders = await sql<{ id: string; status: string; kind: string; live: number; net: number }[]>`
    SELECT o.id, o.status, o.payment_kind AS kind,
      (SELECT coalesce(sum(paid_minor), 0)::bigint FROM tickets t WHERE t.order_id = o.id AND t.status <> 'cancelled') AS live,
      (SELECT coalesce(sum(CASE WHEN kind IN ('payment', 'external_payment') THEN amount_minor ELSE -amount_minor END), 0)::bigint
        FROM transactions x WHERE x.order_id = o.id) AS net
    FROM orders o WHERE o.event_id = ${eventId}`;
  const found: Violation[] = [];
  for (const { id, status, kind, live, net } of orders) {
    const provider = kept.get(id) ?? 0;
    const line = `order ${id} (${status}, ${kind}): tickets ${live}, books ${net}, provider kept ${provider}`;
    if (net !== live) found.push({ rule: 'I2', what: line });
    else if (kind === 'provider' && provider !== live) found.push({ rule: 'I2', what: line });
    else if (kind !== 'provider' && provider !== 0) found.push({ rule: 'I2', what: line });
  }
  const known = new Set(orders.map(({ id }) => id));
  const strangers = await sql<{ id: string }[]>`SELECT id FROM orders WHERE event_id <> ${eventId}`;
  for (const { id } of strangers) known.add(id);
  for (const [id, minor] of kept)
    if (!known.has(id) && minor !== 0)
      found.push({ rule: 'I2', what: `the provider kept ${minor} for an order ${id} that is not there` });
  return found;
}

/** What somebody was told is so: a sale that was confirmed is there, whole; money asked back belongs to no sale. */
async function promises({ sql }: World, eventId: string, told: readonly ToldOrder[]): Promise<Violation[]> {
  const rows = await sql<{ id: string; status: string; live: string[] }[]>`
    SELECT o.id, o.status, coalesce(array_agg(t.place_id) FILTER (WHERE t.status <> 'cancelled'), '{}') AS live
    FROM orders o LEFT JOIN tickets t ON t.order_id = o.id WHERE o.event_id = ${eventId} GROUP BY o.id`;
  const byId = new Map(rows.map((row) => [row.id, row]));
  return told.flatMap(({ orderId, seats, completed, refunded, refundRequired }): Violation[] => {
    const row = byId.get(orderId);
    const line = `order ${orderId} was told ${JSON.stringify({ completed, refunded, refundRequired })} and is ${row?.status ?? 'not there'}`;
    if (row === undefined) return [{ rule: 'I2', what: line }];
    if (refundRequired && row.live.length > 0) return [{ rule: 'I2', what: line }];
    if (refunded && row.live.length > 0) return [{ rule: 'I2', what: line }];
    // A refund that nobody answered may have been carried out: then it is in the status.
    const kept = completed && !refunded && row.status !== 'refunded' && row.status !== 'partially_refunded';
    const lost = kept && (row.status !== 'completed' || !seats.every((seat) => row.live.includes(seat)));
    return lost ? [{ rule: 'I2', what: `${line}: a paid order is lost` }] : [];
  });
}

/** No hold is left: all were let lapse long before. */
async function outlived({ redis }: World, eventId: string): Promise<Violation[]> {
  const left = await redis.zrange(keys.holdsIndex(eventId), '0', '-1');
  const reserved = await redis.zrange(keys.reservedIndex(eventId), '0', '-1');
  const what = `${left.length} holds and ${reserved.length} reserved ones are left`;
  return left.length + reserved.length > 0 ? [{ rule: 'I3', what }] : [];
}

async function counts(world: World, eventId: string): Promise<Violation[]> {
  const { stored, counted } = await recount(world.redis, eventId, 'A');
  const what = `total, sold, pending, available: ${stored.join(' ')} stored, ${counted.join(' ')} counted`;
  return stored.join() === counted.join() ? [] : [{ rule: 'I4', what }];
}

async function mapsAgree(world: World, eventId: string, maps: readonly SeatMap[]): Promise<Violation[]> {
  const letters = await redisLetters(world.redis, eventId);
  const rows = await world.sql<{ no: number }[]>`
    SELECT place_no AS no FROM tickets WHERE event_id = ${eventId} AND place_kind = 'seat' AND status <> 'cancelled'`;
  const implied = Array.from(letters, () => 'a');
  for (const { no } of rows) implied[no] = 's';
  const found: Violation[] = [];
  const compare = (name: string, other: string): void => {
    const differs = [...letters].flatMap((letter, no) =>
      letter === other[no] ? [] : [`${no}: ${letter}/${other[no] ?? ''}`],
    );
    if (differs.length > 0)
      found.push({ rule: 'I5', what: `Redis and ${name} differ at ${differs.slice(0, 10).join(', ')}` });
  };
  compare('Postgres', implied.join(''));
  await waitFor(() => maps.every((map) => lettersOf(map) === letters && !map.stale), {
    ...{ timeoutMs: 10_000, intervalMs: 100, what: 'the maps' },
  }).catch(() => undefined);
  for (const [i, map] of maps.entries()) {
    compare(`the screen of watcher ${i + 1}`, lettersOf(map));
    if (map.stale) found.push({ rule: 'I5', what: `the screen of watcher ${i + 1} is still marked stale` });
  }
  return found;
}

/** One payment, one charge; one request, one order. Unique keys say so too: this says it of what is there. */
async function oneEffect({ sql }: World, eventId: string): Promise<Violation[]> {
  const holds = await sql<{ token: string; n: number }[]>`
    SELECT hold_token AS token, count(*)::int AS n FROM orders
    WHERE event_id = ${eventId} AND hold_token <> '' AND status IN ('completed', 'refunded', 'partially_refunded')
    GROUP BY hold_token HAVING count(*) > 1`;
  const prices = await sql<{ id: string }[]>`
    SELECT o.id FROM orders o WHERE event_id = ${eventId} AND status = 'completed'
      AND total_minor <> ${SEAT_MINOR} * (SELECT count(*) FROM tickets t WHERE t.order_id = o.id)`;
  return [
    ...holds.map(({ n }) => ({ rule: 'I6', what: `one hold was sold ${n} times` })),
    ...prices.map(({ id }) => ({ rule: 'I6', what: `order ${id} has not as many tickets as it was paid for` })),
  ];
}

/** Nothing was accepted under an epoch once a later one had begun: by Redis's own clock, in the log. */
async function epochs({ sql }: World, eventId: string): Promise<Violation[]> {
  const rows = await sql<{ epoch: number; first: Date; last: Date }[]>`
    SELECT epoch, min(at) AS first, max(at) AS last FROM seat_log WHERE event_id = ${eventId} GROUP BY epoch ORDER BY epoch`;
  return rows.flatMap(({ epoch, first }, i) => {
    const before = rows[i - 1];
    if (before === undefined || before.last <= first) return [];
    const what = `a change of epoch ${before.epoch} at ${before.last.toISOString()} came after the first of epoch ${epoch}`;
    return [{ rule: 'I8', what }];
  });
}

async function replayed(world: World, eventId: string): Promise<Violation[]> {
  const said: string[] = [];
  const tell = (line: string): void => void said.push(line);
  const env = { DATABASE_URL: world.postgresServer.url, REDIS_URL: world.redisServer.url };
  const status = await aisle(['replay', eventId], { env, out: tell, err: tell });
  return status === 0 ? [] : [{ rule: 'L4', what: said.join(' ') }];
}
