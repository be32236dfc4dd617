import { isRecord } from '../../errors.js';
import type { AreaCount } from '../../store/map-store.js';
import { countSeats } from '../../store/measure.js';
import { AisleError } from '../../protocol/errors.js';
import type { EventStatus } from '../../protocol/event.js';
import type { SeatsView } from '../../protocol/http/events.js';
import { decodeMapInto } from '../../protocol/map-codec.js';
import { after } from '../../time.js';
import type { Grade, HoldCommands, MapSource, SourceListener } from './ports.js';
import type { Presence } from './presence.js';
import { overRest, Rest, type Server } from './rest.js';

/** A fifth more or less, so that a thousand pages behind one blocked network do not ask at once. */
const POLL_MS = 5_000;
const JITTER = 0.2;
/** After failures: doubling up to this. */
const POLL_MAX_MS = 30_000;
/** Whatever asks to hurry: not more often than this. */
const POLL_MIN_MS = 1_000;
const MAX_SEATS = 200_000;

/**
 * The map asked for every five seconds, for where sockets are blocked. An answer that did not change is a 304 without a body; while the
 * page is hidden nothing is asked.
 */
export class PolledSource implements MapSource {
  readonly commands: HoldCommands;
  grade: Grade = 'starting';
  error: AisleError | null = null;
  letters: Uint8Array = new Uint8Array(0);
  areas: readonly AreaCount[] = [];
  status: EventStatus | null = null;
  chartVersion: number | null = null;
  readonly #rest: Rest;
  readonly #path: string;
  readonly #presence: Presence;
  readonly #listener: SourceListener;
  #etag: string | null = null;
  #asking = false;
  #askedAt = -Infinity;
  #failures = 0;
  #closed = false;
  #cancel = (): void => undefined;

  constructor(server: Server, eventId: string, presence: Presence, listener: SourceListener) {
    this.#rest = new Rest(server);
    this.#path = `/v1/events/${encodeURIComponent(eventId)}/seats`;
    this.#presence = presence;
    this.#listener = listener;
    this.commands = overRest(this.#rest);
    void this.#ask();
  }

  hurry(): void {
    if (this.#closed || this.#asking) return;
    this.#cancel();
    this.#cancel = after(this.#askedAt + POLL_MIN_MS - performance.now(), () => void this.#ask());
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  async #ask(): Promise<void> {
    if (this.#closed || this.#asking) return;
    // hurry() is called when the page is shown again.
    if (!this.#presence.visible() && this.grade !== 'starting') return;
    this.#asking = true;
    this.#askedAt = performance.now();
    let waitMs = POLL_MS;
    try {
      const { status, etag, body } = await this.#read();
      if (this.#closed) return;
      this.#failures = 0;
      this.error = null;
      if (status === 304) this.#become(this.grade === 'unreachable' ? 'fresh' : this.grade);
      else this.#take(body, etag);
    } catch (error) {
      waitMs = this.#failed(error);
    } finally {
      this.#asking = false;
      const spread = 1 + JITTER * (2 * Math.random() - 1);
      if (!this.#closed) this.#cancel = after(waitMs * spread, () => void this.#ask());
    }
  }

  /** Without a token, so that a shared cache may answer; with one where that is refused (a private event). */
  async #read(): ReturnType<Rest['once']> {
    try {
      return await this.#rest.once('GET', this.#path, { etag: this.#etag });
    } catch (error) {
      const hidden =
        error instanceof AisleError && ['UNAUTHENTICATED', 'FORBIDDEN', 'EVENT_NOT_FOUND'].includes(error.code);
      if (!hidden) throw error;
      return this.#rest.once('GET', this.#path, { etag: this.#etag, token: true });
    }
  }

  #take(body: unknown, etag: string | null): void {
    if (!isView(body)) return this.#become('unreachable');
    const seats = countSeats(body.map, MAX_SEATS);
    if (seats === null) return this.#become('unreachable');
    if (this.letters.length !== seats) this.letters = new Uint8Array(seats);
    decodeMapInto(body.map, this.letters);
    this.areas = body.areas.map(([capacity, available]) => ({ capacity, available }));
    this.status = body.status;
    this.chartVersion = body.chartVersion;
    this.#etag = etag;
    this.grade = body.stale === true ? 'stale' : 'fresh';
    this.#listener.changed({ all: true, to: body.seq });
    this.#listener.moved();
  }

  /** How long to wait then. */
  #failed(error: unknown): number {
    this.#failures++;
    const known = error instanceof AisleError ? error : null;
    this.error = known;
    // The server says no, or it cannot be reached at all.
    this.#become(known !== null && !known.retryable ? 'refused' : 'unreachable');
    return Math.max(Math.min(POLL_MS * 2 ** (this.#failures - 1), POLL_MAX_MS), known?.retryAfterMs ?? 0);
  }

  #become(grade: Grade): void {
    if (this.#closed || grade === this.grade) return;
    this.grade = grade;
    this.#listener.moved();
  }
}

const isView = (body: unknown): body is SeatsView =>
  isRecord(body) &&
  typeof body.map === 'string' &&
  typeof body.status === 'string' &&
  typeof body.chartVersion === 'number' &&
  Array.isArray(body.areas) &&
  body.areas.every(Array.isArray);
