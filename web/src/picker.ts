import { AisleError, createClient, type AisleClient, type SeatMap } from '@aisle/client';
import { byId, make, setText } from './shared/dom.js';
import { eventTime } from './shared/format.js';
import { Announcer } from './picker/announcer.js';
import { ConnectionBadge } from './picker/connection-badge.js';
import { PickerPage } from './picker/page.js';
import { GuestSession } from './picker/session.js';

/** "/e/{eventId}" */
function eventIdFrom(path: string): string | undefined {
  const [, id] = /\/e\/([^/]+)\/?$/.exec(path) ?? [];
  return id === undefined ? undefined : decodeURIComponent(id);
}

async function start(eventId: string): Promise<void> {
  const session = new GuestSession();
  const client = createClient({ getToken: session.getToken, clientName: 'aisle-picker/1' });
  const map = client.watch(eventId);
  const mapBox = byId('map', HTMLCanvasElement).parentElement;
  const badge = new ConnectionBadge((stale) => {
    if (mapBox !== null) mapBox.dataset.stale = String(stale);
  });
  let page: PickerPage | undefined;
  const follow = (): void => badge.show(client.connection, map.stale);
  map.on('stale', follow);
  map.on('ready', follow);
  client.on('connection', () => {
    follow();
    page?.connectionChanged();
  });
  follow();
  const built = await build(client, map, eventId);
  page = built;
  session.holdsSeats = () => built.holdsSeats;
  follow();
  built.connectionChanged();
}

/** Waits for event, chart and the first map, in parallel. */
async function build(client: AisleClient, map: SeatMap, eventId: string): Promise<PickerPage> {
  const event = client.event(eventId).then((found) => {
    document.title = `${found.name} · Aisle`;
    setText(byId('event-name', HTMLElement), found.name);
    const place = found.venue === undefined ? '' : ` · ${found.venue}`;
    setText(byId('event-meta', HTMLElement), eventTime(found, 'short') + place);
    return found;
  });
  const [found, chart] = await Promise.all([event, client.chart(eventId), map.whenReady()]);
  const version = map.chartVersion;
  map.on('reload', ({ chartVersion }) => {
    // Another chart is another page; the holds come back with it.
    if (version !== null && chartVersion !== version) location.reload();
  });
  byId('map-message', HTMLElement).hidden = true;
  return new PickerPage(client, map, found, chart, new Announcer());
}

function showFailure(error: unknown): void {
  const known = error instanceof AisleError ? error : undefined;
  const again = make('button', { type: 'button', class: 'button primary' }, 'Try again');
  again.addEventListener('click', () => location.reload());
  const box = byId('map-message', HTMLElement);
  box.setAttribute('role', 'alert');
  box.replaceChildren(
    make('strong', {}, known?.message ?? 'The seat map could not be shown.'),
    make('p', {}, known?.remediation ?? 'Try again in a moment.'),
    make(
      'div',
      {},
      known?.code === 'EVENT_NOT_FOUND' ? make('a', { href: '/', class: 'button' }, 'All events') : again,
    ),
  );
  box.hidden = false;
  setText(byId('event-name', HTMLElement), known?.code === 'EVENT_NOT_FOUND' ? 'No such event' : 'Seat map');
}

const eventId = eventIdFrom(location.pathname);
if (eventId === undefined) showFailure(AisleError.of('EVENT_NOT_FOUND'));
else start(eventId).catch(showFailure);
