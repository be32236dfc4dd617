import { UP, type UpName, type WireError } from '@aisle/client/protocol';
import { faultsOf, invalidRequest } from '../../domain/faults.js';
import { authenticate } from './authenticate.js';
import { extend } from './extend.js';
import type { Handler, HandlerContext, HandlerResult } from './handler.js';
import { holdBest } from './hold-best.js';
import { hold } from './hold.js';
import { holds } from './holds.js';
import { release } from './release.js';
import { reserve } from './reserve.js';
import { subscribe } from './subscribe.js';
import { unsubscribe } from './unsubscribe.js';

/** One client event, ready to run: its payload is parsed on the way in. */
export interface Route {
  readonly name: UpName;
  /** One after the other per socket: joining and leaving must not overtake each other. */
  readonly serial: boolean;
  /** `run`, or what is wrong with the payload. */
  parse(
    payload: unknown,
  ): { ok: true; run: (context: HandlerContext) => Promise<HandlerResult> } | { ok: false; error: WireError };
}

interface RouteOptions {
  readonly serial: boolean;
}
const COMMAND: RouteOptions = { serial: false };
const VIEWING: RouteOptions = { serial: true };

function route<N extends UpName>(name: N, handler: Handler<N>, options: RouteOptions): [string, Route] {
  const parse: Route['parse'] = (payload) => {
    const parsed = UP[name].safeParse(payload);
    if (!parsed.success) return { ok: false, error: invalidRequest(faultsOf(parsed.error)).toWire() };
    // The schema of `name` has just made it: TypeScript cannot see that across the generic.
    const data = parsed.data as Parameters<Handler<N>>[1];
    return { ok: true, run: (context) => handler(context, data) };
  };
  return [name, { name, ...options, parse }];
}

/** Every event a client may emit. A Map: names come from outside. */
export const ROUTES: ReadonlyMap<string, Route> = new Map([
  route('subscribe', subscribe, VIEWING),
  route('unsubscribe', unsubscribe, VIEWING),
  route('hold', hold, COMMAND),
  route('hold-best', holdBest, COMMAND),
  route('extend', extend, COMMAND),
  route('release', release, COMMAND),
  route('reserve', reserve, COMMAND),
  route('holds', holds, COMMAND),
  route('authenticate', authenticate, { serial: true }),
]);
