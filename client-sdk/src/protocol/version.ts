/**
 * The wire contract's version. A client sends it in the Socket.IO handshake (`auth.protocol`; absent means 1).
 *
 * History, a line per change:
 *  1  2026-11  first: subscribe, hold, hold-best, extend, release, holds, authenticate; seats, beacon, inventory, …
 *  1  2026-11  reserve, orders, tickets, payments; feeMinor and taxMinor of a ticket type; keys, revocation, holds carried over by
 *              authenticate; a subject has no control characters, which no token had (added, nothing renamed)
 */
export const PROTOCOL_VERSION = 1;
