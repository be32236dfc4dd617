import { failpoint } from './failpoint.js';

/** Every step of a payment at which a process may die; a test kills server and worker at each (docs/TESTING.md). */
export const PAYMENT_FAILPOINTS = [
  ...(['pay-after-attempt', 'pay-after-provider', 'pay-before-complete', 'pay-after-complete'] as const),
  ...(['refund-after-attempt', 'refund-after-provider'] as const),
] as const;
export type PaymentFailpoint = (typeof PAYMENT_FAILPOINTS)[number];

export const paymentFailpoint = (name: PaymentFailpoint): Promise<void> => failpoint(name);
