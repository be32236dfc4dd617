import type { Order, RefundedOrder, Ticket } from '@aisle/client/protocol';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { plural } from '../shared/format.js';
import { ActionButton, Dialog, ErrorNote, Field } from '../shared/ui.js';
import { useDesk } from './desk.js';
import { useOnce } from './once.js';

/** All tickets that are left, or those chosen. */
export function RefundDialog(props: {
  order: Order;
  tickets: readonly Ticket[];
  onClose: () => void;
  onDone: (order: RefundedOrder) => void;
}): VNode {
  const { order, tickets, onClose, onDone } = props;
  const { call, names } = useDesk();
  const [seats, setSeats] = useState<'release' | 'block'>('release');
  const [reason, setReason] = useState('');
  const [error, setError] = useState<unknown>(undefined);
  const once = useOnce();
  const valid = order.tickets.filter(({ status }) => status === 'valid');
  const wanted = tickets.length > 0 ? tickets : valid;
  const refund = async (): Promise<void> => {
    const body = {
      // Named one by one: a ticket that was scanned stays with who came in.
      ticketIds: wanted.map(({ id }) => id),
      seats,
      ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
    };
    setError(undefined);
    try {
      const now = await call<RefundedOrder>('POST', `/v1/orders/${order.id}/refund`, { body, key: once.keyFor(body) });
      once.done();
      onDone(now);
    } catch (failure) {
      once.refused(failure);
      setError(failure);
    }
  };
  return (
    <Dialog title={`Refund ${plural(wanted.length, 'ticket')}`} onClose={onClose}>
      <div class="dialog-body">
        <p>{wanted.map(({ seat, area }) => names.place(seat ?? area)).join('; ')}</p>
        {wanted.length < valid.length || valid.length === order.tickets.length ? null : (
          <p class="hint">Tickets that were scanned or cancelled are left as they are.</p>
        )}
        <fieldset class="choice">
          <legend>Where the seats go</legend>
          <label class="check">
            <input type="radio" name="to" checked={seats === 'release'} onChange={() => setSeats('release')} /> On sale
            again
          </label>
          <label class="check">
            <input type="radio" name="to" checked={seats === 'block'} onChange={() => setSeats('block')} /> Blocked
          </label>
        </fieldset>
        <Field label="Reason (optional)">
          {(ids) => <input {...ids} maxLength={500} value={reason} onInput={(e) => setReason(e.currentTarget.value)} />}
        </Field>
        {error === undefined ? null : <ErrorNote error={error} />}
        <ActionButton class="button primary big" act={refund} disabled={wanted.length === 0}>
          Refund
        </ActionButton>
      </div>
    </Dialog>
  );
}
