import { AisleError } from '../protocol/errors.js';
import type { Hello } from '../protocol/down/hello.js';
import { RECONNECT } from '../protocol/down/notice.js';
import { PROTOCOL_VERSION } from '../protocol/version.js';
import type { UpName, UpPayload, UpResults } from '../protocol/up/up.js';
import type { BaseUrl } from '../base-url.js';
import { clientClosed, isRecord, readWireError, unavailable } from '../errors.js';
import type { GetToken, Timeouts, TokenReason } from '../options.js';
import { after, monotonicMs } from '../time.js';
import { backoffMs } from './backoff.js';
import type { Message } from './messages.js';
import { AisleSocket, type Ending, type Outcome } from './socket.js';
import type { ConnectionState } from './state.js';
import { Pace } from './pace.js';
import { askToken, renewInMs } from './token.js';

/** A connection that lived this long starts its backoff anew. */
const STABLE_MS = 5_000;
/** Asked to connect anew, answers are waited for this long: the server gives twice that. */
const LEAVE_MS = 1_000;
/** Handshakes refused for their token in a row, each with a new token, before it is given up. */
const MAX_TOKENS_REFUSED = 5;

interface Ready {
  readonly at: 'ready';
  readonly socket: AisleSocket;
  readonly hello: Hello;
  readonly token: string | null;
  readonly sinceMs: number;
  readonly cancelRenewal: () => void;
}
type Phase =
  | { readonly at: 'idle' }
  | { readonly at: 'asking'; readonly attempt: number }
  | { readonly at: 'opening'; readonly attempt: number; readonly socket: AisleSocket }
  | Ready
  | {
      readonly at: 'waiting';
      readonly attempt: number;
      readonly error: AisleError;
      readonly retryInMs: number;
      readonly cancel: () => void;
    }
  | { readonly at: 'closed'; readonly error?: AisleError };

export interface ConnectionEvents {
  onState(state: ConnectionState): void;
  onReady(hello: Hello): void;
  /** Another token is in force on the same connection. */
  onRenewed(hello: Hello): void;
  onCut(): void;
  onMessage(message: Message): void;
}
export interface ConnectionSettings {
  readonly base: () => BaseUrl;
  readonly getToken: GetToken | undefined;
  readonly client: string;
  readonly timeouts: Timeouts;
}

/** Keeps one connection alive: token, handshake, backoff, renewal. What runs over it is others' business. */
export class Connection {
  readonly #settings: ConnectionSettings;
  readonly #events: ConnectionEvents;
  readonly #waiters = new Set<() => void>();
  /** Of all commands, and of those that take places: a switch may slow these down alone. */
  readonly #pace = new Pace();
  readonly #holdPace = new Pace();
  #phase: Phase = { at: 'idle' };
  /** Attempts since the last stable connection. */
  #attempt = 0;
  #reason: TokenReason = 'connect';
  #tokensRefused = 0;
  #refusedToken: string | null = null;
  /** From `authenticate`: goes before getToken. */
  #given: string | null = null;

  constructor(settings: ConnectionSettings, events: ConnectionEvents) {
    this.#settings = settings;
    this.#events = events;
  }

  get state(): ConnectionState {
    const phase = this.#phase;
    switch (phase.at) {
      case 'idle':
        return { state: 'idle' };
      case 'asking':
      case 'opening':
        return { state: 'connecting', attempt: phase.attempt };
      case 'ready':
        return { state: 'ready', hello: phase.hello };
      case 'waiting':
        return { state: 'waiting', attempt: phase.attempt, retryInMs: phase.retryInMs, error: phase.error };
      case 'closed':
        return phase.error === undefined ? { state: 'closed' } : { state: 'closed', error: phase.error };
    }
  }

  get hello(): Hello | null {
    return this.#phase.at === 'ready' ? this.#phase.hello : null;
  }

