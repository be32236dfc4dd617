import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { InventoryView, Order } from '@aisle/client/protocol';
import { serveSandbox, type RunningSandbox } from '../../sandbox/src/serve.js';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, plainChart, sellEvent } from '../helpers/buyers.js';
import { waitFor } from '../helpers/wait.js';

/* The crowd of `npm start -- --crowd`, as the process that it is, ten times as fast as people are. */
const SECRET = 'the secret of the sandbox';
let sandbox: RunningSandbox;
let aisle: TestAisle;

beforeAll(async () => {
  sandbox = await serveSandbox(0, { secret: SECRET, webhookUrl: null, journal: null });
  const env = { AISLE_PAYMENT_PROVIDER: 'sandbox', AISLE_SANDBOX_URL: sandbox.url, AISLE_SANDBOX_SECRET: SECRET };
  aisle = await startAisle({ env, limits: 'on' });
}, 60_000);
afterAll(async () => {
  await aisle?.stop();
  await sandbox?.close();
});

function start(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, ['dist/crowd/src/main.js'], {
    env: { ...process.env, CROWD_URL: aisle.urls[0] ?? '', CROWD_KEY: aisle.adminKey, CROWD_PACE: '0.1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  return { child, ended, output: () => output };
}

test('a crowd holds, lets go, buys to the end and gives back from a full hall; asked to stop, it goes home', async () => {
  const event = await sellEvent(aisle, plainChart(5, 10), {
    ...{ name: 'Small hall', prices: { A: 1000 } },
    // Those who walk away must not keep the hall from filling.
    holdSeconds: 8,
  });
  const free = async (): Promise<number> => {
    const { categories } = await adminCall<InventoryView>(aisle, 'GET', `/events/${event.id}/inventory`);
    return categories.reduce((sum, category) => sum + category.available, 0);
  };
  const orders = async (status: string): Promise<number> =>
    (await adminCall<{ items: Order[] }>(aisle, 'GET', `/orders?eventId=${event.id}&status=${status}`)).items.length;
  const crowd = start({ CROWD_SIZE: '25', CROWD_PAYS: '1' });
  await waitFor(async () => (await free()) <= 12, { timeoutMs: 60_000, intervalMs: 200, what: 'a nearly full hall' });
  await waitFor(async () => (await orders('refunded')) > 0, {
    timeoutMs: 60_000,
    intervalMs: 200,
    what: 'tickets given back',
  });
  expect(await orders('completed')).toBeGreaterThan(0);
  crowd.child.kill('SIGTERM');
  expect(await crowd.ended).toBe(0);
  expect(crowd.output()).toContain('the crowd went home');
}, 150_000);

test('settings that make no sense: named, exit 2, nobody comes', async () => {
  const crowd = start({ CROWD_SIZE: '0' });
  expect(await crowd.ended).toBe(2);
  expect(crowd.output()).toContain('CROWD_SIZE');
});
