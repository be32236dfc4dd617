import { BlockList, isIP } from 'node:net';

/** "192.0.2.0/24", "2001:db8::/32" or one address. Null: neither. A prefix of 0 is no range but everybody. */
export function parseRange(text: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } | null {
  const [, address = '', length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0 || address.includes('%')) return null;
  const bits = version === 4 ? 32 : 128;
  const prefix = length === undefined ? bits : Number(length);
  return prefix < 1 || prefix > bits ? null : { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** Whether an address is in any of the ranges. What cannot be read is in none. */
export function createRanges(ranges: readonly string[]): (ip: string) => boolean {
  const list = new BlockList();
  let known = 0;
  for (const text of ranges) {
    const range = parseRange(text);
    if (range === null) continue;
    list.addSubnet(range.address, range.prefix, range.family);
    known++;
  }
  if (known === 0) return () => false;
  return (ip) => {
    const plain = ip.split('%')[0] ?? ip;
    const version = isIP(plain);
    return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6');
  };
}
