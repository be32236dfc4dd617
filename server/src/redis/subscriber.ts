import type { Redis } from 'ioredis';
import { z } from 'zod';
import { eventStatusSchema, HOLD_NOTE_KINDS } from '@aisle/client/protocol';
import type { SeatChanges, SeatChangeSource } from '../domain/ports/seat-changes.js';
import type { Logger } from '../platform/logger.js';
import { channels } from './keys.js';
import { toLetter } from './outcome-codec.js';

/** What lua/lib/tx.lua and configure.lua publish. Short names: this travels for every change. */
const places = z.array(z.union([z.number(), z.string()]));
const messageSchema = z.object({
  e: z.number(),
  f: z.number(),
  t: z.number(),
  c: z.array(z.tuple([z.number(), places, z.array(z.number())])),
  i: z.array(z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()])),
  n: z.array(z.tuple([z.string(), z.enum(HOLD_NOTE_KINDS), z.string()])),
  v: z.tuple([eventStatusSchema, z.number()]).optional(),
});

/** Pairs of a flat list. */
function pairs<A, B>(
  flat: readonly (string | number)[],
  first: (value: string | number | undefined) => A,
  second: (value: string | number | undefined) => B,
): [A, B][] {
  const out: [A, B][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) out.push([first(flat[i]), second(flat[i + 1])]);
  return out;
}

/** Throws on anything a script of ours would not have published. */
export function decodeChanges(eventId: string, text: string): SeatChanges {
  const message = messageSchema.parse(JSON.parse(text));
  return {
    eventId,
    epoch: message.e,
    from: message.f,
    to: message.t,
    entries: message.c.map(([seq, seats, areas]) => ({
      seq,
      seats: pairs(seats, Number, (letter) => toLetter(String(letter))),
      areas: pairs(areas, Number, Number),
    })),
    inventory: message.i,
    notes: message.n.map(([subject, kind, token]) => ({ subject, kind, token })),
    ...(message.v === undefined ? {} : { status: { status: message.v[0], version: message.v[1] } }),
  };
}

/** One subscriber connection a node; events are subscribed while they have viewers (SPEC F1). */
export class RedisSeatChangeSource implements SeatChangeSource {
  readonly #redis: Redis;
  readonly #logger: Logger;
  readonly #wanted = new Set<string>();
  #changes: (changes: SeatChanges) => void = () => undefined;
  #resync: () => void = () => undefined;

  /** `redis`: a connection of its own from openSubscriberConnection. */
  constructor(redis: Redis, logger: Logger) {
    this.#redis = redis;
    this.#logger = logger;
    redis.on('message', (channel: string, text: string) => this.#receive(channel, text));
    redis.on('ready', () => void this.#resubscribed());
    redis.on('error', (error: Error) => logger.warn({ err: error }, 'subscriber connection'));
  }

  async subscribe(eventId: string): Promise<void> {
    this.#wanted.add(eventId);
    await this.#redis.subscribe(channels.seatUpdates(eventId));
  }

  async unsubscribe(eventId: string): Promise<void> {
    this.#wanted.delete(eventId);
    await this.#redis.unsubscribe(channels.seatUpdates(eventId));
  }

  onChanges(listener: (changes: SeatChanges) => void): void {
    this.#changes = listener;
  }

  onResync(listener: () => void): void {
    this.#resync = listener;
  }

  /** A new connection: the one there is may be to a Redis that is no longer the one in use. */
  reconnect(): void {
    this.#redis.disconnect(true);
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
    return Promise.resolve();
  }

  #receive(channel: string, text: string): void {
    const eventId = channels.eventOf(channel);
    if (eventId === null) return;
    try {
      this.#changes(decodeChanges(eventId, text));
    } catch (error) {
      // Not ours to guess at: the next poll of positions finds the gap and takes a snapshot (SPEC F4).
      this.#logger.error({ err: error, eventId }, 'unreadable message on the channel of an event');
    }
  }

  /** ioredis resubscribes on its own; ours again is the confirmation to wait for before anything is compared. */
  async #resubscribed(): Promise<void> {
    const wanted = [...this.#wanted].map((eventId) => channels.seatUpdates(eventId));
    try {
      if (wanted.length > 0) await this.#redis.subscribe(...wanted);
      this.#resync();
    } catch (error) {
      this.#logger.warn({ err: error }, 'resubscribing failed; the next connection tries again');
    }
  }
}
