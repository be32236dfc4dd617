import type { Transaction } from '../client.js';

/** Excludes every order insert of the event until the transaction ends (SPEC R2). */
export async function lockEpochExclusive(tx: Transaction, eventId: string): Promise<void> {
  await tx`SELECT pg_advisory_xact_lock(hashtextextended(${`aisle:epoch:${eventId}`}, 0))`;
}

/** Taken by whatever claims places, before it compares the epoch (SPEC R2). */
export async function lockEpochShared(tx: Transaction, eventId: string): Promise<void> {
  await tx`SELECT pg_advisory_xact_lock_shared(hashtextextended(${`aisle:epoch:${eventId}`}, 0))`;
}
