import type { VNode } from 'preact';
import { Link } from 'wouter-preact';
import type { SeatEvent } from '@aisle/client/protocol';
import { eventTime } from '../../shared/format.js';
import { Busy, ErrorNote } from '../../shared/ui.js';
import { useRead } from '../kit/data.js';
import { Empty, PageHead, StatusBadge } from '../kit/parts.js';
import { offers, useStaff, type StaffRole } from '../kit/session.js';
import { useTitle } from '../shell.js';
import { SwitchList } from '../system/switch-list.js';
import { Dashboard } from './dashboard.js';
import { LogPart } from './log.js';
import { SettingsPart } from './settings.js';
import { Steps } from './steps.js';

const EVENT_EVERY_MS = 5000;
const PARTS: readonly { part: string; name: string; more?: string; admin?: true }[] = [
  { part: 'dashboard', name: 'Dashboard' },
  { part: 'settings', name: 'Prices', more: 'and schedule', admin: true },
  { part: 'log', name: 'Log' },
  { part: 'switches', name: 'Switches', admin: true },
];
const partsFor = (role: StaffRole) => PARTS.filter(({ admin }) => admin !== true || offers(role, 'events'));

/** One event: where it stands, what can be done with it, and its rooms. */
export function EventPage({ id, part }: { id: string; part: string }): VNode {
  const { role } = useStaff();
  const { data: event, error, refetch } = useRead<SeatEvent>(`/v1/events/${id}`, { everyMs: EVENT_EVERY_MS });
  useTitle(event?.name ?? 'Event');
  if (event === undefined) {
    if (error === null) return <Busy text="Loading the event…" />;
    return (
      <>
        <PageHead title="Event" />
        <ErrorNote error={error} retry={() => void refetch()} />
        <Link href="/events" class="button">
          All events
        </Link>
      </>
    );
  }
  const known = partsFor(role);
  return (
    <>
      <p class="crumb">
        <Link href="/events">Events</Link>
      </p>
      <PageHead
        title={event.name}
        lead={
          <>
            <StatusBadge status={event.status} /> {eventTime(event, 'short')}
            {event.venue === undefined ? null : ` · ${event.venue}`}
          </>
        }
      >
        {offers(role, 'events') ? <Steps event={event} /> : null}
        {event.status === 'draft' ? null : (
          <a class="button" href={`/e/${event.id}`} target="_blank" rel="noreferrer">
            Buyers’ page<span class="unseen"> (opens in a new tab)</span>
          </a>
        )}
      </PageHead>
      <nav class="tabs" aria-label="Parts of the event">
        {known.map(({ part: path, name, more }) => (
          <Link key={path} href={`/events/${id}/${path}`} aria-current={path === part ? 'page' : undefined}>
            {name}
            {more === undefined ? null : <span class="wide-only">&nbsp;{more}</span>}
          </Link>
        ))}
      </nav>
      {known.some(({ part: path }) => path === part) ? (
        <Part event={event} part={part} />
      ) : (
        <Empty>There is no such part of an event, or not for this key. Choose one above.</Empty>
      )}
    </>
  );
}

function Part({ event, part }: { event: SeatEvent; part: string }): VNode {
  switch (part) {
    case 'settings':
      return <SettingsPart event={event} />;
    case 'log':
      return <LogPart eventId={event.id} />;
    case 'switches':
      return <SwitchList eventId={event.id} />;
    default:
      return <Dashboard event={event} />;
  }
}
