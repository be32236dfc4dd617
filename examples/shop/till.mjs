// Where the money is: in place of your payment provider. It keeps what it must never get wrong, one charge a key.
import { randomUUID } from 'node:crypto';
import { AisleError } from '@aisle/server';

/** `card`: anything; one that ends in 0002 is declined. */
export function createTill() {
  const receipts = new Map();
  return {
    /** Once a key, however often it is called. Throws PAYMENT_DECLINED. */
    async charge({ key, amountMinor, currency, card }) {
      const before = receipts.get(key);
      if (before !== undefined) return before;
      if (String(card).endsWith('0002')) throw AisleError.of('PAYMENT_DECLINED');
      const receipt = { reference: `till-${randomUUID()}`, amountMinor, currency, refunded: false };
      receipts.set(key, receipt);
      return receipt;
    },
    async refund(receipt) {
      receipt.refunded = true;
    },
  };
}
