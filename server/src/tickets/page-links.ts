import { AisleError } from '@aisle/client/protocol';
import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../platform/clock.js';
import type { KeyRing } from './key-ring.js';

/** In the header: no other token of this installation is taken for one. */
const TYPE = 'aisle-ticket-page+jwt';
const ALGORITHM = 'EdDSA';

/**
 * What opens one order's printable page in a browser, where no Authorization header can be sent (SPEC T5): signed by the
 * newest key of tickets, for one order, for a short time. It reads that page and nothing else.
 */
export interface PageLinks {
  /** `expiresAt` is on a whole second. Throws AisleError UNAVAILABLE while no key was read. */
  mint(orderId: string, ttlSeconds: number): Promise<{ readonly access: string; readonly expiresAt: Date }>;
  /** Throws AisleError UNAUTHENTICATED: expired, forged, or another order's. */
  check(access: string, orderId: string): Promise<void>;
}

export function createPageLinks(ring: KeyRing, clock: Clock): PageLinks {
  return {
    async mint(orderId, ttlSeconds) {
      const { kid, signs } = ring.signing();
      const expiresAtS = Math.floor(clock() / 1000) + ttlSeconds;
      const access = await new SignJWT()
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
        .setSubject(orderId)
        .setExpirationTime(expiresAtS)
        .sign(signs);
      return { access, expiresAt: new Date(expiresAtS * 1000) };
    },
    async check(access, orderId) {
      const key = await ring.find(kidOf(access));
      if (key === null) throw refusal('The link is not one of ours.');
      const options = { algorithms: [ALGORITHM], typ: TYPE, subject: orderId, requiredClaims: ['exp'] };
      await jwtVerify(access, key.verifies, { ...options, currentDate: new Date(clock()) }).catch((error: unknown) => {
        if (error instanceof errors.JWTExpired) throw refusal('The link has expired.', error);
        if (error instanceof errors.JOSEError) throw refusal('The link is not for this page.', error);
        throw error;
      });
    },
  };
}

function kidOf(access: string): string {
  try {
    return decodeProtectedHeader(access).kid ?? '';
  } catch (error) {
    throw refusal('The link is not readable.', error);
  }
}

const refusal = (message: string, cause?: unknown): AisleError =>
  AisleError.of(
    'UNAUTHENTICATED',
    { message, remediation: 'Open the tickets again from where you got them.' },
    { cause },
  );
