import type { EventEmitter } from 'node:events';
import { Command, Redis, type RedisOptions } from 'ioredis';

/** A command answers within this or is given up on as unknown: it may still apply, hence request ids (facts, ioredis). */
export const COMMAND_TIMEOUT_MS = 800;
const RECONNECT_MAX_MS = 500;
/** Something was sent and not a byte came for this long: the line is dead, or Redis is. A new connection finds out which. */
const DEAD_LINE_MS = 5000;
/** The same where commands block: BullMQ's for 10 s at most. */
const DEAD_QUEUE_LINE_MS = 15_000;
/** A subscriber sends nothing by itself, so a dead line would never show. */
const SUBSCRIBER_PING_MS = 2000;
/** Of a command connection: Redis answers again after a command had timed out. */
export const ANSWERING = 'answering';
const TIMED_OUT = 'Command timed out';

const reconnectDelay = (attempt: number): number =>
  Math.min(RECONNECT_MAX_MS, 20 * 2 ** Math.min(attempt, 5)) * (0.75 + Math.random() / 2);

type Options = RedisOptions & { readonly replyMapping?: 'legacy' };
const settings = (options: Options): Options => ({
  retryStrategy: reconnectDelay,
  connectTimeout: 2000,
  ...options,
});
// ioredis reads redis:// and rediss:// by itself; a local socket is given as a path.
const socketOf = (url: string): string | null => (url.startsWith('unix://') ? url.slice('unix://'.length) : null);

function open(url: string, options: Options): Redis {
  const path = socketOf(url);
  return path === null ? new Redis(url, settings(options)) : new Redis({ ...settings(options), path });
}

/**
 * Refuses at once while Redis does not answer: once a command timed out one PING is sent, which waits as long as it takes, and
 * until its answer is there nothing else is. What was sent before it has then been carried out or not, but is over.
 */
class CommandConnection extends Redis {
  #probe: Command | null = null;

  override sendCommand(...[command, stream]: Parameters<Redis['sendCommand']>): unknown {
    if (command !== this.#probe) {
      // Before it is ready it is being made, and has its own deadlines.
      if (this.#probe !== null && this.status === 'ready') {
        command.reject(new Error('Redis did not answer an earlier command in time'));
        return command.promise;
      }
      command.setTimeout(COMMAND_TIMEOUT_MS);
      command.promise.catch((error: unknown) => {
        if (error instanceof Error && error.message === TIMED_OUT) this.#silent();
      });
    }
    return super.sendCommand(command, stream);
  }

  #silent(): void {
    if (this.#probe !== null || this.status !== 'ready') return;
    const probe = new Command('ping', [], { replyEncoding: 'utf8' });
    this.#probe = probe;
    const over = (): void => {
      if (this.#probe === probe) this.#probe = null;
    };
    probe.promise.then(() => {
      over();
      (this as EventEmitter).emit(ANSWERING);
    }, over);
    super.sendCommand(probe);
  }
}

/** For commands: never queued, never sent twice by the library, answered or refused within COMMAND_TIMEOUT_MS. */
export function openCommandConnection(url: string): Redis {
  const options = settings({
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    socketTimeout: DEAD_LINE_MS,
    // Only after a failover: the old master says so, and nothing was written.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
  const path = socketOf(url);
  return path === null ? new CommandConnection(url, options) : new CommandConnection({ ...options, path });
}

/** For pub/sub alone; resubscribes by itself, and notices a dead line. */
export function openSubscriberConnection(url: string): Redis {
  const redis = open(url, { maxRetriesPerRequest: null, autoResubscribe: true, socketTimeout: DEAD_LINE_MS });
  const ping = setInterval(() => {
    if (redis.status === 'ready') redis.ping().catch(() => undefined);
  }, SUBSCRIBER_PING_MS).unref();
  redis.once('end', () => clearInterval(ping));
  return redis;
}

/** For BullMQ workers, which block. What was asked on a line that turned out dead is asked again on the next. */
export const openQueueConnection = (url: string): Redis =>
  open(url, { maxRetriesPerRequest: null, socketTimeout: DEAD_QUEUE_LINE_MS });
