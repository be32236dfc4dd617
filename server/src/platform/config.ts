import { ROLES, type Role } from '@aisle/client/protocol';
import { z } from 'zod';
import { checkPayments } from './config-payments.js';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1']);
export const isLoopback = (host: string): boolean => LOOPBACK.has(host);
const flag = (fallback: '0' | '1') =>
  z
    .enum(['0', '1'])
    .default(fallback)
    .transform((value) => value === '1');
const list = z
  .string()
  .optional()
  .transform((value) =>
    value === undefined
      ? undefined
      : value
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== ''),
  );
/** name=role, comma-separated. */
const roleMap = z
  .string()
  .optional()
  .transform((value, context): Readonly<Record<string, Role>> | undefined => {
    if (value === undefined) return undefined;
    const entries = value.split(',').map((pair): [string, Role] => {
      const at = pair.lastIndexOf('=');
      const role = ROLES.find((known) => known === pair.slice(at + 1).trim());
      const name = pair.slice(0, Math.max(at, 0)).trim();
      if (role !== undefined && name !== '') return [name, role];
      context.addIssue({
        code: 'custom',
        message: `"${pair.trim()}" is not name=role, role one of ${ROLES.join(', ')}`,
      });
      return ['', 'guest'];
    });
    return Object.fromEntries(entries);
  });
const limit = (fallback: number) => z.coerce.number().int().min(1).max(10_000_000).default(fallback);
const network = z.union([z.cidrv4(), z.cidrv6()]);
const networks = z
  .string()
  .default('0')
  .refine(
    (text) => text === '0' || text === '1' || text.split(',').every((part) => network.safeParse(part.trim()).success),
    '0, 1 or networks such as 10.1.0.0/16,fd00:1::/32',
  );

