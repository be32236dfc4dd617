import { setTimeout as pause } from 'node:timers/promises';
import { loadUws } from '../../server/src/gateway/engines/load-uws.js';
import { answerCalls } from '../harness/calls.js';

/** uWebSockets.js alone: no Socket.IO, no Redis, no JSON. A string is published to a topic that every socket is in. */
export interface PublishCalls {
  listen: { ask: object; answer: { port: number } };
  publish: { ask: { bytes: number; everyMs: number; forMs: number }; answer: { frames: number } };
}

const TOPIC = 'seats';
const loaded = await loadUws();
if (!loaded.ok) throw new Error(`uWebSockets.js does not load here: ${loaded.reason}`);
const { uws } = loaded;
const app = uws.App();

answerCalls<PublishCalls>({
  listen: () =>
    new Promise((resolve, reject) => {
      app.ws('/*', { open: (ws) => void ws.subscribe(TOPIC), sendPingsAutomatically: false, idleTimeout: 0 });
      app.listen('127.0.0.1', 0, (socket) => {
        if (socket === false) reject(new Error('cannot listen'));
        else resolve({ port: uws.us_socket_local_port(socket) });
      });
    }),
  async publish({ bytes, everyMs, forMs }) {
    const began = performance.now();
    let frames = 0;
    while (performance.now() - began < forMs) {
      const stamp = `t=${(Number(process.hrtime.bigint()) / 1e6).toFixed(3)};`;
      app.publish(TOPIC, stamp.padEnd(bytes, 'x'), false);
      frames++;
      // By the clock, so that a late tick is not followed by a late rate.
      await pause(Math.max(0, began + frames * everyMs - performance.now()));
    }
    return { frames };
  },
});
