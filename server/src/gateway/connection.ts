import type { Socket } from 'socket.io';
import {
  AisleError,
  PROTOCOL_VERSION,
  RECONNECT,
  wireError,
  type SubscribeAck,
  type WireError,
} from '@aisle/client/protocol';
import type { Actor } from '../domain/actor.js';
import type { Commands } from '../domain/ports/commands.js';
import type { EventDirectory } from '../domain/ports/event-directory.js';
import type { OrderSales } from '../domain/ports/orders.js';
import type { SeatFeed } from '../domain/ports/seat-feed.js';
import type { HoldCarrier } from '../domain/ports/hold-carrier.js';
import type { Sessions } from '../domain/ports/sessions.js';
import type { Switches } from '../domain/ports/switches.js';
import { requireRight } from '../domain/rights.js';
import { denialOf } from '../domain/switch-refusals.js';
import type { Limits } from '../limits/limits.js';
import type { Clock } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';
import type { Metrics } from '../platform/metrics.js';
import { eventRoom, subjectRoom } from './broadcast.js';
import { stopping } from './drain.js';
import { invalidRequest } from '../domain/faults.js';
import type { HandlerContext, HandlerResult } from './handlers/handler.js';
import { ROUTES, type Route } from './handlers/index.js';
import { limitsOf, type LimitsConfig } from './limits.js';
import type { Session } from './session.js';

/** setTimeout's longest delay is 2^31−1 ms; longer ones fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** A socket that goes on this long after RATE_LIMITED is no client of ours. */
const MAX_REFUSALS = 1000;
const DRAIN_CHECK_MS = 25;
const DRAIN_WAIT_MS = 10_000;

export interface ConnectionDeps {
  readonly commands: Commands;
  readonly orders: Pick<OrderSales, 'reserve'>;
  readonly sessions: Sessions;
  readonly carrier: HoldCarrier;
  readonly directory: EventDirectory;
  readonly feed: SeatFeed;
  readonly limits: Limits;
  readonly switches: Switches;
  readonly config: LimitsConfig & { readonly AISLE_TICK_MS: number };
  /** "aisle/0.1.0" */
  readonly server: string;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Bytes waiting to be sent to a socket, and how many may. */
  readonly buffered: (socket: Socket) => number;
  readonly maxBufferedBytes: number;
  readonly newRequestId: () => string;
}

type Answer = (body: object) => void;

/** A client event as it came. */
interface ClientMessage {
  readonly payload: unknown;
  /** Arguments beyond the payload and the acknowledgement. */
  readonly surplus: number;
  /** It was one too many: said once it is known to be a call that its caller may make (SPEC G1). */
  readonly limited: WireError | null;
}

/** One socket, from admitted to closed. The only place that acks, joins rooms and closes sockets. */
export class Connection {
  #session: Session;
  #refusals = 0;
  #counted = 0;
  /** Number of the latest call that was refused. */
  #lastRefused = 0;
  /** The tail of the events that must not overtake each other. */
  #tail: Promise<void> = Promise.resolve();
  /** Events whose answer is not given yet. */
  #underWay = 0;
  #finishing = false;

  constructor(
    private readonly socket: Socket,
    actor: Actor,
    /** The caller's address, a trusted proxy's word applied. */
    private readonly ip: string,
    private readonly deps: ConnectionDeps,
  ) {
    this.#session = { kind: 'active', actor, watching: new Set(), expiry: this.#armExpiry(actor) };
  }

