import { defineSeatMap, type CheckoutDetail } from '@aisle/client/picker';
import { byId, setText } from './shared/dom.js';
import { eventTime } from './shared/format.js';

/** Read by the page /checkout/{eventId}. In the tab's own storage: a hold's token is a secret and does not belong into an address. */
const CHECKOUT_KEY = 'aisle.checkout';

/** "/e/{eventId}" */
function eventIdFrom(path: string): string {
  const [, id = ''] = /\/e\/([^/]+)\/?$/.exec(path) ?? [];
  return decodeURIComponent(id);
}

function toCheckout(detail: CheckoutDetail): void {
  sessionStorage.setItem(CHECKOUT_KEY, JSON.stringify(detail));
  location.assign(`/checkout/${encodeURIComponent(detail.eventId)}`);
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
map.addEventListener('aisle-checkout', ({ detail }) => toCheckout(detail));
map.setAttribute('event', eventIdFrom(location.pathname));
defineSeatMap();
