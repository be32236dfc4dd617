import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, plainChart, sellEvent } from '../helpers/buyers.js';
import { waitFor } from '../helpers/wait.js';

const ROOT = resolve(import.meta.dirname, '../..');
const SETUP_TIMEOUT_MS = 240_000;
const RUN_TIMEOUT_MS = 60_000;

let folder: string;
let app: string;
let aisle: TestAisle;

async function run(program: string, args: string[], cwd: string, env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, {
    cwd,
    timeout: SETUP_TIMEOUT_MS,
    // A clean shell: what vitest and npm put into the environment is not what a user has.
    env: { PATH: process.env.PATH, HOME: process.env.HOME, npm_config_cache: process.env.npm_config_cache, ...env },
  }).catch((error: unknown) => {
    if (error instanceof Error && 'stdout' in error) throw new Error(`${error.message}\n${String(error.stdout)}`);
    throw error;
  });
  return stdout;
}
function write(name: string, text: string): string {
  writeFileSync(join(app, name), text);
  return name;
}

/** Both packages as npm would publish them, from copies: packing builds dist anew, and running servers load the one in the tree. */
async function pack(): Promise<string[]> {
  const packages = ['client-sdk', 'server-sdk'];
  for (const name of packages) {
    cpSync(join(ROOT, name), join(folder, name), {
      recursive: true,
      filter: (file) => !/\/(dist|node_modules)$/.test(file),
    });
  }
  cpSync(join(ROOT, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  // All that is installed, but @aisle: that is the copies.
  mkdirSync(join(folder, 'node_modules/@aisle'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name !== '@aisle' && name !== '.bin')
      symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
  symlinkSync(join(ROOT, 'node_modules/.bin'), join(folder, 'node_modules/.bin'));
  symlinkSync('../../client-sdk', join(folder, 'node_modules/@aisle/client'));
  for (const name of packages) await run('npm', ['pack', '--pack-destination', folder], join(folder, name));
  rmSync(join(folder, 'node_modules'), { recursive: true });
  return readdirSync(folder)
    .filter((name) => name.endsWith('.tgz'))
    .map((name) => join(folder, name));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aisle-server-sdk-pack-'));
  const tarballs = await pack();
  app = join(folder, 'app');
  mkdirSync(app);
  write('package.json', JSON.stringify({ name: 'app', version: '1.0.0', private: true, type: 'module' }));
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...tarballs], app);
  aisle = await startAisle();
}, SETUP_TIMEOUT_MS);
afterAll(async () => {
  await aisle?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the package holds what it should and nothing else', () => {
  const installed = join(app, 'node_modules/@aisle/server');
  expect(readdirSync(installed).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
  const files = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' });
  expect(files).toEqual(expect.arrayContaining(['index.js', 'index.d.ts', 'webhooks.js', 'webhooks.d.ts']));
  expect(files.filter((file) => /\.test\./.test(file))).toEqual([]);
});

test(
  'the README’s example sells two seats as it stands, in plain Node, with a key of the role service',
  async () => {
    await waitFor(() => sellEvent(aisle, plainChart(4, 5)), {
      timeoutMs: 20_000,
      intervalMs: 500,
      what: 'an event on sale',
    });
    const { key } = await adminCall<{ key: string }>(aisle, 'POST', '/keys', { name: 'shop', role: 'service' });
    const readme = readFileSync(join(ROOT, 'server-sdk/README.md'), 'utf8');
    const example = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    expect(example).toContain("'http://127.0.0.1:3000'");
    write('example.mjs', example.replace('http://127.0.0.1:3000', aisle.urls[0] ?? ''));
    const said = await run(process.execPath, ['example.mjs'], app, { AISLE_KEY: key });
    expect(said).toMatch(/^completed: r\d-\d and r\d-\d\n$/);
  },
  RUN_TIMEOUT_MS,
);

const CONSUMER = `import { AisleError, createAisle, verifyWebhook, type Aisle, type Order, type WebhookMessage } from '@aisle/server';

const aisle: Aisle = createAisle({ url: 'http://127.0.0.1:1', key: 'k', timeoutMs: 1000, retries: 2 });
export async function main(signal: AbortSignal): Promise<Order> {
  const { token } = await aisle.sessions.mint({ subject: 'b', events: ['evt'] }, { signal });
  const hold = await aisle.holds.onBehalfOf('b').hold({ eventId: 'evt', seats: ['A-1', { id: 'A-2', ticketType: 'child' }] });
  console.log(token.length, hold.items[0]?.unitMinor.toFixed());
  const order = await aisle.orders.create({ eventId: 'evt', holdToken: hold.token }, { idempotencyKey: 'cart-1' });
  for await (const { id, tickets } of aisle.orders.list({ updatedSince: order.createdAt })) console.log(id, tickets[0]?.code);
  const { items } = await aisle.bookings.import('evt', 'externalId,seat\\n', { dryRun: true });
  console.log(items[0]?.orderId, (await aisle.tickets.scan({ code: 'AT1' })).admitted);
  const message: WebhookMessage = verifyWebhook(new Uint8Array(), new Headers(), ['a', 'b']);
  console.log(message.type);
  // @ts-expect-error a confirmation needs the payment
  await aisle.orders.confirm(order.id, {});
  // @ts-expect-error no such call
  await aisle.orders.sell(order.id);
  try {
    return await aisle.orders.confirm(order.id, { payment: { reference: 'r', amountMinor: order.totalMinor, currency: 'EUR' } });
  } catch (error) {
    if (error instanceof AisleError && error.details?.refundRequired === true) console.log(error.retryAfterMs?.toFixed());
    throw error;
  }
}
`;

test(
  'the types hold, strictly, in Node',
  async () => {
    write('consumer.ts', CONSUMER);
    const compilerOptions = {
      ...{
        target: 'ES2023',
        lib: ['ES2023'],
        module: 'NodeNext',
        moduleResolution: 'nodenext',
        strict: true,
        noEmit: true,
      },
      ...{ exactOptionalPropertyTypes: false, types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] },
    };
    write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
    await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.'], app);
  },
  SETUP_TIMEOUT_MS,
);
