import { useQuery } from '@tanstack/preact-query';
import type { SeatEvent } from '@aisle/client/protocol';
import type { VNode } from 'preact';
import { Link } from 'wouter-preact';
import { getJson } from '../shared/api.js';
import { eventTime, plural } from '../shared/format.js';
import { Busy, ErrorNote } from '../shared/ui.js';
import { mine } from './guest.js';
import { useTitle } from './title.js';

interface OrderOfMine {
  readonly orderId: string;
  readonly eventId: string;
  readonly tickets: readonly { readonly id: string; readonly status: string }[];
}

export function MyTickets(): VNode {
  useTitle('My tickets');
  const tickets = useQuery({
    queryKey: ['tickets'],
    queryFn: () => mine<{ items: OrderOfMine[] }>('GET', '/v1/tickets'),
  });
  const items = tickets.data?.items ?? [];
  return (
    <>
      <h1>My tickets</h1>
      <p class="lead">Bought in this browser.</p>
      {tickets.isPending ? <Busy text="Looking up your tickets…" /> : null}
      {tickets.isError ? <ErrorNote error={tickets.error} retry={() => void tickets.refetch()} /> : null}
      {items.length === 0 && tickets.isSuccess ? (
        <div class="message">
          <strong>No tickets yet</strong>
          <span>What you buy in this browser shows here.</span>
          <Link class="button primary" href="/">
            See all events
          </Link>
        </div>
      ) : null}
      <ul class="orders" aria-label="Orders">
        {items.map((order) => (
          <OrderCard key={order.orderId} order={order} />
        ))}
      </ul>
    </>
  );
}

function OrderCard({ order }: { order: OrderOfMine }): VNode {
  const event = useQuery({
    queryKey: ['event', order.eventId],
    queryFn: () => getJson<SeatEvent>(`/v1/events/${encodeURIComponent(order.eventId)}`),
  }).data;
  return (
    <li class="card">
      <h2>
        <Link href={`/orders/${order.orderId}`}>{event?.name ?? '\u00a0'}</Link>
      </h2>
      <p class="quiet">{event === undefined ? '\u00a0' : eventTime(event, 'short')}</p>
      <p>{plural(order.tickets.length, 'ticket')}</p>
    </li>
  );
}
