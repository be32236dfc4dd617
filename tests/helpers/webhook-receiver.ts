import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** The body of a message, as docs/WEBHOOKS.md has it. */
export interface ReceivedBody {
  readonly type: string;
  readonly timestamp: string;
  readonly data: {
    readonly [field: string]: unknown;
    readonly eventId?: string;
    readonly epoch?: number;
    readonly seq?: number;
    readonly seats?: readonly {
      readonly id: string;
      readonly seatNo: number;
      readonly from: string;
      readonly to: string;
    }[];
    readonly areas?: readonly { readonly id: string; readonly areaNo: number; readonly quantity: number }[];
  };
}
export interface Received {
  readonly id: string;
  readonly path: string;
  readonly raw: string;
  readonly body: ReceivedBody;
  readonly headers: IncomingMessage['headers'];
  /** What it was answered; 0: nothing. */
  status: number;
}
/** How to answer: a status, or by hand. */
export type Answerer = (
  received: Received,
  response: ServerResponse,
) => number | { status: number; headers: Record<string, string> } | null;

export interface WebhookReceiver {
  readonly url: string;
  /** Every request, in the order in which it came. */
  readonly all: Received[];
  /** Those answered 2xx. */
  readonly accepted: () => Received[];
  answer: Answerer;
  close(): Promise<void>;
}

/** A shop's server, real HTTP on loopback. */
export async function startReceiver(answer: Answerer = () => 204): Promise<WebhookReceiver> {
  const all: Received[] = [];
  const receiver = { answer };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString('utf8');
      const received: Received = {
        ...{ id: String(request.headers['webhook-id']), path: request.url ?? '', raw, headers: request.headers },
        ...{ body: JSON.parse(raw) as ReceivedBody, status: 0 },
      };
      all.push(received);
      const decided = receiver.answer(received, response);
      if (decided === null) return;
      const { status, headers } = typeof decided === 'number' ? { status: decided, headers: {} } : decided;
      received.status = status;
      response.writeHead(status, headers).end();
    });
  });
  await listen(server);
  return Object.assign(receiver, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    all,
    accepted: () => all.filter(({ status }) => status >= 200 && status < 300),
    close: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

const listen = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });

/** By the package that receivers are told to use. */
export function verifies(received: Received, secret: string): boolean {
  try {
    new Webhook(secret).verify(received.raw, {
      'webhook-id': received.id,
      'webhook-timestamp': String(received.headers['webhook-timestamp']),
      'webhook-signature': String(received.headers['webhook-signature']),
    });
    return true;
  } catch {
    return false;
  }
}
