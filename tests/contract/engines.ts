import { loadUws } from '../../server/src/gateway/engines/load-uws.js';
import type { EngineName } from '../../server/src/gateway/index.js';

const loaded = await loadUws();
if (!loaded.ok)
  process.stderr.write(`contract: Node engine only on ${process.version}; uWebSockets.js: ${loaded.reason}\n`);

/** The engines that this Node can run; every contract test runs on each of them. */
export const ENGINES: readonly EngineName[] = loaded.ok ? ['uws', 'node'] : ['node'];