  start(): void {
    const { socket } = this;
    socket.on('error', (error: Error) => this.deps.logger.debug({ err: error, socket: socket.id }, 'socket error'));
    socket.onAny((name: unknown, ...args: unknown[]) => this.#receive(String(name), args));
    const session = this.#session;
    if (session.kind !== 'active') return;
    const { actor } = session;
    if (actor.subject !== null) void socket.join(subjectRoom(actor.subject));
    socket.emit('hello', {
      protocol: PROTOCOL_VERSION,
      server: this.deps.server,
      ...identity(actor),
      limits: limitsOf(actor, this.deps.config),
      tickMs: this.deps.config.AISLE_TICK_MS,
    });
    this.recheck();
  }

  /** Revoked or denied meanwhile? Asked of every socket at each such change and every half minute, so that a lost notice is made good (SPEC A9, G8). */
  recheck(): void {
    const session = this.#session;
    if (session.kind !== 'active') return;
    const denied = denialOf(this.deps.switches, session.actor, this.ip);
    if (denied !== null) return this.#dismiss('denied', denied.toWire());
    if (this.deps.sessions.stands(session.actor)) return;
    this.#dismiss('revoked', wireError('UNAUTHENTICATED', { message: 'The token was revoked.' }));
  }

  /** This node is about to stop: the client is asked to go to another one (SPEC N3). */
  sendAway(): void {
    this.#notice(RECONNECT, 'This server is about to stop; another one goes on.');
  }

  /** Answers what is under way, refuses what comes now, then ends without a farewell packet: that would tell clients to stay away. */
  finish(): void {
    this.#finishing = true;
    if (this.#underWay === 0) this.cut();
  }

  cut(): void {
    this.socket.conn.close();
  }

  /** The socket is gone. */
  closed(): void {
    const session = this.#session;
    if (session.kind !== 'active') return;
    this.#session = { kind: 'closed' };
    if (session.expiry !== null) clearTimeout(session.expiry);
    for (const eventId of session.watching) this.deps.feed.unsubscribe(eventId);
  }

  #receive(name: string, args: unknown[]): void {
    const last = args.at(-1);
    if (typeof last !== 'function') {
      this.#watched(name, this.#unanswerable(name));
      return;
    }
    const ack: Answer = (body) => void Reflect.apply(last, undefined, [body]);
    if (this.#finishing) return ack({ ok: false, error: stopping() });
    this.#watched(name, this.#handle(name, args.slice(0, -1), ack));
  }

  #watched(name: string, work: Promise<void>): void {
    this.#underWay++;
    work
      .catch((error: unknown) => {
        this.deps.logger.error({ err: error, event: name.slice(0, 64), socket: this.socket.id }, 'client event failed');
      })
      .finally(() => {
        this.#underWay--;
        if (this.#finishing) this.finish();
      });
  }

  /** Counted like any other event: leaving out the acknowledgement is no way round the limit. */
  async #unanswerable(name: string): Promise<void> {
    if (this.#session.kind !== 'active') return;
    const limited = await this.#count(this.#session.actor, undefined);
    if (limited !== null) return;
    this.#notice('INVALID_REQUEST', `"${name.slice(0, 64)}" came without an acknowledgement; nothing was done.`);
  }

  async #handle(name: string, args: unknown[], ack: Answer): Promise<void> {
    if (this.#session.kind !== 'active') return;
    const route = ROUTES.get(name);
    const limited = await this.#count(this.#session.actor, route);
    if (route === undefined) {
      this.deps.metrics.commands.inc({ command: 'unknown', outcome: 'INVALID_REQUEST', transport: 'socket' });
      ack({
        ok: false,
        error: invalidRequest([{ path: '', message: `there is no event "${name.slice(0, 64)}"` }]).toWire(),
      });
      return;
    }
    const [payload, ...surplus] = args;
    const work = (): Promise<void> => this.#run(route, { payload, surplus: surplus.length, limited }, ack);
    if (!route.serial) return work();
    this.#tail = this.#tail.then(work, work);
    return this.#tail;
  }

  /**
   * Counts whatever comes, well formed or not (SPEC G1, G2). Who changes identity is not one subject: that is counted by address
   * and socket.
   */
  async #count(actor: Actor, route: Route | undefined): Promise<WireError | null> {
    const { limits } = this.deps;
    const number = ++this.#counted;
    const limited =
      route?.name === 'authenticate'
        ? await limits.identity(actor, this.ip, this.socket.id)
        : await limits.call(actor, this.ip, this.socket.id);
    if (limited === null) {
      // An answer may come after those of later calls, which were refused.
      if (number > this.#lastRefused) this.#refusals = 0;
      return null;
    }
    this.#lastRefused = Math.max(this.#lastRefused, number);
    if (++this.#refusals > MAX_REFUSALS) this.#dismiss('flood', limited);
    return limited;
  }

  async #run(route: Route, message: ClientMessage, ack: Answer): Promise<void> {
    const { payload } = message;
    const began = performance.now();
    const requestId = textOf(payload, 'requestId') ?? this.deps.newRequestId();
    const result = await this.#result(route, message, ack, requestId);
    const outcome = this.#conclude(result, ack);
    const seconds = (performance.now() - began) / 1000;
    this.deps.metrics.commands.inc({ command: route.name, outcome, transport: 'socket' });
    this.deps.metrics.commandSeconds.observe({ command: route.name }, seconds);
    const failure = result.kind === 'refuse' ? result.cause : undefined;
    if (failure === undefined && !this.deps.logger.isLevelEnabled('debug')) return;
    const eventId = textOf(payload, 'eventId');
    const line = { command: route.name, outcome, eventId, requestId, socket: this.socket.id, seconds };
    if (failure === undefined) this.deps.logger.debug(line, 'command');
    else this.deps.logger.error({ ...line, err: failure }, 'command failed');
  }

  async #result(
    route: Route,
    { payload, surplus, limited }: ClientMessage,
    ack: Answer,
    requestId: string,
  ): Promise<HandlerResult> {
    const session = this.#session;
    if (session.kind !== 'active') return { kind: 'answered' };
    if (surplus > 0)
      return {
        kind: 'refuse',
        error: invalidRequest([{ path: '', message: 'one payload and an acknowledgement, no more' }]).toWire(),
        replayed: false,
      };
    // As over HTTP: who may not make the call learns nothing of what it would have said to the payload.
    const forbidden = refusalOf(session.actor, route.name);
    if (forbidden !== null) return { kind: 'refuse', error: forbidden, replayed: false };
    const parsed = route.parse(payload);
    if (!parsed.ok) return { kind: 'refuse', error: parsed.error, replayed: false };
    const refused = denialOf(this.deps.switches, session.actor, this.ip)?.toWire() ?? limited;
    if (refused !== null) return { kind: 'refuse', error: refused, replayed: false };
    try {
      const result = await parsed.run(this.#context(session, ack, requestId));
      if (result.kind !== 'refuse' || result.error.code !== 'INTERNAL') return result;
      return internal(requestId, result.cause ?? result.error);
    } catch (error) {
      if (error instanceof AisleError && error.code !== 'INTERNAL')
        return { kind: 'refuse', error: error.toWire(), replayed: false };
      return internal(requestId, error);
    }
  }

  /** Acks. Returns the outcome as the metrics name it. */
  #conclude(result: HandlerResult, ack: Answer): string {
    switch (result.kind) {
      case 'answer':
        ack({ ok: true, ...result.body });
        return result.replayed ? 'replayed' : 'ok';
      case 'refuse':
        ack({ ok: false, error: result.error });
        return result.error.code;
      case 'renew':
        this.#renew(result.actor);
        ack({ ok: true, ...identity(result.actor), ...(result.holds === undefined ? {} : { holds: result.holds }) });
        this.recheck();
        return 'ok';
      case 'answered':
        return 'ok';
    }
  }

  #context(session: Session & { kind: 'active' }, ack: Answer, requestId: string): HandlerContext {
    const { commands, orders, sessions, carrier, directory, feed, config } = this.deps;
    return {
      actor: session.actor,
      requestId,
      commands,
      orders,
      sessions,
      carrier,
      directory,
      feed,
      maxSubscriptions: config.AISLE_LIMITS_SUBSCRIPTIONS,
      watching: session.watching,
      attach: (eventId, answer) => this.#attach(eventId, answer, ack),
      detach: (eventId) => this.#detach(eventId),
      roomToSend: () => this.#roomToSend(),
    };
  }

