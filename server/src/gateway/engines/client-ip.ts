import { isIP } from 'node:net';
import type { Socket } from 'socket.io';

/**
 * The caller's address. Behind `proxies` trusted ones it is that many entries from the right of X-Forwarded-For: each of
 * them added whom it was called by; what is further left is the caller's own say. Fewer entries: the leftmost, written by one of
 * ours. An entry that is no address counts for nothing.
 */
export function clientIp(remote: string, forwardedFor: string | null | undefined, proxies: number): string {
  const entries = proxies === 0 ? [] : (forwardedFor ?? '').split(',').map((entry) => entry.trim());
  const entry = withoutPort(entries[Math.max(0, entries.length - proxies)] ?? '');
  return readable(isIP(entry) === 0 ? remote : entry);
}

/** The same of a socket's connection. */
export function connectionIp(conn: Socket['conn'], proxies: number): string {
  const forwardedFor = conn.request.headers['x-forwarded-for'];
  return clientIp(conn.remoteAddress, Array.isArray(forwardedFor) ? forwardedFor.join(',') : forwardedFor, proxies);
}

/** A proxy may add a line of its own below the caller's (HAProxy does); getHeader would give the first alone. */
export function joinForwarded(request: { forEach(each: (name: string, value: string) => void): void }): string {
  const lines: string[] = [];
  request.forEach((name, value) => {
    if (name === 'x-forwarded-for') lines.push(value);
  });
  return lines.join(',');
}

/** "192.0.2.1:5678" and "[2001:db8::1]:5678", as some proxies write. */
function withoutPort(entry: string): string {
  return /^\[([^\]]+)\](?::\d+)?$/.exec(entry)?.[1] ?? /^([\d.]+):\d+$/.exec(entry)?.[1] ?? entry;
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
