import { createServer, type Server as HttpServer } from 'node:http';
import { getRequestListener, RequestError } from '@hono/node-server';
import { wireError } from '@aisle/client/protocol';
import { Server, type Socket } from 'socket.io';
import type { WebSocket } from 'ws';
import { clientIp, connectionIp } from './client-ip.js';
import {
  CUT_AS_SLOW,
  DEFAULT_MAX_BACKPRESSURE_BYTES,
  DEFAULT_MAX_BODY_BYTES,
  DEFAULT_MAX_FRAME_BYTES,
  frameFault,
  listenError,
  type CutReason,
  type Engine,
  type EngineDeps,
} from './engine.js';
import { limitBody } from './limit-body.js';
import { socketOptions } from './socket-options.js';

type EngineSocket = Socket['conn'];

/** Socket.IO and fetch on Node's http and ws: for platforms without a uWS binary. Same rules, same limits. */
export function createNodeEngine(deps: EngineDeps): Engine {
  return new NodeEngine(deps);
}

class NodeEngine implements Engine {
  readonly name = 'node';
  readonly io: Server;
  readonly #http: HttpServer;
  readonly #cuts = new WeakMap<object, CutReason>();
  /** Bytes that engine.io keeps back until ws has written what it was given before. */
  readonly #queued = new WeakMap<EngineSocket, number>();
  readonly #open = new Set<WebSocket>();
  /** Once it takes no more connections: resolves when the last one has ended. */
  #closed: Promise<void> | undefined;

  constructor(private readonly deps: EngineDeps) {
    const maxBodyBytes = deps.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES;
    const listener = getRequestListener(
      async (request, { incoming }) => {
        const remote = incoming.socket.remoteAddress ?? '';
        const ip = clientIp(remote, request.headers.get('x-forwarded-for'), deps.trustProxy);
        return limitBody(request, maxBodyBytes, (limited) => deps.fetch(limited, { ip }));
      },
      {
        overrideGlobalObjects: false,
        errorHandler: (error) => {
          // Host or address make no URL: the caller's doing, as on uWS.
          if (error instanceof RequestError) return malformed();
          deps.logger.error({ err: error }, 'request handler threw');
          return Response.json({ error: wireError('INTERNAL') }, { status: 500 });
        },
      },
    );
    this.#http = createServer((request, response) => void listener(request, response));
    this.io = new Server(this.#http, socketOptions(deps));
    this.io.engine.on('connection', (conn: EngineSocket) => this.#guard(conn));
  }

  async listen(port: number, host: string): Promise<{ port: number }> {
    await new Promise<void>((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException): void => reject(listenError(error.code ?? 'EUNKNOWN', port, host));
      this.#http.once('error', onError);
      this.#http.listen({ port, host }, () => {
        this.#http.off('error', onError);
        resolve();
      });
    });
    const address = this.#http.address();
    return { port: typeof address === 'object' && address !== null ? address.port : port };
  }

  clientIp(conn: Socket['conn']): string {
    return connectionIp(conn, this.deps.trustProxy);
  }

  buffered(socket: Socket): number {
    return this.#waiting(socket.conn, rawSocket(socket.conn));
  }

  cutReason(socket: Socket): CutReason | undefined {
    return this.#cuts.get(socket.conn.transport);
  }

  stopListening(): void {
    this.#closed ??= new Promise((resolve) => this.#http.close(() => resolve()));
  }

  async close(gracefulMs: number): Promise<void> {
    const timer = setTimeout(() => {
      this.#http.closeAllConnections();
      for (const ws of this.#open) ws.terminate();
    }, gracefulMs);
    this.stopListening();
    // Closes all sockets.
    await this.io.close();
    this.#http.closeIdleConnections();
    // Now it waits for requests under way.
    await this.#closed;
    clearTimeout(timer);
  }

  /** Faulty messages never reach the parser; a consumer that falls behind is cut (SPEC F7). */
  #guard(conn: EngineSocket): void {
    const ws = rawSocket(conn);
    if (ws === undefined) return;
    this.#open.add(ws);
    ws.once('close', () => this.#open.delete(ws));
    this.#guardMessages(conn, ws);
    this.#guardBackpressure(conn, ws);
  }

  #guardMessages(conn: EngineSocket, ws: WebSocket): void {
    const maxFrameBytes = this.deps.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES;
    const listeners = ws.listeners('message');
    ws.removeAllListeners('message');
    ws.on('message', (data: Buffer, isBinary: boolean) => {
      const fault = frameFault(data, isBinary, maxFrameBytes);
      if (fault === null) {
        for (const listener of listeners) Reflect.apply(listener, ws, [data, isBinary]);
        return;
      }
      this.#cuts.set(conn.transport, fault.cut);
      ws.close(fault.closeCode, fault.text);
    });
    // Before engine.io hears of it: it closes the socket there and then.
    ws.prependListener('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.#cuts.set(conn.transport, 'oversize');
    });
  }

  #guardBackpressure(conn: EngineSocket, ws: WebSocket): void {
    const limit = this.deps.maxBackpressureBytes ?? DEFAULT_MAX_BACKPRESSURE_BYTES;
    conn.on('packetCreate', (packet: { data?: unknown }) => {
      const bytes = typeof packet.data === 'string' ? packet.data.length : 0;
      this.#queued.set(conn, (this.#queued.get(conn) ?? 0) + bytes);
      const waitingBytes = this.#waiting(conn, ws);
      if (waitingBytes <= limit) return;
      if (!this.#cuts.has(conn.transport)) {
        this.#cuts.set(conn.transport, 'back-pressure');
        this.deps.logger.info({ waitingBytes }, CUT_AS_SLOW);
      }
      ws.terminate();
    });
    conn.on('flush', () => this.#queued.set(conn, 0));
  }

  #waiting(conn: EngineSocket, ws: WebSocket | undefined): number {
    return (this.#queued.get(conn) ?? 0) + (ws?.bufferedAmount ?? 0);
  }
}

const malformed = (): Response =>
  Response.json(
    { error: wireError('INVALID_REQUEST', { message: 'The request line or a header is malformed.' }) },
    { status: 400 },
  );

const rawSocket = (conn: EngineSocket): WebSocket | undefined =>
  (conn.transport as object as { socket?: WebSocket }).socket;
