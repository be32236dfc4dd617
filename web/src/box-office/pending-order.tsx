import type { Order } from '@aisle/client/protocol';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { money } from '../shared/format.js';
import { ActionButton, ErrorNote } from '../shared/ui.js';
import { useDesk, useReach } from './desk.js';
import { useOnce } from './once.js';
import { moment } from './times.js';

/** An order that waits for its money, from a kiosk or a shop: paid at the counter, or given up. */
export function PendingOrder({
  order,
  onDone,
}: {
  order: Order;
  onDone: (order: Order, words: string) => void;
}): VNode {
  const { call, terminal } = useDesk();
  const { up, why } = useReach();
  const [error, setError] = useState<unknown>(undefined);
  const once = useOnce();
  const act = async (work: () => Promise<Order>, words: string): Promise<void> => {
    setError(undefined);
    try {
      const now = await work();
      once.done();
      onDone(now, words);
    } catch (failure) {
      once.refused(failure);
      setError(failure);
    }
  };
  const pay = (kind: 'cash' | 'card') => (): Promise<void> => {
    const { id, totalMinor: amountMinor, currency } = order;
    // Of the order, not of the press: the same money again is the same payment.
    const body = { payment: { reference: `${kind}/${terminal}/${id}`, amountMinor, currency }, ifExpired: 'reacquire' };
    const path = `/v1/orders/${id}/confirm`;
    return act(
      () => call<Order>('POST', path, { body, key: once.keyFor(body) }),
      `Paid: ${money(amountMinor, currency)} ${kind === 'cash' ? 'in cash' : 'by card'}. Print the tickets.`,
    );
  };
  const giveUp = (): Promise<void> => {
    const body = { reason: 'given up at the counter' };
    const path = `/v1/orders/${order.id}/cancel`;
    return act(
      () => call<Order>('POST', path, { body, key: once.keyFor(body) }),
      'Given up: the seats are on sale again.',
    );
  };
  return (
    <section class="pending" aria-label="To pay">
      <p class="sale-total">
        <span>To pay{order.expiresAt === undefined ? '' : `, kept until ${moment(order.expiresAt)}`}</span>
        <strong>{money(order.totalMinor, order.currency)}</strong>
      </p>
      {why === undefined ? null : <p class="why">{why}: no money can be taken for it now.</p>}
      {error === undefined ? null : <ErrorNote error={error} />}
      <div class="actions">
        <ActionButton class="button primary big" act={pay('cash')} disabled={!up}>
          Cash
        </ActionButton>
        <ActionButton class="button primary big" act={pay('card')} disabled={!up}>
          Card
        </ActionButton>
        <ActionButton class="button" act={giveUp} disabled={!up}>
          Give up
        </ActionButton>
      </div>
    </section>
  );
}
