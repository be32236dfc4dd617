import type { z } from 'zod';
import type { Hold } from '../hold.js';
import type { CarriedHolds } from '../http/people.js';
import type { Order } from '../order.js';
import type { Role } from '../session.js';
import type { WireError } from '../errors.js';
import { authenticateSchema } from './authenticate.js';
import { extendCommandSchema } from './extend.js';
import { holdBestCommandSchema } from './hold-best.js';
import { holdCommandSchema } from './hold.js';
import { holdsQuerySchema } from './holds.js';
import { releaseCommandSchema } from './release.js';
import { reserveCommandSchema } from './reserve.js';
import { subscribeSchema, type SubscribeAck } from './subscribe.js';
import { unsubscribeSchema } from './unsubscribe.js';

/** Everything a client may emit: the name on the wire and the schema of its payload. */
export const UP = {
  subscribe: subscribeSchema,
  unsubscribe: unsubscribeSchema,
  hold: holdCommandSchema,
  'hold-best': holdBestCommandSchema,
  extend: extendCommandSchema,
  release: releaseCommandSchema,
  reserve: reserveCommandSchema,
  holds: holdsQuerySchema,
  authenticate: authenticateSchema,
} as const;

export type UpName = keyof typeof UP;
export type UpPayload<N extends UpName> = z.infer<(typeof UP)[N]>;

/** The position of a command's change in its event's history. */
export interface ChangePosition {
  epoch: number;
  seq: number;
}
export interface UpResults {
  subscribe: SubscribeAck;
  unsubscribe: Record<never, never>;
  hold: { hold: Hold } & ChangePosition;
  'hold-best': { hold: Hold } & ChangePosition;
  extend: { hold: Hold } & ChangePosition;
  release: { hold?: Hold } & ChangePosition;
  reserve: { order: Order } & ChangePosition;
  holds: { holds: Hold[] };
  /** `holds`: where a guest became a customer, what went with it. */
  authenticate: { subject: string; role: Role; expiresAt: string | null; holds?: CarriedHolds };
}
export type Ack<N extends UpName> = ({ ok: true } & UpResults[N]) | { ok: false; error: WireError };
