import { ConfigError } from '../../server/src/platform/config.js';
import { createLogger } from '../../server/src/platform/logger.js';
import { watchLoop } from '../../server/src/platform/loop-watch.js';
import { STOP_SELF_MS } from '../../server/src/platform/stop-limits.js';
import { RedisRefused } from '../../server/src/rebuild/identity.js';
import { readWorkerConfig } from './config.js';
import { startWorker } from './start.js';

function refuse(error: unknown): never {
  const known = error instanceof ConfigError || error instanceof RedisRefused;
  process.stderr.write(
    `${known ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
}

async function main(): Promise<void> {
  const config = readWorkerConfig(process.env);
  const logger = createLogger(config.shared.AISLE_LOG_LEVEL, 'worker');
  let ending = false;
  let running: Awaited<ReturnType<typeof startWorker>> | undefined;
  const end = (why: string): void => {
    if (ending) return;
    ending = true;
    logger.info({ why }, 'worker stopping');
    setTimeout(() => {
      logger.error('the worker did not stop in time');
      process.exit(1);
    }, STOP_SELF_MS).unref();
    // Before it has started there is nothing to finish.
    if (running === undefined) process.exit(0);
    running.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'the worker did not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => end('SIGTERM'));
  process.on('SIGINT', () => end('SIGINT'));
  process.on('disconnect', () => end('the process that started it is gone'));
  process.channel?.unref();
  watchLoop();
  running = await startWorker(config, logger);
  process.send?.({ ready: true, metricsPort: running.metricsPort });
}

main().catch(refuse);
