import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

const SECRET_BYTES = 32;

/** A secret of an endpoint. Several live at once while they are rotated. */
export interface WebhookSecret {
  readonly secret: string;
  readonly createdAt: string;
  /** Signs no longer after this; null: the current one. */
  readonly expiresAt: string | null;
}

export const newSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;

export const liveSecrets = (secrets: readonly WebhookSecret[], nowMs: number): WebhookSecret[] =>
  secrets.filter(({ expiresAt }) => expiresAt === null || Date.parse(expiresAt) > nowMs);

/** The three headers of Standard Webhooks: a signature by every secret, so that a receiver may change over at leisure (SPEC W2). */
export function signedHeaders(
  secrets: readonly string[],
  message: { readonly id: string; readonly body: string },
  nowMs: number,
): Record<string, string> {
  const at = new Date(nowMs);
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(Math.floor(nowMs / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(message.id, at, message.body)).join(' '),
  };
}
