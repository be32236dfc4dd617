import type { SeatEvent } from '@aisle/client/protocol';
import { useQuery } from '@tanstack/preact-query';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError, getJson } from '../shared/api.js';
import { statusWords } from '../shared/event-status.js';
import { eventTime } from '../shared/format.js';
import { Busy, ErrorNote, Field } from '../shared/ui.js';
import { Brand } from './brand.js';
import type { Clerk } from './clerk.js';

const PAGE = 200;
/** What is on sale first, then what will be; what is over last. */
const ORDER = ['on_sale', 'paused', 'published', 'draft', 'closed', 'cancelled'];

export function ChooseEvent(props: {
  clerk: Clerk;
  onChosen: (eventId: string) => void;
  onSignOut: (words?: string) => void;
}): VNode {
  const { clerk, onChosen, onSignOut } = props;
  const [q, setQ] = useState('');
  const events = useQuery({
    queryKey: ['events', q],
    queryFn: ({ signal }) =>
      getJson<{ items: SeatEvent[]; nextCursor?: string }>('/v1/events', {
        token: clerk.key,
        query: { limit: PAGE, q },
        signal,
      }),
    placeholderData: (former) => former,
  });
  const { data, error } = events;
  if (error instanceof ApiError && error.code === 'UNAUTHENTICATED') onSignOut('This key is not accepted any more.');
  const sorted = [...(data?.items ?? [])].sort(
    (a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || a.startsAt.localeCompare(b.startsAt),
  );
  return (
    <main class="desk-alone wide">
      <Brand />
      <h1>Choose the event</h1>
      <Field label="Find by name or place">
        {(ids) => <input {...ids} type="search" value={q} onInput={({ currentTarget }) => setQ(currentTarget.value)} />}
      </Field>
      {error === null ? null : <ErrorNote error={error} retry={() => void events.refetch()} />}
      {data === undefined && error === null ? <Busy text="Loading the events…" /> : null}
      {data !== undefined && sorted.length === 0 ? <p class="notice">No event of that name.</p> : null}
      <ul class="event-list">
        {sorted.map((event) => {
          const words = statusWords(event.status);
          return (
            <li key={event.id}>
              <button type="button" class="event-row" onClick={() => onChosen(event.id)}>
                <strong>{event.name}</strong>
                <span>
                  {eventTime(event, 'short')}
                  {event.venue === undefined ? '' : ` · ${event.venue}`}
                </span>
                <span class="badge" data-tone={words.tone}>
                  {words.label}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
      {data?.nextCursor === undefined ? null : <p class="hint">There are more: find yours by its name.</p>}
      <button type="button" class="button quiet" onClick={() => onSignOut()}>
        Sign out
      </button>
    </main>
  );
}
