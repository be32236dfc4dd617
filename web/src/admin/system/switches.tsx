import type { VNode } from 'preact';
import { Link } from 'wouter-preact';
import { Busy, ErrorNote } from '../../shared/ui.js';
import { usePages, useRead } from '../kit/data.js';
import { DataTable, Empty, MoreButton, PageHead } from '../kit/parts.js';
import { offers, useStaff } from '../kit/session.js';
import { moment } from '../kit/words.js';
import { useTitle } from '../shell.js';
import { NotForThisKey } from './not-for-this-key.js';
import { kindOf, valueWords, type SwitchChange, type SwitchState } from './switch-kinds.js';
import { SwitchList } from './switch-list.js';

export function SwitchesPage(): VNode {
  useTitle('Switches');
  const { role } = useStaff();
  if (!offers(role, 'switches')) return <NotForThisKey title="Live switches" />;
  return (
    <>
      <PageHead
        title="Live switches"
        lead="For the night of the sale: in force on every server within two seconds. They stay until they are switched off."
      />
      <SwitchList eventId={null} />
      <OfEvents />
      <Changes />
    </>
  );
}

function OfEvents(): VNode | null {
  const { data } = useRead<{ items: readonly SwitchState[] }>('/v1/switches');
  const items = data?.items.filter(({ eventId }) => eventId !== null) ?? [];
  if (items.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="event-switches">
      <h2 id="event-switches">On for single events</h2>
      <DataTable
        label="Switches of single events"
        rows={items}
        rowKey={({ name, eventId }) => `${name} ${eventId ?? ''}`}
        columns={[
          { name: 'Switch', kind: 'main', cell: ({ name }) => kindOf(name)?.title ?? name },
          {
            name: 'Event',
            cell: ({ eventId }) => <Link href={`/events/${eventId ?? ''}/switches`}>{eventId}</Link>,
          },
          { name: 'Value', cell: ({ value }) => valueWords(value) },
          { name: 'Reason', cell: ({ reason }) => reason },
        ]}
      />
    </section>
  );
}

function Changes(): VNode {
  const pages = usePages<SwitchChange>('/v1/switches/changes', { query: { limit: 20 } });
  return (
    <section class="panel" aria-labelledby="changes-title">
      <h2 id="changes-title">Who switched what, and why</h2>
      {pages.items === undefined ? (
        pages.error === null ? (
          <Busy />
        ) : (
          <ErrorNote error={pages.error} retry={() => void pages.refetch()} />
        )
      ) : pages.items.length === 0 ? (
        <Empty>Nothing was switched yet.</Empty>
      ) : (
        <DataTable
          label="Changes of switches, newest first"
          rows={pages.items}
          rowKey={({ id }) => id}
          columns={[
            { name: 'When', cell: ({ at }) => moment(at) },
            { name: 'What', kind: 'main', cell: (change) => changeWords(change) },
            { name: 'For', cell: ({ eventId }) => (eventId === null ? 'everything' : <code>{eventId}</code>) },
            { name: 'By', cell: ({ actor }) => <code>{actor}</code> },
            { name: 'Reason', cell: ({ reason }) => (reason === '' ? '–' : reason) },
          ]}
        />
      )}
      <MoreButton more={pages.hasNextPage} busy={pages.isFetchingNextPage} act={() => pages.fetchNextPage()} />
    </section>
  );
}

function changeWords({ kind, name, value }: SwitchChange): string {
  if (kind === 'drop_holds') return `Holds dropped (${valueWords(value)})`;
  const title = kindOf(name)?.title ?? name;
  return kind === 'cleared' ? `${title}: off` : `${title}: ${valueWords(value)}`;
}
