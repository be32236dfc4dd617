import { AisleError } from '@aisle/client/protocol';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';

/** What a webhook says. `data` holds ids, numbers and states, never personal data: fetch the order for more. */
export interface WebhookMessage {
  /** The same at every delivery of it: keep it to act once. */
  readonly id: string;
  /** `order.completed`, `seats.sold`, … */
  readonly type: string;
  /** ISO 8601: when it happened. */
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

const NAMES = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;

/**
 * A delivery by Standard Webhooks: its signature over the very bytes that came, and its age (five minutes at most). Several
 * secrets while they are rotated. Throws AisleError FORBIDDEN: do not act on it.
 */
export function verifyWebhook(
  rawBody: string | Uint8Array,
  headers: WebhookHeaders,
  secret: string | readonly string[],
): WebhookMessage {
  const text = typeof rawBody === 'string' ? rawBody : Buffer.from(rawBody).toString('utf8');
  const signed = Object.fromEntries(NAMES.map((name) => [name, headerOf(headers, name)]));
  const message = check(text, signed, typeof secret === 'string' ? [secret] : secret);
  if (!isMessage(message)) throw refusal('The webhook is signed, but not a message of Aisle.');
  const { type, timestamp, data } = message;
  return { id: signed['webhook-id'] ?? '', type, timestamp, data };
}

function check(text: string, headers: Record<string, string>, secrets: readonly string[]): unknown {
  let refused: unknown;
  for (const secret of secrets) {
    try {
      return new Webhook(secret).verify(text, headers);
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
      refused = error;
    }
  }
  throw refusal(refused instanceof Error ? refused.message : 'There is no secret to verify it with.', refused);
}

function headerOf(headers: WebhookHeaders, name: string): string {
  if (headers instanceof Headers) return headers.get(name) ?? '';
  const [, value] = Object.entries(headers).find(([key]) => key.toLowerCase() === name) ?? [];
  return typeof value === 'string' ? value : (value?.[0] ?? '');
}

function isMessage(value: unknown): value is Omit<WebhookMessage, 'id'> {
  if (typeof value !== 'object' || value === null) return false;
  const { type, timestamp, data } = value as Record<string, unknown>;
  return typeof type === 'string' && typeof timestamp === 'string' && typeof data === 'object' && data !== null;
}

const refusal = (message: string, cause?: unknown): AisleError =>
  AisleError.of('FORBIDDEN', { message, remediation: 'Answer 400 and do not act on it.' }, { cause });
