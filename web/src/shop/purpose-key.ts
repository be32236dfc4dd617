/**
 * One key a purpose, the same however often the page is loaded: whatever is sent again under it, the server does once. Kept by
 * the tab; where that is denied, a new one each time.
 */
export function keyFor(purpose: string): string {
  const name = `aisle.key ${purpose}`;
  const fresh = crypto.randomUUID();
  try {
    const kept = sessionStorage.getItem(name);
    if (kept !== null) return kept;
    sessionStorage.setItem(name, fresh);
  } catch {
    // Denied or full: the page goes on without.
  }
  return fresh;
}
