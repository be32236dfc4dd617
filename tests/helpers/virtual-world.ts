import type { SeatsFrame, Subscribe, SubscribeAck } from '@aisle/client/protocol';
import { AisleError } from '@aisle/client/protocol';
import type fc from 'fast-check';
import type { Outcome } from '../../client-sdk/src/connection/socket.js';
import { DEFAULT_TIMEOUTS } from '../../client-sdk/src/options.js';
import { EventFeed } from '../../client-sdk/src/store/feed.js';
import type { LiveEvent } from '../../server/src/domain/event.js';
import type { SeatFeed } from '../../server/src/domain/ports/seat-feed.js';
import { createSeatFeed } from '../../server/src/fanout/feed.js';
import { createLogger } from '../../server/src/platform/logger.js';
import { createMetrics } from '../../server/src/platform/metrics.js';
import type { History, Operation } from '../faults/support/history.js';
import { MemoryBroadcast } from './memory-broadcast.js';
import { MemoryChangeSource } from './memory-change-source.js';
import { MemoryDirectory } from './memory-directory.js';
import type { HallAnswer, HallCall, VirtualHall } from './virtual-hall.js';

/*
 * Nodes and SDK clients around a hall in memory. Whatever goes from one to another waits until the scheduler lets it; what takes
 * the same way stays in order, as on a TCP connection.
 */
type Scheduler = fc.Scheduler;
const metrics = createMetrics('virtual');
const logger = createLogger('silent', 'virtual');
const TICK_MS = 50;
/** Then the same request is sent again. */
const ANSWER_MS = 4000;
const ATTEMPTS = 4;

class Link {
  #queue: (() => void)[] = [];

  constructor(
    private readonly scheduler: Scheduler,
    private readonly name: string,
  ) {}

  send(deliver: () => void): void {
    this.#queue.push(deliver);
    void this.scheduler.schedule(Promise.resolve(), this.name).then(() => this.#queue.shift()?.());
  }

  /** What is on its way is lost. */
  lose(): void {
    this.#queue = [];
  }
}

export class VirtualNode {
  readonly source: MemoryChangeSource;
  readonly directory: MemoryDirectory;
  readonly broadcast = new MemoryBroadcast();
  readonly feed: SeatFeed;
  readonly toStore: Link;
  readonly fromStore: Link;

  constructor(
    name: string,
    scheduler: Scheduler,
    readonly hall: VirtualHall,
    readonly live: LiveEvent,
  ) {
    this.source = new MemoryChangeSource(hall.store, 'by-hand');
    this.directory = new MemoryDirectory(live);
    this.toStore = new Link(scheduler, `${name}→store`);
    this.fromStore = new Link(scheduler, `store→${name}`);
    const published = new Link(scheduler, `publish→${name}`);
    hall.store.onPublish(() => published.send(() => this.source.deliver(1)));
    const { store } = hall;
    const { source, directory, broadcast } = this;
    this.feed = createSeatFeed({ store, source, directory, broadcast, metrics, logger, tickMs: TICK_MS });
  }

  /** What Postgres says, as far as this node has heard. */
  get epoch(): number {
    return this.directory.peek(this.live.event.id)?.epoch ?? 0;
  }

  /** Decided under the epoch that this node knows of when the call comes in. */
  call(decide: (epoch: number) => HallAnswer, answered: (answer: HallAnswer) => void): void {
    const { epoch } = this;
    this.toStore.send(() => {
      const answer = decide(epoch);
      this.fromStore.send(() => answered(answer));
    });
  }
}

interface Request {
  readonly operation: Operation;
  readonly decide: (call: HallCall) => HallAnswer;
  readonly requestId: string;
}

export class VirtualClient {
  readonly feed: EventFeed;
  readonly #up: Link;
  readonly #down: Link;
  /** Counts connections. */
  #connection = 0;
  #connected = true;
  #leave = (): void => undefined;
  #requests = 0;
  /** Tokens it was granted and has not released, with their seats. */
  readonly mine = new Map<string, readonly string[]>();

  constructor(
    readonly name: string,
    scheduler: Scheduler,
    private readonly node: VirtualNode,
    private readonly history: History,
  ) {
    this.#up = new Link(scheduler, `${name}→node`);
    this.#down = new Link(scheduler, `node→${name}`);
    const wire = {
      up: () => this.#connected,
      subscribe: (payload: Subscribe, timeoutMs: number, done: (outcome: Outcome) => void) =>
        this.#subscribe(payload, timeoutMs, done),
      unsubscribe: () => undefined,
      suspect: () => false,
    };
    this.feed = new EventFeed(
      node.live.event.id,
      wire,
      DEFAULT_TIMEOUTS,
      () => undefined,
      () => 0.5,
    );
    this.feed.connected();
  }

