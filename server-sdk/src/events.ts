import type {
  BlockRequest,
  Chart,
  CreateEvent,
  EventStatus,
  InventoryView,
  PatchEvent,
  SeatEvent,
  SeatsView,
} from '@aisle/client/protocol';
import type { CallOptions, WriteOptions } from './options.js';
import { pages } from './pages.js';
import type { Transport } from './transport.js';

export interface ListEvents {
  /** Words of the name. */
  readonly q?: string;
  readonly status?: EventStatus;
  /** Events a page, not in all. */
  readonly limit?: number;
}
export interface BlockAnswer {
  readonly seats: readonly string[];
  readonly areas: readonly { readonly id: string; readonly quantity: number }[];
}
export interface Events {
  get(eventId: string, options?: CallOptions): Promise<SeatEvent>;
  /** All that match, page after page. */
  list(query?: ListEvents, options?: CallOptions): AsyncIterableIterator<SeatEvent>;
  chart(eventId: string, options?: CallOptions): Promise<Chart>;
  /** Every place's state, as one text; see @aisle/client for a live one. */
  seats(eventId: string, options?: CallOptions): Promise<SeatsView>;
  inventory(eventId: string, options?: CallOptions): Promise<InventoryView>;
  /** Admin. */
  create(event: CreateEvent, options?: WriteOptions): Promise<SeatEvent>;
  /** Admin. Changes made from another version than the newest are VERSION_CONFLICT. Never sent twice. */
  change(eventId: string, changes: PatchEvent, options?: CallOptions): Promise<SeatEvent>;
  publish(eventId: string, options?: WriteOptions): Promise<SeatEvent>;
  open(eventId: string, options?: WriteOptions): Promise<SeatEvent>;
  pause(eventId: string, options?: WriteOptions): Promise<SeatEvent>;
  close(eventId: string, options?: WriteOptions): Promise<SeatEvent>;
  cancel(eventId: string, options?: WriteOptions): Promise<SeatEvent>;
  /** House seats: kept back from sale. Answers what changed. */
  block(eventId: string, places: BlockRequest, options?: WriteOptions): Promise<BlockAnswer>;
  unblock(eventId: string, places: BlockRequest, options?: WriteOptions): Promise<BlockAnswer>;
}

export function createEvents(transport: Transport): Events {
  const { get, post, patch } = transport;
  const at = (eventId: string, step = ''): string => `/v1/events/${encodeURIComponent(eventId)}${step}`;
  const step = (name: string) => (eventId: string, options?: WriteOptions) =>
    post<SeatEvent>(at(eventId, `/${name}`), {}, options);
  return {
    get: (eventId, options) => get(at(eventId), {}, options),
    list: (query = {}, options) => pages(transport, '/v1/events', { ...query }, options),
    chart: (eventId, options) => get(at(eventId, '/chart'), {}, options),
    seats: (eventId, options) => get(at(eventId, '/seats'), {}, options),
    inventory: (eventId, options) => get(at(eventId, '/inventory'), {}, options),
    create: (event, options) => post('/v1/events', event, options),
    change: (eventId, changes, options) => patch(at(eventId), changes, options),
    publish: step('publish'),
    open: step('open'),
    pause: step('pause'),
    close: step('close'),
    cancel: step('cancel'),
    block: (eventId, places, options) => post(at(eventId, '/block'), places, options),
    unblock: (eventId, places, options) => post(at(eventId, '/unblock'), places, options),
  };
}
