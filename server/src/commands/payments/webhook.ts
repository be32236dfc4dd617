import { AisleError } from '@aisle/client/protocol';
import type { CommandResult } from '../../domain/ports/commands.js';
import type { PaymentProvider, ProviderNotice, StoredAttempt, WebhookAnswer } from '../../domain/ports/payments.js';
import { failed, found } from '../answer.js';
import { RETRY_AFTER_MS, type PaymentCommandDeps } from './deps.js';

/**
 * POST /payments/{provider}/webhook. A genuine message says which payment to look at, no more: what became of it is asked of
 * the provider. Answered 200 as soon as nothing can be lost; of a payment that is not ours too, for sending it again would
 * change nothing. Forged: FORBIDDEN; stale: INVALID_REQUEST; a store away: UNAVAILABLE, and the provider sends it again.
 */
export async function webhook(
  deps: PaymentCommandDeps,
  name: string,
  raw: Uint8Array,
  headers: Readonly<Record<string, string>>,
): Promise<CommandResult<WebhookAnswer>> {
  try {
    const { provider } = deps.desk;
    if (provider?.name !== name) {
      throw AisleError.of('INVALID_REQUEST', { message: 'This server has no such payment provider.' });
    }
    const notice = provider.readWebhook(raw, headers);
    return found({ received: true, known: notice !== null && (await follow(deps, provider, notice)) });
  } catch (error) {
    return failed(error);
  }
}

/** False: of no payment of ours. */
async function follow(deps: PaymentCommandDeps, provider: PaymentProvider, notice: ProviderNotice): Promise<boolean> {
  const attempt = await attemptOf(deps, provider.name, notice);
  if (attempt === null) {
    const { id, attemptId, providerRef } = notice;
    deps.logger.warn(
      { provider: provider.name, webhookId: id, attemptId, providerRef },
      'a webhook of no payment of ours',
    );
    return false;
  }
  if (attempt.status === 'succeeded') return true;
  // Signed, and about this attempt: its reference spares a search.
  const settled = await deps.desk.resolve({ ...attempt, providerRef: attempt.providerRef ?? notice.providerRef });
  if (settled.kind !== 'unknown') return true;
  // An open attempt is asked about by the worker, at once. An ended one is not: let the provider send this again.
  if (attempt.status !== 'open') throw AisleError.of('UNAVAILABLE', { retryAfterMs: RETRY_AFTER_MS });
  await deps.payments.keepOpen(attempt.id, notice.providerRef, 0);
  return true;
}

async function attemptOf(
  { payments }: PaymentCommandDeps,
  provider: string,
  { attemptId, providerRef }: ProviderNotice,
): Promise<StoredAttempt | null> {
  const named = attemptId === null ? null : await payments.find(attemptId);
  const attempt = named ?? (await payments.findByRef(provider, providerRef));
  return attempt?.provider === provider ? attempt : null;
}
