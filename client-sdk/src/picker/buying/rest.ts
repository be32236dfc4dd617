import { backoffMs } from '../../connection/backoff.js';
import { isRecord, readWireError, unavailable } from '../../errors.js';
import { liveHold, type LiveHold } from '../../hold.js';
import type { FetchLike, GetToken } from '../../options.js';
import { AisleError } from '../../protocol/errors.js';
import type { Hold } from '../../protocol/hold.js';
import { monotonicMs, sleep } from '../../time.js';
import type { HoldCommands } from './ports.js';

/** One attempt; a line that swallows everything must not hold up the next one. */
const ATTEMPT_MS = 8_000;
/** A command in all, as over the socket; well below the server's memory of request ids (SPEC S7). */
const COMMAND_MS = 15_000;
const RETRY_MIN_MS = 200;
const RETRY_MAX_MS = 2_000;

export interface Answer {
  readonly status: number;
  readonly etag: string | null;
  /** undefined: none (204, 304). */
  readonly body: unknown;
  /** Monotonic time at which the request that was answered left. */
  readonly sentAtMs: number;
}
/** Where it is, and how it is asked. */
export interface Server {
  readonly base: () => string;
  readonly getToken: GetToken | undefined;
  readonly fetch: FetchLike | undefined;
}
interface Asked {
  readonly body?: object;
  readonly etag?: string | null;
  /** Public reads go without, so that shared caches may answer. */
  readonly token?: boolean;
}

/** The REST surface, for where sockets are blocked. */
export class Rest {
  readonly #server: Server;
  #token: Promise<string | null> | undefined;

  constructor(server: Server) {
    this.#server = server;
  }

  /** One attempt. Rejects with AisleError: the server's own, or UNAVAILABLE where none could be had. */
  async once(method: 'GET' | 'POST', path: string, asked: Asked = {}): Promise<Answer> {
    const headers: Record<string, string> = { accept: 'application/json' };
    const token = asked.token === true ? await this.#tokenNow() : null;
    if (token !== null) headers.authorization = `Bearer ${token}`;
    if (asked.etag != null) headers['if-none-match'] = asked.etag;
    if (asked.body !== undefined) headers['content-type'] = 'application/json';
    const sentAtMs = monotonicMs();
    const call: FetchLike = this.#server.fetch ?? ((url, init) => fetch(url, init));
    const url = this.#server.base() + path;
    try {
      const response = await call(url, {
        method,
        headers,
        ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
        signal: AbortSignal.timeout(ATTEMPT_MS),
      });
      const { status } = response;
      const bare = status === 204 || status === 304;
      const body: unknown = bare ? undefined : await response.json();
      if (!response.ok && status !== 304) throw refusal(status, body);
      return { status, etag: response.headers.get('etag'), body, sentAtMs };
    } catch (error) {
      if (error instanceof AisleError) throw error;
      throw unavailable('The server could not be reached or sent no JSON.', { details: { url } }, error);
    }
  }

  /** Sends until answered: only what may be sent twice, because it reads or carries a request id. */
  async send(method: 'GET' | 'POST', path: string, body?: object, timeoutMs = COMMAND_MS): Promise<Answer> {
    const deadline = monotonicMs() + timeoutMs;
    let renewed = false;
    let unknown = false;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.once(method, path, { token: true, ...(body === undefined ? {} : { body }) });
      } catch (error) {
        if (!(error instanceof AisleError)) throw error;
        if (error.code === 'UNAUTHENTICATED' && !renewed) {
          renewed = true;
          await this.#renew();
          continue;
        }
        if (!error.retryable) throw error;
        unknown ||= error.code !== 'RATE_LIMITED';
        const waitMs = backoffMs(attempt, RETRY_MIN_MS, RETRY_MAX_MS) + (error.retryAfterMs ?? 0);
        if (monotonicMs() + waitMs >= deadline) throw gaveUp(error, unknown);
        await sleep(waitMs);
      }
    }
  }

  #tokenNow(): Promise<string | null> {
    return (this.#token ??= this.#ask('connect'));
  }

  /** Another way may have renewed it meanwhile: only what is still given is refused. */
  async #renew(): Promise<void> {
    const before = await this.#token;
    const now = await this.#ask('connect');
    this.#token = now === before ? this.#ask('refused') : Promise.resolve(now);
  }

  async #ask(reason: 'connect' | 'refused'): Promise<string | null> {
    try {
      return (await this.#server.getToken?.(reason)) ?? null;
    } catch (error) {
      this.#token = undefined;
      throw error instanceof AisleError
        ? error
        : unavailable('getToken failed.', { remediation: 'See the cause.' }, error);
    }
  }
}

function refusal(status: number, body: unknown): AisleError {
  const wire = isRecord(body) ? readWireError(body.error) : null;
  return wire === null
    ? unavailable(`The server answered ${status}.`, { retryable: status >= 500 })
    : new AisleError(wire);
}

function gaveUp(error: AisleError, unknown: boolean): AisleError {
  const wire = error.toWire();
  return new AisleError({ ...wire, details: { ...wire.details, outcome: unknown ? 'unknown' : 'refused' } });
}

/** The commands of the socket, in the same shapes and with the same request ids. */
export function overRest(rest: Rest): HoldCommands {
  const holds = '/v1/inventory/holds';
  const grant = async (path: string, body: object): Promise<LiveHold> => readHold(await rest.send('POST', path, body));
  return {
    hold: (command) => grant(holds, command),
    holdBest: (command) => grant('/v1/inventory/best-available', command),
    extend: ({ holdToken, requestId }) => grant(`${holds}/${encodeURIComponent(holdToken)}/extend`, { requestId }),
    release: async ({ holdToken, seats, areas, requestId }) => {
      const path = `${holds}/${encodeURIComponent(holdToken)}/release`;
      const answer = await rest.send('POST', path, { seats, areas, requestId });
      return answer.status === 204 ? undefined : readHold(answer);
    },
    holds: async (eventId, timeoutMs) => {
      const { body, sentAtMs } = await rest.send(
        'GET',
        `${holds}?eventId=${encodeURIComponent(eventId)}`,
        undefined,
        timeoutMs,
      );
      const items = isRecord(body) && Array.isArray(body.items) ? (body.items as Hold[]) : [];
      return items.map((hold) => liveHold(hold, sentAtMs));
    },
  };
}

function readHold({ body, sentAtMs }: Answer): LiveHold {
  if (!isRecord(body) || typeof body.token !== 'string' || !Array.isArray(body.items))
    throw unavailable('The server sent an unreadable hold.');
  return liveHold(body as Hold, sentAtMs);
}
