import { isLostConnection } from '../db/begin.js';
import { sqlState, unavailable } from '../db/client.js';
import { redisFailure } from '../redis/failure.js';

/**
 * What a load or a comparison failed of, in the callers' words: UNAVAILABLE where a store went away on the way. What Postgres
 * itself refused stays as it came.
 */
export function storeFailure(error: unknown): unknown {
  if (isLostConnection(error)) return unavailable(error);
  return sqlState(error) === '' ? redisFailure(error) : error;
}
