import type { EventTruth } from '../db/loading/claims.js';
import { readTruthOnce } from '../db/loading/claims.js';
import { stopSales } from '../db/events/events.js';
import { keepAfterRestore, type KeptArea, type KeptSeat } from '../db/loading/restore.js';
import { lastTrimmed } from '../domain/behind.js';
import { logStates } from '../redis/log-stream.js';
import { clearBehind } from '../redis/behind.js';
import type { RedisAudit } from '../redis/audit.js';
import type { ShelvedChart } from './chart-shelf.js';
import { readLive, type CompareDeps } from './compare.js';

/** What stays off sale after Postgres went back in time, for the operator, by the chart's ids. */
export interface KeptList {
  /** Redis calls them sold and no order has them: somebody may hold a ticket of each. */
  readonly sold: readonly string[];
  /** The same of areas: places. */
  readonly soldPlaces: readonly { readonly area: string; readonly quantity: number }[];
  /** Sold, and in this Postgres still an order that waits for its money. */
  readonly paid: readonly { readonly seat: string; readonly orderId: string }[];
  /** House seats that this Postgres has lost. */
  readonly blocked: readonly string[];
  readonly blockedPlaces: readonly { readonly area: string; readonly quantity: number }[];
}

export const SOLD_LABEL = 'sold before the restore';
export const BLOCKED_LABEL = 'blocked before the restore';

/**
 * Before the load (SPEC R5): every place that Redis calls sold, and this Postgres has in no paid order, is blocked; sales stop; and
 * epoch and version of Postgres overtake Redis's. Once all of it is committed the mark goes: from here any load is safe. null: no
 * such event, or Redis does not know it. Safe to repeat.
 */
export async function keepBeforeLoad(deps: CompareDeps, eventId: string, operator: string): Promise<KeptList | null> {
  const { sql, redis, charts } = deps;
  const { audit } = await readLive(redis, eventId);
  const [state] = await logStates(redis, [eventId]);
  if (audit.epoch === null || state === undefined) return null;
  const stopped = await stopSales(sql, eventId, { actor: operator, redisVersion: state.version });
  if (stopped === null) return null;
  const chart = await charts.take(stopped.chartHash);
  const found = await readTruthOnce(sql, eventId, (truth) => Promise.resolve(onlyInRedis(chart, audit, truth)));
  if (found === null) return null;
  await keepAfterRestore(sql, {
    ...{ eventId, redisEpoch: audit.epoch, redisLoading: audit.loading ?? 0, operator },
    trimmed: lastTrimmed({ epoch: audit.epoch, seq: state.seq, oldest: state.oldest }),
    kept: { seats: found.seats, areas: found.areas },
    differences: {
      sold: found.list.sold,
      soldPlaces: found.list.soldPlaces.map((row) => ({ ...row })),
      paid: found.list.paid.map((row) => ({ ...row })),
      blocked: found.list.blocked,
      blockedPlaces: found.list.blockedPlaces.map((row) => ({ ...row })),
    },
  });
  await clearBehind(redis, eventId);
  return found.list;
}

interface OnlyInRedis {
  readonly seats: readonly KeptSeat[];
  readonly areas: readonly KeptArea[];
  readonly list: KeptList;
}

type Claimed = Pick<EventTruth, 'seatClaims' | 'areaClaims' | 'blocks'>;
/** Of an event that this Postgres never saw. */
export const NOTHING_CLAIMED: Claimed = { seatClaims: [], areaClaims: [], blocks: [] };

/** Pure. A damaged count of an area keeps nothing: it says nothing. */
export function onlyInRedis(
  chart: Pick<ShelvedChart, 'seatId' | 'areaId'>,
  audit: Pick<RedisAudit, 'letters' | 'areas'>,
  truth: Claimed,
): OnlyInRedis {
  const claims = new Map(truth.seatClaims.map((claim) => [claim.seatNo, claim]));
  const blocks = new Map(truth.blocks.map(({ kind, placeNo, quantity }) => [`${kind} ${placeNo}`, quantity]));
  const seats: KeptSeat[] = [];
  const paid: { seat: string; orderId: string }[] = [];
  for (let seatNo = 0; seatNo < audit.letters.length; seatNo++) {
    const letter = audit.letters[seatNo];
    const claim = claims.get(seatNo);
    if (letter === 's' && claim?.state !== 'sold') {
      seats.push({ seatNo, label: SOLD_LABEL });
      if (claim !== undefined) paid.push({ seat: chart.seatId(seatNo), orderId: claim.orderId });
    }
    if (letter === 'b' && claim === undefined && !blocks.has(`seat ${seatNo}`))
      seats.push({ seatNo, label: BLOCKED_LABEL });
  }
  const sold = new Map(truth.areaClaims.map((claim) => [claim.areaNo, claim.sold]));
  const more = audit.areas.map((area, areaNo) => ({
    areaNo,
    sold: above(area.sold, sold.get(areaNo)),
    blocked: above(area.blocked, blocks.get(`area ${areaNo}`)),
  }));
  const waiting = new Set(paid.map(({ seat }) => seat));
  const named = (label: string): string[] =>
    seats.flatMap((seat) => (seat.label === label ? [chart.seatId(seat.seatNo)] : []));
  const places = (what: 'sold' | 'blocked') =>
    more.flatMap((row) => (row[what] > 0 ? [{ area: chart.areaId(row.areaNo), quantity: row[what] }] : []));
  return {
    seats,
    areas: more.flatMap(({ areaNo, sold: sales, blocked }) =>
      sales + blocked > 0 ? [{ areaNo, quantity: sales + blocked, label: sales > 0 ? SOLD_LABEL : BLOCKED_LABEL }] : [],
    ),
    list: {
      sold: named(SOLD_LABEL).filter((seat) => !waiting.has(seat)),
      ...{ soldPlaces: places('sold'), paid, blocked: named(BLOCKED_LABEL), blockedPlaces: places('blocked') },
    },
  };
}

const above = (redis: number, postgres = 0): number =>
  Number.isSafeInteger(redis) ? Math.max(0, redis - postgres) : 0;
