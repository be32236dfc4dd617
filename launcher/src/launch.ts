import { ConfigError } from '../../server/src/platform/config.js';
import { stoppedBanner, welcomeBanner } from './banner.js';
import { openDataDir } from './data-dir.js';
import { seedDemo } from './demo.js';
import { LaunchError } from './launch-error.js';
import { lockDataDir } from './lock.js';
import { claimPort } from './port.js';
import { endLeftovers } from './records.js';
import { readSettings, type Environment, type Settings } from './settings.js';
import { Stack } from './stack.js';
import { listenForStop } from './stop-requests.js';

export interface LaunchOptions {
  readonly env: Environment;
  /** Every log line on the console, not warnings alone. */
  readonly verbose: boolean;
  /** So many lifelike buyers beside the rest; 0: none. */
  readonly crowd?: number;
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/**
 * Runs everything on this machine until it is asked to stop. Answers the exit code: 0 after a clean stop, 1 where
 * something was wrong, which it has printed with what to do; then nothing is left running.
 */
export async function launch(options: LaunchOptions): Promise<number> {
  try {
    const settings = readSettings(options.env);
    if ((options.crowd ?? 0) > 0) refuseCrowd(settings);
    const unlock = lockDataDir(openDataDir(settings.dataDir));
    try {
      return await run(settings, options);
    } finally {
      unlock();
    }
  } catch (error) {
    process.stderr.write(`\n${describe(error)}\n\n`);
    return 1;
  }
}

async function run(settings: Settings, { verbose, crowd = 0 }: LaunchOptions): Promise<number> {
  const startedAt = performance.now();
  const dataDir = openDataDir(settings.dataDir);
  const left = await endLeftovers(dataDir);
  if (left.length > 0) say(`• Ended what an earlier run had left behind: ${left.join(', ')}.`);
  const port = await claimPort(settings.config.AISLE_HOST, settings.config.AISLE_PORT);
  const stack = new Stack({ settings, dataDir, port, verbose, say });
  const stop = listenForStop(() => stack.kill());
  try {
    await Promise.race([bringUp(stack, settings, startedAt, crowd), untilAborted(stop.signal)]);
    if (!stop.signal.aborted) await untilAborted(stop.signal);
    say('\n• Stopping …');
    await stack.stop();
    say(stoppedBanner(dataDir));
    return 0;
  } catch (error) {
    await stack.stop();
    throw error;
  } finally {
    stop.release();
  }
}

async function bringUp(stack: Stack, settings: Settings, startedAt: number, crowd: number): Promise<void> {
  const running = await stack.start();
  if (settings.config.AISLE_DEMO) await seedDemo(running.url, running.adminKey, say);
  if (crowd > 0) await stack.startCrowd(running, crowd);
  say(welcomeBanner(running, (performance.now() - startedAt) / 1000));
}

/** It takes seats and pays with play money: never where real tickets are sold. */
function refuseCrowd({ config }: Settings): void {
  if (config.AISLE_PAYMENT_PROVIDER === 'stripe')
    throw new LaunchError(
      'A crowd is for demos and trials; this installation takes real money (AISLE_PAYMENT_PROVIDER=stripe).',
      'Start it without --crowd, or with a sandbox and other stores.',
    );
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

function describe(error: unknown): string {
  if (error instanceof LaunchError) return `  ${error.message}\n  → ${error.remedy}`;
  if (error instanceof ConfigError) return `  ${error.message}\n  → docs/CONFIGURATION.md lists every setting.`;
  return error instanceof Error ? `  Aisle could not start: ${error.message}` : String(error);
}
