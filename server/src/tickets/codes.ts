import type { TicketCodes, TicketJwk, TicketKeys } from '../domain/ports/tickets.js';
import { kidOf, readCode, writeCode } from './code.js';
import type { KeyRing } from './key-ring.js';

/** A signature is some 0.1 ms; a list of a thousand orders, asked for every minute, is not signed every time. 20 MB at most. */
const KEPT_CODES = 50_000;

/** Codes by the keys of this installation (SPEC T1, T2). */
export function createTicketCodes(ring: KeyRing): TicketCodes & TicketKeys {
  const kept = new Map<string, string>();
  return {
    codeOf({ id, eventId }) {
      const key = ring.signing();
      const name = `${key.kid} ${id} ${eventId}`;
      const known = kept.get(name);
      if (known !== undefined) return known;
      const code = writeCode(key, { ticketId: id, eventId });
      const [oldest] = kept.keys();
      if (kept.size >= KEPT_CODES && oldest !== undefined) kept.delete(oldest);
      kept.set(name, code);
      return code;
    },
    async read(code) {
      const kid = kidOf(code);
      const key = kid === null ? null : await ring.find(kid);
      return key === null ? null : readCode(key, code);
    },
    async publicKeys() {
      return (await ring.all()).map(({ kid, x }): TicketJwk => ({
        kty: 'OKP',
        crv: 'Ed25519',
        x,
        kid,
        alg: 'EdDSA',
        use: 'sig',
      }));
    },
  };
}
