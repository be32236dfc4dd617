import type { Order, SeatEvent, Ticket } from '@aisle/client/protocol';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { ActionButton, ErrorNote } from '../shared/ui.js';
import { mine } from './guest.js';
import { useNames } from './lines.js';
import { QrCode } from './qr-code.js';

const PRINT_LINK_SECONDS = 3600;

/** The tickets as they are shown at the gate, and the way to paper. */
export function Tickets({ order, event }: { order: Order; event: SeatEvent }): VNode {
  const [error, setError] = useState<unknown>(null);
  const print = async (): Promise<void> => {
    setError(null);
    try {
      const path = `/v1/orders/${encodeURIComponent(order.id)}/tickets/link`;
      const { url } = await mine<{ url: string }>('POST', path, { body: { ttlSeconds: PRINT_LINK_SECONDS } });
      location.assign(url);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <section aria-labelledby="tickets">
      <div class="section-head">
        <h2 id="tickets">Your tickets</h2>
        <ActionButton act={print} class="button small">
          Print or save
        </ActionButton>
      </div>
      {error === null ? null : <ErrorNote error={error} />}
      <ul class="tickets">
        {order.tickets.map((ticket) => (
          <TicketCard key={ticket.id} ticket={ticket} event={event} />
        ))}
      </ul>
    </section>
  );
}

const STATUS: Readonly<Record<Ticket['status'], string | undefined>> = {
  valid: undefined,
  scanned: 'Already used at the entrance',
  cancelled: 'No longer valid',
};

function TicketCard({ ticket, event }: { ticket: Ticket; event: SeatEvent }): VNode {
  const known = useNames(event.id);
  const name = known?.names.place(ticket.seat ?? ticket.area ?? '');
  const price = event.prices[ticket.category];
  const type =
    typeof price === 'object' ? price.ticketTypes.find(({ key }) => key === ticket.ticketType)?.label : undefined;
  const category = known?.chart.categories.find(({ key }) => key === ticket.category)?.label ?? ticket.category;
  const status = STATUS[ticket.status];
  return (
    <li class="ticket" data-status={ticket.status}>
      {ticket.status === 'cancelled' ? (
        <div class="qr void" aria-hidden="true" />
      ) : (
        <QrCode code={ticket.code} label={`QR code of the ticket for ${name?.spoken ?? 'this place'}`} />
      )}
      <div>
        <strong class="place">{name?.title ?? '\u00a0'}</strong>
        <span>{name?.detail ?? ' '}</span>
        <span class="quiet">{type === undefined ? category : `${category} · ${type}`}</span>
        {status === undefined ? null : (
          <span class="badge" data-tone={ticket.status === 'cancelled' ? 'bad' : 'warn'}>
            {status}
          </span>
        )}
      </div>
    </li>
  );
}
