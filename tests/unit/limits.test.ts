import { describe, expect, test } from 'vitest';
import { clientIp } from '../../server/src/gateway/engines/client-ip.js';
import type { Actor } from '../../server/src/domain/actor.js';
import { addressOf } from '../../server/src/limits/address.js';
import { createLimits, UNLIMITED, type Limits, type LimitsConfig } from '../../server/src/limits/limits.js';
import { createRanges, parseRange } from '../../server/src/platform/address-ranges.js';
import { readConfig } from '../../server/src/platform/config.js';
import { createMetrics } from '../../server/src/platform/metrics.js';

const metrics = createMetrics('test');
const limitsOf = (settings: Partial<LimitsConfig>): Limits =>
  createLimits({ ...readConfig({}), ...settings }, null, metrics);
const actor = (role: Actor['role'], subject: string | null = `${role}-1`): Actor => ({
  ...{ subject, role, expiresAtMs: null, events: null, maxSeats: null, tokenId: null },
});
/** What the refusals name; null where a call went on. */
async function outcomes(calls: number, call: () => Promise<{ details?: unknown } | null>): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (let i = 0; i < calls; i++) seen.push((await call())?.details ?? null);
  return seen;
}

describe('G2 what is counted', () => {
  test('G2 a subject, over HTTP and its sockets together', async () => {
    const limits = limitsOf({ AISLE_LIMITS_COMMANDS_PER_10S: 4 });
    const ann = actor('customer', 'ann');
    let n = 0;
    const seen = await outcomes(6, () => limits.call(ann, '192.0.2.1', n++ % 2 ? undefined : `socket-${n}`));
    expect(seen).toEqual([null, null, null, null, { limit: 'subject' }, { limit: 'subject' }]);
    expect(await limits.call(actor('customer', 'bob'), '192.0.2.1')).toBeNull();
  });

  test('G2 then its address, which many subjects share', async () => {
    const limits = limitsOf({ AISLE_LIMITS_COMMANDS_PER_10S: 100, AISLE_LIMITS_COMMANDS_PER_10S_PER_IP: 3 });
    let n = 0;
    const seen = await outcomes(4, () => limits.call(actor('guest', `gst-${n++}`), '2001:db8::1'));
    expect(seen).toEqual([null, null, null, { limit: 'address' }]);
    const limited = await limits.call(actor('guest', 'gst-x'), '2001:db8::ffff');
    expect(limited).toMatchObject({ code: 'RATE_LIMITED', retryable: true, details: { limit: 'address' } });
    expect(limited?.retryAfterMs).toBeGreaterThan(9000);
    expect(await limits.call(actor('guest', 'gst-x'), '2001:db8:0:1::1')).toBeNull();
    expect(await limits.read('2001:db8::2')).toMatchObject({ details: { limit: 'address' } });
  });

  test('G2 then the socket, where it has no subject or changes it', async () => {
    const limits = limitsOf({ AISLE_LIMITS_COMMANDS_PER_10S: 2 });
    const viewer = actor('viewer', null);
    const seen = await outcomes(3, () => limits.call(viewer, '192.0.2.1', 's1'));
    expect(seen).toEqual([null, null, { limit: 'socket' }]);
    expect(await limits.call(viewer, '192.0.2.1', 's2')).toBeNull();
    let n = 0;
    const changing = await outcomes(3, () => limits.identity(actor('guest', `g-${n++}`), '192.0.2.1', 's3'));
    expect(changing).toEqual([null, null, { limit: 'socket' }]);
  });

  test('G2 a kiosk ten times as much and no address; box office, services and admins not at all', async () => {
    const limits = limitsOf({ AISLE_LIMITS_COMMANDS_PER_10S: 2, AISLE_LIMITS_COMMANDS_PER_10S_PER_IP: 1 });
    const kiosk = await outcomes(21, () => limits.call(actor('kiosk'), '192.0.2.1'));
    expect(kiosk.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => null));
    expect(kiosk[20]).toEqual({ limit: 'subject' });
    for (const role of ['box_office', 'service', 'admin'] as const) {
      expect(await outcomes(50, () => limits.call(actor(role), '192.0.2.1'))).toEqual(Array(50).fill(null));
      expect(await limits.handshake(actor(role), '192.0.2.1')).toBeNull();
      expect(limits.connections(actor(role), 1_000_000)).toBeNull();
    }
  });

  test('G2 connections and sessions by address, counted in the metric', async () => {
    const limits = limitsOf({
      ...{ AISLE_LIMITS_HANDSHAKES_PER_MINUTE: 2, AISLE_LIMITS_SESSIONS_PER_MINUTE: 1 },
      AISLE_LIMITS_CONNECTIONS_PER_IP: 5,
    });
    const guest = actor('guest');
    expect(await outcomes(3, () => limits.handshake(guest, '192.0.2.9'))).toEqual([
      null,
      null,
      { limit: 'handshakes' },
    ]);
    expect(await outcomes(2, () => limits.session(guest, '192.0.2.9'))).toEqual([null, { limit: 'sessions' }]);
    expect(limits.connections(guest, 5)).toBeNull();
    expect(limits.connections(guest, 6)).toMatchObject({ code: 'RATE_LIMITED', details: { limit: 'connections' } });
    expect(limits.hardConnections).toBe(10);
    const { values } = await metrics.limited.get();
    for (const limit of ['subject', 'address', 'socket', 'handshakes', 'sessions', 'connections'])
      expect(values.find(({ labels }) => labels.limit === limit)?.value, limit).toBeGreaterThan(0);
  });

  test('G2 AISLE_LIMITS=off counts nothing', () => {
    expect(limitsOf({ AISLE_LIMITS: 'off' })).toBe(UNLIMITED);
  });
});

