import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { io, type Socket as ClientSocket } from 'socket.io-client';
import WebSocket from 'ws';

export type Client = ClientSocket;

export function openClient(
  url: string,
  auth: Record<string, unknown> = {},
  extraHeaders: Record<string, string> = {},
): Client {
  return io(url, {
    path: '/socket.io/',
    transports: ['websocket'],
    auth,
    extraHeaders,
    reconnection: false,
    forceNew: true,
  });
}

/** The arguments of the next event of that name. */
export function next(socket: Client, name: string): Promise<unknown[]> {
  return new Promise((resolve) => socket.once(name, (...args: unknown[]) => resolve(args)));
}

/** Connected and greeted. */
export async function connectClient(
  url: string,
  auth: Record<string, unknown> = {},
): Promise<{ socket: Client; hello: Record<string, unknown> }> {
  const socket = openClient(url, auth);
  const hello = new Promise<Record<string, unknown>>((resolve, reject) => {
    socket.once('hello', resolve);
    socket.once('connect_error', reject);
  });
  return { socket, hello: await hello };
}

/** The `data` of a refused handshake. */
export async function refusal(url: string, auth: Record<string, unknown>): Promise<Record<string, unknown>> {
  const socket = openClient(url, auth);
  try {
    const [error] = (await next(socket, 'connect_error')) as [Error & { data?: Record<string, unknown> }];
    return error.data ?? { code: `none: ${error.message}` };
  } finally {
    socket.close();
  }
}

export interface Acked {
  ok: boolean;
  error?: {
    code: string;
    message: string;
    retryable: boolean;
    retryAfterMs?: number;
    details?: Record<string, unknown>;
  };
  [field: string]: unknown;
}
export function ask(socket: Client, name: string, ...args: unknown[]): Promise<Acked> {
  return socket.timeout(10_000).emitWithAck(name, ...args) as Promise<Acked>;
}

/** A websocket below Socket.IO, to say what no client would. Its TCP socket can be paused. */
export interface RawClient {
  readonly ws: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly received: string[];
  pause(): void;
  resume(): void;
}

export async function rawClient(url: string, auth: object = {}): Promise<RawClient> {
  const ws = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  const received: string[] = [];
  let greeted = (): void => undefined;
  const hello = new Promise<void>((resolve) => (greeted = resolve));
  ws.on('message', (data: Buffer) => {
    const text = data.toString();
    received.push(text);
    if (text.startsWith('0{')) ws.send(`40${JSON.stringify(auth)}`);
    if (text.startsWith('42["hello"')) greeted();
    if (text === '2') ws.send('3');
  });
  ws.on('error', () => undefined);
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await Promise.race([hello, closed]);
  return { ws, received, closed, pause: () => ws.pause(), resume: () => ws.resume() };
}

/** Raw HTTP, byte by byte. */
export async function rawHttp(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}
