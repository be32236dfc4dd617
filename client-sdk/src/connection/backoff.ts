/**
 * Wait before attempt `attempt` (0 is the first retry): random between the floor and a ceiling that doubles, so that
 * thousands of clients cut at once don't come back at once. Defaults: 0.2–0.5 s, 0.2–1 s, … 0.2–5 s.
 */
export function backoffMs(attempt: number, minMs: number, maxMs: number, random: () => number = Math.random): number {
  const ceiling = Math.min(maxMs, minMs * 2.5 * 2 ** Math.min(attempt, 16));
  return minMs + random() * Math.max(0, ceiling - minMs);
}
