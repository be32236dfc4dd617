import { createServer } from 'node:net';
import { Server, type Socket } from 'socket.io';
import type * as Uws from 'uWebSockets.js';
import {
  CUT_AS_SLOW,
  DEFAULT_MAX_BACKPRESSURE_BYTES,
  DEFAULT_MAX_BODY_BYTES,
  DEFAULT_MAX_FRAME_BYTES,
  frameFault,
  HARD_MAX_FRAME_BYTES,
  listenError,
  type CutReason,
  type Engine,
  type EngineDeps,
} from './engine.js';
import { connectionIp, joinForwarded } from './client-ip.js';
import { bindAdapter } from './uws-adapter.js';
import { UwsHttp } from './uws-http.js';
import { socketOptions } from './socket-options.js';

/** What engine.io keeps beside a uWS socket. */
interface SocketData {
  readonly transport: object;
}
type UwsSocket = Uws.WebSocket<SocketData>;

/** Socket.IO and fetch on uWebSockets.js; its sockets keep to the native publish, its slow consumers are cut (SPEC F7). */
export function createUwsEngine(uws: typeof Uws, deps: EngineDeps): Engine {
  return new UwsEngine(uws, deps);
}

class UwsEngine implements Engine {
  readonly name = 'uws';
  readonly io: Server;
  readonly #app: Uws.TemplatedApp;
  readonly #http: UwsHttp;
  readonly #cuts = new WeakMap<object, CutReason>();
  #listening: Uws.us_listen_socket | null = null;

  constructor(
    private readonly uws: typeof Uws,
    private readonly deps: EngineDeps,
  ) {
    this.#app = uws.App();
    this.#http = new UwsHttp({ ...deps, maxBodyBytes: deps.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES });
    const ws = this.#app.ws.bind(this.#app);
    // engine.io takes no drain or dropped handler and ignores send()'s result, so limits can only be put in here.
    this.#app.ws = (pattern, behavior) => ws(pattern, this.#guard(behavior));
    this.io = new Server(socketOptions(deps));
    bindAdapter(this.io, this.#app);
    this.#app.any('/*', this.#http.handle);
  }

  async listen(port: number, host: string): Promise<{ port: number }> {
    // uWS shares a port by default (SO_REUSEPORT): two servers by mistake would then each get half of the buyers.
    const options = this.deps.reusePort === true ? 0 : EXCLUSIVE_PORT;
    const token = await new Promise<Uws.us_listen_socket | false>((resolve) => {
      // (host, port, options, callback) is understood by the binary but missing from its declarations.
      const { listen } = this.#app as { listen: (this: Uws.TemplatedApp, ...args: never[]) => unknown };
      Reflect.apply(listen, this.#app, [host, port, options, resolve]);
    });
    if (token === false) throw listenError(await whyNot(port, host), port, host);
    this.#listening = token;
    return { port: this.uws.us_socket_local_port(token) };
  }

  clientIp(conn: Socket['conn']): string {
    return connectionIp(conn, this.deps.trustProxy);
  }

  buffered(socket: Socket): number {
    const { socket: raw } = socket.conn.transport as object as { socket?: UwsSocket };
    try {
      return raw?.getBufferedAmount() ?? 0;
    } catch {
      return 0; // closed already
    }
  }

  cutReason(socket: Socket): CutReason | undefined {
    return this.#cuts.get(socket.conn.transport);
  }

  stopListening(): void {
    if (this.#listening !== null) this.uws.us_listen_socket_close(this.#listening);
    this.#listening = null;
  }

  async close(gracefulMs: number): Promise<void> {
    this.stopListening();
    await this.io.close();
    await this.#http.idle(gracefulMs);
    this.#app.close();
  }

  #guard<T>(behavior: Uws.WebSocketBehavior<T>): Uws.WebSocketBehavior<T> {
    const maxFrameBytes = this.deps.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES;
    return {
      ...behavior,
      maxBackpressure: this.deps.maxBackpressureBytes ?? DEFAULT_MAX_BACKPRESSURE_BYTES,
      closeOnBackpressureLimit: true,
      maxPayloadLength: HARD_MAX_FRAME_BYTES,
      sendPingsAutomatically: false,
      upgrade: (res, req, context) => {
        // engine.io keeps the last of several lines of a header.
        const forwardedFor = joinForwarded(req);
        void behavior.upgrade?.(res, req, context);
        rememberForwarded(req, forwardedFor);
      },
      message: (ws, message, isBinary) => {
        const fault = frameFault(new Uint8Array(message), isBinary, maxFrameBytes);
        if (fault === null) return behavior.message?.(ws, message, isBinary);
        this.#mark(ws, fault.cut);
        ws.end(fault.closeCode, fault.text);
      },
      dropped: (ws) => {
        this.#mark(ws, 'back-pressure');
        this.deps.logger.info({ waitingBytes: ws.getBufferedAmount() }, CUT_AS_SLOW);
      },
      close: (ws, code, message) => {
        // The largest messages are not even read (uWS gives no close frame then).
        if (Buffer.from(message).toString('latin1') === TOO_BIG) this.#mark(ws, 'oversize');
        behavior.close?.(ws, code, message);
      },
    };
  }

  #mark(ws: Uws.WebSocket<unknown>, reason: CutReason): void {
    const data = ws.getUserData() as SocketData;
    if (!this.#cuts.has(data.transport)) this.#cuts.set(data.transport, reason);
  }
}

/** ListenOptions.LIBUS_LISTEN_EXCLUSIVE_PORT; the package declares the enum but does not export its values. */
const EXCLUSIVE_PORT = 1;
const TOO_BIG = 'Received too big message';

/** uWS says only that it failed; Node's net knows why. */
function whyNot(port: number, host: string): Promise<string> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'EADDRINUSE'));
    probe.listen(port, host, () => probe.close(() => resolve('EADDRINUSE')));
  });
}

/** Onto the headers that engine.io made of the request. */
function rememberForwarded(request: object, forwardedFor: string): void {
  const { headers } = request as { headers?: Record<string, string> };
  if (headers !== undefined && forwardedFor !== '') headers['x-forwarded-for'] = forwardedFor;
}
