import path from 'node:path';
import { isLoopback, readConfig, type Config } from '../../server/src/platform/config.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Settings {
  readonly config: Config;
  /** Absolute. */
  readonly dataDir: string;
  /** Nobody named a payment provider, or a sandbox of one's own: the launcher runs one beside the rest. */
  readonly ownSandbox: boolean;
  /** What the children get, before the launcher adds what it made itself. */
  readonly env: Environment;
}

/**
 * The launcher shows something on a fresh machine, so the demo events are on unless they are switched off. It stops all servers
 * together: there is nowhere to send their clients, and whoever pressed Ctrl-C waits.
 */
const DEFAULTS = { AISLE_DEMO: '1', AISLE_DRAIN_MS: '1000' };

/** Stands for what is known once it runs, so that the other settings are checked against it now. */
const OWN_SANDBOX = {
  AISLE_PAYMENT_PROVIDER: 'sandbox',
  AISLE_SANDBOX_URL: 'http://127.0.0.1:1',
  AISLE_SANDBOX_SECRET: 'made when it starts',
};

/** The demo sells for play money, on this machine alone. */
function wantsOwnSandbox(env: Environment): boolean {
  if (env.AISLE_SANDBOX_URL !== undefined || env.AISLE_SANDBOX_SECRET !== undefined) return false;
  if (env.AISLE_PAYMENT_PROVIDER !== undefined) return env.AISLE_PAYMENT_PROVIDER === 'sandbox';
  const stripe = env.AISLE_STRIPE_SECRET_KEY ?? env.AISLE_STRIPE_WEBHOOK_SECRET;
  return env.AISLE_DEMO === '1' && stripe === undefined && isLoopback(env.AISLE_HOST ?? '127.0.0.1');
}

/** Throws ConfigError. Read before any key is made: off loopback a missing key must be refused, not invented. */
export function readSettings(env: Environment): Settings {
  const filled = { ...DEFAULTS, ...Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')) };
  const ownSandbox = wantsOwnSandbox(filled);
  const config = readConfig(ownSandbox ? { ...filled, ...OWN_SANDBOX } : filled);
  return { config, dataDir: path.resolve(config.AISLE_DATA_DIR), ownSandbox, env: filled };
}

/** Where this machine itself reaches the server: an address that means "all of them" is no destination. */
export function localUrl(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
