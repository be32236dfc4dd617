import { expect, test } from 'vitest';
import type { PaymentDesk, StoredAttempt } from '../../server/src/domain/ports/payments.js';
import { createMetrics } from '../../server/src/platform/metrics.js';
import { settlePayments } from '../../worker/src/processors/payments.js';
import { silent } from '../integration/support/store-world.js';

const attempt = (id: string): StoredAttempt => ({
  ...{ id, orderId: 'ord_12345678', kind: 'charge', provider: 'test', amountMinor: 1, currency: 'EUR', status: 'open' },
  ...{ providerRef: null, refundOf: null, chargeRef: null, cause: '', declineCode: null, byBrowser: true },
  ...{ checks: 1, ageMs: 0, orderPending: true },
});

test('O4 a round goes on while payments are due: many open checkouts keep no other from its end', async () => {
  const waiting = Array.from({ length: 95 }, (_, index) => attempt(`pay_${index}`));
  const asked: string[] = [];
  const never = (): Promise<never> => Promise.reject(new Error('not asked for'));
  const desk: PaymentDesk = {
    provider: {
      ...{ name: 'test', charge: never, refund: never, lookUp: never, cancel: never },
      readWebhook: () => null,
    },
    charge: never,
    resolve: ({ id }) => {
      asked.push(id);
      // One that cannot be settled holds up none of the others.
      return id === 'pay_3' ? never() : Promise.resolve({ kind: 'open' });
    },
  };
  await settlePayments({
    book: {
      takeDue: (_providers, limit) => Promise.resolve(waiting.splice(0, limit)),
      countOpen: () => Promise.resolve({ charges: 0, refunds: 0 }),
    },
    ...{ desk, logger: silent, metrics: createMetrics('test') },
  });
  expect(new Set(asked).size).toBe(95);
});
