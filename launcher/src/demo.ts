import type { Chart, SeatEvent } from '@aisle/client/protocol';
import { demoArena, demoTheatre } from '../../server/src/domain/chart/demo/index.js';

const REQUEST_TIMEOUT_MS = 30_000;
const DAYS_AHEAD = 30;
const DAY_MS = 86_400_000;
const CURTAIN_UTC_HOURS = 19;
/** Dearest first, in minor units; a chart with more categories repeats the last. */
const PRICES_MINOR = [12_500, 9500, 7500, 5500, 3900, 2500];

interface DemoEvent {
  readonly externalId: string;
  readonly name: string;
  readonly venue: string;
  readonly description: string;
  readonly chart: () => Chart;
}

const DEMO_EVENTS: readonly DemoEvent[] = [
  {
    externalId: 'demo-theatre',
    name: 'The Tempest',
    venue: 'Aisle Playhouse',
    description: 'A theatre with curved rows, a balcony and a standing area.',
    chart: demoTheatre,
  },
  {
    externalId: 'demo-arena',
    name: 'Stadium Lights Tour',
    venue: 'Aisle Arena',
    description: 'An arena: 20,000 seats in a bowl.',
    chart: demoArena,
  },
];

/** Each demo event once, on sale; known by its externalId, so a second start makes no second one. Never throws. */
export async function seedDemo(url: string, adminKey: string, say: (line: string) => void): Promise<void> {
  try {
    const api = new Api(url, adminKey);
    const existing = await api.events();
    for (const demo of DEMO_EVENTS) {
      const found = existing.find((event) => event.externalId === demo.externalId);
      await putOnSale(api, found ?? (await api.post<SeatEvent>('/v1/events', creation(demo))));
    }
  } catch (error) {
    say(`• The demo events could not be put on sale: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A draft is one that an interrupted start left behind; paused and closed ones are somebody's decision. */
async function putOnSale(api: Api, event: SeatEvent): Promise<void> {
  const steps = event.status === 'draft' ? ['publish', 'open'] : event.status === 'published' ? ['open'] : [];
  for (const step of steps) await api.post(`/v1/events/${encodeURIComponent(event.id)}/${step}`, undefined);
}

function creation(demo: DemoEvent): unknown {
  const chart = demo.chart();
  const prices = chart.categories.map(({ key }, index): [string, number] => [
    key,
    PRICES_MINOR[Math.min(index, PRICES_MINOR.length - 1)] ?? 0,
  ]);
  const day = new Date(Date.now() + DAYS_AHEAD * DAY_MS).setUTCHours(CURTAIN_UTC_HOURS, 30, 0, 0);
  return {
    externalId: demo.externalId,
    name: demo.name,
    venue: demo.venue,
    description: demo.description,
    startsAt: new Date(day).toISOString(),
    currency: 'EUR',
    prices: Object.fromEntries(prices),
    chart,
  };
}

class Api {
  constructor(
    private readonly url: string,
    private readonly adminKey: string,
  ) {}

  async events(): Promise<SeatEvent[]> {
    const all: SeatEvent[] = [];
    let cursor: string | undefined;
    do {
      const query = cursor === undefined ? 'limit=1000' : `limit=1000&cursor=${encodeURIComponent(cursor)}`;
      const page: { items: SeatEvent[]; nextCursor?: string } = await this.#call('GET', `/v1/events?${query}`);
      all.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return all;
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.#call('POST', path, body);
  }

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.adminKey}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text) as T;
  }
}
