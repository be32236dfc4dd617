import { createHmac, randomUUID } from 'node:crypto';

export interface WebhookEvent {
  readonly id: string;
  readonly type: string;
  readonly createdAt: string;
  /** The charge or refund as it was then. */
  readonly data: object;
}
export interface DeliveryWishes {
  readonly copies?: number;
  /** Later ones may come first. */
  readonly shuffled?: boolean;
}

const ATTEMPT_TIMEOUT_MS = 5000;
/** Pauses between attempts; then it is given up, as a real provider does after days. */
const RETRY_MS = [250, 500, 1000, 2000, 5000, 10_000, 30_000];
const SHUFFLE_WITHIN_MS = 300;

/** The headers of Standard Webhooks: id, seconds since 1970, HMAC-SHA256 over `id.timestamp.body`. */
export function signedHeaders(secret: string, id: string, timestampS: number, body: string): Record<string, string> {
  const signature = createHmac('sha256', secret).update(`${id}.${timestampS}.${body}`).digest('base64');
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': `v1,${signature}`,
  };
}

/** Sends events to one address until it answers 2xx, each copy by itself. */
export class Webhooks {
  readonly #timers = new Set<NodeJS.Timeout>();
  url: string | null;
  /** false: events are dropped, as a provider whose deliveries are down. */
  enabled = true;
  delivered = 0;

  constructor(
    private readonly secret: string,
    url: string | null,
  ) {
    this.url = url;
  }

  send(type: string, data: object, { copies = 1, shuffled = false }: DeliveryWishes = {}): void {
    if (this.url === null || !this.enabled) return;
    const event: WebhookEvent = { id: `evt_${randomUUID()}`, type, createdAt: new Date().toISOString(), data };
    for (let copy = 0; copy < copies; copy += 1) {
      this.#later(shuffled ? Math.random() * SHUFFLE_WITHIN_MS : 0, event, 0);
    }
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.enabled = false;
  }

  #later(ms: number, event: WebhookEvent, attempt: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#attempt(event, attempt);
    }, ms);
    this.#timers.add(timer);
  }

  async #attempt(event: WebhookEvent, attempt: number): Promise<void> {
    if (await this.#post(event)) {
      this.delivered += 1;
      return;
    }
    const pause = RETRY_MS[attempt];
    if (pause !== undefined && this.enabled) this.#later(pause, event, attempt + 1);
  }

  async #post(event: WebhookEvent): Promise<boolean> {
    if (this.url === null) return true;
    const body = JSON.stringify(event);
    try {
      const headers = signedHeaders(this.secret, event.id, Math.floor(Date.now() / 1000), body);
      const signal = AbortSignal.timeout(ATTEMPT_TIMEOUT_MS);
      const response = await fetch(this.url, { method: 'POST', headers, body, signal });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    }
  }
}
