export { createLocalBroadcast } from './broadcast.js';
export { createGateway, type Gateway, type GatewayDeps } from './gateway.js';
export { createEngine } from './engines/create-engine.js';
export type { Engine, EngineDeps, EngineName, FetchHandler } from './engines/engine.js';
