import { wireError, type WireError } from '@aisle/client/protocol';
import { isStaff, type Actor } from '../domain/actor.js';
import type { Config } from '../platform/config.js';
import type { Metrics } from '../platform/metrics.js';
import { addressOf } from './address.js';
import { createRateLimit, type RateLimit, type RateRule, type SharedCounters } from './rate-limit.js';

export type LimitsConfig = Pick<
  Config,
  | 'AISLE_LIMITS'
  | 'AISLE_LIMITS_COMMANDS_PER_10S'
  | 'AISLE_LIMITS_COMMANDS_PER_10S_PER_IP'
  | 'AISLE_LIMITS_HANDSHAKES_PER_MINUTE'
  | 'AISLE_LIMITS_CONNECTIONS_PER_IP'
  | 'AISLE_LIMITS_SESSIONS_PER_MINUTE'
>;

/** A kiosk serves a queue of people under one name. */
const KIOSK_FACTOR = 10;
const COMMAND_WINDOW_S = 10;
const MINUTE_S = 60;
/** A connection of the same address may end at any time. */
const CONNECTIONS_RETRY_MS = 5000;

/** How much anybody may ask of the service (SPEC G2); HTTP and sockets count in the same places. Never the caps on places. */
export interface Limits {
  /** Counts one call: by subject, then address; a socket's also by socket where it has no subject. Null: go on. */
  call(actor: Actor, ip: string, socketId?: string): Promise<WireError | null>;
  /** Counts a read without a token. */
  read(ip: string): Promise<WireError | null>;
  /** Counts by address and socket what is not one subject's: a change of identity. */
  identity(actor: Actor, ip: string, socketId: string): Promise<WireError | null>;
  handshake(actor: Actor, ip: string): Promise<WireError | null>;
  /** Counts one guest session. */
  session(actor: Actor, ip: string): Promise<WireError | null>;
  /** `open`: connections that the address has on this node, this one among them. */
  connections(actor: Actor, open: number): WireError | null;
  /** Past this many connections an address is not even listened to. */
  readonly hardConnections: number;
}

const none = (): Promise<null> => Promise.resolve(null);
export const UNLIMITED: Limits = {
  ...{ call: none, read: none, identity: none, handshake: none, session: none },
  connections: () => null,
  hardConnections: Infinity,
};

/** A shop's server and the box office act for many: they are not counted. */
const counted = (actor: Actor): boolean => !isStaff(actor);

/** Limits of one process; `counters` null: it counts for itself. */
export function createLimits(config: LimitsConfig, counters: SharedCounters | null, metrics: Metrics): Limits {
  return config.AISLE_LIMITS === 'off' ? UNLIMITED : new CountingLimits(config, counters, metrics);
}

/** What is counted, in the words of the refusal and of the metric. */
interface Rule extends RateRule {
  readonly limit: 'subject' | 'address' | 'socket' | 'handshakes' | 'sessions';
  readonly what: string;
}

class CountingLimits implements Limits {
  readonly hardConnections: number;
  readonly #subject: Counter;
  readonly #kiosk: Counter;
  readonly #address: Counter;
  readonly #socket: Counter;
  readonly #handshakes: Counter;
  readonly #sessions: Counter;

  constructor(
    private readonly config: LimitsConfig,
    counters: SharedCounters | null,
    private readonly metrics: Metrics,
  ) {
    const points = config.AISLE_LIMITS_COMMANDS_PER_10S;
    const counter = (where: SharedCounters | null, rule: Rule): Counter => new Counter(where, rule, metrics);
    const commands = { seconds: COMMAND_WINDOW_S, what: 'commands' };
    this.#subject = counter(counters, { ...commands, limit: 'subject', scope: 'commands', points });
    this.#kiosk = counter(counters, {
      ...{ ...commands, limit: 'subject', scope: 'commands_kiosk', points: points * KIOSK_FACTOR },
    });
    this.#address = counter(counters, {
      ...{ ...commands, limit: 'address', scope: 'commands_ip', points: config.AISLE_LIMITS_COMMANDS_PER_10S_PER_IP },
    });
    // A socket lives on one node.
    this.#socket = counter(null, { ...commands, limit: 'socket', scope: 'commands_socket', points });
    this.#handshakes = counter(counters, {
      ...{ limit: 'handshakes', what: 'connections', scope: 'handshakes', seconds: MINUTE_S },
      points: config.AISLE_LIMITS_HANDSHAKES_PER_MINUTE,
    });
    this.#sessions = counter(counters, {
      ...{ limit: 'sessions', what: 'sessions', scope: 'sessions', seconds: MINUTE_S },
      points: config.AISLE_LIMITS_SESSIONS_PER_MINUTE,
    });
    this.hardConnections = config.AISLE_LIMITS_CONNECTIONS_PER_IP * 2;
  }

  async call(actor: Actor, ip: string, socketId?: string): Promise<WireError | null> {
    if (!counted(actor)) return null;
    if (actor.role === 'kiosk' && actor.subject !== null) return this.#kiosk.count(actor.subject);
    if (actor.subject !== null) return (await this.#subject.count(actor.subject)) ?? this.#address.count(addressOf(ip));
    const limited = await this.#address.count(addressOf(ip));
    return limited ?? (socketId === undefined ? null : this.#socket.count(socketId));
  }

  read(ip: string): Promise<WireError | null> {
    return this.#address.count(addressOf(ip));
  }

  async identity(actor: Actor, ip: string, socketId: string): Promise<WireError | null> {
    if (!counted(actor)) return null;
    return (await this.#address.count(addressOf(ip))) ?? this.#socket.count(socketId);
  }

  async handshake(actor: Actor, ip: string): Promise<WireError | null> {
    return counted(actor) ? this.#handshakes.count(addressOf(ip)) : null;
  }

  async session(actor: Actor, ip: string): Promise<WireError | null> {
    return counted(actor) ? this.#sessions.count(addressOf(ip)) : null;
  }

  connections(actor: Actor, open: number): WireError | null {
    const limit = this.config.AISLE_LIMITS_CONNECTIONS_PER_IP;
    if (open <= limit || !counted(actor)) return null;
    this.metrics.limited.inc({ limit: 'connections' });
    return wireError('RATE_LIMITED', {
      message: `More than ${limit} connections at once from this address.`,
      retryAfterMs: CONNECTIONS_RETRY_MS,
      details: { limit: 'connections' },
    });
  }
}

/** One rule with its words and its metric. */
class Counter {
  readonly #limit: RateLimit;

  constructor(
    counters: SharedCounters | null,
    private readonly rule: Rule,
    private readonly metrics: Metrics,
  ) {
    this.#limit = createRateLimit(counters, rule);
  }

  async count(id: string): Promise<WireError | null> {
    const retryAfterMs = await this.#limit.consume(id);
    if (retryAfterMs === null) return null;
    const { limit, points, seconds, what } = this.rule;
    this.metrics.limited.inc({ limit });
    const whose = limit === 'handshakes' || limit === 'sessions' ? 'address' : limit;
    return wireError('RATE_LIMITED', {
      message: `More than ${points} ${what} in ${seconds} seconds from this ${whose}.`,
      retryAfterMs,
      details: { limit },
    });
  }
}
