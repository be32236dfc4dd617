import { defineSeatMap } from '@aisle/client/picker';
import { byId, setText } from './shared/dom.js';
import { eventTime } from './shared/format.js';

/** "/e/{eventId}" */
function eventIdFrom(path: string): string {
  const [, id = ''] = /\/e\/([^/]+)\/?$/.exec(path) ?? [];
  return decodeURIComponent(id);
}

const map = byId('seat-map', HTMLElement);
const name = byId('event-name', HTMLElement);
map.addEventListener('aisle-ready', ({ detail: { event } }) => {
  document.title = `${event.name} · Aisle`;
  setText(name, event.name);
  const place = event.venue === undefined ? '' : ` · ${event.venue}`;
  setText(byId('event-meta', HTMLElement), eventTime(event, 'short') + place);
});
map.addEventListener('aisle-error', ({ detail: { error } }) => {
  if (error.code === 'EVENT_NOT_FOUND') setText(name, 'No such event');
});
// Which holds, the checkout asks the server: their tokens are secrets and do not belong into an address.
map.addEventListener('aisle-checkout', ({ detail }) =>
  location.assign(`/checkout/${encodeURIComponent(detail.eventId)}`),
);
map.setAttribute('event', eventIdFrom(location.pathname));
defineSeatMap();
