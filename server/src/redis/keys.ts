/**
 * Every Redis key and channel of Aisle, built here and nowhere else. `{E}` is the event id inside literal braces: one
 * event, one cluster slot. Scripts derive a key found in stored data from the same prefix by lib/keys.lua.
 */
const tag = (eventId: string): string => `{${eventId}}`;

export const keys = {
  /** string, one letter a seat by seatNo */
  map: (eventId: string): string => `map:${tag(eventId)}`,
  /** hash token: only while held or reserved; whose order it is says the hold */
  seat: (eventId: string, seatNo: number): string => `seat:${tag(eventId)}:${seatNo}`,
  /** hash capacity held reserved sold blocked */
  area: (eventId: string, areaNo: number): string => `area:${tag(eventId)}:${areaNo}`,
  /** hash total sold pending available version */
  inventory: (eventId: string, categoryKey: string): string => `inventory:${tag(eventId)}:${categoryKey}`,
  /** hash, see lua/lib/hold.lua */
  hold: (eventId: string, token: string): string => `hold:${tag(eventId)}:${token}`,
  /** hash token → quantity */
  userHolds: (eventId: string, subject: string): string => `user_holds:${tag(eventId)}:${subject}`,
  /** sorted set token → deadline in ms of held holds: what the sweeper walks */
  holdsIndex: (eventId: string): string => `holds:expiration-index:${tag(eventId)}`,
  /** sorted set token → deadline in ms of holds reserved for an order */
  reservedIndex: (eventId: string): string => `holds:reserved-index:${tag(eventId)}`,
  /** hash status version epoch loading seq chartVersion layoutVersion seats areas categories holdMs maxHoldMs maxPlaces logLimit */
  event: (eventId: string): string => `event:${tag(eventId)}`,
  /** For SCAN: the hashes of all events. */
  everyEvent: 'event:{*}',
  /** The event that such a key belongs to; null: some other key. */
  eventOfKey: (key: string): string | null => /^event:\{(.+)\}$/.exec(key)?.[1] ?? null,
  /** stream, ids <epoch>-<seq>: the outbox */
  log: (eventId: string): string => `log:${tag(eventId)}`,
  /** string: fingerprint and answer of a request id */
  request: (eventId: string, subject: string, requestId: string): string =>
    `request:${tag(eventId)}:${subject}:${requestId}`,
  /** hash with one field: the order's summary. Rebuildable, as the two below. */
  transaction: (orderId: string): string => `transaction:${orderId}`,
  /** hash orderId → its tickets; '*' where it is whole */
  eventTickets: (subject: string): string => `event_tickets:${subject}`,
  /** hash eventId → when the subject last held something there, ms */
  session: (subject: string): string => `session:${subject}`,
  /** string: this effect of an order was done, for a day */
  effect: (eventId: string, effectId: number): string => `effect:${tag(eventId)}:${effectId}`,
  /** hash eventId → sockets that watch it on this node; lives a few seconds */
  viewers: (node: string): string => `viewers:${node}`,
  /** sorted set node → when it last said so, ms */
  viewerNodes: 'aisle:viewer-nodes',
  /** hash job → its last failure, "job#" → how many in a row; of the queue of that name */
  jobFailures: (queue: string): string => `aisle:job-failures:${queue}`,
  /** string: this Redis was given every event, and what was given is still there (mark.ts) */
  reconciled: 'aisle:reconciled',
  /** Prefix of the limiter's keys rate_limit:<scope>:<id>, which it completes itself. */
  rateLimitPrefix: (scope: string): string => `rate_limit:${scope}`,
} as const;

export const channels = {
  /** State, plus notes to holders. */
  seatUpdates: (eventId: string): string => `seat_updates:${tag(eventId)}`,
  /** The event a channel name belongs to; null: some other channel. */
  eventOf: (channel: string): string | null => /^seat_updates:\{(.+)\}$/.exec(channel)?.[1] ?? null,
  /** An event's id: it changed (status, prices, epoch). Or "!topic": that changed (notices.ts). All nodes listen. */
  adminUpdates: 'admin_updates',
} as const;

/** Bumped when a key's content changes shape; nodes of version N and N−1 work on the same keys. */
export const LAYOUT_VERSION = 1;
export const BULLMQ_PREFIX = '{aisle}';
