/**
 * The caller's address. Behind a trusted proxy it is the last entry of X-Forwarded-For, the one that proxy wrote; those
 * before it are the caller's own say.
 */
export function clientIp(remote: string, forwardedFor: string | null | undefined, trustProxy: boolean): string {
  const last = trustProxy ? forwardedFor?.split(',').at(-1)?.trim() : undefined;
  return readable(last === undefined || last === '' ? remote : last);
}

/** IPv4 in IPv6 clothes ("::ffff:127.0.0.1", or written out as uWS does) as plain IPv4. */
function readable(address: string): string {
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice('::ffff:'.length);
  const mapped = /^(?:0000:){5}ffff:([0-9a-f]{2})([0-9a-f]{2}):([0-9a-f]{2})([0-9a-f]{2})$/.exec(address);
  if (mapped === null) return address;
  return mapped
    .slice(1)
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');
}
