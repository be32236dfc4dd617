import { randomUUID } from 'node:crypto';
import type { Socket } from 'socket.io';
import { AisleError, type WireError } from '@aisle/client/protocol';
import type { Actor } from '../domain/actor.js';
import type { Commands } from '../domain/ports/commands.js';
import type { EventDirectory } from '../domain/ports/event-directory.js';
import type { OrderSales } from '../domain/ports/orders.js';
import type { SeatFeed } from '../domain/ports/seat-feed.js';
import type { HoldCarrier } from '../domain/ports/hold-carrier.js';
import type { Sessions } from '../domain/ports/sessions.js';
import type { Switches } from '../domain/ports/switches.js';
import type { Limits } from '../limits/limits.js';
import { systemClock, type Clock } from '../platform/clock.js';
import type { Config } from '../platform/config.js';
import type { Logger } from '../platform/logger.js';
import type { Metrics } from '../platform/metrics.js';
import { Connection, type ConnectionDeps } from './connection.js';
import { sendAway, stopping } from './drain.js';
import { countConnections } from './open-connections.js';
import { DEFAULT_MAX_BACKPRESSURE_BYTES, type Engine } from './engines/engine.js';
import { admitSocket } from './admission.js';
import type { LimitsConfig } from './limits.js';

/** A token revoked while its socket was being admitted is found after this at the latest. */
const RECHECK_MS = 30_000;

export interface GatewayDeps {
  readonly engine: Engine;
  readonly commands: Commands;
  readonly orders: Pick<OrderSales, 'reserve'>;
  readonly sessions: Sessions;
  readonly carrier: HoldCarrier;
  readonly feed: SeatFeed;
  readonly directory: EventDirectory;
  readonly limits: Limits;
  readonly switches: Switches;
  readonly config: LimitsConfig & Pick<Config, 'AISLE_TICK_MS'>;
  /** The server's own version, for `hello`: "0.1.0". */
  readonly version: string;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** As the engine was given. */
  readonly maxBackpressureBytes?: number;
  /** How often every socket is asked for its right to be here; default 30 s. */
  readonly recheckMs?: number;
}

export interface Gateway {
  /**
   * Admits nobody any more and sends every socket elsewhere, one after the other, over `drainMs`; resolves when the last one
   * has gone, or when the time is over. `leadMs` of it pass before the first one is asked (SPEC N2, N3).
   */
  drain(drainMs: number, leadMs: number): Promise<void>;
  /** Admits nobody any more and drops every socket without a farewell packet: clients then come back, elsewhere. */
  close(): Promise<void>;
}

/**
 * Sockets in, commands out. Order of construction in main.ts:
 *
 *   engine    = await createEngine(config.AISLE_ENGINE, { fetch, … })   // fetch may be set later through a holder
 *   broadcast = createLocalBroadcast(engine.io, metrics)
 *   feed      = createSeatFeed({ store, source, directory, broadcast, … })
 *   gateway   = createGateway({ engine, commands, sessions, feed, … })
 *   await engine.listen(port, host)
 *
 * and back: gateway.drain(drainMs, leadMs), gateway.close(), feed.close(), engine.close(gracefulMs).
 */
export function createGateway(deps: GatewayDeps): Gateway {
  const { engine, metrics, logger } = deps;
  let draining = false;
  const connectionDeps = toConnectionDeps(deps);

  const open = countConnections(engine, deps.limits.hardConnections);
  engine.io.use((socket, next) => {
    // Socket.IO itself notices a second CONNECT only when the first is through: a burst of them would make as many sockets.
    if (joining.has(socket.conn)) return socket.conn.close();
    joining.add(socket.conn);
    const decide = draining ? Promise.resolve(refusedWhileDraining()) : admitSocket(socket, engine, open, deps);
    decide.then(
      (admission) => {
        if (admission.kind === 'admitted') {
          admitted.set(socket, admission.actor);
          next();
          return;
        }
        joining.delete(socket.conn);
        logger.info({ code: admission.error.code, ip: engine.clientIp(socket.conn) }, 'handshake refused');
        next(connectError(admission.error));
      },
      (error: unknown) => {
        joining.delete(socket.conn);
        logger.error({ err: error }, 'handshake failed');
        next(connectError(AisleError.of('INTERNAL').toWire()));
      },
    );
  });

  const connections = new Set<Connection>();
  const recheck = (): void => {
    for (const connection of [...connections]) connection.recheck();
  };
  deps.sessions.onRevoked(recheck);
  deps.switches.onChange(recheck);
  const rechecking = setInterval(recheck, deps.recheckMs ?? RECHECK_MS);
  rechecking.unref();

  const admitted = new WeakMap<Socket, Actor>();
  /** Connections whose one socket is being admitted or is there. */
  const joining = new WeakSet<object>();
  engine.io.on('connection', (socket) => {
    const actor = admitted.get(socket);
    if (actor === undefined) return socket.conn.close();
    admitted.delete(socket);
    const connection = new Connection(socket, actor, engine.clientIp(socket.conn), connectionDeps);
    metrics.connections.inc({ engine: engine.name });
    metrics.connectionsTotal.inc({ engine: engine.name });
    socket.on('disconnect', (reason: string) => {
      metrics.connections.dec({ engine: engine.name });
      const why = reasonOf(socket, engine, reason);
      metrics.disconnectsTotal.inc({ reason: why });
      logger.debug({ socket: socket.id, reason: why }, 'disconnected');
      joining.delete(socket.conn);
      connections.delete(connection);
      connection.closed();
    });
    connections.add(connection);
    connection.start();
  });

  return {
    async drain(drainMs, leadMs) {
      draining = true;
      await sendAway(connections, drainMs, leadMs);
    },
    async close() {
      draining = true;
      clearInterval(rechecking);
      for (const connection of connections) connection.cut();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

function toConnectionDeps(deps: GatewayDeps): ConnectionDeps {
  return {
    ...deps,
    server: `aisle/${deps.version}`,
    clock: deps.clock ?? systemClock,
    buffered: (socket) => deps.engine.buffered(socket),
    maxBufferedBytes: deps.maxBackpressureBytes ?? DEFAULT_MAX_BACKPRESSURE_BYTES,
    newRequestId: randomUUID,
  };
}

const refusedWhileDraining = (): { kind: 'refused'; error: WireError } => ({ kind: 'refused', error: stopping() });

/** connect_error with `data` = the error object. */
function connectError(error: WireError): Error {
  return Object.assign(new Error(error.message), { data: error });
}

/** A closed set, for the metric's label: what the engine or the gateway did, else what Socket.IO says. */
function reasonOf(socket: Socket, engine: Engine, reason: string): string {
  const data: unknown = socket.data;
  if (typeof data === 'object' && data !== null && 'dismissed' in data) return String(data.dismissed);
  return engine.cutReason(socket) ?? reason;
}