/** Every setting of Aisle: environment variables, refused at start when wrong. README and docs list the same names. */
export const configSchema = z
  .object({
    AISLE_PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
    AISLE_HOST: z.string().min(1).default('127.0.0.1'),
    AISLE_ENGINE: z.enum(['uws', 'node']).optional(),
    AISLE_PROCESSES: z.coerce.number().int().min(1).max(64).default(1),
    AISLE_DATA_DIR: z.string().min(1).default('.aisle'),
    AISLE_ADMIN_KEY: z.string().min(1).optional(),
    AISLE_AUTH_SECRET: z.string().min(32, 'at least 32 characters').optional(),
    /** The secret before, still taken while shops and sessions move to the new one (SPEC A10). */
    AISLE_AUTH_SECRET_PREVIOUS: z.string().min(32, 'at least 32 characters').optional(),
    AISLE_AUTH_JWKS_URL: z.url().optional(),
    AISLE_AUTH_ISSUER: z.string().optional(),
    AISLE_AUTH_AUDIENCE: z.string().optional(),
    AISLE_AUTH_ROLE_CLAIM: z.string().min(1).default('role'),
    /** A shop's names for roles: seller=box_office,member=customer. */
    AISLE_AUTH_ROLE_MAP: roleMap,
    AISLE_AUTH_MAX_ROLE: z.enum(ROLES).default('customer'),
    AISLE_ALLOWED_ORIGINS: list,
    /** How many proxies of ours stand in front and write X-Forwarded-For. */
    AISLE_TRUST_PROXY: z.coerce.number().int().min(0).max(10).default(0),
    DATABASE_URL: z
      .string()
      .regex(/^postgres(ql)?:\/\//, 'a postgres:// URL')
      .optional(),
    REDIS_URL: z
      .string()
      .regex(/^(rediss?|unix):\/\//, 'a redis://, rediss:// or unix:// URL')
      .optional(),
    AISLE_REDIS_CLUSTER: flag('0'),
    AISLE_TICK_MS: z.coerce.number().int().min(5).max(1000).default(50),
    /** A server that is asked to stop sends its sockets elsewhere over this time (SPEC N2). */
    AISLE_DRAIN_MS: z.coerce.number().int().min(0).max(300_000).default(10_000),
    AISLE_DEMO: flag('0'),
    AISLE_MIGRATE: flag('1'),
    AISLE_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    AISLE_LIMITS: z.enum(['on', 'off']).default('on'),
    /** Guest sessions an address may make in a minute. */
    AISLE_LIMITS_SESSIONS_PER_MINUTE: limit(60),
    /** Commands a subject may send in ten seconds. */
    AISLE_LIMITS_COMMANDS_PER_10S: limit(100),
    /** Commands an address may send in ten seconds, all its subjects together. */
    AISLE_LIMITS_COMMANDS_PER_10S_PER_IP: limit(3000),
    /** Connections an address may open in a minute. */
    AISLE_LIMITS_HANDSHAKES_PER_MINUTE: limit(1200),
    /** Connections an address may have at once on one process. */
    AISLE_LIMITS_CONNECTIONS_PER_IP: limit(1000),
    /** Events one socket may watch at once. */
    AISLE_LIMITS_SUBSCRIPTIONS: limit(20),
    /** Change-log entries per event that may wait for Postgres before new holds are refused (SPEC L2). */
    AISLE_LOG_MAX_ENTRIES: z.coerce.number().int().min(100).default(1_000_000),
    /** Port of the worker's /metrics, /healthz and /readyz; absent: it listens nowhere. */
    AISLE_WORKER_METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
    /** Whoever reaches it needs no token: for a network of one's own. */
    AISLE_WORKER_METRICS_HOST: z.string().min(1).default('127.0.0.1'),
    /** What the worker may do about drift between Redis and Postgres (SPEC R6). */
    AISLE_DRIFT_REPAIR: z.enum(['off', 'sold', 'rebuild']).default('sold'),
    /** Webhooks to private addresses: 0, 1, or networks such as 10.1.0.0/16 (SPEC W7). */
    AISLE_WEBHOOK_ALLOW_PRIVATE: networks,
    /** Who takes the money of POST /v1/checkout (SPEC O4); none: the shop does (O5). */
    AISLE_PAYMENT_PROVIDER: z.enum(['none', 'sandbox', 'stripe']).default('none'),
    AISLE_STRIPE_SECRET_KEY: z
      .string()
      .regex(/^[sr]k_/, 'a secret or restricted key: sk_… or rk_…')
      .optional(),
    AISLE_STRIPE_WEBHOOK_SECRET: z
      .string()
      .regex(/^whsec_\S+$/, 'a signing secret: whsec_…')
      .optional(),
    /** A stand-in for Stripe on loopback, for tests. */
    AISLE_STRIPE_API_URL: z.url({ protocol: /^http$/ }).optional(),
    AISLE_SANDBOX_URL: z.url({ protocol: /^https?$/ }).optional(),
    AISLE_SANDBOX_SECRET: z.string().min(16, 'at least 16 characters').optional(),
    AISLE_SANDBOX_OFF_LOOPBACK: flag('0'),
    AISLE_FAILPOINTS: z.string().optional(),
  })
  .superRefine((config, context) => {
    const refuse = (name: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [name], message });
    };
    const open = !isLoopback(config.AISLE_HOST);
    if (open && config.AISLE_ADMIN_KEY === undefined)
      refuse('AISLE_ADMIN_KEY', 'must be set when AISLE_HOST is not loopback');
    if (open && config.AISLE_ADMIN_KEY !== undefined && config.AISLE_ADMIN_KEY.length < 24)
      refuse('AISLE_ADMIN_KEY', 'at least 24 characters when AISLE_HOST is not loopback');
    if (open && config.AISLE_AUTH_SECRET === undefined && config.AISLE_AUTH_JWKS_URL === undefined)
      refuse(
        'AISLE_AUTH_SECRET',
        'AISLE_AUTH_SECRET or AISLE_AUTH_JWKS_URL must be set when AISLE_HOST is not loopback',
      );
    if (config.AISLE_AUTH_SECRET_PREVIOUS !== undefined && config.AISLE_AUTH_SECRET === undefined)
      refuse('AISLE_AUTH_SECRET_PREVIOUS', 'goes with AISLE_AUTH_SECRET, the one that signs now');
    checkPayments(config, isLoopback, refuse);
    if (config.AISLE_FAILPOINTS !== undefined && process.env.NODE_ENV === 'production')
      refuse('AISLE_FAILPOINTS', 'is refused in production');
  });
export type Config = z.output<typeof configSchema>;

export class ConfigError extends Error {}

/** Throws ConfigError whose message names each wrong variable, ready to be printed. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const known = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = configSchema.safeParse(known);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || 'configuration'}: ${issue.message}`);
  throw new ConfigError(`The configuration is wrong:\n${lines.join('\n')}`);
}