  /** Called by the feed at a tick boundary: join and ack must happen in this very turn (SPEC F3). */
  #attach(eventId: string, answer: SubscribeAck, ack: Answer): void {
    const session = this.#session;
    // The feed has counted one viewer: here for somebody who has gone, or for one who watches already.
    if (session.kind !== 'active' || session.watching.has(eventId)) this.deps.feed.unsubscribe(eventId);
    if (session.kind !== 'active') return;
    session.watching.add(eventId);
    void this.socket.join(eventRoom(eventId));
    ack({ ok: true, ...answer });
  }

  #detach(eventId: string): void {
    if (this.#session.kind !== 'active' || !this.#session.watching.delete(eventId)) return;
    void this.socket.leave(eventRoom(eventId));
    this.deps.feed.unsubscribe(eventId);
  }

  /** Maps are large: a client is sent the next one when it has taken the last, not cut for asking for many (SPEC F7). */
  async #roomToSend(): Promise<void> {
    const enough = this.deps.maxBufferedBytes / 4;
    for (let waited = 0; waited < DRAIN_WAIT_MS; waited += DRAIN_CHECK_MS) {
      if (this.#session.kind !== 'active' || this.deps.buffered(this.socket) <= enough) return;
      await new Promise((resolve) => setTimeout(resolve, DRAIN_CHECK_MS));
    }
    throw AisleError.of('UNAVAILABLE', { message: 'The connection takes data too slowly.', retryAfterMs: 1000 });
  }

  #renew(actor: Actor): void {
    const session = this.#session;
    if (session.kind !== 'active') return;
    const before = session.actor.subject;
    if (session.expiry !== null) clearTimeout(session.expiry);
    this.#session = { ...session, actor, expiry: this.#armExpiry(actor) };
    if (before === actor.subject) return;
    if (before !== null) void this.socket.leave(subjectRoom(before));
    if (actor.subject !== null) void this.socket.join(subjectRoom(actor.subject));
  }

  #armExpiry(actor: Actor): NodeJS.Timeout | null {
    if (actor.expiresAtMs === null) return null;
    const remainingMs = actor.expiresAtMs - this.deps.clock();
    return setTimeout(() => this.#expire(actor), Math.min(MAX_TIMER_MS, Math.max(0, remainingMs)));
  }

  #expire(actor: Actor): void {
    const session = this.#session;
    if (session.kind !== 'active') return;
    if (actor.expiresAtMs !== null && actor.expiresAtMs > this.deps.clock()) {
      this.#session = { ...session, expiry: this.#armExpiry(actor) };
      return;
    }
    this.#dismiss('expired', wireError('UNAUTHENTICATED', { message: 'The token has expired.' }));
  }

  /** Says why, then disconnects so that the client does not come back by itself with the same token. */
  #dismiss(reason: string, error: WireError): void {
    this.socket.data = { dismissed: reason };
    this.#notice(error.code, error.message);
    this.socket.disconnect(true);
  }

  #notice(code: string, message: string): void {
    this.socket.emit('notice', { code, message });
  }
}

function identity(actor: Actor): { subject: string | null; role: Actor['role']; expiresAt: string | null } {
  const expiresAt = actor.expiresAtMs === null ? null : new Date(actor.expiresAtMs).toISOString();
  return { subject: actor.subject, role: actor.role, expiresAt };
}

/** What the one table says (SPEC A8), before the payload is read. */
function refusalOf(actor: Actor, name: Route['name']): WireError | null {
  try {
    requireRight(actor, name);
    return null;
  } catch (error) {
    return error instanceof AisleError ? error.toWire() : wireError('INTERNAL');
  }
}

/** For the log; the payload may be anything. */
function textOf(payload: unknown, field: 'requestId' | 'eventId'): string | undefined {
  if (typeof payload !== 'object' || payload === null || !Object.hasOwn(payload, field)) return undefined;
  const value = (payload as Partial<Record<typeof field, unknown>>)[field];
  return typeof value === 'string' ? value.slice(0, 64) : undefined;
}

/** The public learns the request id alone; `cause` is for the log. */
const internal = (requestId: string, cause: unknown): HandlerResult => ({
  kind: 'refuse',
  error: wireError('INTERNAL', { details: { requestId } }),
  replayed: false,
  cause,
});
