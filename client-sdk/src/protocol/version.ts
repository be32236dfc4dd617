/**
 * The wire contract's version. A client sends it in the Socket.IO handshake (`auth.protocol`; absent means 1).
 *
 * History, a line per change:
 *  1  2026-11  first: subscribe, hold, hold-best, extend, release, holds, authenticate; seats, beacon, inventory, …
 *  1  2026-11  reserve, orders, tickets, payments; feeMinor and taxMinor of a ticket type; keys, revocation, holds carried over by
 *              authenticate; a subject has no control characters, which no token had (added, nothing renamed)
 *  1  2026-11  notice RECONNECT: a server that is about to stop asks its clients to connect anew (a name for a code; old clients go on)
 *  1  2026-11  stale: a beacon, the answer to subscribe and GET seats say that the map could not be checked lately (added)
 *  1  2026-11  GET /v1/orders takes q, seat and code: staff look for orders (added)
 *  1  2026-11  POST /v1/charts/preview: what a chart file would become (added)
 *  1  2026-11  GET /v1/events/{id}/live: the sale as it is now (added)
 *  1  2026-11  GET /v1/queues, POST /v1/queues/{name}/retry: the workers' queues (added)
 *  1  2026-11  GET /v1/orders takes order: newest change first where wanted (added)
 */
export const PROTOCOL_VERSION = 1;
