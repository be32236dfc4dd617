/**
 * How long a process may take to stop, beyond AISLE_DRAIN_MS for a server. Each is above the one inside it, so that whoever
 * waits never ends what was about to end by itself: answers and requests under way (3 s each) < the process ends itself <
 * its launcher or container ends it (docker-compose.yml: stop_grace_period).
 */
export const STOP_SELF_MS = 8000;
export const STOP_OUTSIDE_MS = 10_000;
