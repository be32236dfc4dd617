import { isAbsolute, resolveUrl } from '../../base-url.js';
import { createClient } from '../../client.js';
import type { FetchLike } from '../../options.js';
import { createGuestSession } from '../../session.js';
import { sleep } from '../../time.js';
import { SDK_VERSION } from '../../version.js';
import { buildGeometry } from '../map/geometry.js';
import type { PickerSettings } from '../model.js';
import { MapFeed, type FeedListener } from './feed.js';
import { Keeper } from './keeper.js';
import { Picker } from './picker.js';
import { deviceClock, type Clock } from './ports.js';
import { pagePresence, type Presence } from './presence.js';
import { GuestSession, pageStorage, type Keep } from './session.js';

/** What somebody holds already is waited for this long before the picker shows. */
const HOLDS_WAIT_MS = 4_000;

/** What the device gives, for whoever has other ones (tests, kiosks). */
export interface Device {
  /** null: nothing is kept. Default: the page's localStorage. */
  readonly storage?: Keep | null;
  readonly clock?: Clock;
  readonly presence?: Presence;
  readonly fetch?: FetchLike;
}

/** The server's origin, where it is not the page's own: guests of two servers are two. */
function foreignOrigin(url: string | undefined): string {
  if (!isAbsolute(url)) return '';
  const { origin } = resolveUrl(url);
  return origin === (globalThis as { location?: { origin?: string } }).location?.origin ? '' : origin;
}

/** Opens an event for choosing: resolves once event, chart, the first map and what this buyer holds already are there. */
export async function openPicker(settings: PickerSettings, device: Device = {}): Promise<Picker> {
  const { eventId, url, signal, mode } = settings;
  signal.throwIfAborted();
  const { clock = deviceClock, presence = pagePresence() } = device;
  const storage = device.storage === undefined ? pageStorage() : device.storage;
  const makeGuest = () => createGuestSession(url, { fetch: device.fetch });
  const origin = foreignOrigin(url);
  let keeper: Keeper | undefined;
  // Who only looks (mode select without a token) needs none.
  const isGuest = settings.getToken === undefined && mode === 'buy';
  const guest = isGuest ? new GuestSession(makeGuest, storage, origin, () => keeper?.anotherGuest()) : undefined;
  const getToken = settings.getToken ?? guest?.getToken;
  const client = createClient({ url, getToken, fetch: device.fetch, clientName: `aisle-picker/${SDK_VERSION}` });
  const server = { base: () => resolveUrl(url).http, getToken, fetch: device.fetch };
  const listener: FeedListener = {
    changed: (change) => keeper?.feedListener.changed(change),
    moved: () => keeper?.feedListener.moved(),
    switched: () => keeper?.feedListener.switched(),
  };
  const feed = new MapFeed({ client, server, eventId, presence, listener });
  const close = (): void => {
    keeper?.close();
    feed.close();
    client.close();
    presence.close();
    signal.removeEventListener('abort', close);
  };
  signal.addEventListener('abort', close);
  try {
    const [event, chart] = await Promise.all([client.event(eventId), client.chart(eventId), feed.whenReady()]);
    signal.throwIfAborted();
    const geometry = buildGeometry(chart);
    const parts = { client, feed, event, chart, geometry, presence, clock, guest, scope: `${origin} ${eventId}` };
    const kept = (keeper = new Keeper(parts, settings));
    kept.update();
    if (mode === 'buy') await Promise.race([kept.book.refresh(HOLDS_WAIT_MS), sleep(HOLDS_WAIT_MS)]);
    signal.throwIfAborted();
    return new Picker(kept, chart, geometry, close);
  } catch (error) {
    close();
    throw error;
  }
}
