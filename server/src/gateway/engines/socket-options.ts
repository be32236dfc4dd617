import type { ServerOptions } from 'socket.io';
import { originAllowed } from '../../platform/origin.js';
import { HARD_MAX_FRAME_BYTES, type EngineDeps } from './engine.js';

/** A socket that joins no namespace is let go after this. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Socket.IO as both engines run it: websocket alone, no compression (it costs most of the speed), nothing served. */
export function socketOptions(deps: EngineDeps): Partial<ServerOptions> {
  const { allowedOrigins } = deps;
  return {
    path: '/socket.io/',
    transports: ['websocket'],
    serveClient: false,
    perMessageDeflate: false,
    httpCompression: false,
    maxHttpBufferSize: HARD_MAX_FRAME_BYTES,
    connectTimeout: CONNECT_TIMEOUT_MS,
    allowEIO3: false,
    // Synchronous on purpose: on uWS the request is gone once this turn ends.
    allowRequest: (request, decide) => {
      const { origin, host } = request.headers;
      const allowed = originAllowed(origin, host, allowedOrigins);
      decide(allowed ? null : 'this origin may not connect', allowed);
    },
  };
}
