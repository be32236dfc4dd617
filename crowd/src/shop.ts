import type { Chart, SeatEvent } from '@aisle/client';

const TIMEOUT_MS = 15_000;
/** An event's state is read anew this often at most: the crowd is to move the map, not to load the server with questions. */
const EVENTS_FRESH_MS = 10_000;

export class HttpRefusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(`${status} ${code}`);
  }
}

/** The HTTP side of one Aisle, shared by the whole crowd; charts are read once a version. */
export class Shop {
  readonly #charts = new Map<string, Promise<Chart>>();
  #events: Promise<readonly SeatEvent[]> | undefined;
  #eventsAtMs = -Infinity;

  constructor(
    readonly url: string,
    private readonly key: string,
  ) {}

  /** A session of a customer that nobody is. */
  async session(subject: string): Promise<string> {
    const body = { subject, role: 'customer', ttlSeconds: 3600 };
    return (await this.call<{ token: string }>('POST', '/sessions', { body })).token;
  }

  async onSale(): Promise<readonly SeatEvent[]> {
    const now = performance.now();
    if (this.#events === undefined || now - this.#eventsAtMs > EVENTS_FRESH_MS) {
      this.#eventsAtMs = now;
      this.#events = this.call<{ items: SeatEvent[] }>('GET', '/events?status=on_sale&limit=100').then(
        ({ items }) => items,
      );
      this.#events.catch(() => (this.#events = undefined));
    }
    return this.#events;
  }

  async chart(event: SeatEvent): Promise<Chart> {
    const name = `${event.id} ${event.chartVersion}`;
    let chart = this.#charts.get(name);
    if (chart === undefined) {
      chart = this.call<Chart>('GET', `/events/${event.id}/chart`);
      this.#charts.set(name, chart);
      chart.catch(() => this.#charts.delete(name));
    }
    return chart;
  }

  /** Throws HttpRefusal, or TypeError where nobody answers. `token`: a buyer's; else the crowd's own key. */
  async call<T>(method: string, path: string, options: { token?: string; body?: object; key?: string } = {}) {
    const { token = this.key, body, key } = options;
    const response = await fetch(`${this.url}/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = (await response.json()) as T & { error?: { code?: string } };
    if (!response.ok) throw new HttpRefusal(response.status, answer.error?.code ?? 'UNKNOWN');
    return answer;
  }
}
