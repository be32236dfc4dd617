import { useInfiniteQuery, useQuery } from '@tanstack/preact-query';
import type { InventoryView, SeatEvent } from '@aisle/client/protocol';
import type { VNode } from 'preact';
import { Link } from 'wouter-preact';
import { getJson } from '../shared/api.js';
import { statusWords } from '../shared/event-status.js';
import { count, eventTime, priceText } from '../shared/format.js';
import { Busy, ErrorNote } from '../shared/ui.js';
import { useTitle } from './title.js';

const PAGE_SIZE = 60;
/** Shown in this order; events that are over for the buyer are left out. */
const SHOWN = ['on_sale', 'paused', 'published'];
/** Stock on a card: a figure to decide by, not the live one of the map. */
const STOCK_FRESH_MS = 20_000;

interface Page {
  readonly items: readonly SeatEvent[];
  readonly nextCursor?: string;
}

export function EventList(): VNode {
  useTitle('Events');
  const events = useInfiniteQuery({
    queryKey: ['events'],
    queryFn: ({ pageParam }) => getJson<Page>('/v1/events', { query: { limit: PAGE_SIZE, cursor: pageParam } }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
  });
  return (
    <>
      <h1>Events</h1>
      <p class="lead">Choose an event, then your seats on its live map. What others take disappears as you watch.</p>
      {events.isPending ? <Busy text="Loading the events…" /> : null}
      {events.isError ? <ErrorNote error={events.error} retry={() => void events.refetch()} /> : null}
      {events.data === undefined ? null : <Cards events={events.data.pages.flatMap(({ items }) => items)} />}
      {events.hasNextPage ? (
        <button type="button" class="button more" onClick={() => void events.fetchNextPage()}>
          Show more events
        </button>
      ) : null}
    </>
  );
}

function Cards({ events }: { events: readonly SeatEvent[] }): VNode {
  const shown = events
    .filter(({ status }) => SHOWN.includes(status))
    .sort((a, b) => SHOWN.indexOf(a.status) - SHOWN.indexOf(b.status) || a.startsAt.localeCompare(b.startsAt));
  if (shown.length === 0)
    return (
      <div class="message">
        <strong>No events yet</strong>
        <span>
          Create one <a href="/admin">in the admin pages</a> or over the API, publish and open it: it then shows here.
        </span>
      </div>
    );
  return (
    <ul class="events" aria-label="Events">
      {shown.map((event) => (
        <Card key={event.id} event={event} />
      ))}
    </ul>
  );
}

function Card({ event }: { event: SeatEvent }): VNode {
  const words = statusWords(event.status);
  return (
    <li class="card">
      <div>
        <span class="badge" data-tone={words.tone}>
          {words.label}
        </span>
      </div>
      <h2>
        <Link href={`/events/${encodeURIComponent(event.id)}`}>{event.name}</Link>
      </h2>
      <dl>
        <dt class="unseen">When</dt>
        <dd class="when">
          <time dateTime={event.startsAt}>{eventTime(event)}</time>
        </dd>
        <dt class="unseen">Where</dt>
        <dd>{event.venue ?? ''}</dd>
        <dt class="unseen">Price</dt>
        <dd>{priceRange(event)}</dd>
      </dl>
      <Stock eventId={event.id} />
    </li>
  );
}

export function priceRange(event: SeatEvent): string {
  const minors = Object.values(event.prices).flatMap((price) =>
    typeof price === 'number' ? [price] : price.ticketTypes.map(({ minor }) => minor),
  );
  if (minors.length === 0) return '';
  const [low, high] = [Math.min(...minors), Math.max(...minors)];
  const text = priceText(low, event.currency);
  return low === high ? text : `${text} – ${priceText(high, event.currency)}`;
}

/** How much is free, in words and as a bar; its room is kept from the start. */
export function Stock({ eventId }: { eventId: string }): VNode {
  const inventory = useQuery({
    queryKey: ['inventory', eventId],
    queryFn: () => getJson<InventoryView>(`/v1/events/${encodeURIComponent(eventId)}/inventory`),
    staleTime: STOCK_FRESH_MS,
  });
  const sum = (of: 'total' | 'available'): number =>
    inventory.data?.categories.reduce((all, category) => all + category[of], 0) ?? 0;
  const [total, free] = [sum('total'), sum('available')];
  const words = free === 0 ? 'Nothing free at the moment' : `${count(free)} of ${count(total)} places free`;
  const known = inventory.isError ? 'Availability is not known right now.' : inventory.isPending ? '\u00a0' : words;
  return (
    <div class="stock">
      <span>{known}</span>
      <div class="bar" aria-hidden="true">
        <span style={{ transform: `scaleX(${total === 0 ? 0 : free / total})` }} />
      </div>
    </div>
  );
}
