import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Every metric of a process, by Prometheus's naming conventions. One instance a process, passed where it is needed. */
export interface Metrics {
  readonly registry: Registry;
  /** command, outcome ("ok", "replayed" or an error code), transport (socket, http) */
  readonly commands: Counter<'command' | 'outcome' | 'transport'>;
  readonly commandSeconds: Histogram<'command'>;
  /** Refused as too many, by what was counted: subject, address, socket, handshakes, connections, sessions */
  readonly limited: Counter<'limit'>;
  /** Refused because of a live switch */
  readonly switched: Counter<'switch'>;
  readonly connections: Gauge<'engine'>;
  readonly connectionsTotal: Counter<'engine'>;
  /** reason: transport close, back-pressure, expired, … */
  readonly disconnectsTotal: Counter<'reason'>;
  readonly subscriptions: Gauge;
  /** Frames encoded, by kind (seats, beacon, inventory, …); deliveries = frames × viewers. */
  readonly frames: Counter<'kind'>;
  readonly deliveries: Counter<'kind'>;
  readonly bytesOut: Counter<'kind'>;
  /** Published changes taken in; divided by frames{kind="seats"}: the coalescing ratio. */
  readonly changesIn: Counter;
  readonly snapshots: Counter<'reason'>;
  readonly snapshotSeconds: Histogram;
  readonly resumes: Counter<'kind'>;
  /** Mirrored events on this node that cannot be checked against Redis now: their viewers see a map marked stale. */
  readonly staleMirrors: Gauge;
  /** Entries in an event's log not yet in Postgres; worst over events. */
  readonly logEntries: Gauge;
  /** Entries that wait in the fullest event's log, over its bound (SPEC L2); 1: new holds are refused. */
  readonly logFillRatio: Gauge;
  /** Events that are being loaded into Redis, or were left half loaded, as the worker last saw them. */
  readonly eventsLoading: Gauge;
  /** Events for which Postgres went back in time (SPEC R3), or which could not be looked at. */
  readonly eventsBehind: Gauge;
  readonly persistLagSeconds: Histogram;
  readonly persistedEntries: Counter;
  readonly sweepLatenessSeconds: Histogram;
  readonly sweptHolds: Counter<'by'>;
  readonly sweepErrors: Counter;
  readonly redisUp: Gauge;
  readonly redisRoundTripSeconds: Histogram;
  readonly redisMemoryBytes: Gauge;
  /** 0: no bound is set. */
  readonly redisMaxmemoryBytes: Gauge;
  /** 1 while the append-only file is on and its last write and rewrite succeeded. */
  readonly redisAofOk: Gauge;
  readonly postgresUp: Gauge;
  readonly postgresRoundTripSeconds: Histogram;
  readonly httpSeconds: Histogram<'method' | 'route' | 'status'>;
  /** Places and counts on which Redis and Postgres differ, found twice. */
  readonly driftPlaces: Gauge<'kind'>;
  readonly driftLastCheck: Gauge;
  readonly orderRepairs: Counter;
  /** Steps of orders that Redis has not been told of, as the worker last counted them. */
  readonly orderEffectsOpen: Gauge;
  readonly orderEffectsOldestSeconds: Gauge;
  /** Told by the worker, because the node that made the step did not. */
  readonly orderEffectsReplayed: Counter;
  readonly ordersExpired: Counter;
  readonly ordersTombstoned: Counter;
  readonly rebuilds: Counter<'result'>;
  /** Ends of charges and refunds; outcome: paid, declined, failed, late, amount, refunded. */
  readonly payments: Counter<'provider' | 'kind' | 'outcome'>;
  readonly paymentProviderSeconds: Histogram<'provider' | 'call' | 'outcome'>;
  readonly paymentsOpen: Gauge<'kind'>;
  /** Attempts to deliver: delivered, failed (to be tried again), dead */
  readonly webhookAttempts: Counter<'outcome'>;
  /** From a message's row to the receiver's 2xx, retries included */
  readonly webhookLagSeconds: Histogram;
  /** Deliveries not made yet; every worker says the same */
  readonly webhookPending: Gauge;
}

const FAST = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const SLOW = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];

/** Each under the prefix of Aisle, in one registry. */
function makers(registry: Registry) {
  const registers = [registry];
  return {
    counter: <L extends string = never>(name: string, help: string, labelNames: L[] = []): Counter<L> =>
      new Counter({ name: `aisle_${name}`, help, labelNames, registers }),
    /** @param aggregator what processes that share a port say together (platform/cluster-metrics.ts). */
    gauge: <L extends string = never>(
      name: string,
      help: string,
      labelNames: L[] = [],
      aggregator: 'sum' | 'min' | 'max' = 'sum',
    ): Gauge<L> => new Gauge({ name: `aisle_${name}`, help, labelNames, registers, aggregator }),
    histogram: <L extends string = never>(
      name: string,
      help: string,
      buckets: number[],
      labelNames: L[] = [],
    ): Histogram<L> => new Histogram({ name: `aisle_${name}`, help, labelNames, buckets, registers }),
  };
}
type Makers = ReturnType<typeof makers>;

export function createMetrics(role: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ role });
  collectDefaultMetrics({ register: registry });
  const make = makers(registry);
  return { registry, ...ofTraffic(make), ...ofStores(make), ...ofOrders(make), ...ofOutside(make) };
}

