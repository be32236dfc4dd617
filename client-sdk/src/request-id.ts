/**
 * 128 random bits in hex. Not crypto.randomUUID: browsers offer that on https alone, and kiosks run on plain http in
 * the house's own network.
 */
export function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