describe('G10 whose address', () => {
  test.each([
    ['no proxy: the header is not read', 0, '203.0.113.7', '198.51.100.1', '198.51.100.1'],
    ['one: the entry it wrote, not what the caller said', 1, '1.1.1.1, 203.0.113.7', '10.0.0.1', '203.0.113.7'],
    ['two: the entry before that of the inner one', 2, '1.1.1.1, 203.0.113.7, 10.0.0.2', '10.0.0.1', '203.0.113.7'],
    ['two, of which one was gone round', 2, '203.0.113.7', '10.0.0.1', '203.0.113.7'],
    ['no header', 1, '', '10.0.0.1', '10.0.0.1'],
    ['no address in it', 1, 'unknown', '10.0.0.1', '10.0.0.1'],
    ['with a port', 1, '203.0.113.7:4711', '10.0.0.1', '203.0.113.7'],
    ['IPv6 with a port', 1, '[2001:db8::1]:4711', '10.0.0.1', '2001:db8::1'],
    ['IPv4 in IPv6', 1, '::ffff:203.0.113.7', '10.0.0.1', '203.0.113.7'],
  ])('G10 %s', (_, proxies, header, remote, address) => {
    expect(clientIp(remote, header, proxies)).toBe(address);
  });

  test('G10 a /64 of IPv6 is one address', () => {
    expect(addressOf('2001:db8::1')).toBe(addressOf('2001:0db8:0000:0000:ffff::9'));
    expect(addressOf('2001:db8::1')).not.toBe(addressOf('2001:db8:0:1::1'));
    expect(addressOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
  });
});

describe('G8 ranges of addresses', () => {
  test('G8 IPv4 and IPv6, single ones too', () => {
    const denied = createRanges(['192.0.2.0/24', '198.51.100.7', '2001:db8:1::/48']);
    for (const ip of ['192.0.2.0', '192.0.2.255', '198.51.100.7', '2001:db8:1:ffff::1', '::ffff:192.0.2.9'])
      expect(denied(ip), ip).toBe(true);
    for (const ip of ['192.0.3.0', '198.51.100.8', '2001:db8:2::1', 'nonsense', '']) expect(denied(ip), ip).toBe(false);
    expect(createRanges([])('192.0.2.1')).toBe(false);
  });

  test.each([
    '',
    '192.0.2',
    '192.0.2.0/33',
    '0.0.0.0/0',
    '::/0',
    '2001:db8::/129',
    '192.0.2.0/-1',
    'example.com',
    'fe80::1%eth0',
  ])('G8 "%s" is none', (text) => expect(parseRange(text)).toBeNull());
});
