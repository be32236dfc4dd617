import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const CONFIG = join(ROOT, '.dependency-cruiser.cjs');
const CLI = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const FOLDERS = ['server', 'worker', 'launcher', 'sandbox', 'cli', 'crowd', 'client-sdk', 'server-sdk', 'web'];
const CRUISE_TIMEOUT_MS = 60_000;

interface Violation {
  rule: { name: string };
  from: string;
  to: string;
}
interface CruiseReport {
  summary: { violations: Violation[]; totalCruised: number };
}

/** Runs the very command that CI runs, with a report for machines. */
async function cruise(folder: string): Promise<CruiseReport['summary']> {
  const folders = FOLDERS.filter((name) => existsSync(join(folder, name)));
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [CLI, '--config', CONFIG, '--output-type', 'json', ...folders], {
    cwd: folder,
    maxBuffer: 256 * 1024 * 1024,
  }).catch((error: unknown) => {
    // Violations make a non-zero exit; the report is on standard output all the same.
    if (error instanceof Error && 'stdout' in error && typeof error.stdout === 'string' && error.stdout.startsWith('{'))
      return { stdout: error.stdout };
    throw error;
  });
  return (JSON.parse(stdout) as CruiseReport).summary;
}

/** [rule, file that breaks it, its text]: at least one a rule. */
const BREACHES: readonly (readonly [rule: string, file: string, text: string])[] = [
  ['protocol-imports-only-its-own', 'client-sdk/src/protocol/bad.ts', "import '../core.js';"],
  ['sdk-imports-only-its-own', 'client-sdk/src/bad.ts', "import '../../server/src/domain/ok.js';"],
  [
    'sdk-imports-only-its-own',
    'client-sdk/src/bad-type.ts',
    "import type { Ok } from '../../server/src/domain/ok.js';\nexport type Bad = Ok;",
  ],
  ['server-sdk-imports-only-its-own', 'server-sdk/src/bad.ts', "import '../../server/src/domain/ok.js';"],
  ['platform-imports-only-its-own', 'server/src/platform/bad.ts', "import '../domain/ok.js';"],
  ['domain-imports-only-its-own', 'server/src/domain/bad.ts', "import '../platform/ok.js';"],
  ['redis-imports-only-its-own', 'server/src/redis/bad.ts', "import '../db/ok.js';"],
  ['db-imports-only-its-own', 'server/src/db/bad.ts', "import '../redis/ok.js';"],
  ['jobs-imports-only-its-own', 'server/src/jobs/bad.ts', "import '../gateway/ok.js';"],
  ['auth-imports-only-its-own', 'server/src/auth/bad.ts', "import '../redis/ok.js';"],
  ['rebuild-imports-only-its-own', 'server/src/rebuild/bad.ts', "import '../fanout/ok.js';"],
  ['commands-imports-only-its-own', 'server/src/commands/bad.ts', "import '../redis/ok.js';"],
  ['commands-imports-only-its-own', 'server/src/commands/bad-db.ts', "import '../db/ok.js';"],
  ['fanout-imports-only-its-own', 'server/src/fanout/bad.ts', "import '../redis/ok.js';"],
  ['fanout-imports-only-its-own', 'server/src/fanout/bad-commands.ts', "import '../commands/ok.js';"],
  ['gateway-imports-only-its-own', 'server/src/gateway/bad.ts', "import '../redis/ok.js';"],
  ['tickets-imports-only-its-own', 'server/src/tickets/bad.ts', "import '../http/ok.js';"],
  ['http-imports-only-its-own', 'server/src/http/bad.ts', "import '../gateway/ok.js';"],
  ['payments-imports-only-its-own', 'server/src/payments/bad.ts', "import '../db/ok.js';"],
  ['sandbox-imports-only-its-own', 'sandbox/src/bad.ts', "import '../../server/src/domain/ok.js';"],
  ['worker-imports-only-its-own', 'worker/src/bad.ts', "import '../../server/src/gateway/ok.js';"],
  ['worker-imports-only-its-own', 'worker/src/bad-http.ts', "import '../../server/src/http/ok.js';"],
  ['cli-imports-only-its-own', 'cli/src/bad.ts', "import '../../server/src/http/ok.js';"],
  ['cli-imports-only-its-own', 'cli/src/bad-gateway.ts', "import '../../server/src/gateway/ok.js';"],
  ['ioredis-stays-in-its-room', 'cli/src/bad-ioredis.ts', "import 'ioredis';"],
  ['limits-imports-only-its-own', 'server/src/limits/bad.ts', "import '../db/ok.js';"],
  ['launcher-imports-only-its-own', 'launcher/src/bad.ts', "import '../../server/src/redis/ok.js';"],
  ['web-imports-only-its-own', 'web/bad.ts', "import '../server/src/domain/ok.js';"],
  ['crowd-imports-only-its-own', 'crowd/src/bad.ts', "import '../../server/src/domain/ok.js';"],
  ['picker-map-imports-only-its-own', 'client-sdk/src/picker/map/bad.ts', "import '../../core.js';"],
  ['picker-imports-only-its-own', 'client-sdk/src/picker/bad.ts', "import '../../../web/fine.js';"],
  ['react-imports-only-its-own', 'client-sdk/src/react/bad.ts', "import '../../../web/fine.js';"],
  ['preact-stays-in-its-room', 'client-sdk/src/bad-preact.ts', "import 'preact';"],
  ['react-stays-in-its-room', 'client-sdk/src/bad-react.ts', "import 'react';"],
  ['sdk-core-is-free-of-zod', 'client-sdk/src/picker/bad-zod.ts', "import 'zod';"],
  ['nobody-imports-main', 'server/src/http/bad-main.ts', "import '../main.js';"],
  ['ioredis-stays-in-its-room', 'server/src/commands/bad-ioredis.ts', "import 'ioredis';"],
  ['postgres-stays-in-its-room', 'server/src/http/bad-postgres.ts', "import 'postgres';"],
  ['bullmq-stays-in-its-room', 'server/src/gateway/bad-bullmq.ts', "import 'bullmq';"],
  ['socket-io-stays-in-its-room', 'server/src/fanout/bad-socket.ts', "import 'socket.io';"],
  ['uwebsockets-js-stays-in-its-room', 'server/src/http/bad-uws.ts', "import 'uWebSockets.js';"],
  ['stripe-stays-in-its-room', 'server/src/commands/bad-stripe.ts', "import 'stripe';"],
  ['hono-stays-in-its-room', 'server/src/commands/bad-hono.ts', "import 'hono';"],
  ['socket-io-client-stays-in-its-room', 'web/bad-client.ts', "import 'socket.io-client';"],
  ['sdk-core-is-free-of-zod', 'client-sdk/src/bad-zod.ts', "import { z } from 'zod';\nexport const schema = z;"],
  [
    'sdk-core-takes-no-schema',
    'client-sdk/src/bad-schema.ts',
    "import { id } from './protocol/ids.js';\nexport const bad = id;",
  ],
  [
    'schemaless-protocol-stays-schemaless',
    'client-sdk/src/protocol/errors.ts',
    "import { id } from './ids.js';\nexport const bad = id;",
  ],
  [
    'browser-code-is-free-of-node',
    'client-sdk/src/bad-node.ts',
    "import { readFileSync } from 'node:fs';\nexport const bad = readFileSync;",
  ],
  [
    'domain-is-pure',
    'server/src/domain/bad-core.ts',
    "import { connect } from 'node:net';\nexport const bad = connect;",
  ],
  ['product-imports-no-tests', 'server/src/redis/bad-test.ts', "import '../../../tests/helpers/ok.js';"],
  ['product-needs-no-dev-dependency', 'server/src/http/bad-dev.ts', "import 'a-dev-tool';"],
  ['no-undeclared-dependency', 'server/src/http/bad-undeclared.ts', "import 'brought-by-another';"],
  ['nothing-unresolvable', 'server/src/http/bad-nowhere.ts', "import './nowhere.js';"],
  [
    'no-circular',
    'server/src/commands/a-circle.ts',
    "import type { B } from './b-circle.js';\nexport type A = B | null;",
  ],
  ['no-orphans', 'server/src/commands/lonely.ts', 'export const lonely = 1;'],
];

