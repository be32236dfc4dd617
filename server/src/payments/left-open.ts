import type { PaymentBook } from '../domain/ports/payments.js';
import type { Logger } from '../platform/logger.js';

/**
 * Says in the log which payments are open with a provider that the configuration no longer names: nobody asks it about them,
 * money may come and not be seen, refunds are not carried out. Never rejects: a start does not wait for Postgres.
 */
export async function warnOfLeftOpen(
  book: Pick<PaymentBook, 'openElsewhere'>,
  provider: string | null,
  logger: Logger,
): Promise<void> {
  try {
    for (const { provider: left, charges, refunds } of await book.openElsewhere(provider)) {
      logger.error(
        { provider: left, configured: provider ?? 'none', charges, refunds },
        'payments are open with a provider that is not configured any more, and nobody settles them: set it again until they are done',
      );
    }
  } catch (error) {
    logger.warn({ err: error }, 'not known whether payments are open with another provider: Postgres does not answer');
  }
}
