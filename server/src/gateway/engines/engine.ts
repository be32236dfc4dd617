import type { Server, Socket } from 'socket.io';
import type { Logger } from '../../platform/logger.js';

export type EngineName = 'uws' | 'node';

/** Answers every HTTP request but the Socket.IO ones. `ip`: the caller's address, taken from the proxy where one is trusted. */
export type FetchHandler = (request: Request, context: { readonly ip: string }) => Response | Promise<Response>;

export interface EngineDeps {
  readonly fetch: FetchHandler;
  readonly logger: Logger;
  /** How many proxies of ours write X-Forwarded-For; 0: it is not believed. */
  readonly trustProxy: number;
  /** Pages of these origins may open sockets, besides this server's own; "*": any. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /**
   * Several processes listen on the port: uWS by SO_REUSEPORT, Node by cluster (the caller forks). Not with
   * port 0: a port that the system picked cannot be shared. Default false.
   */
  readonly reusePort?: boolean;
  /** A socket that has more than this waiting to be sent is cut (SPEC F7). Default DEFAULT_MAX_BACKPRESSURE_BYTES. */
  readonly maxBackpressureBytes?: number;
  /** Largest socket message taken from a client. Default DEFAULT_MAX_FRAME_BYTES. */
  readonly maxFrameBytes?: number;
  /** Largest HTTP body any route takes; routes set tighter limits themselves. Default DEFAULT_MAX_BODY_BYTES. */
  readonly maxBodyBytes?: number;
}

/** Why the engine itself cut a socket. */
export type CutReason = 'back-pressure' | 'oversize' | 'binary';

/** One port with Socket.IO at /socket.io/ and fetch for the rest. */
export interface Engine {
  readonly name: EngineName;
  readonly io: Server;
  /** Rejects with an Error whose code is EADDRINUSE (EACCES, …) and whose message names the port. 0: any free port. */
  listen(port: number, host: string): Promise<{ port: number }>;
  /** The caller's address, the word of trusted proxies applied. */
  clientIp(conn: Socket['conn']): string;
  /** Bytes waiting to be sent to this socket. */
  buffered(socket: Socket): number;
  /** Set when the engine cut the socket. */
  cutReason(socket: Socket): CutReason | undefined;
  /** Takes no more connections; those there are go on. Where the port is shared the next ones go to a sibling. */
  stopListening(): void;
  /** Takes no more connections, lets HTTP requests under way finish for up to `gracefulMs`, closes everything. */
  close(gracefulMs: number): Promise<void>;
}

/**
 * Above twice the largest snapshot, so that no client in good health is cut: 200,000 seats, no two alike side by side,
 * are 400,000 bytes of map, 1,000 areas 14 each. And no more than 1 MB a socket.
 */
export const DEFAULT_MAX_BACKPRESSURE_BYTES = 1_000_000;
export const DEFAULT_MAX_FRAME_BYTES = 64 * 1024;
/** Charts are the largest thing anyone sends: 64 MiB. */
export const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024;
/** Messages up to this size are read to be refused with a reason; past it the connection is torn down unread. */
export const HARD_MAX_FRAME_BYTES = 1024 * 1024;

/** The line of the log beside `waitingBytes`: a socket never has more waiting than when it is cut. */
export const CUT_AS_SLOW = 'socket cut: it takes its data too slowly';

/** WebSocket close codes (RFC 6455 §7.4.1) with the reason that the client is shown. */
export interface FrameFault {
  readonly cut: CutReason;
  readonly closeCode: 1003 | 1009;
  readonly text: string;
}

const BINARY: FrameFault = { cut: 'binary', closeCode: 1003, text: 'binary frames are not accepted' };
const CODE_4 = 52;
const CODE_5 = 53;
const CODE_6 = 54;
const CODE_B = 98;

/**
 * What is wrong with a message before anyone parses it: too large, binary, or text that announces binary ("b…" is
 * Engine.IO's base64, "45" and "46" are Socket.IO's binary event and ack).
 */
export function frameFault(message: Uint8Array, isBinary: boolean, maxBytes: number): FrameFault | null {
  if (isBinary) return BINARY;
  if (message.byteLength > maxBytes) {
    return { cut: 'oversize', closeCode: 1009, text: `messages may have at most ${maxBytes} bytes` };
  }
  if (message[0] === CODE_B) return BINARY;
  return message[0] === CODE_4 && (message[1] === CODE_5 || message[1] === CODE_6) ? BINARY : null;
}

/** An error as Node's net throws it, with a message for people. */
export function listenError(code: string, port: number, host: string): NodeJS.ErrnoException {
  const why =
    code === 'EADDRINUSE'
      ? 'is taken by another program'
      : code === 'EACCES'
        ? 'may not be opened by this user'
        : `cannot be opened (${code})`;
  const error: NodeJS.ErrnoException = new Error(`Port ${port} on ${host} ${why}.`);
  error.code = code;
  return error;
}
