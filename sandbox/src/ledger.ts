import { randomBytes } from 'node:crypto';
import type { Charge, Journal, Movement, Refund } from './journal.js';

export class LedgerError extends Error {
  constructor(
    readonly code: 'charge_cancelled' | 'charge_already_paid' | 'refund_above_charge' | 'not_captured' | 'not_found',
    message: string,
  ) {
    super(message);
  }
}

const id = (kind: string): string => `sbx_${kind}_${randomBytes(12).toString('base64url')}`;

/** The provider's own books: what it was asked, what it took, what it gave back. Never above what it took. */
export class Ledger {
  readonly #charges = new Map<string, Charge>();
  readonly #refunds = new Map<string, Refund>();
  readonly #movements: Movement[] = [];

  /** A journal brings back what was before the last stop. */
  constructor(private readonly journal: Journal | null = null) {
    for (const entry of journal?.entries() ?? []) {
      if (entry.kind === 'charge') this.#charges.set(entry.value.id, entry.value);
      else if (entry.kind === 'refund') this.#refunds.set(entry.value.id, entry.value);
      else if (entry.kind === 'movement') this.#movements.push(entry.value);
    }
  }

  create(amountMinor: number, currency: string, metadata: Readonly<Record<string, string>>): Charge {
    return this.#putCharge({
      ...{ id: id('ch'), status: 'requires_token', amountMinor, currency, metadata },
      ...{ capturedMinor: 0, refundedMinor: 0, declineCode: null, token: null },
      clientSecret: id('secret'),
      createdAt: new Date().toISOString(),
    });
  }

  /** Takes the money. Throws LedgerError where it has been taken or must not be any more. */
  capture(chargeId: string, capturedMinor: number, token: string): Charge {
    const charge = this.payable(chargeId);
    this.#move({ kind: 'capture', chargeId, amountMinor: capturedMinor, currency: charge.currency });
    return this.#putCharge({ ...charge, status: 'succeeded', capturedMinor, token, declineCode: null });
  }

  process(chargeId: string): Charge {
    return this.#putCharge({ ...this.payable(chargeId), status: 'processing' });
  }

  decline(chargeId: string, declineCode: string): Charge {
    return this.#putCharge({ ...this.payable(chargeId), declineCode });
  }

  /** Idempotent; a charge that was paid stays paid. */
  cancel(chargeId: string): Charge {
    const charge = this.charge(chargeId);
    return charge.status === 'requires_token' ? this.#putCharge({ ...charge, status: 'cancelled' }) : charge;
  }

  payable(chargeId: string): Charge {
    const charge = this.charge(chargeId);
    if (charge.status === 'cancelled') throw new LedgerError('charge_cancelled', 'the charge was cancelled');
    if (charge.status === 'succeeded') throw new LedgerError('charge_already_paid', 'the charge is paid');
    return charge;
  }

  /** `status` pending: the money moves with `settleRefund`. Throws LedgerError above what is left of the charge. */
  refund(
    chargeId: string,
    amountMinor: number,
    status: Refund['status'],
    metadata: Readonly<Record<string, string>>,
  ): Refund {
    const charge = this.charge(chargeId);
    if (charge.status !== 'succeeded') throw new LedgerError('not_captured', 'there is nothing to give back');
    if (status !== 'failed' && amountMinor > charge.capturedMinor - this.#promised(chargeId)) {
      throw new LedgerError('refund_above_charge', 'more than is left of the charge');
    }
    const refund = this.#putRefund({
      ...{ id: id('re'), chargeId, status: 'pending', amountMinor, currency: charge.currency, metadata },
      createdAt: new Date().toISOString(),
    });
    return status === 'pending' ? refund : this.settleRefund(refund.id, status);
  }

  settleRefund(refundId: string, status: 'succeeded' | 'failed'): Refund {
    const refund = this.refundOf(refundId);
    if (refund.status !== 'pending') return refund;
    if (status === 'succeeded') {
      const charge = this.charge(refund.chargeId);
      const { chargeId, amountMinor, currency } = refund;
      this.#move({ kind: 'refund', chargeId, amountMinor, currency });
      this.#putCharge({ ...charge, refundedMinor: charge.refundedMinor + amountMinor });
    }
    return this.#putRefund({ ...refund, status });
  }

  charge(chargeId: string): Charge {
    const charge = this.#charges.get(chargeId);
    if (charge === undefined) throw new LedgerError('not_found', 'there is no such charge');
    return charge;
  }

  refundOf(refundId: string): Refund {
    const refund = this.#refunds.get(refundId);
    if (refund === undefined) throw new LedgerError('not_found', 'there is no such refund');
    return refund;
  }

  charges(): Charge[] {
    return [...this.#charges.values()];
  }

  refunds(): Refund[] {
    return [...this.#refunds.values()];
  }

  movements(): readonly Movement[] {
    return this.#movements;
  }

  /** Given back already or about to be. */
  #promised(chargeId: string): number {
    return this.refunds()
      .filter((refund) => refund.chargeId === chargeId && refund.status !== 'failed')
      .reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  }

  #putCharge(value: Charge): Charge {
    this.#charges.set(value.id, value);
    this.journal?.add({ kind: 'charge', value });
    return value;
  }

  #putRefund(value: Refund): Refund {
    this.#refunds.set(value.id, value);
    this.journal?.add({ kind: 'refund', value });
    return value;
  }

  #move(movement: Omit<Movement, 'at'>): void {
    const value = { ...movement, at: new Date().toISOString() };
    this.#movements.push(value);
    this.journal?.add({ kind: 'movement', value });
  }
}
