import { AisleError } from '@aisle/client/protocol';
import { errors } from 'jose';
import { unauthenticated } from './claims.js';

/** What jose found wrong, in words for the person who made the token. Never says what the right key or value would be. */
export function explain(error: unknown): AisleError {
  if (error instanceof AisleError) return error;
  if (error instanceof errors.JWTExpired) return unauthenticated('The token has expired.', error);
  if (error instanceof errors.JWTClaimValidationFailed) return unauthenticated(claimFault(error), error);
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey) {
    return unauthenticated("The token's signature does not match: it was made with another key.", error);
  }
  if (error instanceof errors.JOSEAlgNotAllowed)
    return unauthenticated('The token is signed with an algorithm that is not accepted here.', error);
  if (error instanceof errors.JWKSTimeout) {
    return AisleError.of(
      'UNAVAILABLE',
      { message: 'The key server does not answer.', retryAfterMs: 1000 },
      { cause: error },
    );
  }
  if (error instanceof errors.JOSEError) return unauthenticated('The token is not readable.', error);
  // fetch of the key set failed: the network's fault, not the token's.
  return AisleError.of(
    'UNAVAILABLE',
    { message: 'The token could not be checked.', retryAfterMs: 1000 },
    { cause: error },
  );
}

function claimFault(error: errors.JWTClaimValidationFailed): string {
  switch (error.claim) {
    case 'aud':
      return 'The token is for another audience.';
    case 'iss':
      return 'The token comes from another issuer.';
    case 'nbf':
      return 'The token is not valid yet.';
    default:
      return `The token's claim "${error.claim}" is missing or wrong.`;
  }
}
