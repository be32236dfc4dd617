import { useQuery } from '@tanstack/preact-query';
import type { Chart, InventoryView, Price, SeatEvent } from '@aisle/client/protocol';
import type { VNode } from 'preact';
import { getJson } from '../shared/api.js';
import { statusWords } from '../shared/event-status.js';
import { count, eventTime, money, priceText } from '../shared/format.js';
import { Busy, ErrorNote } from '../shared/ui.js';
import { Stock } from './event-list.js';
import { useTitle } from './title.js';

const FOLLOW_MS = 15_000;

export function EventPage({ id }: { id: string }): VNode {
  const path = `/v1/events/${encodeURIComponent(id)}`;
  const event = useQuery({
    queryKey: ['event', id],
    queryFn: () => getJson<SeatEvent>(path),
    refetchInterval: FOLLOW_MS,
  });
  useTitle(event.data?.name ?? 'Event');
  if (event.isPending) return <Busy text="Loading the event…" />;
  if (event.data === undefined)
    return (
      <>
        <h1>Event</h1>
        <ErrorNote error={event.error} retry={() => void event.refetch()} />
      </>
    );
  return <Found event={event.data} />;
}

function Found({ event }: { event: SeatEvent }): VNode {
  const words = statusWords(event.status);
  const opens = event.status === 'published' ? event.saleStartsAt : undefined;
  return (
    <article class="event">
      <header>
        <span class="badge" data-tone={words.tone}>
          {words.label}
        </span>
        <h1>{event.name}</h1>
        <p class="when">
          <time dateTime={event.startsAt}>{eventTime(event)}</time>
        </p>
        {event.venue === undefined ? null : <p class="venue">{event.venue}</p>}
      </header>
      {event.description === undefined ? null : <p class="description">{event.description}</p>}
      {words.banner === undefined ? null : <p class="notice">{words.banner}</p>}
      {opens === undefined ? null : (
        <p>
          Sales open <time dateTime={opens}>{eventTime({ ...event, startsAt: opens })}</time>.
        </p>
      )}
      <div class="choose">
        <Stock eventId={event.id} />
        <a class="button primary" href={`/e/${encodeURIComponent(event.id)}`}>
          {event.status === 'on_sale' ? 'Choose seats' : 'Look at the seat map'}
        </a>
      </div>
      <Prices event={event} />
    </article>
  );
}

function Prices({ event }: { event: SeatEvent }): VNode | null {
  const path = `/v1/events/${encodeURIComponent(event.id)}`;
  const chart = useQuery({
    queryKey: ['chart', event.id, event.chartVersion],
    queryFn: () => getJson<Chart>(`${path}/chart`),
    staleTime: Infinity,
  });
  const inventory = useQuery({
    queryKey: ['inventory', event.id],
    queryFn: () => getJson<InventoryView>(`${path}/inventory`),
    refetchInterval: FOLLOW_MS,
  });
  const free = new Map(inventory.data?.categories.map(({ key, available }) => [key, available]));
  const label = (key: string): string => chart.data?.categories.find((category) => category.key === key)?.label ?? key;
  const rows = Object.entries(event.prices);
  if (rows.length === 0) return null;
  return (
    <section aria-labelledby="prices">
      <h2 id="prices">Prices</h2>
      <ul class="prices">
        {rows.map(([key, price]) => (
          <li key={key}>
            <div>
              <strong>{chart.isPending ? '\u00a0' : label(key)}</strong>
              <span class="quiet">{stockWords(free.get(key))}</span>
            </div>
            <PriceOf price={price} currency={event.currency} />
          </li>
        ))}
      </ul>
    </section>
  );
}

const stockWords = (free: number | undefined): string =>
  free === undefined ? '\u00a0' : free === 0 ? 'sold out for now' : `${count(free)} free`;

function PriceOf({ price, currency }: { price: Price; currency: string }): VNode {
  if (typeof price === 'number') return <span class="amount">{priceText(price, currency)}</span>;
  return (
    <ul class="types">
      {price.ticketTypes.map(({ key, label, minor, feeMinor = 0, taxMinor = 0 }) => (
        <li key={key}>
          <span>{label}</span>
          <span class="amount">
            {money(minor + feeMinor + taxMinor, currency)}
            {feeMinor + taxMinor === 0 ? null : (
              <small> incl. {money(feeMinor + taxMinor, currency)} fees and tax</small>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
