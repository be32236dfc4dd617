import type { AisleError } from '../protocol/errors.js';
import type { Hello } from '../protocol/down/hello.js';

/** Where the connection stands, one thing at a time. */
export type ConnectionState =
  /** Nothing was asked for yet. */
  | { readonly state: 'idle' }
  | { readonly state: 'connecting'; readonly attempt: number }
  | { readonly state: 'ready'; readonly hello: Hello }
  /** Cut or refused for now; tries again after `retryInMs`. */
  | { readonly state: 'waiting'; readonly attempt: number; readonly retryInMs: number; readonly error: AisleError }
  /** Closed by close(), or refused for good (`error`): connect() tries again after that. */
  | { readonly state: 'closed'; readonly error?: AisleError };
