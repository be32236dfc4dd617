import type { People } from '../domain/ports/people.js';
import { newApiKey } from './api-keys.js';
import { isReserved } from './claims.js';
import type { Revocations } from './revocations.js';

export const createPeople = (revocations: Revocations): People => ({
  newKey: newApiKey,
  isReserved,
  revocationsChanged: () => revocations.changed(),
  revoke: (what) => revocations.revoke(what),
});
