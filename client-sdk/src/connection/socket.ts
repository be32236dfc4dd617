import { Manager, type Socket } from 'socket.io-client';
import type { Handshake } from '../protocol/up/handshake.js';
import type { Hello } from '../protocol/down/hello.js';
import type { UpName, UpPayload } from '../protocol/up/up.js';
import { AisleError } from '../protocol/errors.js';
import { readWireError, unavailable } from '../errors.js';
import { after, monotonicMs } from '../time.js';
import type { BaseUrl } from '../base-url.js';
import { isHello, isMessage, MESSAGE_NAMES, type Message } from './messages.js';

/** What became of one emit. `lost`: the connection went first, the answer is unknown. */
export type Outcome =
  { readonly kind: 'ack'; readonly value: unknown } | { readonly kind: 'timeout' } | { readonly kind: 'lost' };

/** How an attempt or connection ended. `refused`: the server said no, and why. `moved`: it asked us to connect anew. */
export type Ending = { readonly kind: 'refused' | 'failed' | 'cut' | 'moved'; readonly error: AisleError };

export interface SocketHandlers {
  onReady(hello: Hello): void;
  /** Once, at the end, unless closed from here. */
  onEnd(ending: Ending): void;
  onMessage(message: Message): void;
}

/**
 * One connection, from handshake to end. Each attempt is a fresh Socket.IO manager with its own reconnection off: that
 * one forgets its backoff as soon as the transport opens, even where the handshake is refused next, and keeps
 * unanswered packets to send again, which only commands with request ids may (SPEC S7).
 */
export class AisleSocket {
  readonly #socket: Socket;
  readonly #handlers: SocketHandlers;
  readonly #pending = new Set<(outcome: Outcome) => void>();
  readonly #connectMs: number;
  #cancelTimer = (): void => undefined;
  #ended = false;
  #leaving = false;
  #heardAtMs = monotonicMs();

  constructor(base: BaseUrl, auth: Handshake, connectMs: number, handlers: SocketHandlers) {
    this.#handlers = handlers;
    this.#connectMs = connectMs;
    const manager = new Manager(base.origin, {
      path: base.socketPath,
      transports: ['websocket'],
      reconnection: false,
      autoConnect: false,
      timeout: connectMs,
    });
    this.#socket = manager.socket('/', { auth });
    manager.on('ping', () => this.#heard());
    this.#listen();
  }

  /** Apart from the constructor: a handler may be called before this returns. */
  start(): void {
    this.#cancelTimer = after(this.#connectMs, () =>
      this.#end('failed', unavailable('The server did not answer in time.')),
    );
    this.#socket.connect();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('connect_error', (error: Error & { data?: unknown }) => {
      const wire = readWireError(error.data);
      if (wire === null) this.#end('failed', unavailable('The server could not be reached.', {}, error));
      else this.#end('refused', new AisleError(wire));
    });
    socket.on('disconnect', (reason) =>
      this.#end('cut', unavailable('The connection was cut.', { details: { reason } })),
    );
    socket.on('hello', (hello: unknown) => {
      this.#heard();
      this.#cancelTimer();
      if (isHello(hello)) this.#handlers.onReady(hello);
      else this.#end('failed', unavailable('The server sent an unreadable first word.'));
    });
    for (const name of MESSAGE_NAMES) {
      socket.on(name, (payload: unknown) => {
        this.#heard();
        const message = { name, payload };
        if (!this.#ended && isMessage(message)) this.#handlers.onMessage(message);
      });
    }
  }

  #heard(): void {
    this.#heardAtMs = monotonicMs();
  }

  #end(kind: Ending['kind'], error: AisleError): void {
    if (this.#ended) return;
    this.close();
    this.#handlers.onEnd({ kind, error });
  }

  /** `done` is called exactly once. */
  emit<N extends UpName>(name: N, payload: UpPayload<N>, timeoutMs: number, done: (outcome: Outcome) => void): void {
    if (this.#ended) return done({ kind: 'lost' });
    const settle = (outcome: Outcome): void => {
      if (!this.#pending.delete(settle)) return;
      cancel();
      done(outcome);
      this.#move();
    };
    const cancel = after(timeoutMs, () => settle({ kind: 'timeout' }));
    this.#pending.add(settle);
    this.#socket.emit(name, payload, (value: unknown) => {
      this.#heard();
      settle({ kind: 'ack', value });
    });
  }

  /** Nothing at all was heard since then, though an answer was due: the line is taken for dead and cut. True if so. */
  suspect(sinceMs: number): boolean {
    if (this.#ended) return true;
    if (this.#heardAtMs > sinceMs) return false;
    this.#end('cut', unavailable('The server fell silent.'));
    return true;
  }

  /** Ends it once no answer is awaited, at the latest after `waitMs`: what is then open is asked again on the next one. */
  leave(waitMs: number): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#cancelTimer = after(waitMs, () => this.#move(true));
    this.#move();
  }

  #move(now = this.#pending.size === 0): void {
    if (this.#leaving && now) this.#end('moved', unavailable('The server asked to connect anew.'));
  }

  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelTimer();
    this.#socket.disconnect();
    this.#socket.off();
    for (const settle of [...this.#pending]) settle({ kind: 'lost' });
  }
}