  /** Where a command waits its turn while the server refuses for rate. */
  pacesOf(name: UpName): readonly Pace[] {
    return name === 'hold' || name === 'hold-best' ? [this.#holdPace, this.#pace] : [this.#pace];
  }

  /** Which of them a refusal closes. */
  paceOf(refusal: AisleError | null): Pace {
    return refusal?.details?.switch === undefined ? this.#pace : this.#holdPace;
  }

  /** The token this connection last presented; null: none. */
  get token(): string | null {
    return this.#phase.at === 'ready' ? this.#phase.token : null;
  }

  /** Starts connecting unless under way; after a refusal for good, tries once more. */
  connect(): void {
    const phase = this.#phase;
    if (phase.at !== 'idle' && (phase.at !== 'closed' || phase.error === undefined)) return;
    this.#attempt = 0;
    this.#reason = 'connect';
    this.#tokensRefused = 0;
    this.#open();
  }

  /** Ends the wait for the next attempt: the device says that it is online again. */
  hurry(): void {
    if (this.#phase.at !== 'waiting') return;
    this.#phase.cancel();
    this.#open();
  }

  close(): void {
    this.#leave({ at: 'closed' });
  }

  /** Resolves true once ready, false when `timeoutMs` passed first; throws where it is closed or refused for good. */
  async whenReady(timeoutMs: number): Promise<boolean> {
    const deadline = monotonicMs() + timeoutMs;
    for (;;) {
      const phase = this.#phase;
      if (phase.at === 'ready') return true;
      if (phase.at === 'closed') throw phase.error ?? clientClosed();
      const leftMs = deadline - monotonicMs();
      if (leftMs <= 0) return false;
      await this.#nextPhase(leftMs);
    }
  }

  #nextPhase(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#waiters.delete(done);
        resolve();
      };
      const cancel = after(timeoutMs, done);
      this.#waiters.add(done);
    });
  }

  /** `done` is called exactly once, at once with `lost` where there is no connection. */
  emit<N extends UpName>(name: N, payload: UpPayload<N>, timeoutMs: number, done: (outcome: Outcome) => void): void {
    if (this.#phase.at === 'ready') this.#phase.socket.emit(name, payload, timeoutMs, done);
    else done({ kind: 'lost' });
  }

  /** An answer was due and not even a ping came since `sinceMs`: cuts the line. True if it is gone. */
  suspect(sinceMs: number): boolean {
    return this.#phase.at === 'ready' ? this.#phase.socket.suspect(sinceMs) : true;
  }

  /**
   * Asks for a token and, where it is another than the one in use, authenticates with it on this connection. True: a
   * new one is in force. Rejects with the server's refusal.
   */
  async renew(reason: TokenReason): Promise<boolean> {
    const before = this.#phase;
    if (before.at !== 'ready' || this.#settings.getToken === undefined) return false;
    const token = await askToken(this.#settings.getToken, reason, this.#settings.timeouts.connectMs);
    const phase = this.#phase;
    // Somebody else renewed, or the connection is another: that one asked for its own token.
    if (phase.at !== 'ready' || phase.socket !== before.socket) return false;
    if (phase.token !== before.token) return true;
    if (token === null || token === phase.token) return false;
    if ((await this.#authenticate(phase, token)) === null) return false;
    this.#given = null;
    return true;
  }

  /**
   * Authenticates with a token of the application's, and with it on the connections that follow until the server refuses it. null: no
   * answer came, or there is no connection. Rejects with the server's refusal.
   */
  async authenticate(token: string): Promise<UpResults['authenticate'] | null> {
    const phase = this.#phase;
    const answer = phase.at === 'ready' ? await this.#authenticate(phase, token) : null;
    if (answer !== null) this.#given = token;
    return answer;
  }

  async #authenticate({ socket }: Ready, token: string): Promise<UpResults['authenticate'] | null> {
    const outcome = await new Promise<Outcome>((done) =>
      socket.emit('authenticate', { token }, this.#settings.timeouts.ackMs, done),
    );
    if (outcome.kind !== 'ack') return null;
    const answer = readAuthenticated(outcome.value);
    const { subject, role, expiresAt } = answer;
    const now = this.#phase;
    if (now.at === 'ready' && now.socket === socket)
      this.#renewed(now, { ...now.hello, subject, role, expiresAt }, token);
    return answer;
  }

  #renewed(phase: Ready, hello: Hello, token: string): void {
    phase.cancelRenewal();
    this.#become({ ...phase, hello, token, cancelRenewal: this.#scheduleRenewal(hello) });
    this.#events.onRenewed(hello);
  }

  #become(phase: Phase): void {
    this.#phase = phase;
    this.#events.onState(this.state);
    for (const waiter of [...this.#waiters]) waiter();
  }

  /** Ends whatever is under way, then becomes `next`. */
  #leave(next: Phase): void {
    const phase = this.#phase;
    if (phase.at === 'closed' && phase.error === undefined) return;
    if (phase.at === 'waiting') phase.cancel();
    if (phase.at === 'ready') phase.cancelRenewal();
    this.#phase = next;
    if (phase.at === 'opening' || phase.at === 'ready') phase.socket.close();
    if (phase.at === 'ready') this.#events.onCut();
    // onCut may have led on to something else; then that spoke for itself.
    if (this.#phase === next) this.#become(next);
  }

  #open(): void {
    const asking: Phase = { at: 'asking', attempt: this.#attempt };
    this.#become(asking);
    void this.#askThenOpen(asking);
  }

  async #askThenOpen(asking: Phase): Promise<void> {
    const { getToken, timeouts, client } = this.#settings;
    let token: string | null;
    try {
      token = this.#given ?? (await askToken(getToken, this.#reason, timeouts.connectMs));
    } catch (error) {
      if (this.#phase === asking)
        this.#retry(unavailable('getToken failed.', { remediation: 'See the cause.' }, error));
      return;
    }
    if (this.#phase !== asking) return;
    if (this.#reason === 'refused' && token === this.#refusedToken && this.#tokensRefused > 0) {
      this.#leave({
        at: 'closed',
        error: AisleError.of('UNAUTHENTICATED', { message: 'The token was refused and getToken gave no other.' }),
      });
      return;
    }
    let base: BaseUrl;
    try {
      base = this.#settings.base();
    } catch (error) {
      this.#leave({
        at: 'closed',
        error: unavailable('There is no address to connect to.', { retryable: false }, error),
      });
      return;
    }
    const socket = new AisleSocket(base, { token, protocol: PROTOCOL_VERSION, client }, timeouts.connectMs, {
      onReady: (hello) => this.#onReady(socket, hello, token),
      onEnd: (ending) => this.#onEnd(socket, ending, token),
      onMessage: (message) => {
        const code = message.name === 'notice' ? message.payload.code : '';
        // Nothing that a person should read.
        if (code === RECONNECT) return socket.leave(LEAVE_MS);
        // A server that ends a connection for its token says so first.
        if (code === 'UNAUTHENTICATED') {
          this.#reason = 'refused';
          this.#given = null;
        }
        this.#events.onMessage(message);
      },
    });
    this.#become({ at: 'opening', attempt: this.#attempt, socket });
    // A listener of that state may have closed the client.
    if (this.#phase.at === 'opening' && this.#phase.socket === socket) socket.start();
  }

  #onReady(socket: AisleSocket, hello: Hello, token: string | null): void {
    if (this.#phase.at !== 'opening' || this.#phase.socket !== socket) return;
    this.#reason = 'connect';
    this.#tokensRefused = 0;
    this.#become({
      at: 'ready',
      socket,
      hello,
      token,
      sinceMs: monotonicMs(),
      cancelRenewal: this.#scheduleRenewal(hello),
    });
    this.#events.onReady(hello);
  }

  #onEnd(socket: AisleSocket, { kind, error }: Ending, token: string | null): void {
    const phase = this.#phase;
    if ((phase.at !== 'opening' && phase.at !== 'ready') || phase.socket !== socket) return;
    if (phase.at === 'ready' && monotonicMs() - phase.sinceMs >= STABLE_MS) this.#attempt = 0;
    if (kind === 'refused' && error.code === 'UNAUTHENTICATED') this.#given = null;
    if (kind === 'refused' && error.code === 'UNAUTHENTICATED' && this.#settings.getToken !== undefined) {
      this.#reason = 'refused';
      this.#refusedToken = token;
      this.#tokensRefused++;
      if (this.#tokensRefused >= MAX_TOKENS_REFUSED) return this.#leave({ at: 'closed', error });
    } else if (kind === 'refused' && !error.retryable) {
      return this.#leave({ at: 'closed', error });
    }
    // The server asks its clients one after the other: no further wait, unless they are sent round in circles.
    this.#retry(error, kind === 'moved' && this.#attempt === 0);
  }

  #retry(error: AisleError, atOnce = false): void {
    const { backoffMinMs, backoffMaxMs } = this.#settings.timeouts;
    const attempt = this.#attempt++;
    // On top of it: many are told the same time.
    const retryInMs = atOnce ? 0 : backoffMs(attempt, backoffMinMs, backoffMaxMs) + (error.retryAfterMs ?? 0);
    const cancel = after(retryInMs, () => this.#open());
    this.#leave({ at: 'waiting', attempt, error, retryInMs, cancel });
  }

  #scheduleRenewal(hello: Hello): () => void {
    if (this.#settings.getToken === undefined || hello.expiresAt === null) return () => undefined;
    return after(renewInMs(hello.expiresAt), () => {
      // Where no new token comes the server ends the connection at expiry, and the next one asks again.
      this.renew('expiring').catch(() => undefined);
    });
  }
}

function readAuthenticated(value: unknown): UpResults['authenticate'] {
  if (!isRecord(value)) throw unavailable('The server sent an unreadable answer.');
  if (value.ok !== true)
    throw new AisleError(readWireError(value.error) ?? unavailable('The token was refused.').toWire());
  const { subject, role, expiresAt, holds } = value;
  if (typeof subject !== 'string' || typeof role !== 'string')
    throw unavailable('The server sent an unreadable answer.');
  return {
    subject,
    role: role as UpResults['authenticate']['role'],
    expiresAt: typeof expiresAt === 'string' ? expiresAt : null,
    ...(isRecord(holds) ? { holds: { moved: Number(holds.moved), left: Number(holds.left) } } : {}),
  };
}
