import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readmeExample } from '../helpers/sdk-readme.js';
import { SdkServer } from '../helpers/sdk-server.js';

const ROOT = resolve(import.meta.dirname, '../..');
const SETUP_TIMEOUT_MS = 180_000;
const RUN_TIMEOUT_MS = 30_000;

let folder: string;
let app: string;
let server: SdkServer;

async function run(program: string, args: string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, {
    cwd,
    timeout: SETUP_TIMEOUT_MS,
    // A clean shell: what vitest and npm put into the environment is not what a user has.
    env: { PATH: process.env.PATH, HOME: process.env.HOME, npm_config_cache: process.env.npm_config_cache },
  }).catch((error: unknown) => {
    // tsc and node say what is wrong there.
    if (error instanceof Error && 'stdout' in error) throw new Error(`${error.message}\n${String(error.stdout)}`);
    throw error;
  });
  return stdout;
}
const node = (file: string): Promise<string> => run(process.execPath, [file], app);
function write(name: string, text: string): string {
  writeFileSync(join(app, name), text);
  return name;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aisle-sdk-pack-'));
  // Packed from a copy: packing builds dist anew, and the one in the tree is what running servers load.
  const copy = join(folder, 'client-sdk');
  cpSync(join(ROOT, 'client-sdk'), copy, { recursive: true, filter: (file) => !/\/(dist|node_modules)$/.test(file) });
  cpSync(join(ROOT, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await run('npm', ['pack', '--pack-destination', folder], copy);
  rmSync(join(folder, 'node_modules'));

  app = join(folder, 'app');
  mkdirSync(app);
  write('package.json', JSON.stringify({ name: 'app', version: '1.0.0', private: true, type: 'module' }));
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', join(folder, tarball)], app);
  server = await SdkServer.start();
  server.world('evt');
}, SETUP_TIMEOUT_MS);
afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('the package holds what it should and nothing else', () => {
  const installed = join(app, 'node_modules/@aisle/client');
  expect(readdirSync(installed).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
  const files = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' });
  expect(files.filter((file) => /\.test\.|\.tsbuildinfo$/.test(file))).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(['index.js', 'index.d.ts', 'protocol/index.js', 'protocol/index.d.ts']));
});

test(
  'the README’s ten lines run as they stand, in plain Node',
  async () => {
    const lines = await node(write('example.js', readmeExample(server.url)));
    expect(lines).toMatch(/^changed: \[ \[ 0, 'h' \], \[ 1, 'h' \] \]$/m);
    expect(lines).toMatch(/^S0 and S1 are yours for 300 s$/m);
    expect(server.world().text).toBe('a'.repeat(20));
  },
  RUN_TIMEOUT_MS,
);

test(
  'importing has no effect, with no window and with one that must not be touched; the process ends by itself',
  async () => {
    const out = await node(
      write(
        'ssr.js',
        // socket.io-client itself asks for the type of document once, and may.
        `for (const name of ['window', 'document', 'localStorage', 'location', 'addEventListener']) {
           const get = () => {
             if (new Error().stack.includes('@aisle/client')) throw new Error('touched ' + name);
           };
           Object.defineProperty(globalThis, name, { configurable: true, get });
         }
         const open = () => process.getActiveResourcesInfo().filter((name) => /Timeout|TCP|TLS/.test(name)).length;
         const { createClient, AisleError } = await import('@aisle/client');
         const aisle = createClient({ url: 'http://127.0.0.1:9' });
         console.log(aisle.connection.state, typeof AisleError, open());
         const { subscribeSchema } = await import('@aisle/client/protocol');
         console.log(subscribeSchema.safeParse({ eventId: 'e' }).success, subscribeSchema.safeParse({ eventId: 7 }).success);
         const { default: manifest } = await import('@aisle/client/package.json', { with: { type: 'json' } });
         console.log(manifest.name);`,
      ),
    );
    expect(out).toBe('idle function 0\ntrue false\n@aisle/client\n');
  },
  RUN_TIMEOUT_MS,
);

const CONSUMER = `import { AisleError, createClient, remainingMs, type Chart, type ConnectionState, type MapChange, type SeatLetter } from '@aisle/client';
import { holdSchema, type Hold } from '@aisle/client/protocol';

const aisle = createClient({ url: 'http://127.0.0.1:1', getToken: async (reason) => (reason === 'refused' ? null : 'token') });
const map = aisle.watch('evt');
const off: () => void = map.on('change', (change: MapChange) => {
  if (change.all) return;
  for (const [seatNo, letter] of change.seats) console.log(seatNo satisfies number, letter satisfies SeatLetter, change.from, change.to);
});
map.on('stale', (stale) => console.log(stale satisfies boolean));
map.on('error', (error) => console.log(error.code, error.retryAfterMs?.toFixed(), error instanceof AisleError));
aisle.on('hold', ({ kind, token }) => console.log(kind === 'expired', token));
const state: ConnectionState = aisle.connection;
if (state.state === 'waiting') console.log(state.retryInMs, state.error.message);
export async function main(): Promise<Hold> {
  const { hold, seq } = await aisle.hold({ eventId: 'evt', seats: ['A-1', { id: 'A-2', ticketType: 'child' }] });
  const chart: Chart = await aisle.chart('evt');
  console.log(remainingMs(hold), seq.toFixed(), chart.seats[0]?.id, map.letters[0], map.available(0));
  const { hold: rest } = await aisle.release({ eventId: 'evt', holdToken: hold.token });
  console.log(rest?.seats);
  off();
  // @ts-expect-error letters are read only
  map.letters[0] = 97;
  // @ts-expect-error no such event
  map.on('chnage', () => undefined);
  // @ts-expect-error a quantity is a number
  await aisle.holdBest({ eventId: 'evt', quantity: '2' });
  return holdSchema.parse(hold);
}
`;

test.each([
  [
    'a browser app with a bundler',
    { module: 'ESNext', moduleResolution: 'bundler', lib: ['ES2022', 'DOM'], types: [], skipLibCheck: false },
  ],
  [
    'Node',
    {
      module: 'NodeNext',
      moduleResolution: 'nodenext',
      lib: ['ES2022'],
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules/@types')],
    },
  ],
])(
  'the types hold in %s',
  async (_, options) => {
    write('consumer.ts', CONSUMER);
    const compilerOptions = { target: 'ES2022', strict: true, noEmit: true, ...options };
    write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
    await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.'], app);
  },
  SETUP_TIMEOUT_MS,
);

test('the source maps carry their source: a stack trace leads somewhere', () => {
  const map = JSON.parse(readFileSync(join(app, 'node_modules/@aisle/client/dist/client.js.map'), 'utf8')) as {
    sourcesContent?: string[];
  };
  expect(map.sourcesContent?.[0]).toContain('export class AisleClient');
});
