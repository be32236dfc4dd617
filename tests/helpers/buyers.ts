import { SignJWT } from 'jose';
import { io, type Socket } from 'socket.io-client';
import type { Ack, Chart, SeatEvent, UpName, UpPayload } from '@aisle/client/protocol';

/** For tests that need many buyers: signs their tokens itself, as a shop would. `secret`: AISLE_AUTH_SECRET. */
export async function buyerToken(subject: string, secret: string): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(subject)
    .setIssuedAt()
    .setExpirationTime('2h')
    .sign(new TextEncoder().encode(secret));
}

/** A bare socket that speaks the protocol, without the SDK's help: what the server does is seen as it is. */
export class Buyer {
  private constructor(
    readonly subject: string,
    readonly socket: Socket,
  ) {}

  static async connect(url: string, subject: string, secret: string): Promise<Buyer> {
    const token = await buyerToken(subject, secret);
    const socket = io(url, {
      transports: ['websocket'],
      auth: { token, protocol: 1 },
      forceNew: true,
      reconnection: false,
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve());
      socket.once('connect_error', reject);
    });
    return new Buyer(subject, socket);
  }

  async send<N extends UpName>(name: N, payload: UpPayload<N>, timeoutMs = 15_000): Promise<Ack<N>> {
    const answer: unknown = await this.socket.timeout(timeoutMs).emitWithAck(name, payload);
    return answer as Ack<N>;
  }

  close(): void {
    this.socket.disconnect();
  }
}

/** Connects in groups, so that the accept queue of a busy machine is not the thing tested. */
export async function connectBuyers(
  { urls, authSecret }: { urls: readonly string[]; authSecret: string },
  count: number,
  prefix: string,
): Promise<Buyer[]> {
  const buyers: Buyer[] = [];
  const GROUP = 50;
  for (let start = 0; start < count; start += GROUP) {
    const group = Array.from({ length: Math.min(GROUP, count - start) }, (_, i) =>
      Buyer.connect(urls[(start + i) % urls.length] ?? '', `${prefix}-${start + i}`, authSecret),
    );
    buyers.push(...(await Promise.all(group)));
  }
  return buyers;
}

export interface Admin {
  readonly urls: readonly string[];
  readonly adminKey: string;
}

export async function adminCall<T>(
  { urls, adminKey }: Admin,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await fetch(`${urls[0] ?? ''}/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${adminKey}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}

/** An event on sale. */
export async function sellEvent(admin: Admin, chart: Chart, fields: Record<string, unknown> = {}): Promise<SeatEvent> {
  const prices = Object.fromEntries(chart.categories.map(({ key }) => [key, 1000]));
  const { id } = await adminCall<SeatEvent>(admin, 'POST', '/events', {
    name: chart.name,
    startsAt: '2030-01-01T20:00:00Z',
    currency: 'EUR',
    prices,
    chart,
    ...fields,
  });
  await adminCall(admin, 'POST', `/events/${id}/publish`, {});
  return adminCall<SeatEvent>(admin, 'POST', `/events/${id}/open`, {});
}

/** Plain rows of seats side by side, ids "r<row>-<number>", and areas if wanted. */
export function plainChart(rows: number, perRow: number, areas: { id: string; capacity: number }[] = []): Chart {
  return {
    format: 'aisle-chart/1',
    name: `plain ${rows}×${perRow}`,
    categories: [{ key: 'A', label: 'Seats' }, ...(areas.length > 0 ? [{ key: 'GA', label: 'Standing' }] : [])],
    sections: [],
    seats: Array.from({ length: rows * perRow }, (_, i) => ({
      id: `r${Math.floor(i / perRow)}-${i % perRow}`,
      row: `r${Math.floor(i / perRow)}`,
      number: String(i % perRow),
      x: (i % perRow) * 20,
      y: Math.floor(i / perRow) * 25,
      category: 'A',
    })),
    areas: areas.map(({ id, capacity }, i) => ({
      id,
      label: id,
      category: 'GA',
      capacity,
      x: i * 100,
      y: -100,
      width: 80,
      height: 50,
    })),
    shapes: [],
    focalPoint: { x: (perRow * 20) / 2, y: -50 },
  };
}
