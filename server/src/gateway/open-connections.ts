import type { Socket } from 'socket.io';
import { addressOf } from '../limits/address.js';
import type { Engine } from './engines/engine.js';

/** How many connections an address has on this node now. */
export interface OpenConnections {
  of(ip: string): number;
}

/** Counts connections from their first byte on, joined or not; past `hardLimit` of one address they are closed unheard. */
export function countConnections(engine: Engine, hardLimit: number): OpenConnections {
  const counts = new Map<string, number>();
  engine.io.engine.on('connection', (conn: Socket['conn']) => {
    const address = addressOf(engine.clientIp(conn));
    const count = (counts.get(address) ?? 0) + 1;
    counts.set(address, count);
    conn.once('close', () => {
      const left = (counts.get(address) ?? 1) - 1;
      if (left === 0) counts.delete(address);
      else counts.set(address, left);
    });
    if (count > hardLimit) closeUnheard(conn);
  });
  return { of: (ip) => counts.get(addressOf(ip)) ?? 0 };
}

/** On uWS a connection is announced before it is upgraded: until then there is nothing to close. */
function closeUnheard(conn: Socket['conn']): void {
  const { transport } = conn;
  const close = (): void => void setImmediate(() => conn.close(true));
  if (transport.writable) close();
  else transport.once('ready', close);
}