/** Imports that must stay allowed: a rule that forbids everything would also pass the breaches above. */
const ALLOWED: Readonly<Record<string, string>> = {
  'server/src/domain/fine.ts':
    "import type { Id } from '@aisle/client/protocol';\nimport { createHash } from 'node:crypto';\nexport const fine = (id: Id) => createHash(id);",
  'server/src/redis/fine.ts': "import 'ioredis';\nimport '../domain/ok.js';\nimport '../platform/ok.js';",
  'server/src/commands/fine.ts':
    "import '../domain/ok.js';\nimport { id } from '@aisle/client/protocol';\nexport const fine = id;",
  'server/src/http/fine.ts':
    "import 'hono';\nimport '../commands/ok.js';\nimport '../fanout/ok.js';\nimport '../auth/ok.js';",
  'worker/src/fine.ts':
    "import '../../server/src/rebuild/ok.js';\nimport '../../server/src/jobs/ok.js';\nimport '../../server/src/db/ok.js';",
  'client-sdk/src/fine.ts':
    "import type { z } from 'zod';\nimport type { Id } from './protocol/ids.js';\nimport { PROTOCOL_VERSION } from './protocol/version.js';\nexport const fine: z | Id = PROTOCOL_VERSION;",
  'web/fine.ts': "import '@aisle/client';",
  'server/src/main.ts':
    "import './gateway/ok.js';\nimport './redis/ok.js';\nimport './db/ok.js';\nimport './jobs/ok.js';",
};

