import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useSearchParams } from 'wouter-preact';
import type { LogItem } from '@aisle/client/protocol';
import { count } from '../../shared/format.js';
import { Busy, ErrorNote, Field } from '../../shared/ui.js';
import { usePages } from '../kit/data.js';
import { DataTable, Empty, MoreButton, type Column } from '../kit/parts.js';
import { clockTime, day } from '../kit/words.js';

const FILTERS = [
  { name: 'seat', label: 'Seat' },
  { name: 'area', label: 'Area' },
  { name: 'orderId', label: 'Order' },
  { name: 'subject', label: 'Buyer' },
  { name: 'requestId', label: 'Request id' },
] as const;
type Filter = (typeof FILTERS)[number]['name'];
const isFilter = (name: string | null): name is Filter => FILTERS.some((filter) => filter.name === name);

const HINTS: Readonly<Record<Filter, string>> = {
  seat: 'Its id, as in the chart.',
  area: 'Its id, as in the chart.',
  orderId: 'ord_…',
  subject: 'The subject who holds or held.',
  requestId: 'As in the answer’s X-Request-Id, or the caller’s own.',
};

const LETTERS: Readonly<Record<string, string>> = {
  ...{ a: 'free', h: 'held', r: 'reserved', s: 'sold', b: 'kept back' },
};
const KINDS: Readonly<Record<string, string>> = {
  ...{ hold: 'Held', extend: 'Hold extended', release: 'Released', expire: 'Hold ran out', block: 'Kept back' },
  ...{
    unblock: 'Put on sale again',
    reserve: 'Reserved by an order',
    unreserve: 'Given back by an order',
    sell: 'Sold',
  },
  ...{ cancel: 'Order ended', return: 'Returned', exchange: 'Exchanged', transfer: 'Went from guest to customer' },
  repair: 'Set right by Aisle',
};

/** Who did what to which place: all of the event from its beginning, or what one looks for. In the address, so that it can be sent on. */
export function LogPart({ eventId }: { eventId: string }): VNode {
  const [search, setSearch] = useSearchParams();
  const asked = search.get('by');
  const by: Filter = isFilter(asked) ? asked : 'seat';
  const value = search.get('is') ?? '';
  const [kind, setKind] = useState<Filter>(by);
  const [typed, setTyped] = useState(value);
  const pages = usePages<LogItem>(`/v1/events/${eventId}/log`, {
    query: { limit: 50, ...(value === '' ? {} : { [by]: value }) },
  });
  const look = (filter: Filter, text: string): void => {
    setKind(filter);
    setTyped(text);
    setSearch(text === '' ? {} : { by: filter, is: text });
  };
  return (
    <section class="panel" aria-labelledby="log-title">
      <h2 id="log-title">Log</h2>
      <form
        class="filters"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          look(kind, typed.trim());
        }}
      >
        <Field label="Look for">
          {(ids) => (
            <select
              {...ids}
              value={kind}
              onChange={(e) => setKind(isFilter(e.currentTarget.value) ? e.currentTarget.value : 'seat')}
            >
              {FILTERS.map(({ name, label }) => (
                <option key={name} value={name}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="That is" hint={HINTS[kind]}>
          {(ids) => (
            <input {...ids} type="search" class="code" value={typed} onInput={(e) => setTyped(e.currentTarget.value)} />
          )}
        </Field>
        <button type="submit" class="button primary">
          Search
        </button>
        {value === '' ? null : (
          <button type="button" class="button" onClick={() => look('seat', '')}>
            Show all
          </button>
        )}
      </form>
      {pages.error !== null && pages.items === undefined ? (
        <ErrorNote error={pages.error} retry={() => void pages.refetch()} />
      ) : pages.items === undefined ? (
        <Busy text="Reading the log…" />
      ) : pages.items.length === 0 ? (
        <Empty>{value === '' ? 'Nothing has happened yet.' : 'The log has nothing about that.'}</Empty>
      ) : (
        <DataTable label="Log, oldest first" columns={columnsFor(look)} rows={pages.items} rowKey={rowKey} />
      )}
      <MoreButton more={pages.hasNextPage} busy={pages.isFetchingNextPage} act={() => pages.fetchNextPage()} />
      {pages.items === undefined || pages.items.length === 0 || pages.hasNextPage ? null : (
        <p class="more">
          <button type="button" class="button small" onClick={() => void pages.refetch()}>
            Look for newer
          </button>
        </p>
      )}
    </section>
  );
}

const rowKey = ({ epoch, seq, seat, area, from, to }: LogItem): string =>
  [epoch, seq, seat ?? area ?? '', from ?? '', to ?? ''].join(' ');

const columnsFor = (look: (filter: Filter, text: string) => void): readonly Column<LogItem>[] => [
  {
    name: 'When',
    cell: ({ at }) => (
      <>
        {clockTime(Date.parse(at))}
        <span class="under">{day(at)}</span>
      </>
    ),
  },
  {
    name: 'What',
    kind: 'main',
    cell: (item) => (
      <>
        {KINDS[item.kind] ?? item.kind}
        {item.from === undefined || item.to === undefined || item.from === item.to ? null : (
          <span class="under">
            {LETTERS[item.from] ?? item.from} → {LETTERS[item.to] ?? item.to}
          </span>
        )}
      </>
    ),
  },
  {
    name: 'Place',
    cell: ({ seat, area, quantity }) => {
      if (seat !== undefined) return <Find text={seat} act={() => look('seat', seat)} what="seat" />;
      if (area === undefined) return '–';
      return (
        <>
          <Find text={area} act={() => look('area', area)} what="area" /> × {count(quantity)}
        </>
      );
    },
  },
  {
    name: 'Buyer',
    cell: ({ subject }) =>
      subject === '' ? '–' : <Find text={subject} act={() => look('subject', subject)} what="buyer" />,
  },
  {
    name: 'By',
    cell: ({ actor, subject }) => (actor === '' ? 'Aisle' : actor === subject ? 'the buyer' : <code>{actor}</code>),
  },
  { name: 'Why', cell: (item) => <Cause item={item} look={look} /> },
];

/** A word of the log that is a search itself; `shown`: long ones by their first signs. */
const Find = (props: { text: string; act: () => void; what: string; shown?: number }): VNode => (
  <button type="button" class="find" onClick={props.act}>
    <span class="unseen">All about {props.what} </span>
    {props.shown === undefined || props.text.length <= props.shown + 2
      ? props.text
      : `${props.text.slice(0, props.shown)}…`}
  </button>
);

function Cause({ item, look }: { item: LogItem; look: (filter: Filter, text: string) => void }): VNode {
  const { orderId, ...rest } = item.cause;
  const words = Object.entries(rest).filter(([, value]) => value !== null && value !== '');
  return (
    <>
      {typeof orderId === 'string' ? (
        <span class="find-line">
          order <Find text={orderId} act={() => look('orderId', orderId)} what="order" />
        </span>
      ) : null}
      {item.requestId === '' ? null : (
        <span class="find-line">
          request <Find text={item.requestId} shown={8} act={() => look('requestId', item.requestId)} what="request" />
        </span>
      )}
      {words.length === 0 ? null : (
        <span class="under">{words.map(([name, value]) => causeWords(name, value)).join(' · ')}</span>
      )}
    </>
  );
}

function causeWords(name: string, value: unknown): string {
  if (name === 'expiresAt' && typeof value === 'number') return `until ${clockTime(value)}`;
  const text = typeof value === 'string' ? value.replaceAll('_', ' ') : JSON.stringify(value);
  return name === 'cause' ? text : `${name}: ${text}`;
}