const ofTraffic = ({ counter, gauge, histogram }: Makers) => ({
  commands: counter('commands_total', 'Commands by outcome', ['command', 'outcome', 'transport']),
  commandSeconds: histogram('command_duration_seconds', 'Time from parsed command to outcome', FAST, ['command']),
  limited: counter('limited_total', 'Calls and connections refused as too many, by limit', ['limit']),
  switched: counter('switched_total', 'Calls and connections refused by a live switch', ['switch']),
  connections: gauge('connections', 'Sockets open now', ['engine']),
  connectionsTotal: counter('connections_total', 'Sockets ever accepted', ['engine']),
  disconnectsTotal: counter('disconnects_total', 'Sockets closed, by reason', ['reason']),
  subscriptions: gauge('subscriptions', 'Event subscriptions of sockets on this node'),
  frames: counter('frames_total', 'Frames encoded, by kind', ['kind']),
  deliveries: counter('deliveries_total', 'Frames times the viewers they went to', ['kind']),
  bytesOut: counter('bytes_out_total', 'Payload bytes encoded times viewers', ['kind']),
  changesIn: counter(
    'changes_in_total',
    'Changes taken in from Redis; over frames_total{kind="seats"} it is the coalescing ratio',
  ),
  snapshots: counter('snapshots_total', 'Snapshots read from Redis, by reason', ['reason']),
  snapshotSeconds: histogram('snapshot_duration_seconds', 'Time to read a snapshot', FAST),
  staleMirrors: gauge('stale_mirrors', 'Events whose map on this node cannot be checked against Redis now'),
  resumes: counter('resumes_total', 'Subscribe answers: changes or map', ['kind']),
  httpSeconds: histogram('http_request_duration_seconds', 'HTTP requests', FAST, ['method', 'route', 'status']),
});

const ofStores = ({ counter, gauge, histogram }: Makers) => ({
  logEntries: gauge('log_entries', 'Change-log entries waiting for Postgres, all events'),
  logFillRatio: gauge('log_fill_ratio', "Entries that wait in the fullest event's log, over its bound", [], 'max'),
  eventsBehind: gauge(
    'events_behind',
    'Events for which Postgres went back in time; paused until the operator settles them',
  ),
  eventsLoading: gauge('events_loading', 'Events being loaded into Redis, or left half loaded', [], 'max'),
  persistLagSeconds: histogram('persist_lag_seconds', 'From a change accepted in Redis to its row in Postgres', SLOW),
  persistedEntries: counter('persisted_entries_total', 'Log entries written to Postgres'),
  sweepLatenessSeconds: histogram(
    'sweep_lateness_seconds',
    'From a deadline to the seats being free; worst of each run',
    SLOW,
  ),
  sweptHolds: counter('swept_holds_total', 'Lapsed holds freed', ['by']),
  sweepErrors: counter('sweep_errors_total', 'Sweeps that failed'),
  redisUp: gauge('redis_up', '1 while Redis answers and its identity is the reconciled one', [], 'min'),
  redisRoundTripSeconds: histogram('redis_round_trip_seconds', 'PING to Redis', FAST),
  redisMemoryBytes: gauge('redis_memory_bytes', 'used_memory of Redis', [], 'max'),
  redisMaxmemoryBytes: gauge('redis_maxmemory_bytes', 'maxmemory of Redis; 0: no bound', [], 'max'),
  redisAofOk: gauge(
    'redis_aof_ok',
    '1 while the append-only file is on and its last write and rewrite succeeded',
    [],
    'min',
  ),
  postgresUp: gauge('postgres_up', '1 while Postgres answers', [], 'min'),
  postgresRoundTripSeconds: histogram('postgres_round_trip_seconds', 'SELECT 1 to Postgres', FAST),
});

const ofOrders = ({ counter, gauge }: Makers) => ({
  driftPlaces: gauge(
    'drift_places',
    'Places and counts on which Redis and Postgres differ, found twice',
    ['kind'],
    'max',
  ),
  driftLastCheck: gauge('drift_last_check_timestamp_seconds', 'When Redis and Postgres were last compared', [], 'max'),
  orderRepairs: counter('order_repairs_total', 'Sold places told to Redis again'),
  orderEffectsOpen: gauge('order_effects_open', 'Steps of orders that Redis has not been told of'),
  orderEffectsOldestSeconds: gauge('order_effects_oldest_seconds', 'Age of the oldest of them'),
  orderEffectsReplayed: counter('order_effects_replayed_total', 'Steps of orders that the worker told Redis of'),
  ordersExpired: counter('orders_expired_total', 'Orders whose time to pay ran out'),
  ordersTombstoned: counter('orders_tombstoned_total', 'Reservations given up because their order never came'),
  rebuilds: counter('rebuilds_total', 'Loads and rebuilds of events into Redis', ['result']),
});

const ofOutside = ({ counter, gauge, histogram }: Makers) => ({
  webhookAttempts: counter('webhook_attempts_total', 'Attempts to deliver webhooks, by outcome', ['outcome']),
  webhookLagSeconds: histogram('webhook_lag_seconds', 'From a message in Postgres to its receiver having it', SLOW),
  webhookPending: gauge('webhook_pending', 'Webhook deliveries not made yet, dead ones aside'),
  payments: counter('payments_total', 'Charges and refunds that came to an end', ['provider', 'kind', 'outcome']),
  paymentProviderSeconds: histogram('payment_provider_seconds', 'Calls of the payment provider', SLOW, [
    ...(['provider', 'call', 'outcome'] as const),
  ]),
  paymentsOpen: gauge('payments_open', 'Charges and refunds whose end is not known', ['kind']),
});
