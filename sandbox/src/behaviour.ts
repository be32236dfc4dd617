/**
 * What a payment token makes the sandbox do: the cases that a payment system must live through, one a token. Any other
 * token is declined as invalid_token.
 */
export interface Behaviour {
  /** ok: charged. declined: not, say so. none: not charged and nothing said of it. later: said open, charged by itself afterwards. */
  readonly money: 'ok' | 'declined' | 'none' | 'later';
  /** How the call ends. */
  readonly answer: 'now' | 'never' | 'error' | 'slow';
  readonly declineCode?: string;
  /** Added to the amount that is taken: a provider that takes the wrong one. */
  readonly wrongByMinor?: number;
  readonly webhooks?: { readonly copies?: number; readonly shuffled?: boolean; readonly none?: boolean };
  /** What a later refund of this charge does; refused: for good. */
  readonly refunds?: 'error-once' | 'pending' | 'refused' | 'timeout-once';
}

const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  tok_ok: { money: 'ok', answer: 'now' },
  tok_declined: { money: 'declined', answer: 'now', declineCode: 'card_declined' },
  tok_insufficient_funds: { money: 'declined', answer: 'now', declineCode: 'insufficient_funds' },
  tok_slow: { money: 'ok', answer: 'slow' },
  tok_timeout_after_charge: { money: 'ok', answer: 'never' },
  /** The same without the webhook that would tell: only asking finds out. */
  tok_silent_after_charge: { money: 'ok', answer: 'never', webhooks: { none: true } },
  tok_timeout_before: { money: 'none', answer: 'never' },
  tok_duplicate_webhooks: { money: 'ok', answer: 'now', webhooks: { copies: 5 } },
  tok_webhooks_out_of_order: { money: 'ok', answer: 'now', webhooks: { copies: 5, shuffled: true } },
  tok_webhook_only: { money: 'later', answer: 'now' },
  tok_error_500: { money: 'none', answer: 'error' },
  tok_error_500_after_charge: { money: 'ok', answer: 'error' },
  tok_wrong_amount: { money: 'ok', answer: 'now', wrongByMinor: -1 },
  tok_refund_error_once: { money: 'ok', answer: 'now', refunds: 'error-once' },
  tok_refund_timeout_once: { money: 'ok', answer: 'now', refunds: 'timeout-once' },
  tok_refund_pending: { money: 'ok', answer: 'now', refunds: 'pending' },
  tok_refund_refused: { money: 'ok', answer: 'now', refunds: 'refused' },
};
const UNKNOWN: Behaviour = { money: 'declined', answer: 'now', declineCode: 'invalid_token' };

export const TOKENS = Object.keys(BEHAVIOURS);
/** Anything after a second underscore pair makes tokens of their own: "tok_ok__mallory" behaves as tok_ok. */
export const behaviourOf = (token: string): Behaviour => BEHAVIOURS[token.split('__')[0] ?? ''] ?? UNKNOWN;
