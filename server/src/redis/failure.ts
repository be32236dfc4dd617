import { AisleError } from '@aisle/client/protocol';

/** Error replies that say "not now", none of which has changed anything. */
const PASSING = /^(LOADING|READONLY|MASTERDOWN|BUSY|OOM|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|MISCONF|NOAUTH|UNBLOCKED)\b/;
const RETRY_AFTER_MS = 250;

/**
 * What a failed Redis call means to the caller: UNAVAILABLE for all that passes by itself (also a time-out, after which
 * the command may still apply: that is what request ids are for), INTERNAL for a script that found damaged data.
 */
export function redisFailure(error: unknown): AisleError {
  if (error instanceof AisleError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const fromScript = error instanceof Error && error.name === 'ReplyError';
  if (error instanceof TypeError || error instanceof RangeError) return AisleError.of('INTERNAL', {}, { cause: error });
  if (fromScript && !PASSING.test(message)) {
    return AisleError.of(
      'INTERNAL',
      { message: 'The seat store found damaged data and changed nothing.' },
      { cause: error },
    );
  }
  return AisleError.of(
    'UNAVAILABLE',
    { message: 'The seat store does not answer right now.', retryAfterMs: RETRY_AFTER_MS },
    { cause: error },
  );
}
