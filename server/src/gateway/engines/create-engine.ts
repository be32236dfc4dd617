import type { Engine, EngineDeps, EngineName } from './engine.js';
import { loadUws } from './load-uws.js';
import { createNodeEngine } from './node.js';
import { createUwsEngine } from './uws.js';

/** uWS where it loads (or is asked for), else Node's http and ws; the log says which and why. */
export async function createEngine(kind: EngineName | undefined, deps: EngineDeps): Promise<Engine> {
  if (kind !== 'node') {
    const loaded = await loadUws();
    if (loaded.ok) {
      deps.logger.info({ engine: 'uws' }, 'sockets and HTTP on uWebSockets.js');
      return createUwsEngine(loaded.uws, deps);
    }
    deps.logger.warn(
      { engine: 'node', asked: kind ?? 'any', node: process.version, reason: loaded.reason },
      'uWebSockets.js does not load here: sockets and HTTP on Node (about 2.5 times the CPU for each frame)',
    );
  }
  return createNodeEngine(deps);
}
