import path from 'node:path';
import { readConfig, type Config } from '../../server/src/platform/config.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Settings {
  readonly config: Config;
  /** Absolute. */
  readonly dataDir: string;
  /** What the children get, before the launcher adds what it made itself. */
  readonly env: Environment;
}

/** The launcher shows something on a fresh machine, so the demo events are on unless they are switched off. */
const DEFAULTS = { AISLE_DEMO: '1' };

/** Throws ConfigError. Read before any key is made: off loopback a missing key must be refused, not invented. */
export function readSettings(env: Environment): Settings {
  const filled = { ...DEFAULTS, ...Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')) };
  const config = readConfig(filled);
  return { config, dataDir: path.resolve(config.AISLE_DATA_DIR), env: filled };
}

/** Where this machine itself reaches the server: an address that means "all of them" is no destination. */
export function localUrl(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
