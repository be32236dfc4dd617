import { ConfigError, readConfig, type Config } from './platform/config.js';
import { configureFailpoints } from './platform/failpoint.js';
import { createLogger, type Logger } from './platform/logger.js';
import { watchLoop } from './platform/loop-watch.js';
import { STOP_SELF_MS } from './platform/stop-limits.js';
import { startServer } from './server.js';

function settings(): { config: Config; database: string; redis: string } {
  const config = readConfig(process.env);
  const { DATABASE_URL: database, REDIS_URL: redis } = config;
  if (database === undefined || redis === undefined) {
    throw new ConfigError('A server needs DATABASE_URL and REDIS_URL. To run everything on one machine: npm start');
  }
  return { config, database, redis };
}

const isListenError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES');

async function run(): Promise<void> {
  const { config, database, redis } = settings();
  configureFailpoints(config.AISLE_FAILPOINTS);
  const logger = createLogger(config.AISLE_LOG_LEVEL, 'server');
  let stopping = false;
  let server: { close(): Promise<void> } | undefined;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'stopping');
    setTimeout(() => {
      logger.error('the server did not stop in time');
      process.exit(1);
    }, config.AISLE_DRAIN_MS + STOP_SELF_MS).unref();
    Promise.resolve(server?.close()).then(
      () => process.exit(0),
      (error: unknown) => fatal(logger, error),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('unhandledRejection', (error) => logger.error({ err: error }, 'unhandled rejection'));
  watchLoop();
  server = await startServer(config, { database, redis }, logger);
}

function fatal(logger: Logger, error: unknown): void {
  logger.fatal({ err: error }, 'the server ends');
  process.exit(1);
}

run().catch((error: unknown) => {
  // A user's mistake gets its sentence; anything else its stack.
  const told =
    error instanceof ConfigError || isListenError(error) || (error instanceof Error && error.name === 'RedisRefused');
  process.stderr.write(
    `${told && error instanceof Error ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  if (isListenError(error)) process.stderr.write('Choose another port, for example: AISLE_PORT=3001 npm start\n');
  process.exit(1);
});
