import type { AttemptResult, LeasedEndpoint, TakenDelivery } from '../../../server/src/db/webhooks/leases.js';
import { nextAttemptAt, retryAfterOf } from '../../../server/src/domain/webhooks/retry.js';
import { liveSecrets, signedHeaders } from '../../../server/src/domain/webhooks/secrets.js';
import type { Clock } from '../../../server/src/platform/clock.js';
import type { Logger } from '../../../server/src/platform/logger.js';
import type { Metrics } from '../../../server/src/platform/metrics.js';
import { Lanes, type Parcel } from './lanes.js';
import type { AttemptRecorder } from './recorder.js';
import type { Attempt, Sender } from './sender.js';

/** Requests to one endpoint at a time: some 200 a second to a receiver that takes 50 ms. */
const REQUESTS_AT_ONCE = 10;
/** After this many failures in a row the endpoint counts as down: it is asked by one request at a time. */
const DOWN_AFTER_FAILURES = 20;
/** Deliveries of one endpoint in hand; past it the rest waits in Postgres until some are made or dead. */
const MAX_IN_HAND = 20_000;
const LONGEST_PAUSE_MS = 3_600_000;
const OK = (status: number): boolean => status >= 200 && status < 300;
const GONE = 410;
/** Too many requests, out of service: a Retry-After with these is meant for all deliveries. */
const SLOW_DOWN: ReadonlySet<number> = new Set([429, 503]);

export interface CourierDeps {
  readonly sender: Sender;
  readonly recorder: AttemptRecorder;
  readonly bodyOf: (messageId: string) => Promise<string | null>;
  /** The receiver wants nothing any more. */
  readonly onGone: (endpointId: string) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'webhookAttempts' | 'webhookLagSeconds'>;
}

/** Delivers to one endpoint, for as long as this worker has its lease. What it does, and how slowly, is nobody else's matter. */
export class Courier {
  readonly #lanes = new Lanes();
  #sending = 0;
  #failuresInRow = 0;
  #pausedUntilMs = 0;
  /** By the process's monotonic clock: past it another worker may have the endpoint. */
  #leasedUntilMs: number;
  /** What was taken before must be in hand before anything new is. */
  complete = false;

  constructor(
    private readonly deps: CourierDeps,
    private endpoint: LeasedEndpoint,
    leasedUntilMs: number,
  ) {
    this.#leasedUntilMs = leasedUntilMs;
  }

