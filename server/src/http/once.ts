import { AisleError } from '@aisle/client/protocol';
import type { Sql, Transaction } from '../db/client.js';
import { answeredOnce } from '../db/requests/answered-once.js';
import { canonicalHash } from '../domain/chart/canonical.js';
import { actorOf, type AppContext } from './context.js';

/**
 * A POST under its Idempotency-Key, where it came with one; the second time nothing is done (SPEC P5). `content`: what must be the
 * same for it to be the same request. Throws IDEMPOTENCY_MISMATCH.
 */
export async function once<T extends Readonly<Record<string, string | number>>>(
  c: AppContext,
  sql: Sql,
  content: readonly unknown[],
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const id = c.req.header('idempotency-key');
  const { subject } = await actorOf(c);
  const request = id === undefined ? null : { subject: subject ?? '', id, fingerprint: canonicalHash(content) };
  const result = await answeredOnce(sql, request, work);
  if (result.kind === 'mismatch') throw AisleError.of('IDEMPOTENCY_MISMATCH');
  if (result.kind === 'replay') c.set('replayed', true);
  return result.answer;
}
