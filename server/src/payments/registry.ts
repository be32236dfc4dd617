import type { PaymentProvider } from '../domain/ports/payments.js';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config.js';
import { createSandboxProvider } from './sandbox.js';
import { createStripeProvider } from './stripe.js';

/** The provider that the configuration names; null: none. What it needs is there: the configuration was refused else. */
export function createPaymentProvider(config: Config, clock: Clock): PaymentProvider | null {
  switch (config.AISLE_PAYMENT_PROVIDER) {
    case 'none':
      return null;
    case 'sandbox':
      return createSandboxProvider({
        url: needed(config.AISLE_SANDBOX_URL, 'AISLE_SANDBOX_URL').replace(/\/$/, ''),
        secret: needed(config.AISLE_SANDBOX_SECRET, 'AISLE_SANDBOX_SECRET'),
        clock,
      });
    case 'stripe':
      return createStripeProvider({
        secretKey: needed(config.AISLE_STRIPE_SECRET_KEY, 'AISLE_STRIPE_SECRET_KEY'),
        webhookSecret: needed(config.AISLE_STRIPE_WEBHOOK_SECRET, 'AISLE_STRIPE_WEBHOOK_SECRET'),
        apiUrl: config.AISLE_STRIPE_API_URL ?? null,
      });
  }
}

function needed(value: string | undefined, name: string): string {
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
}
