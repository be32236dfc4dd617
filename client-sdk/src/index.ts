/** @aisle/client: an exact live seat map, holds with safe retries, typed events and errors. Importing does nothing. */
export {
  createClient,
  type AisleClient,
  type ClientEvents,
  type EventsQuery,
  type HoldResult,
  type OrdersQuery,
  type ReleaseResult,
  type ReserveResult,
} from './client.js';
export type { CommandOptions } from './connection/commands.js';
export type { ConnectionState } from './connection/state.js';
export { remainingMs, type LiveHold } from './hold.js';
export type { ClientOptions, FetchLike, FetchResponse, GetToken, Timeouts, TokenReason } from './options.js';
export { createGuestSession, guestTokens, type SessionOptions } from './session.js';
export type { CategoryCount } from './store/feed.js';
export type { AreaCount, MapChange } from './store/map-store.js';
export type { SeatMap, SeatMapEvents } from './store/seat-map.js';
export { SDK_VERSION } from './version.js';

export {
  AisleError,
  ERRORS,
  type ErrorCode,
  type ErrorDefinition,
  type Fault,
  type WireError,
} from './protocol/errors.js';
export { decodeMapInto, encodeMap, SEAT_LETTERS, type SeatLetter } from './protocol/map-codec.js';
export { PROTOCOL_VERSION } from './protocol/version.js';
export type { Chart, ChartArea, ChartCategory, ChartSeat, ChartSection, ChartShape, Point } from './protocol/chart.js';
export type { Hello } from './protocol/down/hello.js';
export type { HoldNote, HoldNoteKind } from './protocol/down/hold.js';
export type { Notice } from './protocol/down/notice.js';
export type { Reload } from './protocol/down/reload.js';
export type { EventStatus, Price, Prices, SeatEvent } from './protocol/event.js';
export type { AreaChoice, Hold, HoldItem, SeatChoice } from './protocol/hold.js';
export type { InventoryView } from './protocol/http/events.js';
export type { Limits, Role, Session } from './protocol/session.js';
export type { ExtendCommand } from './protocol/up/extend.js';
export type { HoldBestCommand } from './protocol/up/hold-best.js';
export type { HoldCommand } from './protocol/up/hold.js';
export type { HoldsQuery } from './protocol/up/holds.js';
export type { ReleaseCommand } from './protocol/up/release.js';
export type { ReserveCommand } from './protocol/up/reserve.js';
export type { Buyer, Order, OrderStatus, Ticket } from './protocol/order.js';
