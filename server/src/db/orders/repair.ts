import { lockEpochShared } from '../loading/claims.js';
import { transaction, type Sql } from '../client.js';
import { insertEffects } from './effects.js';

/**
 * Has a sold seat told to Redis again, as an effect of its order: Postgres wins (SPEC O3). False: the order has the seat no
 * more, or the event stands at another epoch than was looked at.
 */
export function repairSoldSeat(
  sql: Sql,
  seat: { readonly eventId: string; readonly epoch: number; readonly seatNo: number; readonly orderId: string },
  actor: string,
): Promise<boolean> {
  const { eventId, epoch, seatNo, orderId } = seat;
  return transaction(sql, async (tx) => {
    await lockEpochShared(tx, eventId);
    const [row] = await tx<{ catNo: number; subject: string; holdToken: string }[]>`
      SELECT t.cat_no AS "catNo", o.subject, o.hold_token AS "holdToken"
      FROM seat_claims c JOIN orders o ON o.id = c.order_id JOIN events e ON e.id = c.event_id
        JOIN tickets t ON t.order_id = o.id AND t.place_kind = 'seat' AND t.place_no = c.seat_no AND t.status <> 'cancelled'
      WHERE c.event_id = ${eventId} AND c.seat_no = ${seatNo} AND c.order_id = ${orderId} AND c.state = 'sold'
        AND e.epoch = ${epoch} FOR UPDATE OF o`;
    if (row === undefined) return false;
    await insertEffects(tx, [
      {
        ...{ orderId, eventId, epoch, kind: 'sold', holdToken: row.holdToken },
        take: [{ kind: 'seat', placeNo: seatNo, catNo: row.catNo, quantity: 1 }],
        give: [],
        ...{ cause: 'repair', subject: row.subject, actor, requestId: `repair-${orderId}-${seatNo}` },
      },
    ]);
    return true;
  });
}

/**
 * The same for sold places of an area that Redis still offers: an import or a repair may have met places on hold, which nobody
 * can be made to give up. An effect of one of the area's orders, without a hold: it takes free places. False: the area has sold
 * another number by now, or the event stands at another epoch.
 */
export function repairSoldArea(
  sql: Sql,
  area: {
    readonly eventId: string;
    readonly epoch: number;
    readonly areaNo: number;
    /** Sold by Postgres when it was compared. */
    readonly postgres: number;
    readonly quantity: number;
  },
  actor: string,
): Promise<boolean> {
  const { eventId, epoch, areaNo, postgres, quantity } = area;
  return transaction(sql, async (tx) => {
    await lockEpochShared(tx, eventId);
    const [row] = await tx<{ orderId: string; catNo: number; subject: string }[]>`
      SELECT o.id AS "orderId", t.cat_no AS "catNo", o.subject
      FROM area_claims a JOIN events e ON e.id = a.event_id
        JOIN area_order_claims c ON c.event_id = a.event_id AND c.area_no = a.area_no AND c.state = 'sold'
        JOIN orders o ON o.id = c.order_id
        JOIN tickets t ON t.order_id = o.id AND t.place_kind = 'area' AND t.place_no = a.area_no AND t.status <> 'cancelled'
      WHERE a.event_id = ${eventId} AND a.area_no = ${areaNo} AND a.sold = ${postgres} AND e.epoch = ${epoch}
      LIMIT 1 FOR UPDATE OF o`;
    if (row === undefined) return false;
    const { orderId, catNo, subject } = row;
    await insertEffects(tx, [
      {
        ...{ orderId, eventId, epoch, kind: 'sold', holdToken: '', give: [] },
        take: [{ kind: 'area', placeNo: areaNo, catNo, quantity }],
        ...{ cause: 'repair', subject, actor, requestId: `repair-${orderId}-area-${areaNo}` },
      },
    ]);
    return true;
  });
}
