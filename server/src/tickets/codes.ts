import type { TicketCodes, TicketJwk, TicketKeys } from '../domain/ports/tickets.js';
import { kidOf, readCode, writeCode } from './code.js';
import type { KeyRing } from './key-ring.js';

/** Codes by the keys of this installation (SPEC T1, T2). */
export function createTicketCodes(ring: KeyRing): TicketCodes & TicketKeys {
  return {
    codeOf: ({ id, eventId }) => writeCode(ring.signing(), { ticketId: id, eventId }),
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
