import type { JSONValue } from 'postgres';
import { LONG_DEADLINE_MS, transaction, type Sql, type Transaction } from '../client.js';
import { recall, remember } from './request-answers.js';

/** An Idempotency-Key, whose it is, and the hash of what it came with. */
export interface OnceRequest {
  readonly subject: string;
  readonly id: string;
  readonly fingerprint: string;
}
export type Once<T> =
  | { readonly kind: 'done' | 'replay'; readonly answer: T }
  /** It came with other content before. */
  | { readonly kind: 'mismatch' };

/** Does the work and remembers its answer, in one transaction (SPEC S7, P5). What `work` throws undoes both. null: no key. */
export function answeredOnce<T extends Readonly<Record<string, JSONValue>>>(
  sql: Sql,
  request: OnceRequest | null,
  work: (tx: Transaction) => Promise<T>,
): Promise<Once<T>> {
  return transaction(
    sql,
    async (tx): Promise<Once<T>> => {
      if (request === null) return { kind: 'done', answer: await work(tx) };
      const { subject, id, fingerprint } = request;
      const before = await recall<T>(tx, subject, id, fingerprint);
      if (before.kind !== 'new') return before;
      const answer = await work(tx);
      await remember(tx, subject, id, fingerprint, answer);
      return { kind: 'done', answer };
    },
    LONG_DEADLINE_MS,
  );
}
