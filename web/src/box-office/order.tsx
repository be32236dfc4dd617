import type { Order, RefundedOrder, Ticket } from '@aisle/client/protocol';
import { useQuery, useQueryClient } from '@tanstack/preact-query';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { money, plural } from '../shared/format.js';
import { ActionButton, Busy, ErrorNote } from '../shared/ui.js';
import { useDesk, useReach } from './desk.js';
import { Exchange } from './exchange.js';
import { OrderLog } from './order-log.js';
import { orderWords, ticketWords } from './order-words.js';
import { PendingOrder } from './pending-order.js';
import { ticketTypes } from './prices.js';
import { printTickets } from './print.js';
import { RefundDialog } from './refund.js';
import { moment } from './times.js';

type Doing = 'nothing' | 'refund' | 'exchange';

export function OrderPage({ params }: { params: { id: string } }): VNode {
  const { call } = useDesk();
  const { id } = params;
  const queries = useQueryClient();
  const order = useQuery({
    queryKey: ['order', id],
    queryFn: async () => {
      const read = await call<Order>('GET', `/v1/orders/${encodeURIComponent(id)}`);
      const known = queries.getQueryData<Order>(['order', id]);
      // Refunded or paid while this was on its way.
      return known !== undefined && known.version > read.version ? known : read;
    },
  });
  const { data, error } = order;
  return (
    <div class="page-list">
      <a class="back" href="#/orders">
        ← Orders
      </a>
      {error === null ? null : <ErrorNote error={error} retry={() => void order.refetch()} />}
      {data === undefined ? (
        error === null ? (
          <Busy text="Reading the order…" />
        ) : null
      ) : (
        <OrderView key={id} order={data} />
      )}
    </div>
  );
}

function OrderView({ order }: { order: Order }): VNode {
  const { event } = useDesk();
  const queries = useQueryClient();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [doing, setDoing] = useState<Doing>('nothing');
  const [said, setSaid] = useState<string | undefined>(undefined);
  const { label, tone } = orderWords(order.status);
  const changed = (now: Order, words: string): void => {
    queries.setQueryData(['order', order.id], now);
    void queries.invalidateQueries({ queryKey: ['order-log', order.id] });
    void queries.invalidateQueries({ queryKey: ['orders'] });
    setChosen(new Set());
    setDoing('nothing');
    setSaid(words);
  };
  const tickets = order.tickets.filter(({ id }) => chosen.has(id));
  if (doing === 'exchange') {
    return <Exchange {...{ order, tickets }} onDone={changed} onLeave={() => setDoing('nothing')} />;
  }
  return (
    <article class="order">
      <header class="order-head">
        <h2>{order.buyer?.name ?? order.buyer?.email ?? 'Without a name'}</h2>
        <span class="badge" data-tone={tone}>
          {label}
        </span>
      </header>
      <p role="status" class="done">
        {said}
      </p>
      {order.eventId === event.id ? null : <p class="notice">This order is for another event than the one you sell.</p>}
      <Facts order={order} />
      {order.status === 'pending' ? <PendingOrder order={order} onDone={changed} /> : null}
      <Tickets order={order} chosen={chosen} onChosen={setChosen} />
      <Actions order={order} chosen={chosen} onDo={setDoing} />
      {doing === 'refund' ? (
        <RefundDialog
          {...{ order, tickets }}
          onClose={() => setDoing('nothing')}
          onDone={(now) => changed(now, refundWords(now))}
        />
      ) : null}
      <OrderLog orderId={order.id} />
    </article>
  );
}

/** Who gives the money back: nobody is to think that somebody else does. */
function refundWords({ refund, currency }: RefundedOrder): string {
  if (refund === undefined || refund.amountMinor === 0) return 'Taken back. There is no money to give back.';
  const { providerMinor, externalMinor } = refund;
  const parts = [
    externalMinor > 0 ? `Give the buyer ${money(externalMinor, currency)} back yourself.` : undefined,
    providerMinor > 0 ? `The payment provider gives ${money(providerMinor, currency)} back by itself.` : undefined,
  ];
  return `Taken back. ${parts.filter((part) => part !== undefined).join(' ')}`;
}

