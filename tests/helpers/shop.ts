import { spawn } from 'node:child_process';
import path from 'node:path';
import { projectRoot } from './project-root.js';
import { waitFor } from './wait.js';

const READY_TIMEOUT_MS = 20_000;

export interface TestShop {
  readonly url: string;
  /** What it has written so far. */
  logs(): string;
  stop(): Promise<void>;
}

/** examples/shop as its README starts it: a process of its own, with nothing but settings. */
export async function startShop(settings: Readonly<Record<string, string>> & { SHOP_PORT: string }): Promise<TestShop> {
  const main = path.join(projectRoot, 'examples/shop/server.mjs');
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
  }
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const shop: TestShop = {
    url: `http://127.0.0.1:${settings.SHOP_PORT}`,
    logs: () => output.join(''),
    stop: async () => {
      child.kill();
      await ended;
    },
  };
  const isOpen = (): boolean => {
    if (child.exitCode !== null) throw new Error(`the shop ended:\n${shop.logs()}`);
    return shop.logs().includes(shop.url);
  };
  await waitFor(async () => isOpen(), { timeoutMs: READY_TIMEOUT_MS, what: 'the shop to open' });
  return shop;
}
