import { describe, expect, test } from 'vitest';
import { ConfigError, configSchema, readConfig } from '../../server/src/platform/config.js';

const KEY = 'k'.repeat(24);
const SECRET = 's'.repeat(32);
const OPEN = { AISLE_HOST: '0.0.0.0', AISLE_ADMIN_KEY: KEY, AISLE_AUTH_SECRET: SECRET };

describe('configuration', () => {
  test('nothing set: loopback, defaults, no limit off', () => {
    expect(readConfig({})).toEqual({
      AISLE_PORT: 3000,
      AISLE_HOST: '127.0.0.1',
      AISLE_PROCESSES: 1,
      AISLE_DATA_DIR: '.aisle',
      AISLE_AUTH_ROLE_CLAIM: 'role',
      AISLE_AUTH_MAX_ROLE: 'customer',
      AISLE_TRUST_PROXY: 0,
      AISLE_REDIS_CLUSTER: false,
      AISLE_TICK_MS: 50,
      AISLE_DEMO: false,
      AISLE_MIGRATE: true,
      AISLE_LOG_LEVEL: 'info',
      AISLE_LIMITS: 'on',
      AISLE_LIMITS_SESSIONS_PER_MINUTE: 60,
      AISLE_LIMITS_COMMANDS_PER_10S: 100,
      AISLE_LIMITS_COMMANDS_PER_10S_PER_IP: 3000,
      AISLE_LIMITS_HANDSHAKES_PER_MINUTE: 1200,
      AISLE_LIMITS_CONNECTIONS_PER_IP: 1000,
      AISLE_LIMITS_SUBSCRIPTIONS: 20,
      AISLE_LOG_MAX_ENTRIES: 1_000_000,
      AISLE_PAYMENT_PROVIDER: 'none',
      AISLE_WEBHOOK_ALLOW_PRIVATE: '0',
      AISLE_SANDBOX_OFF_LOOPBACK: false,
      AISLE_DRAIN_MS: 10_000,
      AISLE_DRIFT_REPAIR: 'sold',
      AISLE_WORKER_METRICS_HOST: '127.0.0.1',
    });
  });

  test('an empty value counts as unset', () => {
    expect(readConfig({ AISLE_PORT: '', REDIS_URL: '', AISLE_ADMIN_KEY: '' })).toEqual(readConfig({}));
  });

  test('variables of others are left alone', () => {
    expect(readConfig({ PATH: '/usr/bin', HOME: '/root' })).toEqual(readConfig({}));
  });

  /** variable, a value as text, what the program sees */
  const accepted: [string, string, unknown][] = [
    ['AISLE_PORT', '0', 0],
    ['AISLE_PORT', '65535', 65_535],
    ['AISLE_HOST', 'localhost', 'localhost'],
    ['AISLE_HOST', '::1', '::1'],
    ['AISLE_ENGINE', 'uws', 'uws'],
    ['AISLE_ENGINE', 'node', 'node'],
    ['AISLE_PROCESSES', '4', 4],
    ['AISLE_DATA_DIR', '/var/lib/aisle', '/var/lib/aisle'],
    ['AISLE_ADMIN_KEY', 'short-is-fine-on-loopback', 'short-is-fine-on-loopback'],
    ['AISLE_AUTH_SECRET', SECRET, SECRET],
    ['AISLE_AUTH_SECRET_PREVIOUS', SECRET, SECRET],
    ['AISLE_AUTH_ROLE_MAP', 'seller=box_office, member=customer', { seller: 'box_office', member: 'customer' }],
    ['AISLE_AUTH_JWKS_URL', 'https://id.example/jwks.json', 'https://id.example/jwks.json'],
    ['AISLE_AUTH_ISSUER', 'https://id.example', 'https://id.example'],
    ['AISLE_AUTH_AUDIENCE', 'aisle', 'aisle'],
    ['AISLE_AUTH_ROLE_CLAIM', 'aisle_role', 'aisle_role'],
    ['AISLE_AUTH_MAX_ROLE', 'box_office', 'box_office'],
    ['AISLE_ALLOWED_ORIGINS', 'https://a.example, https://b.example,', ['https://a.example', 'https://b.example']],
    ['AISLE_TRUST_PROXY', '2', 2],
    ['DATABASE_URL', 'postgres://u:p@db/aisle', 'postgres://u:p@db/aisle'],
    ['DATABASE_URL', 'postgresql://u:p@db/aisle', 'postgresql://u:p@db/aisle'],
    ['REDIS_URL', 'redis://cache:6379', 'redis://cache:6379'],
    ['REDIS_URL', 'rediss://cache:6379', 'rediss://cache:6379'],
    ['REDIS_URL', 'unix:///run/redis.sock', 'unix:///run/redis.sock'],
    ['AISLE_REDIS_CLUSTER', '1', true],
    ['AISLE_TICK_MS', '5', 5],
    ['AISLE_DEMO', '1', true],
    ['AISLE_MIGRATE', '0', false],
    ['AISLE_LOG_LEVEL', 'silent', 'silent'],
    ['AISLE_LIMITS', 'off', 'off'],
    ['AISLE_LIMITS_SESSIONS_PER_MINUTE', '600', 600],
    ['AISLE_LIMITS_COMMANDS_PER_10S', '1', 1],
    ['AISLE_LIMITS_COMMANDS_PER_10S_PER_IP', '500', 500],
    ['AISLE_LIMITS_HANDSHAKES_PER_MINUTE', '300', 300],
    ['AISLE_LIMITS_CONNECTIONS_PER_IP', '200', 200],
    ['AISLE_LIMITS_SUBSCRIPTIONS', '5', 5],
    ['AISLE_LOG_MAX_ENTRIES', '100', 100],
    ['AISLE_WORKER_METRICS_PORT', '9101', 9101],
    ['AISLE_FAILPOINTS', 'after-commit=exit', 'after-commit=exit'],
    ['AISLE_PAYMENT_PROVIDER', 'none', 'none'],
    ['AISLE_WEBHOOK_ALLOW_PRIVATE', '10.1.0.0/16', '10.1.0.0/16'],
    ['AISLE_SANDBOX_OFF_LOOPBACK', '1', true],
    ['AISLE_DRAIN_MS', '0', 0],
    ['AISLE_DRIFT_REPAIR', 'rebuild', 'rebuild'],
    ['AISLE_WORKER_METRICS_HOST', '0.0.0.0', '0.0.0.0'],
  ];
  test.each(accepted)('%s=%s is read', (name, value, seen) => {
    // The secret before goes with the one that signs now.
    expect(readConfig({ AISLE_AUTH_SECRET: SECRET, [name]: value })).toHaveProperty(name, seen);
  });

  const refused: [string, string][] = [
    ['AISLE_PORT', '65536'],
    ['AISLE_PORT', '-1'],
    ['AISLE_PORT', 'http'],
    ['AISLE_PORT', '80.5'],
    ['AISLE_ENGINE', 'bun'],
    ['AISLE_PROCESSES', '0'],
    ['AISLE_PROCESSES', '65'],
    ['AISLE_AUTH_SECRET', 'short'],
    ['AISLE_AUTH_JWKS_URL', 'id.example'],
    ['AISLE_AUTH_MAX_ROLE', 'root'],
    ['AISLE_AUTH_ROLE_MAP', 'seller=boss'],
    ['AISLE_AUTH_ROLE_MAP', 'seller'],
    ['AISLE_AUTH_ROLE_MAP', '=admin'],
    ['AISLE_AUTH_SECRET_PREVIOUS', 'short'],
    ['AISLE_TRUST_PROXY', 'yes'],
    ['DATABASE_URL', 'mysql://db/aisle'],
    ['REDIS_URL', 'cache:6379'],
    ['AISLE_REDIS_CLUSTER', 'true'],
    ['AISLE_TICK_MS', '4'],
    ['AISLE_TICK_MS', '1001'],
    ['AISLE_DEMO', 'on'],
    ['AISLE_MIGRATE', 'no'],
    ['AISLE_LOG_LEVEL', 'verbose'],
    ['AISLE_LIMITS', '0'],
    ['AISLE_LIMITS_SESSIONS_PER_MINUTE', '0'],
    ['AISLE_LIMITS_COMMANDS_PER_10S', 'many'],
    ['AISLE_LIMITS_COMMANDS_PER_10S_PER_IP', '0'],
    ['AISLE_LIMITS_HANDSHAKES_PER_MINUTE', '0'],
    ['AISLE_LIMITS_CONNECTIONS_PER_IP', '0'],
    ['AISLE_TRUST_PROXY', '11'],
    ['AISLE_LIMITS_SUBSCRIPTIONS', '0.5'],
    ['AISLE_LOG_MAX_ENTRIES', '99'],
    ['AISLE_WORKER_METRICS_PORT', '65536'],
    ['AISLE_PAYMENT_PROVIDER', 'cash'],
    ['AISLE_WEBHOOK_ALLOW_PRIVATE', 'lan'],
    ['AISLE_STRIPE_SECRET_KEY', 'pk_test_of_the_browser'],
    ['AISLE_STRIPE_WEBHOOK_SECRET', 'secret'],
    ['AISLE_STRIPE_API_URL', 'https://api.example'],
    ['AISLE_SANDBOX_URL', 'ftp://127.0.0.1'],
    ['AISLE_SANDBOX_SECRET', 'short'],
    ['AISLE_SANDBOX_OFF_LOOPBACK', 'yes'],
    ['AISLE_DRAIN_MS', '300001'],
    ['AISLE_DRIFT_REPAIR', 'always'],
  ];
  test.each(refused)('%s=%s is refused by name', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(ConfigError);
    expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^  ${name}: .+`, 'm'));
  });

  const STRIPE = {
    ...{ AISLE_PAYMENT_PROVIDER: 'stripe', AISLE_STRIPE_SECRET_KEY: 'sk_test_1' },
    AISLE_STRIPE_WEBHOOK_SECRET: 'whsec_1',
  };
  const SANDBOX = {
    ...{ AISLE_PAYMENT_PROVIDER: 'sandbox', AISLE_SANDBOX_URL: 'http://127.0.0.1:4010' },
    AISLE_SANDBOX_SECRET: 's'.repeat(16),
  };
  test('O4 a payment provider is whole, the only one, and what it says it is', () => {
    expect(readConfig(STRIPE)).toMatchObject(STRIPE);
    expect(readConfig(SANDBOX)).toMatchObject(SANDBOX);
    expect(readConfig({ ...STRIPE, AISLE_STRIPE_API_URL: 'http://127.0.0.1:4011' })).toMatchObject(STRIPE);
    const parts = [...Object.keys(STRIPE), ...Object.keys(SANDBOX)].filter((name) => name !== 'AISLE_PAYMENT_PROVIDER');
    for (const name of parts) {
      const whole: Record<string, string> = name in STRIPE ? STRIPE : SANDBOX;
      const must = new RegExp(`${name}: must be set when AISLE_PAYMENT_PROVIDER is`);
      expect(() => readConfig({ ...whole, [name]: undefined })).toThrow(must);
      const other = new RegExp(`${name}: is set, but AISLE_PAYMENT_PROVIDER is`);
      expect(() => readConfig({ ...(name in STRIPE ? SANDBOX : STRIPE), [name]: whole[name] })).toThrow(other);
      expect(() => readConfig({ [name]: whole[name] })).toThrow(other);
    }
    const away = { ...STRIPE, AISLE_STRIPE_API_URL: 'http://198.51.100.7:80' };
    expect(() => readConfig(away)).toThrow(/AISLE_STRIPE_API_URL: a stand-in on loopback/);
    expect(() => readConfig({ ...OPEN, ...SANDBOX })).toThrow(
      /AISLE_PAYMENT_PROVIDER: the sandbox sells for play money/,
    );
    expect(() => readConfig({ ...SANDBOX, AISLE_SANDBOX_URL: 'http://10.0.0.1:80' })).toThrow(/AISLE_SANDBOX_URL/);
    expect(readConfig({ ...OPEN, ...SANDBOX, AISLE_SANDBOX_OFF_LOOPBACK: '1' })).toMatchObject(SANDBOX);
  });

  test('all that is wrong is named at once', () => {
    expect(() => readConfig({ AISLE_PORT: 'x', AISLE_DEMO: 'x', REDIS_URL: 'x' })).toThrow(
      /AISLE_PORT[^]*REDIS_URL[^]*AISLE_DEMO|AISLE_PORT[^]*AISLE_DEMO[^]*REDIS_URL/,
    );
  });

  test('a secret is never part of the message', () => {
    let message = '';
    try {
      readConfig({ AISLE_AUTH_SECRET: 'hunter2', DATABASE_URL: 'mysql://root:hunter3@db' });
    } catch (error) {
      message = String(error);
    }
    expect(message).toMatch(/AISLE_AUTH_SECRET[^]*DATABASE_URL|DATABASE_URL[^]*AISLE_AUTH_SECRET/);
    expect(message).not.toMatch(/hunter/);
  });

  test('A7 off loopback, the admin key must be set and not weak, and tokens must be checkable', () => {
    expect(readConfig(OPEN)).toMatchObject(OPEN);
    expect(
      readConfig({ ...OPEN, AISLE_AUTH_SECRET: undefined, AISLE_AUTH_JWKS_URL: 'https://id.example/jwks.json' })
        .AISLE_HOST,
    ).toBe('0.0.0.0');
    expect(() => readConfig({ AISLE_AUTH_SECRET_PREVIOUS: SECRET })).toThrow(/goes with AISLE_AUTH_SECRET/);
    expect(() => readConfig({ ...OPEN, AISLE_ADMIN_KEY: undefined })).toThrow(/AISLE_ADMIN_KEY: must be set/);
    expect(() => readConfig({ ...OPEN, AISLE_ADMIN_KEY: 'x'.repeat(23) })).toThrow(/AISLE_ADMIN_KEY: at least 24/);
    expect(() => readConfig({ ...OPEN, AISLE_AUTH_SECRET: undefined })).toThrow(/AISLE_AUTH_SECRET/);
    expect(() => readConfig({ AISLE_HOST: '192.168.1.2' })).toThrow(/AISLE_ADMIN_KEY[^]*AISLE_AUTH_SECRET/);
  });

  test('failpoints are refused in production', () => {
    const before = process.env.NODE_ENV;
    process.env.NODE_ENV = 'production';
    try {
      expect(() => readConfig({ AISLE_FAILPOINTS: 'after-commit=exit', NODE_ENV: 'production' })).toThrow(
        /AISLE_FAILPOINTS: is refused/,
      );
    } finally {
      process.env.NODE_ENV = before;
    }
  });

  test('every variable has a value that is read, and every one that can be wrong a value that is refused', () => {
    const names = Object.keys(configSchema.shape);
    const shown = new Set([...accepted.map(([name]) => name), ...Object.keys({ ...STRIPE, ...SANDBOX })]);
    shown.add('AISLE_STRIPE_API_URL');
    expect(names.filter((name) => !shown.has(name))).toEqual([]);
    const anyText = [
      'AISLE_WORKER_METRICS_HOST',
      'AISLE_HOST',
      'AISLE_DATA_DIR',
      'AISLE_ADMIN_KEY',
      'AISLE_AUTH_ISSUER',
      'AISLE_AUTH_AUDIENCE',
      'AISLE_AUTH_ROLE_CLAIM',
      'AISLE_ALLOWED_ORIGINS',
      'AISLE_FAILPOINTS',
    ];
    expect(names.filter((name) => !refused.some(([one]) => one === name)).sort()).toEqual(anyText.sort());
  });
});
