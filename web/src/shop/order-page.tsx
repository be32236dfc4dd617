import { useQuery } from '@tanstack/preact-query';
import type { Order, SeatEvent } from '@aisle/client/protocol';
import type { VNode } from 'preact';
import { Link } from 'wouter-preact';
import { ApiError, getJson } from '../shared/api.js';
import { eventTime, money } from '../shared/format.js';
import { Busy, ErrorNote } from '../shared/ui.js';
import { mine } from './guest.js';
import { Lines } from './lines.js';
import { PayForm } from './pay-form.js';
import { Tickets } from './tickets.js';
import { useTitle } from './title.js';

/** While money is under way the order is asked for this often. */
const WAITING_MS = 2_000;

const WORDS: Readonly<Record<Order['status'], { title: string; tone: string; text: string }>> = {
  pending: { title: 'Pay for your seats', tone: 'warn', text: 'They are kept for you until the time is up.' },
  completed: { title: 'Enjoy the show', tone: 'good', text: 'Paid. Your tickets are below; they are yours alone.' },
  failed: { title: 'The order failed', tone: 'bad', text: 'No money was kept. The seats are on sale again.' },
  expired: {
    title: 'The order ran out of time',
    tone: 'bad',
    text: 'The seats are on sale again. Money that still comes in is given back by itself.',
  },
  cancelled: { title: 'The order was cancelled', tone: 'plain', text: 'The seats are on sale again.' },
  refunded: { title: 'The order was refunded', tone: 'plain', text: 'Its tickets are no longer valid.' },
  partially_refunded: {
    title: 'Part of the order was refunded',
    tone: 'warn',
    text: 'Tickets that are crossed out are no longer valid; the others are.',
  },
};

export function OrderPage({ id }: { id: string }): VNode {
  const order = useQuery({
    queryKey: ['order', id],
    queryFn: () => mine<Order>('GET', `/v1/orders/${encodeURIComponent(id)}`),
    refetchInterval: ({ state }) => (state.data?.status === 'pending' ? WAITING_MS : false),
    refetchOnWindowFocus: 'always',
  });
  const eventId = order.data?.eventId;
  const event = useQuery({
    queryKey: ['event', eventId],
    enabled: eventId !== undefined,
    queryFn: () => getJson<SeatEvent>(`/v1/events/${encodeURIComponent(eventId ?? '')}`),
  });
  useTitle(order.data === undefined ? 'Order' : WORDS[order.data.status].title);
  if (order.data === undefined && order.isError)
    return <NotFound error={order.error} retry={() => void order.refetch()} />;
  if (order.data === undefined || event.data === undefined) {
    if (event.isError) return <ErrorNote error={event.error} retry={() => void event.refetch()} />;
    return <Busy text="Looking up the order…" />;
  }
  return <Found order={order.data} event={event.data} refresh={() => void order.refetch()} offline={order.isError} />;
}

/** Another browser's order, or a guest whose session ended. */
function NotFound({ error, retry }: { error: unknown; retry: () => void }): VNode {
  if (error instanceof ApiError && error.code !== 'ORDER_NOT_FOUND') return <ErrorNote error={error} retry={retry} />;
  return (
    <div class="message">
      <h1>This browser cannot open that order</h1>
      <span>An order opens in the browser that placed it, while its session lasts.</span>
      <span>Ask the box office with the name it was made under: they find it and print the tickets.</span>
    </div>
  );
}

interface FoundProps {
  readonly order: Order;
  readonly event: SeatEvent;
  readonly refresh: () => void;
  readonly offline: boolean;
}

function Found({ order, event, refresh, offline }: FoundProps): VNode {
  const words = WORDS[order.status];
  const paid = order.status === 'completed' || order.status === 'partially_refunded';
  return (
    <div class="order">
      <div class="standing" role="status">
        <h1>{words.title}</h1>
        {/* In place of the other words: a line more would push what is being pressed down. */}
        <p class="quiet" data-tone={offline ? 'warn' : undefined}>
          {offline ? 'No connection: this is what was known last.' : words.text}
        </p>
      </div>
      <div class="columns">
        <div>
          {order.status === 'pending' ? <PayForm order={order} refresh={refresh} /> : null}
          {paid ? <Tickets order={order} event={event} /> : null}
          {paid || order.status === 'pending' ? null : (
            <a class="button primary" href={`/e/${encodeURIComponent(event.id)}`}>
              Back to the seat map
            </a>
          )}
        </div>
        <aside aria-label="Order">
          <h2>{event.name}</h2>
          <p>{eventTime(event, 'short')}</p>
          {event.venue === undefined ? null : <p class="quiet">{event.venue}</p>}
          <Lines event={event} items={order.items} />
          {order.refundedMinor === 0 ? null : (
            <p class="sum">
              <span>Given back</span>
              <span>{money(order.refundedMinor, order.currency)}</span>
            </p>
          )}
          <p class="quiet id">
            Order <code>{order.id}</code>
          </p>
          {order.buyer?.email === undefined ? null : (
            <p class="quiet">
              {order.buyer.name}, {order.buyer.email}
            </p>
          )}
        </aside>
      </div>
      <OtherOrders event={event} order={order} />
    </div>
  );
}

/** Two holds make two orders: the other must not be forgotten. */
function OtherOrders({ event, order }: { event: SeatEvent; order: Order }): VNode | null {
  const others = useQuery({
    queryKey: ['orders', event.id, order.version],
    queryFn: () =>
      mine<{ items: Order[] }>('GET', '/v1/orders', { query: { eventId: event.id, status: 'pending', limit: 10 } }),
  });
  const waiting = others.data?.items.filter(({ id, status }) => id !== order.id && status === 'pending') ?? [];
  if (waiting.length === 0) return null;
  return (
    <div class="notice">
      <strong>Another order of this event waits for its payment.</strong>
      <ul>
        {waiting.map(({ id, totalMinor, currency }) => (
          <li key={id}>
            <Link href={`/orders/${id}`}>Pay {money(totalMinor, currency)}</Link>
          </li>
        ))}
      </ul>
    </div>
  );
}
