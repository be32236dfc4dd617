import type { Server } from 'socket.io';
import type { LocalBroadcast } from '../domain/ports/seat-feed.js';
import type { Metrics } from '../platform/metrics.js';

export const eventRoom = (eventId: string): string => `e:${eventId}`;
export const subjectRoom = (subject: string): string => `s:${subject}`;

/**
 * Frames to the sockets of this node: one room, no exceptions, this node alone, so that each is encoded once and takes
 * the engine's native path (SPEC F2). Needs the engine's `io` and nothing else: made before the feed.
 */
export function createLocalBroadcast(io: Server, metrics: Metrics): LocalBroadcast {
  const meter = meterEncoder(io);
  const emit = (room: string, name: string, payload: object): void => {
    const viewers = io.sockets.adapter.rooms.get(room)?.size ?? 0;
    if (viewers === 0) return;
    io.local.to(room).emit(name, payload);
    metrics.frames.inc({ kind: name });
    metrics.deliveries.inc({ kind: name }, viewers);
    metrics.bytesOut.inc({ kind: name }, meter.lastBytes() * viewers);
  };
  return {
    toEvent: (eventId, name, payload) => emit(eventRoom(eventId), name, payload),
    toSubject: (subject, name, payload) => emit(subjectRoom(subject), name, payload),
  };
}

/** Measures what Socket.IO encodes, so that counting bytes costs no second JSON.stringify. */
function meterEncoder(io: Server): { lastBytes: () => number } {
  let last = 0;
  const { encoder } = io;
  const encode = encoder.encode.bind(encoder);
  encoder.encode = (packet) => {
    const encoded: unknown[] = encode(packet);
    last = 0;
    for (const part of encoded) last += typeof part === 'string' ? part.length : 0;
    return encoded;
  };
  return { lastBytes: () => last };
}
