/** GET /v1/webhooks (docs/WEBHOOKS.md) */
export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly description: string;
  readonly types: readonly string[];
  readonly events?: readonly string[];
  readonly status: 'enabled' | 'disabled';
  readonly disabledReason?: string;
  readonly secrets: readonly { readonly createdAt: string; readonly expiresAt?: string }[];
  readonly createdBy: string;
  readonly createdAt: string;
}
export type WithSecret = Webhook & { readonly secret: string };

export interface Delivery {
  readonly id: string;
  readonly messageId: string;
  readonly type: string;
  readonly eventId?: string;
  readonly status: 'pending' | 'delivered' | 'dead';
  readonly attempts: number;
  readonly lastStatus?: number;
  readonly lastError?: string;
  readonly nextAttemptAt?: string;
  readonly createdAt: string;
  readonly finishedAt?: string;
}