function Facts({ order }: { order: Order }): VNode {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Order', order.id],
    ['Your number', order.externalId?.startsWith('till-') === true ? undefined : order.externalId],
    ['E-mail', order.buyer?.email],
    ['Phone', order.buyer?.phone],
    ['Sold by', order.subject],
    ['Placed', moment(order.createdAt)],
    ['Total', money(order.totalMinor, order.currency)],
    ['Given back', order.refundedMinor > 0 ? money(order.refundedMinor, order.currency) : undefined],
  ];
  return (
    <dl class="facts">
      {rows.map(([name, value]) =>
        value === undefined ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

function Tickets(props: {
  order: Order;
  chosen: ReadonlySet<string>;
  onChosen: (chosen: ReadonlySet<string>) => void;
}): VNode | null {
  const { order, chosen, onChosen } = props;
  const { names } = useDesk();
  if (order.tickets.length === 0) return null;
  const toggle = (id: string): void => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChosen(next);
  };
  return (
    <ul class="tickets" aria-label="Tickets">
      {order.tickets.map((ticket) => (
        <TicketRow
          key={ticket.id}
          {...{ ticket, place: names.place(ticket.seat ?? ticket.area), kind: names.category(ticket.category) }}
          checked={chosen.has(ticket.id)}
          onToggle={() => toggle(ticket.id)}
        />
      ))}
    </ul>
  );
}

function TicketRow(props: {
  ticket: Ticket;
  place: string;
  kind: string;
  checked: boolean;
  onToggle: () => void;
}): VNode {
  const { ticket, place, kind, checked, onToggle } = props;
  const { label, tone } = ticketWords(ticket.status);
  const { event } = useDesk();
  const types = ticketTypes(event.prices[ticket.category]);
  const typeLabel = types.find(({ key }) => key === ticket.ticketType)?.label ?? ticket.ticketType;
  const type = typeLabel === undefined || typeLabel === '' ? '' : ` · ${typeLabel}`;
  return (
    <li data-ticket={ticket.id} data-status={ticket.status}>
      <label class="ticket-row">
        <input type="checkbox" checked={checked} disabled={ticket.status !== 'valid'} onChange={onToggle} />
        <span class="ticket-place">
          <strong>{place}</strong>
          <small>
            {kind}
            {type}
            {ticket.scannedAt === undefined ? '' : ` · scanned ${moment(ticket.scannedAt)}`}
          </small>
        </span>
        <span class="badge" data-tone={tone}>
          {label}
        </span>
      </label>
    </li>
  );
}

const CHANGEABLE: readonly string[] = ['completed', 'partially_refunded'];

function Actions(props: { order: Order; chosen: ReadonlySet<string>; onDo: (doing: Doing) => void }): VNode | null {
  const { order, chosen, onDo } = props;
  const { clerk } = useDesk();
  const { up, why } = useReach();
  const [error, setError] = useState<unknown>(undefined);
  if (!CHANGEABLE.includes(order.status)) return null;
  const some = chosen.size > 0;
  const all = order.tickets.filter(({ status }) => status !== 'cancelled');
  const print = async (): Promise<void> => {
    setError(undefined);
    try {
      await printTickets(order.id, clerk.key, some ? chosen : new Set(all.map(({ id }) => id)));
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <div class="actions">
      {why === undefined ? null : <p class="why">{why}: nothing can be printed, exchanged or refunded now.</p>}
      <ActionButton class="button primary" act={print} disabled={!up}>
        Print {some ? plural(chosen.size, 'ticket') : 'all tickets'}
      </ActionButton>
      <button type="button" class="button" disabled={!up || !some} onClick={() => onDo('exchange')}>
        {some ? `Exchange ${plural(chosen.size, 'ticket')}` : 'Exchange'}
      </button>
      <button type="button" class="button" disabled={!up} onClick={() => onDo('refund')}>
        {some ? `Refund ${plural(chosen.size, 'ticket')}` : 'Refund all'}
      </button>
      {some ? null : <p class="hint">Tick tickets to exchange or refund only those.</p>}
      {error === undefined ? null : <ErrorNote error={error} />}
    </div>
  );
}