  get text(): string {
    return Buffer.from(this.feed.store.letters).toString('latin1');
  }

  cut(): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.#connection++;
    this.#up.lose();
    this.#down.lose();
    this.#leave();
    this.#leave = () => undefined;
    this.feed.cut();
  }

  reconnect(): void {
    if (this.#connected) return;
    this.#connected = true;
    this.feed.connected();
  }

  hold(seats: readonly number[]): void {
    const operation = this.history.invoke({ client: this.name, kind: 'hold', seats: seats.map(String) });
    this.#send({ operation, requestId: `r${this.#requests++}`, decide: (call) => this.node.hall.hold(call, seats) }, 1);
  }

  release(which: number): void {
    const [token, seats] = [...this.mine][which % Math.max(1, this.mine.size)] ?? [];
    if (token === undefined || seats === undefined) return;
    this.mine.delete(token);
    const operation = this.history.invoke({ client: this.name, kind: 'release', seats, token });
    this.#send(
      { operation, requestId: `r${this.#requests++}`, decide: (call) => this.node.hall.release(call, token) },
      1,
    );
  }

  /** As the SDK does: the same request under the same id until it is decided, or given up as unknown. */
  #send(request: Request, attempt: number): void {
    if (attempt > ATTEMPTS) return;
    let over = false;
    const again = (delayMs: number): void => {
      if (over) return;
      over = true;
      setTimeout(() => this.#send(request, attempt + 1), delayMs);
    };
    setTimeout(() => again(0), ANSWER_MS);
    if (!this.#connected) return;
    const { requestId } = request;
    this.#up.send(() => {
      this.node.call(
        (epoch) => request.decide({ subject: this.name, requestId, epoch }),
        (answer) => {
          this.#down.send(() => {
            if (over) return;
            if (!answer.ok && answer.refusal.code === 'UNAVAILABLE') return again(250);
            over = true;
            this.#decided(request.operation, answer);
          });
        },
      );
    });
  }

  #decided(operation: Operation, answer: HallAnswer): void {
    const { kind, seats } = operation.invocation;
    if (!answer.ok) {
      const { refusal } = answer;
      const named = refusal.code === 'SEAT_UNAVAILABLE' ? refusal.seats.map(({ seatNo }) => String(seatNo)) : null;
      return operation.refused(refusal.code, named);
    }
    if (kind === 'release' || answer.hold === null) return operation.ok();
    const { token, expiresAt, seats: granted } = answer.hold;
    this.mine.set(token, seats);
    const expiresInMs = expiresAt - answer.nowMs;
    operation.ok({ token, expiresInMs, seats: granted.map(({ seatNo }) => String(seatNo)) });
  }

  #subscribe(payload: Subscribe, timeoutMs: number, done: (outcome: Outcome) => void): void {
    const connection = this.#connection;
    let over = false;
    const once = (outcome: Outcome): void => {
      if (!over && connection === this.#connection) done(outcome);
      over = true;
    };
    setTimeout(() => once({ kind: 'timeout' }), timeoutMs);
    const { epoch, seq, eventId } = payload;
    const position = epoch === undefined || seq === undefined ? undefined : { epoch, seq };
    this.#up.send(() => {
      this.node.feed
        .subscribe(eventId, position, (answer) => this.#attach(connection, answer, once))
        .catch((error: unknown) => {
          if (!(error instanceof AisleError)) throw error;
          this.#down.send(() => once({ kind: 'ack', value: { ok: false, error: error.toWire() } }));
        });
    });
  }

  /** On the node: join and answer in one turn (F3). */
  #attach(connection: number, answer: SubscribeAck, once: (outcome: Outcome) => void): void {
    const { eventId } = this.feed;
    const value: unknown = structuredClone({ ok: true, ...answer });
    this.#leave();
    this.#leave = () => undefined;
    if (connection !== this.#connection) return this.node.feed.unsubscribe(eventId);
    const room = `e:${eventId}`;
    const listener = (name: string, frame: object): void => this.#down.send(() => this.#heard(name, frame));
    this.node.broadcast.join(room, listener);
    this.#leave = () => {
      this.node.broadcast.leave(room, listener);
      this.node.feed.unsubscribe(eventId);
    };
    this.#down.send(() => once({ kind: 'ack', value }));
  }

  #heard(name: string, frame: object): void {
    if (name === 'seats') this.feed.frame(frame as SeatsFrame);
    else if (name === 'beacon') this.feed.beacon(frame as Parameters<EventFeed['beacon']>[0]);
    else if (name === 'reload') this.feed.reload(frame as Parameters<EventFeed['reload']>[0]);
    else if (name === 'inventory') this.feed.inventoryFrame(frame as Parameters<EventFeed['inventoryFrame']>[0]);
  }
}
