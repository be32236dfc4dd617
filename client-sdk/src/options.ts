/** Why a token is asked for. `refused`: the last one was turned down; `expiring`: it ends soon. */
export type TokenReason = 'connect' | 'refused' | 'expiring';
/** null: a read-only viewer. */
export type GetToken = (reason: TokenReason) => string | null | Promise<string | null>;

/** The part of `fetch` that is used; the platform's own fits. */
export type FetchLike = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string; signal: AbortSignal },
) => Promise<FetchResponse>;
export interface FetchResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  json(): Promise<unknown>;
}

export interface Timeouts {
  /** Handshake and first word of a connection. */
  readonly connectMs: number;
  /** One answer; then the same request is sent again with the same id. */
  readonly ackMs: number;
  /** A command in all, retries included; below the server's 10-minute memory of request ids (SPEC S7). */
  readonly commandMs: number;
  /** Neither frame nor beacon for this long: ask again. The server sends a beacon after 2 s. */
  readonly silenceMs: number;
  /** A beacon ahead of the map for this long: something was lost. */
  readonly behindMs: number;
  /** After `reload` a fresh map is taken within this time, at random, so that not all ask at once. */
  readonly reloadSpreadMs: number;
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = {
  connectMs: 10_000,
  ackMs: 4_000,
  commandMs: 15_000,
  silenceMs: 5_000,
  behindMs: 200,
  reloadSpreadMs: 2_000,
  backoffMinMs: 200,
  backoffMaxMs: 5_000,
};
/** Half of the server's memory: a request sent again after that could be carried out twice. */
export const MAX_COMMAND_MS = 300_000;

export interface ClientOptions {
  /** Where Aisle serves, e.g. "https://tickets.example.com" or with a path in front; absent: the page's own origin. */
  url?: string;
  /** Asked before each connection, when a token was refused and before it expires. Absent: a read-only viewer. */
  getToken?: GetToken;
  /** "name/version" of the embedding application, for the server's log. */
  clientName?: string;
  fetch?: FetchLike;
  timeouts?: Partial<Timeouts>;
}

export function readTimeouts(given: Partial<Timeouts> = {}): Timeouts {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...given };
  for (const [name, value] of Object.entries(timeouts)) {
    if (!Number.isFinite(value) || value < 0)
      throw new RangeError(`timeouts.${name}: ${String(value)} is no time in ms`);
  }
  if (timeouts.commandMs > MAX_COMMAND_MS) throw new RangeError(`timeouts.commandMs: at most ${MAX_COMMAND_MS}`);
  return timeouts;
}
