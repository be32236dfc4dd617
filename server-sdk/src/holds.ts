import type { AreaChoice, Hold, HoldBestCommand, HoldCommand } from '@aisle/client/protocol';
import type { CallOptions, WriteOptions } from './options.js';
import type { Transport } from './transport.js';

/** The request id is the call's idempotencyKey, the subject that of `onBehalfOf`. */
export type HoldRequest = Omit<HoldCommand, 'requestId' | 'onBehalfOf'>;
export type BestRequest = Omit<HoldBestCommand, 'requestId' | 'onBehalfOf'>;
/** Nothing named: the whole hold. */
export interface ReleaseRequest {
  readonly seats?: readonly string[];
  readonly areas?: readonly Pick<AreaChoice, 'id' | 'quantity'>[];
}
export interface Holds {
  /** All of the places or none. With a holdToken: adds to that hold, whose deadline stays. */
  hold(request: HoldRequest, options?: WriteOptions): Promise<Hold>;
  bestAvailable(request: BestRequest, options?: WriteOptions): Promise<Hold>;
  get(token: string, options?: CallOptions): Promise<Hold>;
  extend(token: string, options?: WriteOptions): Promise<Hold>;
  /** What is left of the hold; null: nothing. */
  release(token: string, places?: ReleaseRequest, options?: WriteOptions): Promise<Hold | null>;
  /** The same calls in the name of a buyer of the shop: the hold is his, and counts towards his limits. */
  onBehalfOf(subject: string): Holds;
}

export function createHolds(transport: Transport, subject?: string): Holds {
  const { get, post } = transport;
  const whose = subject === undefined ? {} : { onBehalfOf: subject };
  const at = (token: string, step = ''): string => `/v1/inventory/holds/${encodeURIComponent(token)}${step}`;
  return {
    hold: (request, options) => post('/v1/inventory/holds', { ...request, ...whose }, options),
    bestAvailable: (request, options) => post('/v1/inventory/best-available', { ...request, ...whose }, options),
    get: (token, options) => get(at(token), {}, options),
    extend: (token, options) => post(at(token, '/extend'), whose, options),
    release: async (token, places = {}, options) =>
      (await post<Hold | undefined>(at(token, '/release'), { ...places, ...whose }, options)) ?? null,
    onBehalfOf: (buyer) => createHolds(transport, buyer),
  };
}