  /** How many more it can take in. */
  get room(): number {
    return Math.max(0, MAX_IN_HAND - this.#lanes.size);
  }

  /** Requests under way. */
  get sending(): number {
    return this.#sending;
  }

  renew(endpoint: LeasedEndpoint, leasedUntilMs: number): void {
    this.endpoint = endpoint;
    this.#leasedUntilMs = leasedUntilMs;
  }

  /** Sends nothing more; what is under way ends by itself. */
  stop(): void {
    this.#leasedUntilMs = 0;
  }

  take(deliveries: readonly TakenDelivery[]): void {
    const now = this.deps.clock();
    for (const delivery of deliveries) {
      this.#lanes.add({
        ...{ id: delivery.id, messageId: delivery.messageId, keys: delivery.keys, body: delivery.body },
        createdAtMs: delivery.createdAt.getTime(),
        attempts: delivery.attempts,
        firstAttemptAtMs: delivery.firstAttemptAt?.getTime() ?? null,
        dueAtMs: delivery.nextAttemptAt?.getTime() ?? now,
      });
    }
    this.pump();
  }

  /** Sends what is due, as far as the endpoint's share of requests goes. */
  pump(): void {
    const limit = this.#failuresInRow >= DOWN_AFTER_FAILURES ? 1 : REQUESTS_AT_ONCE;
    while (this.#sending < limit && performance.now() < this.#leasedUntilMs) {
      const now = this.deps.clock();
      const parcel = now < this.#pausedUntilMs ? undefined : this.#lanes.next(now);
      if (parcel === undefined) return;
      this.#sending += 1;
      void this.#deliver(parcel);
    }
  }

  async #deliver(parcel: Parcel): Promise<void> {
    const { id, url, secrets } = this.endpoint;
    try {
      parcel.body ??= await this.deps.bodyOf(parcel.messageId);
      if (parcel.body === null) {
        this.#lanes.finished(parcel);
        return;
      }
      const now = this.deps.clock();
      const live = liveSecrets(secrets, now).map(({ secret }) => secret);
      const headers = signedHeaders(live, { id: parcel.messageId, body: parcel.body }, now);
      const attempt = await this.deps.sender.send(url, { ...COMMON_HEADERS, ...headers }, parcel.body);
      this.#settle(parcel, attempt);
    } catch (error) {
      // Postgres away when the body was to be read: the attempt was not made.
      this.deps.logger.debug({ err: error, endpointId: id }, 'a webhook waits for Postgres');
      parcel.dueAtMs = this.deps.clock() + 1000;
      this.#lanes.again(parcel);
    } finally {
      this.#sending -= 1;
      this.pump();
    }
  }

  #settle(parcel: Parcel, attempt: Attempt): void {
    const { clock, random, recorder, metrics } = this.deps;
    const nowMs = clock();
    const firstAttemptAtMs = parcel.firstAttemptAtMs ?? nowMs;
    const attempts = parcel.attempts + 1;
    const status = attempt.kind === 'answered' ? attempt.status : null;
    const delivered = status !== null && OK(status);
    const retryAfterMs = attempt.kind === 'answered' ? retryAfterOf(attempt.retryAfter, nowMs) : 0;
    const nextMs = delivered ? null : nextAttemptAt({ attempts, firstAttemptAtMs, nowMs, retryAfterMs }, random);
    const outcome = delivered ? 'delivered' : nextMs === null ? 'dead' : 'failed';
    metrics.webhookAttempts.inc({ outcome });
    this.#learn(delivered, status, retryAfterMs, nowMs);
    const result: AttemptResult = {
      ...{ deliveryId: parcel.id, attempts, firstAttemptAtMs, nextAttemptAtMs: nextMs, lastStatus: status },
      status: outcome === 'failed' ? 'taken' : outcome,
      finishedAtMs: nextMs === null ? nowMs : null,
      lastError: attempt.kind === 'failed' ? attempt.why : null,
    };
    if (delivered) metrics.webhookLagSeconds.observe(Math.max(0, nowMs - parcel.createdAtMs) / 1000);
    if (outcome === 'dead') this.#mourn(parcel, result);
    // Only what is written opens the way: a worker killed now sends this one again, and nothing newer before it.
    recorder.record(result, () => {
      if (nextMs === null) this.#lanes.finished(parcel);
      else {
        // Kept small while it waits: it is read again.
        Object.assign(parcel, { attempts, firstAttemptAtMs, dueAtMs: nextMs, body: null });
        this.#lanes.again(parcel);
      }
      this.pump();
    });
  }

  #learn(delivered: boolean, status: number | null, retryAfterMs: number, nowMs: number): void {
    if (delivered) {
      if (this.#failuresInRow >= DOWN_AFTER_FAILURES) this.#lanes.hurry(nowMs);
      this.#failuresInRow = 0;
      return;
    }
    this.#failuresInRow += 1;
    if (status !== null && SLOW_DOWN.has(status))
      this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + Math.min(retryAfterMs, LONGEST_PAUSE_MS));
    if (status === GONE) {
      this.stop();
      this.deps.onGone(this.endpoint.id);
    }
  }

  #mourn(parcel: Parcel, { lastStatus, lastError, attempts }: AttemptResult): void {
    this.deps.logger.warn(
      {
        endpointId: this.endpoint.id,
        deliveryId: parcel.id,
        messageId: parcel.messageId,
        attempts,
        lastStatus,
        lastError,
      },
      'a webhook is given up; it is listed as dead and can be replayed',
    );
  }
}

const COMMON_HEADERS = { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'aisle-webhooks' };
