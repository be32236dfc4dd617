import type { PaymentCommands } from '../../domain/ports/payments.js';
import { checkout } from './checkout.js';
import type { PaymentCommandDeps } from './deps.js';
import { pay } from './pay.js';
import { webhook } from './webhook.js';

export type { PaymentCommandDeps } from './deps.js';

/** Paying by Aisle's own provider (SPEC O4). */
export const createPaymentCommands = (deps: PaymentCommandDeps): PaymentCommands => ({
  checkout: (actor, payload) => checkout(deps, actor, payload),
  pay: (actor, orderId, payload) => pay(deps, actor, orderId, payload),
  webhook: (provider, raw, headers) => webhook(deps, provider, raw, headers),
});
