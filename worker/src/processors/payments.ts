import type { PaymentBook, PaymentDesk } from '../../../server/src/domain/ports/payments.js';
import type { Logger } from '../../../server/src/platform/logger.js';
import type { Metrics } from '../../../server/src/platform/metrics.js';

export interface PaymentUpkeepDeps {
  readonly book: Pick<PaymentBook, 'takeDue' | 'countOpen'>;
  readonly desk: PaymentDesk;
  readonly metrics: Pick<Metrics, 'paymentsOpen'>;
  /** Events whose orders are the operator's to settle (SPEC R3); absent: none. */
  readonly behind?: () => readonly string[];
  readonly logger: Logger;
}

/** At a time; each is one or two calls of at most 5 s, so that a provider that hangs holds a round up for seconds. */
const BATCH = 20;
/** As long as more are due, a round goes on: thousands of open checkouts must not keep a late payment from its refund. */
const ROUND_MS = 5000;
/** Above what one attempt may take: look, then cancel or refund. Should this worker die, another takes them up then. */
const LEASE_MS = 20_000;

/**
 * Attempts whose end nobody has seen (SPEC O4): asked about until they have one. Refunds are carried out here, and again until
 * they are final.
 */
export async function settlePayments({ book, desk, metrics, logger, behind }: PaymentUpkeepDeps): Promise<void> {
  const endMs = performance.now() + ROUND_MS;
  let full = desk.provider !== null;
  while (full && performance.now() < endMs) {
    const due =
      desk.provider === null ? [] : await book.takeDue([desk.provider.name], BATCH, LEASE_MS, behind?.() ?? []);
    await Promise.all(
      due.map(async (attempt) => {
        try {
          await desk.resolve(attempt);
        } catch (error) {
          logger.error({ err: error, attemptId: attempt.id }, 'a payment could not be settled; it comes again');
        }
      }),
    );
    full = due.length === BATCH;
  }
  const { charges, refunds } = await book.countOpen();
  metrics.paymentsOpen.set({ kind: 'charge' }, charges);
  metrics.paymentsOpen.set({ kind: 'refund' }, refunds);
}
