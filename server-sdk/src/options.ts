/** How to reach Aisle. */
export interface AisleOptions {
  /** Where Aisle is: `http://127.0.0.1:3000`. */
  readonly url: string;
  /** An API key (or the admin key): keep it on the server. */
  readonly key: string;
  /** How long one attempt may take. Default 10,000 ms. */
  readonly timeoutMs?: number;
  /** How often to try again after the first attempt. Default 4; 0: never. */
  readonly retries?: number;
  /** In place of the global fetch. */
  readonly fetch?: typeof fetch;
}

/** What every call takes besides its own arguments. */
export interface CallOptions {
  /** Ends the call, and the waiting for another attempt; it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}
export interface WriteOptions extends CallOptions {
  /**
   * Makes the call safe to make again, from another process too: one key, one effect, one answer. Without it each call makes
   * its own and keeps it over its retries.
   */
  readonly idempotencyKey?: string;
}