const ROOMS = [
  'platform',
  'domain',
  'redis',
  'db',
  'jobs',
  'auth',
  'rebuild',
  'tickets',
  'payments',
  'commands',
  'fanout',
  'gateway',
  'http',
];
const PACKAGES = [
  'ioredis',
  'postgres',
  'bullmq',
  'socket.io',
  'uWebSockets.js',
  'hono',
  'stripe',
  'socket.io-client',
  'preact',
  'react',
  'zod',
  'a-dev-tool',
  'brought-by-another',
];
const DECLARED = PACKAGES.filter((name) => name !== 'a-dev-tool' && name !== 'brought-by-another');

function plant(folder: string): void {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${text}\n`);
  };
  const dependencies = Object.fromEntries(DECLARED.map((name) => [name, '1.0.0']));
  write(
    'package.json',
    JSON.stringify({
      name: 'planted',
      type: 'module',
      workspaces: ['client-sdk'],
      dependencies,
      devDependencies: { 'a-dev-tool': '1.0.0' },
    }),
  );
  write(
    'tsconfig.json',
    JSON.stringify({
      compilerOptions: {
        module: 'NodeNext',
        target: 'ES2023',
        customConditions: ['aisle-source'],
        verbatimModuleSyntax: true,
      },
    }),
  );
  for (const name of PACKAGES) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    write(`node_modules/${name}/index.js`, 'exports.z = 1;');
  }
  const clientExports = {
    '.': { 'aisle-source': './src/index.ts', default: './dist/index.js' },
    './protocol': { 'aisle-source': './src/protocol/index.ts', default: './dist/protocol/index.js' },
  };
  const client = {
    name: '@aisle/client',
    type: 'module',
    exports: clientExports,
    dependencies: { zod: '1.0.0', 'socket.io-client': '1.0.0' },
  };
  write('client-sdk/package.json', JSON.stringify(client));
  // A workspace is a link in node_modules: rules are about the real path behind it.
  mkdirSync(join(folder, 'node_modules/@aisle'), { recursive: true });
  symlinkSync('../../client-sdk', join(folder, 'node_modules/@aisle/client'));
  write('client-sdk/src/index.ts', "export * from './core.js';");
  write('client-sdk/src/core.ts', 'export const core = 1;');
  write('client-sdk/src/picker/index.ts', "import 'preact';\nimport './map/view.js';\nimport '../core.js';");
  write('client-sdk/src/picker/map/view.ts', 'export const view = 1;');
  write('client-sdk/src/react/index.ts', "import 'react';\nimport '../picker/index.js';");
  write('client-sdk/src/protocol/index.ts', "export * from './ids.js';\nexport * from './version.js';");
  write('client-sdk/src/protocol/ids.ts', "import { z } from 'zod';\nexport const id = z;\nexport type Id = string;");
  write('client-sdk/src/protocol/version.ts', 'export const PROTOCOL_VERSION = 1;');
  for (const room of ROOMS) write(`server/src/${room}/ok.ts`, 'export type Ok = string;');
  write('tests/helpers/ok.ts', 'export const ok = 1;');
  write('server/src/commands/b-circle.ts', "import type { A } from './a-circle.js';\nexport type B = A | string;");
  for (const [path, text] of Object.entries(ALLOWED)) write(path, text);
  for (const [, path, text] of BREACHES) write(path, text);
}

describe('import rules', () => {
  const planted = mkdtempSync(join(tmpdir(), 'aisle-imports-'));
  let found: readonly Violation[] = [];

  beforeAll(async () => {
    plant(planted);
    found = (await cruise(planted)).violations;
  }, CRUISE_TIMEOUT_MS);
  afterAll(() => {
    rmSync(planted, { recursive: true, force: true });
  });

  test.each(BREACHES)('%s catches %s', (rule, file) => {
    expect(found.filter((violation) => violation.from === file).map((violation) => violation.rule.name)).toContain(
      rule,
    );
  });

  test('every rule of the configuration has a breach that it catches', () => {
    const configuration = createRequire(import.meta.url)(CONFIG) as { forbidden: { name: string }[] };
    const rules = configuration.forbidden.map((rule) => rule.name).sort();
    expect([...new Set(BREACHES.map(([rule]) => rule))].sort()).toEqual(rules);
  });

  test.each(Object.keys(ALLOWED))('%s breaks nothing', (file) => {
    expect(found.filter((violation) => violation.from === file)).toEqual([]);
  });

  test(
    'the tree keeps them all',
    async () => {
      const { violations, totalCruised } = await cruise(ROOT);
      expect(totalCruised).toBeGreaterThan(40);
      expect(violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
    },
    CRUISE_TIMEOUT_MS,
  );
});
