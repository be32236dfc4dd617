import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { InventoryView, SeatEvent } from '@aisle/client/protocol';
import { statusWords } from '../shared/event-status.js';
import { count, eventTime } from '../shared/format.js';
import { Busy, ErrorNote, Field } from '../shared/ui.js';
import { usePages, useRead } from './kit/data.js';
import { DataTable, Empty, MoreButton, PageHead, StatusBadge, type Column } from './kit/parts.js';
import { offers, useStaff } from './kit/session.js';
import { percent } from './kit/words.js';
import { useTitle } from './shell.js';

/** Each row asks for its own inventory: short pages keep that few. */
const PAGE_SIZE = 25;
const INVENTORY_EVERY_MS = 10_000;
const STATUSES = ['draft', 'published', 'on_sale', 'paused', 'closed', 'cancelled'] as const;

export function EventsPage(): VNode {
  useTitle('Events');
  const { role } = useStaff();
  const [q, setQ] = useState('');
  const [typed, setTyped] = useState('');
  const [status, setStatus] = useState('');
  const pages = usePages<SeatEvent>('/v1/events', { query: { limit: PAGE_SIZE, q, status } });
  const creates = offers(role, 'events');
  return (
    <>
      <PageHead
        title="Events"
        lead={creates ? undefined : 'This key sees events and their figures; changes need an admin’s.'}
      >
        {creates ? (
          <Link href="/events/new" class="button primary">
            New event
          </Link>
        ) : null}
      </PageHead>
      <form
        class="filters"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          setQ(typed.trim());
        }}
      >
        <Field label="Name or venue">
          {(ids) => <input {...ids} type="search" value={typed} onInput={(e) => setTyped(e.currentTarget.value)} />}
        </Field>
        <Field label="Status">
          {(ids) => (
            <select {...ids} value={status} onChange={(e) => setStatus(e.currentTarget.value)}>
              <option value="">All</option>
              {STATUSES.filter((one) => creates || one !== 'draft').map((one) => (
                <option key={one} value={one}>
                  {statusWords(one).label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <button type="submit" class="button">
          Search
        </button>
      </form>
      {pages.error !== null && pages.items === undefined ? (
        <ErrorNote error={pages.error} retry={() => void pages.refetch()} />
      ) : pages.items === undefined ? (
        <Busy text="Loading the events…" />
      ) : pages.items.length === 0 ? (
        <Empty>
          {q === '' && status === ''
            ? creates
              ? 'No events yet. Create the first from a chart file.'
              : 'No events yet.'
            : 'No event is like that. Try another name or status.'}
        </Empty>
      ) : (
        <DataTable label="Events" columns={COLUMNS} rows={pages.items} rowKey={({ id }) => id} />
      )}
      <MoreButton more={pages.hasNextPage} busy={pages.isFetchingNextPage} act={() => pages.fetchNextPage()} />
    </>
  );
}

const COLUMNS: readonly Column<SeatEvent>[] = [
  {
    name: 'Event',
    kind: 'main',
    cell: ({ id, name, venue }) => (
      <>
        <Link href={`/events/${id}`} class="row-link">
          {name}
        </Link>
        {venue === undefined ? null : <span class="under">{venue}</span>}
      </>
    ),
  },
  { name: 'Starts', cell: (event) => eventTime(event, 'short') },
  { name: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
  { name: 'Sold', kind: 'number', cell: (event) => <Sold event={event} /> },
];

function Sold({ event: { id, status } }: { event: SeatEvent }): VNode {
  const draft = status === 'draft';
  const { data, isError } = useRead<InventoryView>(`/v1/events/${id}/inventory`, {
    enabled: !draft,
    everyMs: INVENTORY_EVERY_MS,
  });
  if (draft) return <span class="quiet-text">not on sale</span>;
  if (data === undefined) return <span class="quiet-text">{isError ? 'not known now' : '…'}</span>;
  const sum = (pick: (one: InventoryView['categories'][number]) => number): number =>
    data.categories.reduce((all, one) => all + pick(one), 0);
  const [sold, total] = [sum((one) => one.sold), sum((one) => one.total)];
  return (
    <span class="sold">
      <span>
        <strong>{count(sold)}</strong> of {count(total)}
      </span>
      <progress max={Math.max(total, 1)} value={sold} aria-label={`${percent(sold, total)} sold`} />
    </span>
  );
}
