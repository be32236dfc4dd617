import type { Sql } from '../db/client.js';
import type { LiveEvent } from '../domain/event.js';
import type { Commands } from '../domain/ports/commands.js';
import type { EventDirectory } from '../domain/ports/event-directory.js';
import type { OrderChangeCommands } from '../domain/ports/order-changes.js';
import type { OrderSales } from '../domain/ports/orders.js';
import type { LiveReads } from '../domain/ports/live.js';
import type { Health } from '../domain/ports/health.js';
import type { ReadCaches } from '../domain/ports/read-caches.js';
import type { SeatFeed } from '../domain/ports/seat-feed.js';
import type { HoldCarrier } from '../domain/ports/hold-carrier.js';
import type { PaymentCommands } from '../domain/ports/payments.js';
import type { People } from '../domain/ports/people.js';
import type { QueueBoard } from '../domain/ports/queues.js';
import type { Sessions } from '../domain/ports/sessions.js';
import type { Switches } from '../domain/ports/switches.js';
import type { DroppedHolds } from '../commands/drop-subject.js';
import type { AddressPolicy } from '../domain/webhooks/address.js';
import type { Limits } from '../limits/limits.js';
import type { Clock } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';
import type { Metrics } from '../platform/metrics.js';
import type { Tickets } from '../tickets/index.js';

/** What must happen in Redis and on other nodes once Postgres has the change. Each may reject with UNAVAILABLE. */
export interface EventHooks {
  /** draft → published: load the event into Redis (SPEC R2). */
  onPublished(eventId: string): Promise<void>;
  /** Status, limits or anything else changed: tell Redis (SPEC R4) and the other nodes. */
  onEventChanged(live: LiveEvent): Promise<void>;
  /** Cancelled: drop its holds. */
  onCancelled(eventId: string): Promise<void>;
}

/** What a changed switch needs beyond its row. */
export interface SwitchControl {
  /** In force on this node when it resolves, on the others within a second or two. Never rejects. */
  changed(): Promise<void>;
  /** Frees what the subject holds, in one event or all; reserved holds are left to their orders. Throws UNAVAILABLE. */
  dropHolds(subject: string, eventId: string | null, actor: string): Promise<DroppedHolds>;
}

export interface HttpDeps {
  readonly sql: Sql;
  readonly directory: EventDirectory;
  readonly commands: Commands;
  readonly orders: OrderSales;
  readonly orderChanges: OrderChangeCommands;
  readonly payments: PaymentCommands;
  readonly feed: Pick<SeatFeed, 'view' | 'inventory' | 'letters'>;
  readonly live: LiveReads;
  readonly queues: QueueBoard;
  readonly sessions: Sessions;
  readonly people: People;
  readonly carrier: HoldCarrier;
  readonly caches: ReadCaches;
  readonly tickets: Pick<Tickets, 'codes' | 'commands' | 'links' | 'pageOrder' | 'addKey' | 'retireKey'>;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly hooks: EventHooks;
  readonly limits: Limits;
  readonly switches: Switches;
  readonly switchControl: SwitchControl;
  /** Where webhooks may go (AISLE_WEBHOOK_ALLOW_PRIVATE, SPEC W7). */
  readonly webhookPolicy: AddressPolicy;
  /** AISLE_ALLOWED_ORIGINS: pages of these origins may call from a browser; "*" any; undefined: this server's own pages alone. */
  readonly allowedOrigins: readonly string[] | undefined;
  /** Folder of the built pages: shop.html, picker.html, assets/. */
  readonly webRoot: string;
  /** Aisle's version, for /openapi.json. */
  readonly version: string;
}
