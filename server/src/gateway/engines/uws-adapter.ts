import type { Server } from 'socket.io';
import type { TemplatedApp } from 'uWebSockets.js';

/** Between namespace and room in the topics that Socket.IO subscribes its uWS sockets to. */
const SEPARATOR = '\u001f';
/** Engine.IO's "message". */
const MESSAGE = '4';

type Adapter = Server['sockets']['adapter'];
type OutPacket = Parameters<Server['encoder']['encode']>[0];
type Patched = Pick<Adapter, 'addAll' | 'del' | 'broadcast'>;

/**
 * Attaches Socket.IO to the app. Socket.IO then patches the prototype of its adapter for this one app: every other server
 * of the process would publish into it. So the patch is moved to this server's own adapter and the prototype restored.
 *
 * And since every transport here is a websocket, a broadcast to one room is one native publish: the stock one still walks
 * over all sockets of the room to look for pollers.
 */
export function bindAdapter(io: Server, app: TemplatedApp): void {
  const adapter = io.sockets.adapter;
  const prototype = rootPrototype(adapter);
  const original = pick(prototype);
  io.attachApp(app);
  const patched = pick(prototype);
  Object.assign(prototype, original);
  Object.assign(adapter, patched, {
    broadcast(packet: OutPacket, options: Parameters<Adapter['broadcast']>[1]): void {
      const [room, ...others] = options.rooms;
      if (room === undefined || others.length > 0 || (options.except?.size ?? 0) > 0) {
        patched.broadcast.call(adapter, packet, options);
        return;
      }
      const nsp = io.sockets.name;
      const topic = `${nsp}${SEPARATOR}${room}`;
      const parts: unknown[] = io.encoder.encode({ ...packet, nsp });
      for (const part of parts) {
        // Frames are text: what is binary would have been refused by JSON first.
        if (typeof part === 'string') app.publish(topic, MESSAGE + part, false);
      }
    },
  });
}

const pick = ({ addAll, del, broadcast }: Patched): Patched => ({ addAll, del, broadcast });

/** The Adapter class that Socket.IO patches: the oldest ancestor with a broadcast of its own. */
function rootPrototype(adapter: Adapter): Patched {
  let found: object = adapter;
  for (let next: unknown = Object.getPrototypeOf(adapter); isObject(next); next = Object.getPrototypeOf(next)) {
    if (Object.hasOwn(next, 'broadcast')) found = next;
  }
  return found as Patched;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
