import type { ReopenOrder, StepResult } from '../../domain/ports/orders.js';
import { transaction, type Sql } from '../client.js';
import { rereadOrder } from './rows.js';
import { claimPlaces } from './claims.js';
import { announceOrder, appendChange } from './history.js';
import { openStep } from './steps.js';

/** The places went meanwhile: the transaction rolls back. */
class Taken extends Error {}

/** expired → pending, for a payment that came late: the same places, the same prices, a new hold. */
export async function reopenOrder(sql: Sql, reopen: ReopenOrder): Promise<StepResult> {
  let found: StepResult = { kind: 'not_found' };
  try {
    return await transaction(sql, async (tx): Promise<StepResult> => {
      const step = await openStep(tx, reopen.id);
      if (step === null) return found;
      const { order, epoch } = step;
      found = { kind: 'conflict', order };
      if (epoch !== reopen.epoch) return { kind: 'epoch' };
      if (order.status !== 'expired' || order.version !== reopen.version) return found;
      await tx`
        UPDATE orders SET status = 'pending', version = version + 1, updated_at = now(), hold_token = ${reopen.holdToken},
          expires_at = now() + ${reopen.reserveSeconds} * interval '1 second'
        WHERE id = ${order.id} AND status = 'expired'`;
      const { eventId, items } = order;
      const claims = await claimPlaces(tx, { eventId, orderId: order.id, places: items, capacity: reopen.capacity });
      if (!claims.ok) throw new Taken();
      const stored = await rereadOrder(tx, order.id);
      await appendChange(tx, stored, 'reopened', reopen, { blocks: claims.blocks.map((block) => ({ ...block })) });
      await announceOrder(tx, 'order.created', stored, { reopened: true });
      return { kind: 'done', order: stored, effects: [] };
    });
  } catch (error) {
    if (error instanceof Taken) return found;
    throw error;
  }
}
