import { describe, expect, test } from 'vitest';
import { addressFault, parseAddressPolicy, urlFault } from '../../server/src/domain/webhooks/address.js';

const strict = parseAddressPolicy('0');
const open = parseAddressPolicy('1');

describe('W7 where deliveries may go', () => {
  test.each([
    ...['127.0.0.1', '127.8.8.8', '10.0.0.1', '172.16.0.1', '192.168.1.1', '100.64.0.1', '169.254.169.254', '0.0.0.0'],
    ...['224.0.0.1', '255.255.255.255', '192.0.2.1', '198.18.0.1', '240.0.0.1', '100.100.100.200', '192.0.0.192'],
    ...['::1', '::', 'fe80::1', 'fd00::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '2001:db8::1'],
    // IPv4 in IPv6 clothes: mapped, NAT64, 6to4, Teredo.
    ...['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:169.254.169.254', '64:ff9b::a00:1', '2002:7f00:1::', '2001::1'],
    // IPv4-compatible, what nobody was given, and Azure's own service.
    ...['::7f00:1', '::a9fe:a9fe', '4000::1', '168.63.129.16'],
    'nonsense',
  ])('W7 not to %s', (address) => {
    expect(addressFault(address, strict)).not.toBeNull();
  });

  test.each(['1.1.1.1', '203.0.114.1', '8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8'])('W7 to %s', (address) => {
    expect(addressFault(address, strict)).toBeNull();
  });

  test('W7 1 allows private addresses, and still none where clouds keep credentials', () => {
    for (const address of ['127.0.0.1', '10.0.0.1', '100.64.0.1', '::1', 'fd00::1', '::ffff:192.168.0.1'])
      expect(addressFault(address, open), address).toBeNull();
    for (const address of ['169.254.169.254', 'fe80::1', 'fd00:ec2::254', '100.100.100.200', '0.0.0.0', '224.0.0.1'])
      expect(addressFault(address, open), address).not.toBeNull();
  });

  test('W7 networks by name allow these alone', () => {
    const some = parseAddressPolicy('10.1.0.0/16, fd00:1::/32,169.254.7.0/24');
    expect(['10.1.2.3', 'fd00:1::9', '::ffff:10.1.0.1', '169.254.7.1'].map((a) => addressFault(a, some))).toEqual(
      Array.from({ length: 4 }, () => null),
    );
    for (const address of ['10.2.0.1', 'fd00:2::1', '127.0.0.1', '169.254.169.254'])
      expect(addressFault(address, some), address).not.toBeNull();
    expect(() => parseAddressPolicy('10.1.0.0/99')).toThrow();
  });

  test.each([
    ['http://shop.example/hook', 'not https'],
    ['http://8.8.8.8/hook', 'not https'],
    ['ftp://shop.example/', 'not https'],
    ['file:///etc/passwd', 'not https'],
    ['not a url', 'not a URL'],
    ['https://', 'not a URL'],
    ['https://user:secret@shop.example/', 'names and passwords do not belong in it'],
    ['https://shop.example/#here', 'has a fragment, which is never sent'],
    ['https://127.0.0.1/', '127.0.0.1 is not a public address (loopback)'],
    // As browsers and resolvers read them.
    ['https://2130706433/', '127.0.0.1 is not a public address (loopback)'],
    ['https://0x7f.1/', '127.0.0.1 is not a public address (loopback)'],
    ['https://[::ffff:7f00:1]/', '127.0.0.1 is not a public address (loopback)'],
    ['https://[fe80::1]/', 'fe80::1 is not a public address (linkLocal)'],
    ['https://localhost/', '127.0.0.1 is not a public address (loopback)'],
    ['https://a.localhost./', '127.0.0.1 is not a public address (loopback)'],
    ['http://localhost:3000/', '127.0.0.1 is not a public address (loopback)'],
    [`https://shop.example/${'x'.repeat(2048)}`, 'longer than 2048 characters'],
  ])('W7 %s: %s', (url, fault) => {
    expect(urlFault(url, strict)).toBe(fault);
  });

  test('W7 https to a public place; http to loopback where that is allowed', () => {
    expect(urlFault('https://shop.example:8443/hook?x=1', strict)).toBeNull();
    expect(urlFault('http://127.0.0.1:4000/hook', open)).toBeNull();
    expect(urlFault('http://[::1]:4000/hook', open)).toBeNull();
    expect(urlFault('http://10.0.0.1/hook', open)).toBe('not https');
  });
});
