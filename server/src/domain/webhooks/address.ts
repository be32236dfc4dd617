import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [Address, number];

/** Which addresses deliveries may go to besides public ones (SPEC W7), from AISLE_WEBHOOK_ALLOW_PRIVATE. */
export interface AddressPolicy {
  /** Loopback, private and carrier-grade addresses too; what serves a cloud's secrets still not. */
  readonly allowPrivate: boolean;
  /** Networks allowed by name, whatever they are. */
  readonly networks: readonly Range[];
}

/** '0', '1', or networks such as "10.1.0.0/16,fd00:1::/32". Throws Error for anything else. */
export function parseAddressPolicy(text: string): AddressPolicy {
  if (text === '0' || text === '1') return { allowPrivate: text === '1', networks: [] };
  const networks = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part): Range => ipaddr.parseCIDR(part));
  return { allowPrivate: false, networks };
}

/** What AISLE_WEBHOOK_ALLOW_PRIVATE=1 opens. Link-local, where clouds keep credentials, takes a network by name. */
const PRIVATE = new Set(['private', 'loopback', 'carrierGradeNat', 'uniqueLocal']);
/** Services for a cloud's own machines in ranges that do not show it: AWS over IPv6, Alibaba, Oracle, Azure. */
const METADATA = new Set(['fd00:ec2::254', '100.100.100.200', '192.0.0.192', '168.63.129.16']);
/** The one part of IPv6 that is given out to the public. */
const PUBLIC_IPV6: Range = [ipaddr.parse('2000::'), 3];

/** Why no delivery goes to this address; null: it may. IPv4 inside IPv6 is judged as the IPv4 it is. */
export function addressFault(text: string, policy: AddressPolicy): string | null {
  if (!ipaddr.isValid(text)) return 'not an address';
  const address = ipaddr.process(text);
  const inside = policy.networks.some(([network, bits]) => sameKind(address, network) && address.match(network, bits));
  if (inside) return null;
  const range = METADATA.has(address.toString()) ? 'metadata' : rangeOf(address);
  if (range === 'unicast' || (policy.allowPrivate && PRIVATE.has(range))) return null;
  return `${address.toString()} is not a public address (${range})`;
}

/** Whatever has no name of its own counts as unicast there: `::7f00:1`, which some systems read as 127.0.0.1, too. */
function rangeOf(address: Address): string {
  const range = address.range();
  const unnamed = range === 'unicast' && address.kind() === 'ipv6' && !address.match(...PUBLIC_IPV6);
  return unnamed ? 'reserved' : range;
}

const sameKind = (a: Address, b: Address): boolean => a.kind() === b.kind();

/** The address that a URL names by itself; null: it has a name, which is resolved when it is connected to. */
export function literalAddress(url: URL): string | null {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return ipaddr.isValid(host) ? host : null;
}

const MAX_URL_LENGTH = 2048;

/** Why no endpoint may have this URL, as far as it can be told without a resolver; null: it may. */
export function urlFault(text: string, policy: AddressPolicy): string | null {
  if (text.length > MAX_URL_LENGTH) return `longer than ${MAX_URL_LENGTH} characters`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) return 'not a URL';
  if (url.username !== '' || url.password !== '') return 'names and passwords do not belong in it';
  if (url.hash !== '') return 'has a fragment, which is never sent';
  const literal = literalAddress(url);
  const loopback = isLocalName(url.hostname) || (literal !== null && ipaddr.process(literal).range() === 'loopback');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) return 'not https';
  if (literal !== null) return addressFault(literal, policy);
  if (isLocalName(url.hostname)) return addressFault('127.0.0.1', policy);
  return null;
}

const isLocalName = (host: string): boolean => /^(.+\.)?localhost\.?$/.test(host);
